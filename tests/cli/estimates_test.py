"""--root: what the image has of files that commands name to be sent."""
import os

import harness
from harness import check, has, lacks, run, test, write
from story import Story

MIB = 1 << 20


def image(command, *, tool=None, script=None, writes=None):
    """A log that has execs and connections; `writes`: of another program, bytes as well."""
    write("image/etc/hostname", "etl-01\n")
    write("image/etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    story = Story()
    job = story.cron_job(script or command).fork(702).exec(tool or "/usr/bin/scp", *command.split())
    job.connect(5, "203.0.113.20", 22)
    if writes:
        story.cron_job("other", pid=800).fork(802).exec("/usr/bin/other", "other").upload(5, "203.0.113.9", 443, writes)
    write("image/var/log/audit/audit.log", story.text())


def sized(path, size, changed=1796000000):
    file = write("image" + path, "")
    os.truncate(file, size)
    os.utime(file, (changed, changed))
    return file


def fact(*args):
    return [row for row in run("transfers", "--root", "image", *args).rows()
            if row.get("tool") != "other" and row["type"] == "transfer"][0]


def rules(code=1, *args):
    rows = run("scan", "--root", "image", "--format", "jsonl", *args, code=code).rows()
    return {row["rule"]: row for row in rows if row["type"] == "finding"}


@test("--root: a transfer without bytes in the log is estimated by the files that it names")
def _():
    image("scp -q /srv/a /srv/b /srv/gone drop@203.0.113.20:up/")
    sized("/srv/a", 200 * MIB)
    sized("/srv/b", 5, changed=1900000000)
    row = fact()
    to = row["destinations"][0]
    check(to["bytes_out"] == 200 * MIB + 5 == to["bytes_estimated"] == row["bytes_out"], "sum", to)
    check(to["basis"] == row["basis"] == "estimated", "basis", to)
    check("2 files named in the command are 200.0 MiB in the image; 2 of 3 named are there; one "
          "changed after the transfer" in row["notes"], "note", row["notes"])
    named = {e["file"]: e["what"] for e in row["evidence"] if e["line"] == 0}
    check(named == {"/srv/a": f"{200 * MIB} bytes in the image; changed 2026-11-30T00:53:20.000Z",
                    "/srv/b": "5 bytes in the image; changed 2030-03-17T17:46:40.000Z"}, "evidence",
          named)


@test("--root: no limit is held against an estimate but by rules that say so")
def _():
    image("scp -q /srv/a drop@203.0.113.20:up/")
    sized("/srv/a", 200 * MIB)
    found = rules()
    check(set(found) == {"bulk-estimated", "unmeasured"}, "rules", found)
    check(found["bulk-estimated"]["severity"] == "medium", "severity", found)
    check(found["bulk-estimated"]["bytes_out"] == 200 * MIB, "sum", found)
    check(found["bulk-estimated"]["basis"] == "estimated", "basis", found)
    check("it is by the image, by its files or by a log in it: the audit log does not show that it left" in
          found["bulk-estimated"]["reasons"], "reasons", found)
    check("the log cannot give the volume; by the image it may be 200.0 MiB, which nothing shows to "
          "have left" in found["unmeasured"]["reasons"], "reasons", found)
    has(run("scan", "--root", "image", code=1).out, "~ 200.0 MiB", "1 unmeasured")


@test("--root: scan and judge say the same of estimates")
def _():
    image("scp -q /srv/a drop@203.0.113.20:up/")
    sized("/srv/a", 200 * MIB)
    facts = run("transfers", "--root", "image")
    write("facts.jsonl", facts.out)
    judged = run("judge", "facts.jsonl", "--format", "jsonl", code=1).rows()
    scanned = run("scan", "--root", "image", "--format", "jsonl", code=1).rows()
    check([r for r in judged if r["type"] == "finding"] ==
          [r for r in scanned if r["type"] == "finding"], "findings", judged, scanned)


@test("--root: an estimate never makes a transfer smaller or clean")
def _():
    image("scp -q /srv/a drop@203.0.113.20:up/")
    for size in (None, 0, 7):
        if size is not None:
            sized("/srv/a", size)
        found = rules()
        check("unmeasured" in found, "still told", size, found)
        check(fact()["bytes_out"] == (size or None), "no number of nothing", size)


@test("--root: where the log has bytes, the image tells nothing beside them")
def _():
    image("scp -q /srv/a drop@203.0.113.20:up/", writes=3 * MIB)
    sized("/srv/a", 200 * MIB)
    row = fact()
    check(row["bytes_out"] != 200 * MIB and row["basis"] != "estimated", "no estimate", row)
    check("1 file named in the command is 200.0 MiB in the image" in row["notes"], "but a note", row)
    check("bulk-estimated" not in rules(), "rules")


@test("--root: names lead nowhere out of the image")
def _():
    image("scp -q ../../../../outside/big /srv/link /srv/fifo drop@203.0.113.20:up/")
    (harness.WORK / "outside").mkdir()
    os.truncate(os.open(harness.WORK / "outside/big", os.O_CREAT | os.O_WRONLY), 500 * MIB)
    (harness.WORK / "image/srv").mkdir()
    os.symlink(harness.WORK / "outside/big", harness.WORK / "image/srv/link")
    os.mkfifo(harness.WORK / "image/srv/fifo")
    row = fact()
    check(row["bytes_out"] is None, "no bytes", row)
    check("none of the 3 that the command names to be sent is in the image" in row["notes"], "note",
          row["notes"])


@test("--root: a file of commands of a gigabyte, and a planted size")
def _():
    image("sftp -b /srv/put drop@203.0.113.20", tool="/usr/bin/sftp")
    path = write("image/srv/put", "put /srv/a\n" * 3)
    os.truncate(path, 1 << 30)
    sized("/srv/a", 1 << 42)
    row = fact()
    check(row["bytes_out"] == 3 << 42, "three times what is claimed", row)
    check(any("not all could be looked at" in note for note in row["notes"]), "note", row["notes"])
    check(set(rules()) == {"bulk-estimated", "unmeasured"}, "rules")


@test("--root: a here-document's puts, of the script that ran")
def _():
    image("ftp -n 203.0.113.20", tool="/usr/bin/ftp", script="ftp -n 203.0.113.20 < /srv/cmds")
    write("image/srv/cmds", "user a b\nput /srv/a x\n")
    sized("/srv/a", 3 * MIB)
    check(fact()["bytes_out"] == 3 * MIB, "by the redirection", fact())


@test("explain: files of the image stand among the evidence, without a line")
def _():
    image("scp -q /srv/a drop@203.0.113.20:up/")
    sized("/srv/a", 200 * MIB)
    out = run("explain", fact()["id"], "--root", "image").out
    has(out, f"/srv/a {200 * MIB} bytes in the image; changed 2026-11-30T00:53:20.000Z")
    lacks(out, "/srv/a:0")


@test("--root: a tool's own log tells a volume, and never less than the files are")
def _():
    command = "rsync -a --log-file=/var/log/r.log /srv/a drop@203.0.113.20:up/"
    image(command, tool="/usr/bin/rsync")
    write("image/etc/timezone", "Europe/Berlin\n")
    sized("/srv/a", 5 * MIB)

    def logged(count):
        write("image/var/log/r.log", f"2026/12/02 02:00:05 [702] sent {count} bytes  received 35 "
                                     "bytes  total size 1\n")
        return fact()

    row = logged(6 * MIB)
    check(row["bytes_out"] == 6 * MIB and row["basis"] == "estimated", "its word", row)
    check("rsync's own log tells that 6.0 MiB were sent" in row["notes"], "note", row["notes"])
    check({"file": "/var/log/r.log", "line": 1, "event": row["evidence"][0]["event"],
           "what": f"tells {6 * MIB} bytes sent, in the image"} in row["evidence"], "evidence", row)
    for lie in (0, 7):
        check(logged(lie)["bytes_out"] == 5 * MIB, "made smaller", lie)
    (harness.WORK / "image/srv/a").unlink()
    check(logged(0)["bytes_out"] is None, "nothing is not a sum")
    check(logged(7)["bytes_out"] == 7 and "unmeasured" in rules(), "not clean")


@test("--root: a file that was opened, and not read in the log, has the size that the image has")
def _():
    log = os.path.join(harness.SOURCE, "tests/golden/transfers-files/audit.log")
    write("image/etc/hostname", "etl-01\n")
    write("image/var/log/audit/audit.log", open(log).read())
    passwd = write("image/etc/passwd", "root:x:0:0::/root:/bin/sh\n")

    def of_passwd():
        rows = run("transfers", "--root", "image").rows()
        return [file for row in rows for file in row.get("files", []) if file["path"] == "/etc/passwd"]

    before = 1000000000
    os.utime(passwd, (before, before))
    files = of_passwd()
    check(files and all(f["bytes"] == 26 and f["basis"] == "image" for f in files), "as it was", files)
    after = 4000000000
    os.utime(passwd, (after, after))
    files = of_passwd()
    check(files and all(f["bytes"] is None and f["basis"] == "unknown" for f in files), "changed", files)


def served(*writes):
    """A server of ftp to which 203.0.113.48 came."""
    write("image/etc/hostname", "etl-01\n")
    write("image/etc/timezone", "Europe/Berlin\n")
    story = Story()
    ftpd = story.process(1, 0, "/usr/lib/systemd/systemd").fork(400).exec(
        "/usr/sbin/vsftpd", "/usr/sbin/vsftpd", cwd="/")
    ftpd.accept(3, 4, "203.0.113.48", 40000)
    for count in writes:
        ftpd.write(4, count)
    ftpd.close(4)
    write("image/var/log/audit/audit.log", story.text())


def xferlog(count):
    write("image/var/log/xferlog",
          f"Wed Dec  2 02:00:02 2026 1 203.0.113.48 {count} /srv/a b _ o r web ftp 0 * c\n")


TERABYTE = 10 ** 12


@test("--root: what a server's log holds is an estimate, which no rule is held against unasked")
def _():
    served()
    write("server.conf", "[rule served]\nside = server\nautomation = any\ngroup_by = host, destination\n"
                         "limit = 1MiB\nseverity = high\n")
    asks = ("--rules", "server.conf")
    before = run("scan", "--root", "image", *asks, code=4)
    check(fact()["bytes_out"] is None, "nothing tells")
    xferlog(TERABYTE)
    row = fact()
    to = row["destinations"][0]
    check(to["bytes_out"] == to["bytes_estimated"] == row["bytes_out"] == TERABYTE, "told", to)
    check(to["basis"] == row["basis"] == "estimated", "basis", to)
    after = run("scan", "--root", "image", *asks)
    check((after.code, after.out) == (before.code, before.out), "a forged line changes nothing", after)
    write("server.conf", (harness.WORK / "server.conf").read_text() + "estimates = yes\n")
    check("served" in rules(1, *asks), "asked for")


@test("--root: what a server's log holds is not put beside what the audit log has measured")
def _():
    served(5000)
    row = fact()
    xferlog(TERABYTE)
    check(fact() == row and row["bytes_out"] == 5000, "measured", row)


@test("--root: a server's log says nothing where bytes of other programs are in the audit log")
def _():
    served()
    story = Story(serial=5000)
    story.cron_job("other").fork(802).exec("/usr/bin/other", "other").upload(5, "203.0.113.9", 443, 9)
    log = harness.WORK / "image/var/log/audit/audit.log"
    log.write_text(log.read_text() + story.text())
    xferlog(TERABYTE)
    row = fact()
    check(row["bytes_out"] is None, "it may have sent none", row)
    check("the ftp server's own log tells that 931.3 GiB were sent" in row["notes"], "note", row)
