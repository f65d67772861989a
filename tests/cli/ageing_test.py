"""With `--state` coverage speaks of the time that the state holds facts of, as findings do."""
import harness
from harness import check, run, test, write
from story import Story, saddr

DAY = 86400
KEPT = 3  # days: --keep-days 1, and twice the longest window
START = 1622505600  # 2021-06-01: no clock of who tests is before it
LOST = "records were lost: "


def audited(story, address="203.0.113.9"):
    """A host of which every call that sends is in the log, and a small upload."""
    daemon = story.process(351, 1, "/usr/sbin/syslogd")
    for name in ("sendto", "sendmsg", "writev", "write", "sendfile"):
        daemon.call(name, 40, (9, 0x7ffe, 40))
    daemon.close(9)
    curl = story.cron_job("/usr/bin/curl", pid=700).fork(702).exec(
        "/usr/bin/curl", "curl", "-T", "x", f"https://{address}/")
    curl.upload(5, address, 443, 200, 300_000)
    curl.call("exit_group", 0)
    story.chatter(300)


def crowd(story):
    for pid in range(5000, 5200):
        story.process(pid, 1, "/usr/bin/true").close(3)


def lost(story):
    story.serial += 40


def halves(story):
    """Events whose titles are missing, more than chance would have it."""
    for _ in range(12):
        story.process(352, 1, "/usr/sbin/cron").close(7)
        story.lines.pop()
        story.wait(10)


def rules(story):
    """All are removed, and given back after an hour."""
    for op, wait in (("remove_rule", 3600), ("add_rule", 0)):
        for _ in range(5):
            story.event(f"type=CONFIG_CHANGE {{}}: auid=1000 ses=7 op={op} key=(null) list=4 res=1")
        story.wait(wait)


def off(story):
    story.event("type=CONFIG_CHANGE {}: op=set audit_enabled=0 old=1 auid=0 ses=3 res=1")
    story.wait(600)


def unattributed(story):
    story.process(360, 1, "/usr/sbin/feedd").write(5, 300_000_000)


def messages(story):
    feed = story.cron_job("/opt/feed/quic", pid=800).fork(802).exec("/opt/feed/quic", "quic")
    feed.call("socket", 3, (2, 2, 0))
    feed.call("connect", 0, (3, 0x7ffe, 16),
              records=(f"type=SOCKADDR {{}}: saddr={saddr('192.0.2.99', 443)}",))
    feed.write(3, 10)
    for _ in range(20):
        feed.call("sendmmsg", 1024, (3, 0x7ffe, 1024))
    feed.close(3)


def no_address(story):
    feed = story.cron_job("/opt/feed/up", pid=810).fork(812).exec("/opt/feed/up", "up")
    feed.call("socket", 3, (2, 1, 0))
    feed.call("connect", 0, (3, 0x7ffe, 16))
    feed.write(3, 100)
    feed.close(3)


def ring(story):
    daemon = story.process(361, 1, "/usr/sbin/ringd")
    daemon.call("io_uring_setup", 4, (8, 0x7ffe))
    daemon.call("exit_group", 0)


def ring_that_stays(story):
    story.process(361, 1, "/usr/sbin/ringd").call("io_uring_setup", 4, (8, 0x7ffe))


BAD = {
    "lost": (lost, LOST, 0),
    "halves": (halves, LOST, 0),
    "rules": (rules, "audit rules were removed", 0),
    "off": (off, "auditing was switched off for a time", 0),
    "unattributed": (unattributed, "went to descriptors whose opening is not in the log (feedd, ", 4),
    "messages": (messages, "messages by unattended programs (quic)", 4),
    "no address": (no_address, "connections is not in the log (SOCKADDR", 0),
    "io_uring": (ring, "programs used io_uring", 0),
}


def coverage(result):
    return [row for row in result.rows() if row["type"] == "coverage"]


def day_of(day, serial, bad=None, node=None):
    story = Story(start=START + day * DAY, serial=serial, node=node)
    audited(story)
    if bad is not None:
        bad(story)
        audited(story)
    return story


