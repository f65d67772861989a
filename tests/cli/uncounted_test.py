"""What no record counts never ends in a plain 0 where it may be more than a rule lets out."""
import json

from harness import check, has, lacks, run, test, write
from story import Story, saddr

PEER = "192.0.2.99"


def audited():
    """A host of which every call that sends is in the log, but for sendfile and splice."""
    story = Story()
    daemon = story.process(351, 1, "/usr/sbin/syslogd")
    for name in ("sendto", "sendmsg", "writev", "write"):
        daemon.call(name, 40, (9, 0x7ffe, 40))
    daemon.close(9)
    return story


def job(story, program="/opt/feed/up", *argv):
    return story.cron_job(program, pid=700).fork(702).exec(program, *(argv or (program,)))


def messages(count, times, port=443, type=2, address=PEER, counted=10):
    """A program that sends `counted` bytes, and so many messages in so many calls."""
    story = audited()
    feed = job(story, "/opt/feed/quic")
    feed.call("socket", 3, (2, type, 0))
    feed.call("connect", 0, (3, 0x7ffe, 16),
              records=(f"type=SOCKADDR {{}}: saddr={saddr(address, port)}",))
    if counted:
        feed.write(3, counted)
    for _ in range(times):
        feed.call("sendmmsg", count, (3, 0x7ffe, count))
    feed.close(3)
    story.chatter()
    return write("audit.log", story.text())


def coverage(log, *options, code):
    rows = run("transfers", *options, log, code=code).rows()
    return next(row for row in rows if row["type"] == "coverage")


@test("uncounted: many messages of unknown size may be an excess")
def _():
    log = messages(1024, 200)
    result = run("scan", log, code=4)
    has(result.out, "No findings, but more than a rule lets out may have gone unseen: 204800",
        "messages by unattended programs (quic)", "up to 12.5 GiB", "rule bulk-unattended lets out 100.0 MiB")
    told = coverage(log, code=4)["uncounted"]
    last = told["to"][0].pop("last")
    check(last.startswith("2026-12-02T01:00:"), "last", last)
    check(told == {"messages": 204800, "connections": 0, "silent": 0, "programs": 1, "to": [
        {"address": PEER, "port": 443, "tool": "other", "program": "quic", "side": "client",
         "messages": 204800, "connections": 0, "silent": 0, "most_bytes": 204800 * 65535}]}, "uncounted", told)
    has(run("coverage", log, code=4).out, "204800 messages by sendmmsg", "(quic)")
    facts = write("facts.jsonl", run("transfers", log, code=4).out)
    check(run("judge", facts, code=4).out == result.out, "judge tells the same")


@test("uncounted: what they may hold is held against the limit of rules that may ask for it")
def _():
    rules = {"tool": "[rule bulk-unattended]\nautomation = unattended\ndirection = out\n"
                     "side = client\ntool = scp\ngroup_by = host\nlimit = 1MiB\nseverity = low\n"
                     "[rule bulk-spread]\nautomation = attended\ndirection = out\nside = client\n"
                     "group_by = host, job\nlimit = role\nseverity = low\n"
                     "[rule bulk-estimated]\nautomation = unattended\ndirection = in\n"
                     "side = client\ngroup_by = host, job\nlimit = role\nseverity = low\n",
             "role": "[role default]\nlimit = 20GiB\nwindow = 24h\n",
             "allow": f"[allow a]\naddress = {PEER}\nport = 443\ntool = other\n",
             "allow-other-tool": f"[allow a]\naddress = {PEER}\ntool = scp\n",
             "allow-expired": f"[allow a]\naddress = {PEER}\nexpires = 2026-12-01\n"}
    for name, code in (("tool", 0), ("role", 0), ("allow", 0), ("allow-other-tool", 4),
                       ("allow-expired", 4)):
        run("scan", "--rules", write(name + ".conf", rules[name]), messages(1024, 200), code=code)
    run("scan", "--allow", PEER + "/32", messages(1024, 200), code=0)
    for count, port, type, code in (
            (1600, 443, 2, 0),   # 100 MiB hold them
            (1601, 443, 2, 4),
            (16, 69, 2, 0),      # a megabyte in clear text
            (17, 69, 2, 4),
            (1, 443, 1, 4)):     # a message to a stream has no bound
        run("scan", messages(count, 1, port, type), code=code)
    result = run("scan", messages(1, 1, 443, 1), code=4)
    has(result.out, "1 message by", "how much, and rule")


