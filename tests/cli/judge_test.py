"""What `judge` takes and what it refuses; the time that a run is asked for; a closed pipe."""
import json
import subprocess

import harness
from harness import check, has, lacks, run, same, test, write
from input_test import finding_log
from story import scp_job


def refused(text, *said, name="facts.jsonl"):
    """`judge` says so with file and line, exit 3, and claims nothing of the host."""
    result = run("judge", write(name, text), code=3)
    has(result.err, *said)
    lacks(result.out, "adequate")
    return result


@test("judge refuses findings and coverage that are given as facts")
def _():
    log = write("audit.log", finding_log())
    refused(run("scan", "--format", "jsonl", log).raw, "facts.jsonl:1: a finding, not a fact",
            "facts.jsonl:3: is what `scan` or `judge` writes")
    refused(run("coverage", "--format", "jsonl", log).raw,
            "facts.jsonl:2: is what `coverage` writes, no facts")
    check(run("coverage", "--format", "jsonl", log).summary()["transfers"] is None, "unknown, not 0")


@test("judge refuses facts that are not all there")
def _():
    lines = run("transfers", write("audit.log", finding_log())).raw.splitlines(keepends=True)
    facts = [line for line in lines if b'"type":"transfer"' in line]
    check(len(facts) == 1 and len(lines) == 3, "a fact, a host, a summary", lines)
    refused(b"".join(lines[1:]), "facts.jsonl:2: its summary speaks of 1 transfers, 0 are there")
    result = run("judge", write("twice.jsonl", lines[0] + b"".join(lines)), code=1)
    has(result.err, "twice.jsonl:4: its summary speaks of 1 transfers, 2 are there")
    result = run("judge", write("cut.jsonl", b"".join(lines[:2])), code=1)
    has(result.err, "cut short, no summary at its end")
    whole = b"".join(lines)
    result = run("judge", write("two.jsonl", whole + lines[0]), code=1)
    has(result.err, "no summary behind its last facts")
    same(run("judge", write("good.jsonl", whole + whole)).raw,
         run("judge", write("good2.jsonl", whole), write("good3.jsonl", whole)).raw, "parts")
    check(run("judge", "good.jsonl").err == "", "whole parts say nothing")


@test("judge refuses types and schemas that it does not know, with file and line")
def _():
    whole = run("transfers", write("audit.log", finding_log())).raw
    for line, said in ((b'{"type":"flow","schema":1}', "type 'flow' is none"),
                       (b'{"type":"coverage","schema":2}', "schema 2 is newer"),
                       (b'{"type":"summary","schema":0}', "schema 0 is none"),
                       (b'{"_raw":"type=SYSCALL"}', "an object without type")):
        result = run("judge", "--format", "jsonl", write("facts.jsonl", line + b"\n" + whole))
        has(result.err, "facts.jsonl:1: ", said)
        check(result.summary()["complete"] is False, "incomplete", result)


@test("a closed pipe never looks like no finding")
def _():
    log = write("audit.log", finding_log())
    for command in (["scan"], ["transfers"], ["scan", "--format", "csv"], ["events"]):
        done = subprocess.Popen([harness.BINARY, *command, log], stdout=subprocess.PIPE,
                                stderr=subprocess.DEVNULL)
        done.stdout.close()
        code = done.wait(timeout=60)
        check(code == 141, f"{command}: exit {code}")


def two_nights():
    """60 MB an hour before 02:00 and 60 MB an hour after it."""
    story = scp_job(sizes=(3000, 60_000_000))
    story.wait(2 * 3600)
    scp_job(story, sizes=(3000, 60_000_000), pid=800)
    story.chatter()
    return story.text()


@test("--start: windows reach back behind it, in scan and judge alike")
def _():
    log = write("audit.log", two_nights())
    facts = run("transfers", log).raw
    night = ("--start", "2026-12-02T02:00:00Z", "--end", "2026-12-03T02:00:00Z")
    scan = run("scan", "--format", "jsonl", *night, log, code=1)
    same(scan.raw, run("judge", "--format", "jsonl", *night, stdin=facts).raw, "judge")
    finding = json.loads(scan.out.splitlines()[0])
    check(finding["rule"] == "bulk-unattended" and finding["bytes_out"] == 120_006_000, "sum", scan)
    check(scan.summary()["transfers"] == 1, "one of that time", scan)
    run("scan", "--end", "2026-12-02T02:00:00Z", log, code=0)
    run("scan", "--start", "2026-12-02T03:00:05Z", log, code=0)
    run("scan", "--start", "2026-12-02T04:00:00Z", log, code=4)  # it has ended by then
    run("explain", *night, finding["id"], log, code=0)
