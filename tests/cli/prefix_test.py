"""A log whose beginning is gone: nothing that is left in it vanishes, nothing is told twice."""
import bz2
import collections
import gzip
import json
import lzma
import random
import re
import subprocess

from harness import Skip, check, recordings, run, test, write

CUTS = 12
#: What another way of reading the same transfer may add or leave out: handshakes, greetings.
SLACK = 100_000
BIG_WRITE = re.compile(rb" syscall=1 success=yes exit=\d{5}")
UNPACK = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ": lzma.decompress,
          b"\x28\xb5\x2f\xfd": lambda data: subprocess.run(["zstd", "-qdc"], input=data, check=True,
                                                         capture_output=True).stdout}


def is_full(recording):
    return json.loads((recording / "truth.json").read_text())["profile"].startswith("full")


def plain(log):
    data = log.read_bytes()
    return next((unpack(data) for magic, unpack in UNPACK.items() if data.startswith(magic)), data)


def lines_of(recording):
    parts = [plain(log) for log in (recording / "logs").iterdir()]
    parts.sort(key=lambda text: float(re.search(rb"audit\((\d+\.\d+):", text)[1]))
    return b"".join(parts).splitlines(keepends=True)


class Told:
    def __init__(self, name, lines):
        rows = run("transfers", "--host", "h", write(name, b"".join(lines))).rows()
        facts = [row for row in rows if row["type"] == "transfer"]
        coverage = [row for row in rows if row["type"] == "coverage"]
        self.adequate = bool(coverage) and coverage[0]["verdict"] == "adequate"
        self.unattributed = ((coverage and coverage[0]["unattributed"]) or {}).get("bytes", 0)
        self.unattended, self.any = collections.Counter(), collections.Counter()
        self.unmeasured = set()
        for fact in facts:
            for to in fact["destinations"]:
                address = to["address"] or to["name"]
                if to["bytes_out"] is None:
                    self.unmeasured.add(address)
                    continue
                self.any[address] += to["bytes_out"]
                if fact["automation"]["verdict"] != "attended":
                    self.unattended[address] += to["bytes_out"]


@test("a log whose beginning is gone: bytes neither vanish nor count twice")
def _():
    found = [r for r in recordings() if is_full(r)]
    if not found:
        raise Skip("no full recordings beside the repository (../shared/corpus)")
    for recording in found:
        lines = lines_of(recording)
        whole = Told("whole.log", lines)
        dice = random.Random(recording.name)
        # Most in the middle of a transfer, where it hurts.
        busy = [at for at, line in enumerate(lines) if BIG_WRITE.search(line)]
        cuts = dice.sample(busy, CUTS) + dice.sample(range(len(lines)), CUTS // 3)
        for cut in sorted(cuts):
            where = f"{recording.name}, the first {cut} lines removed"
            before, after = Told("before.log", lines[:cut]), Told("after.log", lines[cut:])

            def left(sums, gone):
                return sum(max(0, bytes - gone[address]) for address, bytes in sums.items())
            there = sum(after.unattended.values()) + after.unattributed
            check(there + SLACK >= left(whole.unattended, before.unattended)
                  or not after.adequate or after.unmeasured, f"{where}: bytes are missing", there)
            for address, bytes in whole.any.items():
                check(after.any[address] <= bytes, f"{where}: more than there was to {address}",
                      after.any[address], bytes)
            # Sockets without any address may be local ones: the whole log knows better.
            named = sum(bytes for address, bytes in after.any.items() if address)
            check(named <= left(whole.any, before.any) + SLACK,
                  f"{where}: more than there was", named)