def scan(log, *options, **more):
    """Few events are held back for their order: of these all is told each time."""
    return run("scan", "--format", "jsonl", "--state", log.parent / "state", "--keep-days", "1",
               "--max-open-events", "64", *options, log, **more)


def append(log, *stories):
    with log.open("a") as file:
        file.writelines(story.text() for story in stories)


def live(folder, days, bad, options=None):
    """Runs, one a day. `bad`: what happens on which day; `options`: of that day's run."""
    log = harness.WORK / folder / "audit.log"
    log.parent.mkdir()
    serial = 1
    for day in range(days):
        story = day_of(day, serial, bad.get(day))
        serial = story.serial
        append(log, story)
        yield day, log, scan(log, *(options or {}).get(day, ()))


@test("--state: what was hidden on one day is told for as long as facts are kept, and no longer")
def _():
    for what, (bad, reason, code) in BAD.items():
        for day, log, result in live(what, 10, {0: bad, 6: bad}):
            if day == KEPT + 1:
                continue  # the seconds tell
            host, = coverage(result)
            told = any(reason in text for text in host["reasons"])
            wanted = day % 6 <= KEPT
            check(told == wanted and (host["verdict"] == "partial") == wanted,
                  f"{what}, day {day}: {'told' if wanted else 'forgotten'}", result)
            check(result.code == (code if wanted else 0), f"{what}, day {day}: exit code", result)
            check(bool(host["gaps"]) == (wanted and bad in (lost, halves, rules, off)),
                  f"{what}, day {day}: gaps", result)
        once = run("scan", "--format", "jsonl", log)
        check(any(reason in text for text in coverage(once)[0]["reasons"]) and once.code == code,
              f"{what}: of the whole log all is told", once)


@test("--state: what goes on is told however long ago it began")
def _():
    for day, _, result in live("ring", 8, {0: ring_that_stays}):
        host, = coverage(result)
        check(any("1 programs used io_uring" in text for text in host["reasons"]), f"day {day}", result)


@test("--state: coverage begins where the facts do")
def _():
    for day, _, result in live("clean", 8, {}):
        host, = coverage(result)
        check(host["first"].startswith(f"2021-06-{1 + max(0, day - 1 - KEPT):02}"), f"day {day}: first",
              result)
        check(host["last"].startswith(f"2021-06-{1 + day:02}"), f"day {day}: last", result)
        check(host["verdict"] == "adequate" and result.code == 0, f"day {day}: adequate", result)
        read = day_of(day, 1).serial - 1
        check(read - 4 <= result.summary()["events"] <= read + 4, f"day {day}: events of this run", result)


@test("--state: a bound that was reached is told for as long as facts are kept")
def _():
    for day, _, result in live("bounds", 7, {0: crowd}, {0: ("--max-processes", "64")}):
        if day == KEPT + 1:
            continue
        host, = coverage(result)
        told = any("bounds of memory were reached: " in text for text in host["reasons"])
        check(told == (day <= KEPT) == bool(result.summary()["bounds"]), f"day {day}: told", result)
        check((host["verdict"] == "partial") == told, f"day {day}: verdict", result)


@test("--state: of several hosts in one log one that is silent is told of for as long as facts are kept")
def _():
    log = harness.WORK / "audit.log"
    serial = 1
    for day in range(8):
        story = day_of(day, serial, node="busy")
        if day == 1:
            story.chatter(34000)  # behind so many records none of another host is held back
        serial = story.serial
        append(log, story, *([day_of(0, 1, node="quiet")] if day == 0 else []))
        result = scan(log)
        told = {row["node"]: row["verdict"] for row in coverage(result)}
        if day == KEPT + 1:
            continue
        wanted = {"quiet": "blind" if day > 0 else "adequate"} if day <= KEPT else {}
        check(told == {"busy": "adequate", **wanted}, f"day {day}: hosts", result)
        check(result.code == (4 if "blind" in wanted.values() else 0), f"day {day}: code", result)
        check(("nothing new since" in result.err) == (0 < day <= KEPT), f"day {day}: said", result)