@test("uncounted: questions to name servers are no messages that anybody misses")
def _():
    story = audited()
    resolver = job(story)
    for _ in range(300):
        resolver.call("socket", 3, (2, 2, 0))
        resolver.call("connect", 0, (3, 0x7ffe, 16),
                      records=(f"type=SOCKADDR {{}}: saddr={saddr('192.0.2.53', 53)}",))
        resolver.call("sendmmsg", 2, (3, 0x7ffe, 2))
        resolver.close(3)
    story.chatter()
    log = write("audit.log", story.text())
    check("uncounted" not in coverage(log, code=0), "nothing")
    run("scan", log, code=0)


def checks(times, uploads=0, sendfile=False):
    """A program that looks whether a port is open, beside others that send files by sendfile."""
    story = audited()
    probe = job(story, "/opt/probe")
    for _ in range(times):
        probe.upload(3, PEER, 443)
    for i in range(uploads):
        ftp = story.cron_job("ncftpput", pid=800).fork(802).exec(
            "/usr/bin/ncftpput", "ncftpput", "-u", "u", "203.0.113.9", "d", "/f")
        ftp.connect(3, "203.0.113.9", 21)
        ftp.write(3, 60)
        ftp.upload(4, "203.0.113.9", 40000 + i)
        ftp.write(3, 6)
        ftp.close(3)
    if sendfile:
        story.process(352, 1, "/usr/sbin/nginx").call("sendfile", 400, (9, 8, 0, 400))
    story.chatter()
    return write("audit.log", story.text())


@test("uncounted: connections that show no call are checks of ports, and said so")
def _():
    log = checks(3)
    told = coverage(log, code=0)["uncounted"]
    check((told["connections"], told["silent"], told["to"][0]["most_bytes"]) == (0, 3, 0), "silent",
          told)
    has(run("scan", log, code=0).out, "3 connections of unattended programs to addresses that "
        "nobody approved show no call that sends", "partial")
    lacks(run("scan", "--allow", PEER + "/32", log, code=0).out, "show no call", "partial")
    check("uncounted" not in coverage(checks(3, sendfile=True), code=0), "nothing")


@test("uncounted: where uploads show that sendfile is not in the log, such connections may send")
def _():
    log = checks(3, uploads=1)
    host = coverage(log, code=4)
    check(host["uncounted"]["connections"] == 4, "connections", host)
    result = run("scan", log, code=4)
    has(result.out, "what went over 4 connections by unattended programs", "ncftpput", "probe")
    run("scan", "--allow", "203.0.113.0/24", "--allow", PEER + "/32", log, code=0)
    run("scan", "--allow", "203.0.113.0/24", log, code=4)
    run("scan", checks(3, uploads=1, sendfile=True), code=0)


@test("uncounted: programs with io_uring may send what no record tells")
def _():
    def ring(address):
        story = audited()
        feed = job(story)
        feed.connect(3, address, 443)
        feed.write(3, 517)
        feed.call("io_uring_setup", 4, (8, 0x7ffe))
        feed.call("io_uring_enter", 1, (4, 1))
        feed.close(3)
        story.chatter()
        return write("audit.log", story.text())
    host = coverage(ring(PEER), code=4)
    check(host["uncounted"]["to"][0]["most_bytes"] is None, "no bound", host)
    has(run("scan", ring(PEER), code=4).out, "what went over 1 connection by", "(up)")
    run("scan", "--allow", PEER + "/32", ring(PEER), code=0)


@test("uncounted: a run that has nothing new says it again")
def _():
    log = messages(1024, 200)
    first = run("scan", "--state", "state.db", log, code=4)
    again = run("scan", "--state", "state.db", log, code=4)
    has(again.out, "may have gone unseen: 204800 messages")
    check(first.out.splitlines()[0] == again.out.splitlines()[0], "the same", again)
