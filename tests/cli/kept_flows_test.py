"""`--state` with flows: what a run joined is joined by the next ones too, whose files are gone."""
import contextlib
import sqlite3

import harness
from flows_test import CONN, conn, upload_without_bytes
from harness import check, has, run, test, write
from story import Story

DAY = 86400


def scan(log, *options, flows=True):
    where = ("--flows", harness.WORK / "flows") if flows else ()
    return run("scan", "--format", "jsonl", "--state", harness.WORK / "state", *where, *options,
               log, code=None)


def told(result):
    return [(r["rule"], r["update"], r["bytes_out"], r["basis"]) for r in result.rows()
            if r["type"] == "finding"]


def known_flows(story, lines, day):
    """Three jobs each day by which it is told whose flows they are; little each."""
    for number in range(3):
        peer = f"203.0.113.{200 + number}"
        at = upload_without_bytes(story, peer, pid=3000 + 100 * day + 10 * number)
        lines.append(conn(at + 0.1, 100 * day + number, peer, 22, 50_000))
        story.wait(10)


def days(node=None):
    """A log that grows by a day, and each day's conn.log: on each the same job sends 60 MB."""
    story, logs, flows = Story(node), [], []
    for day in range(3):
        lines = []
        known_flows(story, lines, day)
        at = upload_without_bytes(story, "203.0.113.9", pid=700 + 10 * day)
        lines.append(conn(at + 0.1, 100 * day + 50, "203.0.113.9", 22, 60_000_000))
        logs.append(story.text())
        flows.append(CONN + "".join(lines))
        story.wait(DAY / 4)
    return logs, flows


@test("--state: flows whose files are gone are joined as before, and those of each day are summed")
def _():
    logs, flows = days()
    whole = write("whole.log", logs[-1])
    once = run("scan", "--format", "jsonl", "--flows", write("all.log", "".join(flows)), whole, code=1)
    check(told(once) == [("bulk-unattended", False, 180_000_000, "flow")], "all at once", once)
    for how in ("each day's is gone the next day", "they are rotated"):
        (harness.WORK / "state").unlink(missing_ok=True)
        found = []
        for day, (log, lines) in enumerate(zip(logs, flows)):
            if how == "they are rotated":
                for before in range(day, 0, -1):
                    (harness.WORK / f"flows/conn.{before - 1}.log").rename(
                        harness.WORK / f"flows/conn.{before}.log")
            write("flows/conn.0.log", lines)
            found.append(told(scan(write("audit.log", log))))
        check(found == [[], [("bulk-unattended", False, 120_000_000, "flow")],
                        [("bulk-unattended", True, 180_000_000, "flow")]], how, found)
        (harness.WORK / "flows/conn.0.log").unlink()
        last = scan(write("audit.log", logs[-1]), flows=how == "they are rotated")
        check(told(last) == [] and last.summary()["withdrawn"] == [] and
              last.summary()["standing"] == 1, "and stand", last)


@test("--state: flows that no program made are kept as well")
def _():
    story, lines = Story(), []
    known_flows(story, lines, 0)
    lines.append(conn(story.ms / 1000 - 1796173200 + 1, 61, "198.51.100.99", 443, 700_000_000))
    story.wait(10)
    story.chatter(4)
    flows = write("flows/conn.log", CONN + "".join(lines))
    log = write("audit.log", story.text())
    first = scan(log)
    check([rule for rule, *_ in told(first)] == ["unseen-flow"], "of nobody", first)
    stands_without(flows, log, story)


@test("--state: answers of the name service are kept as well")
def _():
    story = Story()
    shell = story.cron_job("scp -q x feed.example.org:", pid=900)
    shell.fork(905).exec("/usr/bin/scp", "scp", "-q", "x", "feed.example.org:")
    at = story.ms / 1000 - 1796173200
    write("flows/dns.log", "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\t"
          f"id.resp_p\tquery\tanswers\n{1796173200 + at:.6f}\tD1\t10.0.0.1\t5353\t10.0.0.53\t53\t"
          "feed.example.org\t198.51.100.7\n")
    flows = write("flows/conn.log", CONN + conn(at + 0.5, 60, "198.51.100.7", 22, 900_000_000))
    log = write("audit.log", story.text())
    first = scan(log)
    check(told(first) == [("bulk-unattended", False, 900_000_000, "flow")], "by name", first)
    (harness.WORK / "flows/dns.log").unlink()
    stands_without(flows, log, story)


