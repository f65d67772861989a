"""explain: one transfer or finding, down to the lines of the log."""
import re

import harness
from harness import SAMPLES, check, has, lacks, run, test, write
from story import Story, scp_job

POLICY = SAMPLES / "policy.conf"


def ids():
    rows = run("scan", "--format", "jsonl", "--rules", POLICY, SAMPLES).rows()
    finding = next(row for row in rows if row["type"] == "finding" and row["tool"] == "scp")
    return finding["id"], finding["transfers"][0]


@test("explain: a transfer: lineage, bytes by call, the very log lines")
def _():
    _, transfer = ids()
    out = run("explain", transfer, SAMPLES, code=0).out
    has(out, f"transfer {transfer}", "started by cron", "/usr/sbin/cron", "203.0.113.65:22",
        "2,103,233 bytes", "measured")
    check(re.search(r"write: \d+ calls, .*\d bytes", out), "bytes by call", out)
    named = re.findall(r"^ *(\S+):(\d+): (type=\S+ msg=audit\(\S+\)):", out, re.M)
    check(len(named) > 10, "log lines", out)
    import gzip
    for file, line, head in named:
        data = (SAMPLES / file).read_bytes()
        text = (gzip.decompress(data) if file.endswith(".gz") else data).splitlines()
        check(text[int(line) - 1].decode().startswith(head), f"{file}:{line} is not {head}")


@test("explain: a finding: why it is one, then each of its transfers")
def _():
    finding, transfer = ids()
    out = run("explain", "--rules", POLICY, finding, SAMPLES, code=0).out
    has(out, "HIGH", "bulk-unattended", f"finding {finding}", f"transfer {transfer}  scp",
        "is on no allowlist", "type=EXECVE")


@test("explain: the first digits of an id will do, in either case")
def _():
    finding, transfer = ids()
    has(run("explain", transfer[:6].upper(), SAMPLES, code=0).out, f"transfer {transfer}")
    has(run("explain", "--rules", POLICY, finding[:6], SAMPLES, code=0).out, f"finding {finding}")


@test("explain: an id that is none, or stands for several: exit 2, nothing on stdout")
def _():
    for id, words in (("0123456789abcdef", ["no transfer or finding has this id"]),
                      ("xyz", ["'xyz' is no id", "16 hex digits"]),
                      ("0" * 17, ["is no id"]), ("", ["the beginning of", "write more digits"])):
        result = run("explain", id, SAMPLES, code=2)
        has(result.err, *words)
        check(result.out == "", "stdout is not empty", result)
    has(run("explain", code=2).err, "ID is required")


@test("explain: reads its logs more than once, so not from standard input")
def _():
    has(run("explain", "abc", "-", stdin=b"x", code=2).err, "give files, not standard input")


@test("explain: each call's bytes stand by themselves, what failed carries none")
def _():
    story = Story()
    shell = story.cron_job("curl -T f ftp://203.0.113.9/")
    curl = shell.fork(702).exec("/usr/bin/curl", "curl", "-T", "f", "ftp://203.0.113.9/")
    curl.connect(5, "203.0.113.9", 21)
    curl.write(5, 1000)
    curl.call("write", -11, (5, 0, 70000))
    curl.call("sendfile", 150_000_000, (5, 6, 0, 150_000_000))
    curl.close(5)
    story.chatter()
    log = write("audit.log", story.text())
    id = run("transfers", log).rows()[0]["id"]
    out = run("explain", id, log, code=0).out
    has(out, "write: 1 call, 1,000 bytes" if "write: 1 call," in out else "write: ",
        "sendfile: 1 call, 143.1 MiB (150,000,000 bytes)", "150,001,000 bytes")
