"""The same log gives the same answer, however it is read, packed, split or judged."""
import bz2
import gzip
import lzma
import shutil
import subprocess

import harness
from harness import SAMPLES, SOURCE, Skip, check, recordings, run, same, test, without_names, write

FORMATS = ("table", "csv", "jsonl")
POLICY = SAMPLES / "policy.conf"


def scan_is_transfers_and_judge(*inputs):
    facts = run("transfers", *inputs).raw
    for options in ([], ["--rules", POLICY], ["--allow", "203.0.113.64/32", "--role", "default"]):
        for format in FORMATS:
            scan = run("scan", "--format", format, *options, *inputs)
            judge = run("judge", "--format", format, *options, stdin=facts)
            same(scan.raw, judge.raw, f"scan and transfers | judge, {format} {options}")
            check(scan.code == judge.code, f"exit codes {scan.code} and {judge.code}", scan)


@test("scan is transfers piped into judge, byte for byte: samples")
def _():
    scan_is_transfers_and_judge(SAMPLES)
    for sample in ("etl-01", "adm-04", "app-02"):
        scan_is_transfers_and_judge(SAMPLES / sample)


@test("scan is transfers piped into judge, byte for byte: recordings")
def _():
    found = recordings()
    if not found:
        raise Skip("no recordings beside the repository (../shared/corpus)")
    for recording in found:
        facts = run("transfers", recording / "logs").raw
        rules = ["--rules", recording.parent / "policy.conf"]
        for format in FORMATS:
            same(run("scan", "--format", format, *rules, recording / "logs").raw,
                 run("judge", "--format", format, *rules, stdin=facts).raw,
                 f"{recording.name}, {format}")


@test("output is the same from run to run, at any number of threads and block size")
def _():
    for command in (["transfers"], ["scan", "--format", "jsonl"], ["scan"], ["events"]):
        first = run(*command, SAMPLES).raw
        same(first, run(*command, SAMPLES).raw, "run to run")
        for threads in (1, 2, 4):
            for block in (1024, 65536):
                same(first, run(*command, "--threads", threads, "--block-size", block, SAMPLES).raw,
                     f"{command}, {threads} threads, blocks of {block}")


@test("a pile of hosts, some of them damaged, is told the same at any number of threads")
def _():
    log = plain_log()
    lines = log.splitlines(keepends=True)
    pile = harness.WORK / "pile"
    for number in range(14):
        write(f"pile/host-{number:02}/audit.log", b"".join(lines[number * 40:]))
    write("pile/host-03/audit.log", b"no audit log\n" * 50)
    write("pile/host-05/audit.log", log[:-30])  # ends within a record
    write("pile/host-06/audit.log.1.gz", gzip.compress(log)[:5000])
    write("pile/host-07/audit.log", b"")
    write("pile/host-09/audit.log", log * 3)  # larger than its share of the whole
    for command in (["scan", "--format", "jsonl"], ["transfers"], ["scan"]):
        first = run(*command, "--threads", 1, pile)
        check(first.err.count("\n") >= 3, "the damage is told", first)
        for threads in (2, 3, 8):
            again = run(*command, "--threads", threads, pile)
            same(first.raw, again.raw, f"{command}, {threads} threads")
            same(first.err, again.err, f"stderr of {command}, {threads} threads")
            check(first.code == again.code, "exit codes", again)


def plain_log():
    """etl-01 in one piece."""
    folder = SAMPLES / "etl-01"
    return gzip.decompress((folder / "audit.log.1.gz").read_bytes()) + \
        (folder / "audit.log").read_bytes()


@test("gzip, zstd, xz, bzip2 and standard input give the same facts as the plain file")
def _():
    log = plain_log()
    expected = without_names(run("transfers", write("plain/audit.log", log)).rows())
    packed = {"gz": gzip.compress(log), "xz": lzma.compress(log), "bz2": bz2.compress(log)}
    if shutil.which("zstd"):
        packed["zst"] = subprocess.run(["zstd", "-qc"], input=log, capture_output=True).stdout
    for suffix, data in packed.items():
        for name in (f"{suffix}/audit.log.{suffix}", f"{suffix}/named-otherwise"):
            same(without_names(run("transfers", write(name, data)).rows()), expected, name)
        same(without_names(run("transfers", "-", stdin=data).rows()), expected, f"{suffix} on stdin")
    same(without_names(run("transfers", "-", stdin=log).rows()), expected, "stdin")


