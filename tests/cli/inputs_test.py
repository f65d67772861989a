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


@test("inputs: flow records that lie there are told as such, and not as passed over")
def _():
    head = "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\t"
    flow = "1796173204.0\tCA\t10.0.0.1\t40001\t203.0.113.5\t22\t"
    (harness.WORK / "pile").mkdir()
    write("pile/audit.log", "".join(story_lines()))
    write("pile/a.txt", "nothing\n")
    write("pile/conn.log", head + "proto\tconn_state\tduration\torig_bytes\tresp_bytes\n" +
          flow + "tcp\tSF\t2.5\t5000\t100\n" + flow + "tcp\tSF\t1\t-\t-\n" + "broken\n")
    write("pile/ftp.log", head + "command\tfuid\n" + flow + "STOR\tF1\n")
    lines = [json.loads(line) for line in run("inputs", "--format", "jsonl", "pile").out.splitlines()]
    flows = {line["name"]: line for line in lines if line["type"] == "flow_file"}
    check(list(flows) == ["conn.log", "ftp.log"], "flow files", lines)
    conn = flows["conn.log"]
    check((conn["format"], conn["status"], conn["lines"], conn["records"], conn["with_bytes"],
           conn["left_out"]) == ("zeek tsv", "read", 4, 2, 1, 1), "conn.log", conn)
    check(conn["first"] == "2026-12-02T01:00:04.000Z" and conn["last"] == "2026-12-02T01:00:06.500Z", "times", conn)
    check(flows["ftp.log"]["records"] == 0 and flows["ftp.log"]["first"] is None, "ftp.log", flows)
    check(lines[-1]["files"] == 1 and lines[-1]["names"] == ["a.txt"], "passed over", lines[-1])
    text = run("inputs", "pile").out
    has(text, "1 other file passed over: a.txt.")
    has(text, "zeek tsv, by its content; 2 records, 1 with bytes")
    # Alone they tell nothing of flows: as scan takes them.
    (harness.WORK / "pile/conn.log").unlink()
    _, passed = rows("pile")
    check(passed["files"] == 2 and passed["names"] == ["a.txt", "ftp.log"], "passed over", passed)
