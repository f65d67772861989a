"""lint: what is wrong with rule files that have no mistake, and its exit codes."""
import datetime
import json

from harness import check, has, lacks, run, test, write
from input_test import finding_log

CLEAN = """\
[role web]
host  = web-*
limit = 5MiB

[allow partner]
address = 198.51.100.0/24
owner   = data team
reason  = nightly feed
"""


def day(after):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=after)).date()


@test("lint: rules in order, those that are built in and none of one's own: exit 0")
def _():
    check(run("lint", code=0).out == "0 errors, 0 warnings, 0 notes.\n", "built in")
    check(run("lint", "--rules", write("own.conf", CLEAN), code=0).out ==
          "0 errors, 0 warnings, 0 notes.\n", "own")


@test("lint: file:line of each remark, and exit 1 for CI by its weight")
def _():
    write("own.conf", CLEAN.replace("owner   = data team\n", "") +
          f"\n[allow old]\naddress = 203.0.113.0/24\nowner = o\nreason = r\nexpires = {day(-1)}\n"
          f"\n[allow soon]\naddress = 203.0.112.0/24\nowner = o\nreason = r\nexpires = {day(20)}\n")
    out = run("lint", "--rules", "own.conf", code=1).out
    has(out, "own.conf:5: warning: [allow partner] has no 'owner'", "own.conf:13: error: ", "[expired]",
        "own.conf:19: warning: ", "in 20 days [expires-soon]", "1 error, 2 warnings, 0 notes.")
    run("lint", "--rules", "own.conf", "--fail-on", "never", code=0)
    write("warned.conf", CLEAN.replace("owner   = data team\n", ""))
    run("lint", "--rules", "warned.conf", code=0)
    run("lint", "--rules", "warned.conf", "--fail-on", "warning", code=1)
    has(run("lint", "--fail-on", "high", code=2).err, "--fail-on: 'high' is not possible here")


@test("lint: mistakes are told as everywhere, exit 2")
def _():
    has(run("lint", "--rules", write("own.conf", "[role a]\nlimit = 1MiB\n"), code=2).err,
        "own.conf:1: [role a] has no 'host'")


@test("lint: as JSON lines")
def _():
    rows = [json.loads(line) for line in
            run("lint", "--format", "jsonl", "--rules",
                write("own.conf", "[allow a]\naddress = 10.0.0.0/7\nowner = o\nreason = r\n")).out.splitlines()]
    check([(r["type"], r["file"].rpartition("/")[2], r["line"], r["weight"], r["check"]) for r in rows] ==
          [("remark", "own.conf", 2, "warning", "wide-network")], "one remark", rows)


@test("lint: with facts, what they never used, and facts that cannot be read end in 3")
def _():
    facts = write("facts.jsonl", run("transfers", write("audit.log", finding_log())).raw)
    write("own.conf", CLEAN)
    out = run("lint", "--rules", "own.conf", facts, code=0).out
    has(out, "own.conf:1: warning: [role web] no host has this role in the facts given (1 transfers) [unused]",
        "own.conf:5: warning: [allow partner] approves nothing")
    lacks(run("lint", "--rules", "own.conf", code=0).out, "unused")
    has(run("lint", "--rules", "own.conf", "gone.jsonl", code=3).err, "gone.jsonl: no such file")
    lacks(run("lint", "--rules", "own.conf", "gone.jsonl", code=3).out, "unused")
    lacks(run("lint", "--rules", "own.conf", "--host", "nope", facts, code=4).out, "unused")
