"""inputs: what was found, taken for what, from when to when."""
import gzip
import json

import harness
from harness import check, has, run, test, write
from story import scp_job


def story_lines():
    story = scp_job()
    story.chatter()
    return story.text().splitlines(keepends=True)


def rows(*args, **how):
    found = [json.loads(line) for line in run("inputs", "--format", "jsonl", *args, **how).out.splitlines()]
    return {row["file"]: row for row in found if row["type"] == "input"}, found[-1]


@test("inputs: each log with its form, its times and what it gave, in order")
def _():
    lines = story_lines()
    half = len(lines) // 2
    while lines[half].split("msg=")[1][:40] == lines[half - 1].split("msg=")[1][:40]:
        half += 1
    (harness.WORK / "pile").mkdir()
    (harness.WORK / "pile/audit.log.1.gz").write_bytes(gzip.compress("".join(lines[:half]).encode()))
    write("pile/audit.log", "".join(lines[half:]))
    write("pile/notes.txt", "nothing\n")
    write("pile/export.ndjson", "".join(json.dumps({"message": line.rstrip("\n")}) + "\n" for line in lines))
    write("pile/copy/audit.log", "".join(lines[half:]))
    found, passed = rows("pile")
    check(passed["files"] == 1 and passed["names"] == ["notes.txt"], "passed over", passed)
    old, new = found["audit.log.1.gz"], found["audit.log"]
    check(old["form"] == "gzip, audit lines", "form", old)
    check(new["form"] == "audit lines" and new["taken_for"] == "name", "form", new)
    check(old["records"] + new["records"] == len(lines), "records", (old, new, len(lines)))
    whole = run("coverage", "--format", "jsonl", "pile/audit.log", "pile/audit.log.1.gz", code=None).rows()
    check(old["first"] == whole[0]["first"] and new["last"] == whole[0]["last"], "times", (old, new, whole[0]))
    check(old["last"] <= new["first"], "order", (old, new))
    check(found["copy/audit.log"]["status"] == "copy", "copy", found)
    check(found["copy/audit.log"]["events"] is None, "unknown is never 0", found)
    text = run("inputs", "pile").out
    has(text, "1 other file passed over: notes.txt.")
    has(text, "gzip, audit lines, by its name")


@test("inputs: records that are missing are said of the file in whose time they are")
def _():
    lines = story_lines()
    serials = sorted({int(line.split("msg=audit(")[1].split(":")[1].split(")")[0]) for line in lines})
    gone = serials[len(serials) // 2]
    write("audit.log", "".join(line for line in lines if f":{gone})" not in line))
    found, _ = rows("audit.log")
    check(found["audit.log"]["gaps"] == 1 and found["audit.log"]["lost"] == 1, "gap", found)


@test("inputs: what cannot be read is a row too, and ends in 3")
def _():
    write("audit.log", "".join(story_lines()))
    found, _ = rows("audit.log", "gone.log", code=3)
    check(found["gone.log"]["status"] == "missing" and found["gone.log"]["form"] is None, "missing", found)
    check(found["audit.log"]["status"] == "read", "read", found)
    has(run("inputs", "audit.log", "gone.log", code=3).out, "missing: no such file")