@test("--state: of several hosts in one log each has its own clock")
def _():
    log = harness.WORK / "audit.log"
    serials = [1, 1]
    for day in range(7):
        stories = [day_of(day - 400, serials[0], lost if day == 2 else None, node="late"),
                   day_of(day, serials[1], node="right")]
        serials = [story.serial for story in stories]
        append(log, *stories)
        result = scan(log)
        host = next(row for row in coverage(result) if row["node"] == "late")
        told = any(LOST in text for text in host["reasons"])
        check(told == (day == 2), f"day {day}: told while there are facts of it", result)


RULE = """[rule any]
automation = unattended, unknown
direction = out
side = client
group_by = host, destination
limit = 100KiB
severity = low
window = 24h
"""


@test("--state: who was at work while records were lost stays in doubt, however long ago that was")
def _():
    rules = write("rules.conf", RULE)
    for what, bad, basis in (("whole", None, "measured"), ("lost", lost, "at-least")):
        log = harness.WORK / what / "audit.log"
        log.parent.mkdir()
        serial = 1
        for day in range(8):
            story = Story(start=START + day * DAY, serial=serial)
            feed = story.process(360, 1, "/usr/sbin/feedd")
            audited(story)
            if day == 0:
                feed.connect(5, "203.0.113.50", 443)
            if day == 1 and bad is not None:
                bad(story)
            feed.write(5, 50_000)
            if day == 7:
                feed.close(5)
            audited(story)
            serial = story.serial
            append(log, story)
            result = scan(log, "--rules", rules)
        row = next(row for row in result.rows()
                   if row["type"] == "finding" and row["group"]["destination"] == "203.0.113.50")
        check((row["bytes_out"], row["basis"]) == (400_000, basis), f"{what}: basis", result)
        check(coverage(result)[0]["verdict"] == "adequate", f"{what}: coverage", result)


@test("--state: a first time is one only as far as facts are kept, and is not taken back for that")
def _():
    log = harness.WORK / "audit.log"
    rules = write("rules.conf", RULE + "first_seen = 30d\n")
    serial, told = 1, []
    for day in range(0, 160, 20):
        story = Story(start=START + day * DAY, serial=serial)
        audited(story)  # always, with less than the 30 days between
        if day == 60:
            audited(story, "203.0.113.77")
        serial = story.serial
        append(log, story)
        result = scan(log, "--rules", rules)
        check(result.summary()["withdrawn"] == [], f"day {day}: nothing is taken back", result)
        told += [(day, row["group"]["destination"]) for row in result.rows() if row["type"] == "finding"]
    check(told == [(60, "203.0.113.77")], "the first time alone", told)


def unaudited(story, hours):
    """Sessions of cron's, which auditd tells of without any rule."""
    for hour in range(hours):
        story.wait(3600)
        story.user_message("USER_START", 900 + hour, 0, 50 + hour, "PAM:session_open",
                           "/usr/sbin/cron", "root", "cron")


@test("--state: where the rules are gone a run that has new lines alone is blind")
def _():
    def removed(story):
        for _ in range(5):
            story.event("type=CONFIG_CHANGE {}: auid=0 ses=7 op=remove_rule key=\"k\" list=4 res=1")

    def booted(story):
        story.serial = 1
        story.event("type=KERNEL {}: state=initialized audit_enabled=0 res=1")

    for what, change, reason in (("removed", removed, "audit rules were removed at"),
                                 ("booted", booted, "no audit rules were loaded")):
        log = harness.WORK / what / "audit.log"
        log.parent.mkdir()
        story = day_of(0, 1000)
        append(log, story)
        check(coverage(scan(log))[0]["verdict"] == "adequate", "before", what)
        for day, verdict, code in ((1, "blind", 4), (2, "blind", 4), (3, "blind", 4)):
            later = Story(start=START + day * DAY, serial=story.serial)
            if day == 1:
                change(later)
            unaudited(later, 5)
            append(log, later)
            story = later
            result = scan(log, code=code)
            host = coverage(result)[0]
            check(host["verdict"] == verdict and
                  "neither connections nor bytes" in host["reasons"][0] and
                  any(reason in text for text in host["reasons"]), f"{what}, day {day}", host)
        later = day_of(4, story.serial)
        append(log, later)
        result = scan(log, code=0)
        check(coverage(result)[0]["verdict"] == "partial", f"{what}: they are there again", result)