@test("a rotated set is the concatenation of its files, .10 before .9")
def _():
    log = plain_log()
    lines = log.splitlines(keepends=True)
    expected = without_names(run("transfers", write("one/audit.log", log)).rows())
    part = len(lines) // 11 + 1
    for i in range(11):  # audit.log.10 is the oldest
        name = f"set/audit.log.{10 - i}" if i < 10 else "set/audit.log"
        write(name, b"".join(lines[i * part:(i + 1) * part]))
    same(without_names(run("transfers", "set").rows()), expected, "folder")
    files = sorted((harness.WORK / "set").iterdir())
    same(without_names(run("transfers", *files).rows()), expected, "files in any order")


@test("split at any line into two files: the same ids and bytes")
def _():
    lines = plain_log().splitlines(keepends=True)
    expected = without_names(run("transfers", write("one/audit.log", b"".join(lines))).rows())
    for at in range(7, len(lines), len(lines) // 17):
        write("set/audit.log.1", b"".join(lines[:at]))
        write("set/audit.log", b"".join(lines[at:]))
        same(without_names(run("transfers", "set").rows()), expected, f"split at line {at}")


@test("records of several events interleaved otherwise give the same facts")
def _():
    import re
    lines = plain_log().splitlines(keepends=True)
    expected = without_names(run("transfers", write("one/audit.log", b"".join(lines))).rows())
    stamps = [re.search(rb"audit\(\S+\)", line)[0] for line in lines]
    swapped = list(lines)
    for i in range(0, len(lines) - 1, 2):  # neighbours change places where they are of two events
        if stamps[i] != stamps[i + 1]:
            swapped[i], swapped[i + 1] = lines[i + 1], lines[i]
    check(swapped != lines, "nothing swapped")
    same(without_names(run("transfers", write("two/audit.log", b"".join(swapped))).rows()),
         expected, "swapped")


@test("events: as many as there are stamps in the log, samples and recordings")
def _():
    import re
    stamp = re.compile(rb"^(?:node=(\S+) )?type=\S+ msg=audit\((\d+\.\d+:\d+)\)", re.M)
    logs = [SAMPLES / "etl-01", SAMPLES / "adm-04", SAMPLES / "app-02"]
    logs += [recording / "logs" for recording in recordings()]
    for folder in logs:
        stamps = set()
        for file in folder.glob("audit.log*"):
            data = file.read_bytes()
            stamps |= set(stamp.findall(gzip.decompress(data) if file.suffix == ".gz" else data))
        count = run("events", folder).raw.count(b"\n")
        check(count == len(stamps), f"{folder}: {count} events, {len(stamps)} stamps")


@test("the built-in rules are those of rules/")
def _():
    same(run("scan", "--format", "jsonl", "--rules", SOURCE / "rules", SAMPLES).raw,
         run("scan", "--format", "jsonl", SAMPLES).raw, "rules")


def facts_of(*inputs):
    return [row for row in without_names(run("transfers", *inputs).rows())]


@test("a log in pieces, cut anywhere, with names in any order, is the log")
def _():
    log = plain_log()
    whole = facts_of(write("whole/audit.log", log))
    for parts, cuts in ((2, (1000, 77_777)), (3, (5_001, 120_003)), (5, (40_000,))):
        for first in cuts:
            step = (len(log) - first) // (parts - 1) + 1
            pieces = [log[:first]] + [log[i:i + step] for i in range(first, len(log), step)]
            for names in ([f"audit.log.a{chr(97 + i)}" for i in range(parts)],
                          [f"audit.log.a{chr(97 + parts - i)}" for i in range(parts)],
                          [f"audit.log.0{i}" for i in range(parts)]):
                folder = f"pieces-{parts}-{first}-{names[0]}"
                for name, piece in zip(names, pieces):
                    write(f"{folder}/{name}", piece)
                same("\n".join(whole), "\n".join(facts_of(harness.WORK / folder)), folder)


@test("a copy of a log beside it, under any name and packing, changes nothing")
def _():
    log = plain_log()
    whole = facts_of(write("whole/audit.log", log))
    for name, content in (("audit.log.bak", log), ("audit (1).log", log),
                          ("old/audit.log", log), ("b/var/log/audit/audit.log.gz", gzip.compress(log)),
                          ("audit.log.orig.xz", lzma.compress(log)), ("audit.log.1", log[:50_000])):
        folder = "with-" + name.replace("/", "-")
        write(f"{folder}/audit.log", log)
        write(f"{folder}/{name}", content)
        same("\n".join(whole), "\n".join(facts_of(harness.WORK / folder)), name)
        summary = run("transfers", harness.WORK / folder).summary()
        check([i["status"] for i in summary["inputs"]].count("copy") == 1, "told", summary)
        check(summary["complete"], "a copy is no loss", summary)