def stands_without(flows, log, story):
    flows.unlink()
    log.write_text(story.text() + story_after(story))
    again = scan(log)
    check(told(again) == [] and again.summary()["withdrawn"] == [] and
          again.summary()["standing"] == 1, "it stands", again)


def story_after(story):
    before = len(story.lines)
    story.chatter(4)
    return "".join(line + "\n" for line in story.lines[before:])


@test("--state: of a host that is not read this time flows are kept too, and --no-flows leaves them as they are")
def _():
    logs, flows = days("a")
    write("pile/a/audit.log", logs[1])
    other = Story("b")
    other.chatter(4)
    write("pile/b/audit.log", other.text())
    write("flows/conn.log", flows[0] + flows[1])
    first = scan(harness.WORK / "pile")
    check(told(first) == [("bulk-unattended", False, 120_000_000, "flow")], "told", first)
    (harness.WORK / "flows/conn.log").unlink()
    for what in ("pile/b", "pile"):
        result = scan(harness.WORK / what)
        check(told(result) == [] and result.summary()["withdrawn"] == [], "it stands", result)
    bare = scan(harness.WORK / "pile", "--no-flows", flows=False)
    check({size for _, _, size, _ in told(bare)} == {None}, "nothing is known of bytes", bare)
    back = scan(harness.WORK / "pile")
    check(told(back) == [("bulk-unattended", False, 120_000_000, "flow")], "and again", back)


@test("--state: what is damaged of kept flows is said, the rest of the state holds")
def _():
    logs, flows = days()
    log = write("audit.log", logs[1])
    write("flows/conn.log", flows[0] + flows[1])
    scan(log)
    with contextlib.closing(sqlite3.connect(harness.WORK / "state")) as database:
        database.execute("UPDATE flow SET records = x'00'")
        database.commit()
    again = scan(log)
    has(again.err, "the state is damaged; flow records whose files are gone are lost")
    check(told(again) == [] and again.summary()["standing"] == 1, "their files are there", again)


AWS = ("version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start "
       "end action log-status\n")


@test("--state: of which times an exporter has lost records is kept as well")
def _():
    # That no flow is there tells that nothing was sent, unless it may be among those that are lost.
    story, lines, lost = Story(), [], 8
    for number in range(12):
        shell = story.cron_job("scp -q x 203.0.113.9:", pid=3000 + 10 * number)
        shell.fork(3005 + 10 * number).exec("/usr/bin/scp", "scp", "-q", "x", "203.0.113.9:")
        at = story.ms // 1000
        lines.append(f"2 1 eni-1 - - - - - - - {at - 30} {at + 120} - SKIPDATA\n" if number == lost else
                     f"2 1 eni-1 10.0.0.1 203.0.113.9 {40000 + number} 22 6 9 150000000 {at} {at + 50} ACCEPT OK\n")
        story.wait(600)
        if number == 10:
            early = story.text()

    def unmeasured(result):
        return [rule for rule, *_ in told(result)].count("unmeasured")

    address = ("--host-ip", "10.0.0.1")
    log = write("audit.log", early)
    write("flows/a.log", AWS + "".join(lines[:11]))
    check(unmeasured(scan(log, *address)) == 1, "what was lost is told of")
    (harness.WORK / "flows/a.log").unlink()
    write("flows/b.log", AWS + lines[11])
    log = write("audit.log", story.text())
    last = scan(log, *address)
    check(unmeasured(last) == 0 and last.summary()["withdrawn"] == [], "and stands", last)
    (harness.WORK / "state").unlink()
    write("flows/a.log", AWS + "".join(line for line in lines[:11] if "SKIPDATA" not in line))
    check(unmeasured(scan(log, *address)) == 0, "nothing is lost: nothing was sent")
