"""`--state`: many runs over a log that grows give what one run over all of it gives."""
import contextlib
import csv
import fcntl
import gzip
import json
import os
import random
import re
import sqlite3
import subprocess
import time

import daily
import harness
from harness import SAMPLES, Skip, as_nobody, check, recordings, run, test, write
from story import Story, scp_job

ROUNDS = int(os.environ.get("AUEXFIL_STATE_ROUNDS", "1"))  # of each log; more in scripts and notes
POLICY = SAMPLES / "policy.conf"
NOW = int(time.time())


def text_of(paths):
    """A log as if it had never been rotated."""
    def content(path):
        data = path.read_bytes()
        return gzip.decompress(data) if path.suffix == ".gz" else data

    def age(path):
        number = path.name.removesuffix(".gz").rpartition(".")[2]
        return -int(number) if number.isdigit() else 0

    return b"".join(content(path) for path in sorted(paths, key=age))


def findings(result):
    return [row for row in result.rows() if row["type"] == "finding"]


def last_told(runs):
    """Of each finding what its last report says."""
    told = {}
    for result in runs:
        for row in findings(result):
            check(row["update"] == (row["id"] in told),
                  f"an update is what was told before: {row['id']}", result)
            told[row["id"]] = {k: v for k, v in row.items() if k != "update"}
        for id in result.summary()["withdrawn"]:
            check(told.pop(id, None), f"only what was told is withdrawn: {id}", result)
    return told


def runs_give_the_same(text, policy, seed, pieces):
    folder = harness.WORK / f"{seed}"
    (folder / "runs").mkdir(parents=True)
    host = daily.Host(folder / "runs" / "host" / "log", text, seed)
    pick = random.Random(seed)
    cuts = [pick.randrange(len(text)) for _ in range(pieces - 1)]
    results = []
    for _ in host.live(cuts):
        result = run("scan", "--format", "jsonl", "--rules", policy, "--state", folder / "state",
                     host.folder)
        check(result.code != 2, "exit 2", result)
        results.append(result)
    whole = folder / "once" / "host" / "log" / "audit.log"
    whole.parent.mkdir(parents=True)
    whole.write_bytes(text)
    once = run("scan", "--format", "jsonl", "--rules", policy, whole.parent)
    for what in ("events", "records"):
        counted = [result.summary()[what] for result in results]
        check(sum(counted) == once.summary()[what], f"{what} of all runs: {counted}", once)
    wanted = last_told([once])
    got = last_told(results)
    for id in wanted | got:
        check(got.get(id) == wanted.get(id), f"seed {seed}, cuts {sorted(cuts)}: finding {id}",
              "runs:", got.get(id), "once:", wanted.get(id), results[-1])
    return len(cuts)


@test("state: a clock that was set back between two runs hides nothing")
def _():
    for rotated in (True, False):
        story = scp_job()
        story.chatter()
        first = story.text()
        story.ms -= 7_200_000
        story = scp_job(story, address="203.0.113.77", pid=800, target="drop@203.0.113.77:up/")
        story.chatter()
        (harness.WORK / "log").mkdir(exist_ok=True)
        for old in (harness.WORK / "log").iterdir():
            old.unlink()
        state = f"state{rotated}"
        write("log/audit.log", first)
        check("203.0.113.10" in run("scan", "--state", state, "log", code=1).out, "the first")
        if rotated:
            os.rename(harness.WORK / "log/audit.log", harness.WORK / "log/audit.log.1")
        write("log/audit.log", story.text()[len(first):])
        result = run("scan", "--state", state, "log")
        check("203.0.113.77" in result.out, f"rotated {rotated}: the second", result.out, result.err)
        if rotated:
            check("203.0.113.77" in run("scan", "log", code=1).out, "in one")


@test("state: a report under a fixed name does not take an earlier one's place")
def _():
    story = scp_job()
    write("audit.log", story.text())
    args = ("scan", "--format", "csv", "--state", "state", "-o", "r.csv", "audit.log")
    run(*args, code=1)
    first = (harness.WORK / "r.csv").read_bytes()
    run(*args, code=0)
    check((harness.WORK / "r.csv").read_bytes() == first, "the first")
    check((harness.WORK / "r.1.csv").read_bytes().count(b"\r\n") == 1, "nothing new")
    run("scan", "--format", "csv", "-o", "r.csv", "audit.log", code=1)
    check(not (harness.WORK / "r.2.csv").exists(), "without a state it is replaced")


@test("runs with --state find what one run finds, however the log is cut and rotated: samples")
def _():
    for sample in sorted(p for p in SAMPLES.iterdir() if p.is_dir()):
        text = text_of([p for p in sample.iterdir() if p.name.startswith("audit.log")])
        for seed in range(4 * ROUNDS):
            runs_give_the_same(text, POLICY, f"{sample.name}-{seed}", 2 + seed % 9)


@test("runs with --state find what one run finds, however the log is cut and rotated: recordings")
def _():
    if not recordings():
        raise Skip("no recordings here")
    for recording in recordings():
        text = text_of(list((recording / "logs").iterdir()))
        for seed in range(ROUNDS):
            runs_give_the_same(text, recording.parent / "policy.conf", f"{recording.name}-{seed}", 6)


def scan(folder, log, *options, **more):
    return run("scan", "--format", "jsonl", "--rules", POLICY, "--state", folder / "state", *options,
               log, **more)


def shifted(text, seconds):
    return re.sub(rb"audit\((\d+)\.", lambda at: b"audit(%d." % (int(at[1]) + seconds), text)


def ended(text, ago):
    """The same log, ended so many seconds ago."""
    last = max(int(second) for second in re.findall(rb"audit\((\d+)\.", text))
    return shifted(text, NOW - ago - last)


def sample_log(name="web-03"):
    """Ended an hour ago: a log that is older stands still."""
    return ended(text_of(list((SAMPLES / name).glob("audit.log*"))), 3600)


def on_day(text, day, serial_day=None):
    """The same again on another day, long ago: no clock of who tests it is before that.
    `serial_day`: the day that its serials are of, where a clock was put back."""
    serials = int((day if serial_day is None else serial_day) * 100000)

    def later(match):
        return b"audit(%d.%s:%d)" % (int(match[1]) + int((day - 2000) * 86400), match[2],
                                     int(match[3]) + serials)
    return re.sub(rb"audit\((\d+)\.(\d+):(\d+)\)", later, text)


@test("--state keeps what the windows and --keep-days ask for, and no more")
def _():
    log = harness.WORK / "audit.log"
    sizes, told = [], []
    for day in range(12):
        with log.open("ab") as file:
            file.write(on_day(sample_log(), day))
        result = scan(harness.WORK, log, "--keep-days", "1")
        check(len(findings(result)) == 1 and not findings(result)[0]["update"],
              f"day {day}: one finding, a new one", result)
        check(result.summary()["withdrawn"] == [], f"day {day}: nothing is taken back", result)
        told.append(findings(result)[0]["id"])
        sizes.append((harness.WORK / "state").stat().st_size)
    check(len(set(told)) == 12, "each under its own id", told)
    check(sizes[-1] <= sizes[5] + 4096, "the state does not grow for ever", sizes)


def half_a_day(half, serial, small=150):
    """A large transfer to always the same address, and small ones to another."""
    story = Story(start=1622500000 + half * 43200, serial=serial)
    scp_job(story)
    ntpd = story.process(351, 1, "/usr/sbin/ntpd")
    ntpd.connect(9, "203.0.113.9", 123, exit=-111)  # nothing that is tried would be missed
    ntpd.call("sendto", 48, (9, 0, 48))
    shell = story.cron_job("backup", pid=2000)
    for i in range(small):
        curl = shell.fork(3000 + i).exec("/usr/bin/curl", "curl", "-T", "x", "https://203.0.113.9/")
        curl.upload(5, "203.0.113.9", 443, 200)
        curl.call("exit_group", 0)
    story.chatter(1000)
    return story


@test("--state: what goes on for longer than facts are kept stays one finding, told as it grows")
def _():
    log = harness.WORK / "audit.log"
    told, sent, serial, counts = set(), set(), 1, []
    for half in range(18):
        story = half_a_day(half, serial)
        serial = story.serial
        with log.open("a") as file:
            file.write(story.text())
        result = scan(harness.WORK, log, "--keep-days", "1")
        rows = findings(result)
        check(result.err == "", f"run {half}: nothing is amiss", result)
        check(len(rows) == 1 and rows[0]["update"] == (half > 0), f"run {half}: told", result)
        check(result.summary()["withdrawn"] == [], f"run {half}: nothing is taken back", result)
        told.add(rows[0]["id"])
        sent.update(rows[0]["transfers"])
        counts.append(result.summary()["transfers"])
        if half % 3 == 0:
            again = scan(harness.WORK, log, "--keep-days", "1")
            check(findings(again) == [] and again.summary()["withdrawn"] == [] and
                  again.summary()["standing"] == 1, f"run {half}: once", again)
    check(counts[-1] < 9 * counts[0], "some are forgotten", counts)
    check(len(told) == 1, "under one id", told)
    once = findings(run("scan", "--format", "jsonl", "--rules", POLICY, log))
    check([row["id"] for row in once] == list(told), "which is that of one run", told, once)
    check(set(once[0]["transfers"]) == sent, "no transfer is left out", once)


def programs_alone(text):
    """As a host writes it that audits what is run and nothing else."""
    kept = set(re.findall(r"^type=SYSCALL msg=audit\((\S+)\).* syscall=(?:56|59|231) ", text, re.M))
    return "".join(line for line in text.splitlines(keepends=True)
                   if line.partition("msg=audit(")[2].partition(")")[0] in kept)


@test("--state: what is over for long is forgotten also where few send, or only programs are audited")
def _():
    for what, small, part in (("few", 10, str), ("programs", 1000, programs_alone)):
        folder = harness.WORK / what
        log = folder / "audit.log"
        folder.mkdir()
        serial, counts = 1, []
        for half in range(14):
            story = half_a_day(half, serial, small)
            serial = story.serial
            with log.open("a") as file:
                file.write(part(story.text()))
            result = scan(folder, log, "--keep-days", "1")
            check(result.err == "" and result.summary()["withdrawn"] == [], f"{what}: run {half}",
                  result)
            counts.append(result.summary()["transfers"])
        # Of three days, and of the events that are held back for their order.
        check(0 < max(counts) <= 11 * counts[0], f"{what}: transfers of five days at most", counts)


@test("--state: where the clock was wrong and is put back nothing that comes then is lost")
def _():
    for what, first in (("past", 0), ("ahead", 8000)):  # of the clock of who reads it
        folder = harness.WORK / what
        log = folder / "audit.log"
        folder.mkdir()
        told = []
        for number, day in enumerate((0, 1, 500, 501, 2, 3, 4)):
            with log.open("ab") as file:
                file.write(on_day(sample_log(), first + day, number))
            result = scan(folder, log, "--keep-days", "1")
            rows = findings(result)
            check(len(rows) == 1 and not rows[0]["update"], f"{what} {day}: one, a new one", result)
            check(result.summary()["withdrawn"] == [], f"{what} {day}: none is taken back", result)
            told.append(rows[0]["id"])
            again = scan(folder, log, "--keep-days", "1")
            check(findings(again) == [] and again.summary()["withdrawn"] == [], f"{what} {day}: once",
                  again)
        check(len(set(told)) == 7, "each under its own id", told)


@test("--state: a log with nothing new gives no finding again, and says which still hold")
def _():
    log = write("audit.log", sample_log())
    first = scan(harness.WORK, log, code=1)
    check(first.summary()["standing"] == 0 and len(findings(first)) == 1, "it is new", first)
    again = scan(harness.WORK, log)
    check(findings(again) == [] and again.summary()["standing"] == 1, "it stands", again)
    check(again.code == 0, "nothing new is no finding", again)
    mail = run("scan", "--summary", "-o", "report", "--rules", POLICY, "--state",
               harness.WORK / "state", log, code=0)
    harness.has(mail.out, "Findings: none new, 1 of earlier reports still holds; ")
    harness.lacks(mail.out, "No findings")


def in_state(folder, change):
    with contextlib.closing(sqlite3.connect(folder / "state")) as database:
        database.execute(change)
        database.commit()


@test("--state: a summary alone does not use up findings that nobody was shown")
def _():
    log = write("audit.log", sample_log())
    args = ("scan", "--summary", "--rules", POLICY, "--state", harness.WORK / "state", log)
    harness.has(run(*args, code=2).err, "write the report with -o FILE")
    check(not (harness.WORK / "state").exists(), "nothing is kept")
    harness.has(run(*args, "-o", "report", code=1).out, "Findings: 1")
    check((harness.WORK / "report").stat().st_size > 0, "the report")


@test("--state: where nothing is new the same is said as by a run that looks at all again")
def _():
    for sample in sorted(p for p in SAMPLES.iterdir() if p.is_dir()):
        folder = harness.WORK / sample.name
        log = folder / "log" / "audit.log"
        log.parent.mkdir(parents=True)
        text = sample_log(sample.name)
        log.write_bytes(text[:text.rindex(b"\n", 0, len(text) // 2) + 1])
        scan(folder, log.parent)
        os.rename(log, folder / "log" / "audit.log.1")
        log.write_bytes(text[text.rindex(b"\n", 0, len(text) // 2) + 1:])
        scan(folder, log.parent)
        told = []
        for options in ((), ("--summary", "-o", "/dev/null"), ("--coverage-out", folder / "coverage.csv"),
                        ("--verbose",), ("--no-mask",)):
            scan(folder, log.parent, *options)  # with words unmasked findings are told again
            for format in "jsonl", "csv", "table":
                runs = []
                for again in False, True:
                    if again:
                        in_state(folder, "DELETE FROM answer")
                    result = run("scan", "--format", format, "--rules", POLICY, "--state",
                                 folder / "state", *options, log.parent)
                    written = folder / "coverage.csv"
                    runs.append((result.code, result.out, result.err,
                                 written.read_text() if written.exists() else ""))
                check(runs[0] == runs[1], f"{sample.name} {options} {format}", *runs)
                told.append(runs[0])
        check(len(told) == 15 and all(code in (0, 4) for code, *_ in told), "nothing is new", told)


@test("--state: what was said before is said again of nothing else")
def _():
    log = harness.WORK / "collected" / "var" / "log" / "audit" / "audit.log"
    log.parent.mkdir(parents=True)
    log.write_bytes(sample_log())
    auth = log.parent.parent / "auth.log"
    auth.write_text("Dec  2 02:00:00 web-03 sshd[1]: Server listening on 0.0.0.0 port 22.\n")
    rules = write("rules.conf", "")
    folder = harness.WORK / "collected"

    def go(*options, at=folder):
        in_state(harness.WORK, "UPDATE answer SET standing = 77")
        return scan(harness.WORK, at, "--rules", rules, *options).summary()["standing"]

    scan(harness.WORK, folder, "--rules", rules)
    check(go() == 77, "as it was")
    for what, options in (("another bound", ("--max-processes", "1000")), ("a role", ("--role", "default")),
                          ("unmasked", ("--no-mask",)), ("a host's name", ("--host", "other"))):
        check(go(*options) != 77, what)
        go()
        check(go() == 77, f"as it was after {what}")
    rules.write_text("[role default]\nlimit = 1GiB\n")
    check(go() == 0, "other rules")
    check(go() == 77, "the same rules again")
    with auth.open("a") as file:
        file.write("Dec  2 02:00:01 web-03 sshd[1]: Server listening on :: port 22.\n")
    check(go() != 77, "another log of the host has grown")
    check(go() == 77, "that is known")
    with log.open("ab") as file:
        file.write(on_day(sample_log("app-02"), 2000))
    check(go() != 77, "the log has grown")
    check(go() == 77, "that is known as well")
    os.rename(log, log.parent / "audit.log.1")
    check(go() != 77, "the log was rotated")
    second = harness.WORK / "collected2" / "audit.log"
    second.parent.mkdir()
    second.write_bytes(sample_log("etl-01"))
    check(go(at=second) != 77, "another log")


@test("--state: a log that is not read this time keeps its place, and its findings stand")
def _():
    write("pile/web-03/audit.log", sample_log())
    write("pile/etl-01/audit.log", sample_log("etl-01"))

    def go(what):
        return scan(harness.WORK, harness.WORK / what)

    first = go("pile")
    count = len(findings(first))
    check(count > 1, "both hosts have findings", first)
    for what in ("pile/web-03", "pile", "pile/etl-01"):
        result = go(what)
        check(findings(result) == [] and result.summary()["withdrawn"] == [], what, result)
    check(go("pile").summary()["standing"] == count, "all stand", first)


@test("--state: a finding that holds no longer is taken back, once")
def _():
    log = write("audit.log", sample_log())
    told = findings(scan(harness.WORK, log, code=1))
    result = scan(harness.WORK, log, "--allow", "203.0.113.77/32")
    check(result.summary()["withdrawn"] == [told[0]["id"]], "it is named", result)
    harness.has(result.err, f"finding {told[0]['id']} of an earlier report holds no longer")
    again = scan(harness.WORK, log, "--allow", "203.0.113.77/32")
    check(again.summary()["withdrawn"] == [] and again.err == "", "once", again)
    scan(harness.WORK, log)
    rows = list(csv.DictReader(run("scan", "--format", "csv", "--rules", POLICY, "--state",
                                   harness.WORK / "state", "--allow", "203.0.113.77/32", log).out.splitlines()))
    check([{k: v for k, v in row.items() if v} for row in rows] ==
          [{"finding": told[0]["id"], "update": "withdrawn"}], "a row of CSV says it", rows)
    back = findings(scan(harness.WORK, log))
    check(len(back) == 1 and not back[0]["update"], "and is new when it holds again", back)


@test("--state: what would leave a part of the log out is refused before anything is read")
def _():
    log = write("audit.log", sample_log())
    told = findings(scan(harness.WORK, log, code=1))
    before = (harness.WORK / "state").read_bytes()
    for option, value, instead in (("--start", "2031-01-01", "leave --start and --end out"),
                                   ("--end", "2011-01-01", "leave --start and --end out"),
                                   ("--node", "web-03", "leave --node out")):
        result = scan(harness.WORK, log, option, value, code=2)
        harness.has(result.err, "--state: keeps all", instead)
        check(result.out == "", f"{option}: nothing is reported", result)
        check((harness.WORK / "state").read_bytes() == before, f"{option}: it is as it was", result)
    check(scan(harness.WORK, log, code=0).summary()["standing"] == len(told), "all stand")


@test("--state: its folder may be a link, the state may not")
def _():
    log = write("audit.log", sample_log())
    (harness.WORK / "private").mkdir()
    (harness.WORK / "link").symlink_to("private")
    run("scan", "--state", harness.WORK / "link" / "state", log, code=1)
    check((harness.WORK / "private" / "state").exists(), "it lies where the link leads")
    write("elsewhere", "precious")
    (harness.WORK / "private" / "trap").symlink_to("../elsewhere")
    run("scan", "--state", harness.WORK / "private" / "trap", log, code=2)
    check((harness.WORK / "elsewhere").read_text() == "precious", "what it leads to is left alone")


@test("--state: what was rotated away unread is said, with how much and up to when")
def _():
    text = sample_log()
    cut = text.find(b"\n", len(text) // 3) + 1
    lost = text.find(b"\n", len(text) // 2) + 1
    log = write("log/audit.log", text[:cut])
    scan(harness.WORK, log.parent)
    log.unlink()
    write("log/audit.log", text[lost:])
    result = scan(harness.WORK, log.parent)
    harness.has(result.err, "is gone: what was written to it after that was not read,", "events up to")
    check(result.summary()["complete"] is False, "the run is not whole", result)
    again = scan(harness.WORK, log.parent)
    check(again.summary()["complete"], "it is said once", again)


@test("--state: two runs at once, the second ends with 6 and changes nothing")
def _():
    log = write("audit.log", sample_log())
    held = sqlite3.connect(harness.WORK / "state", isolation_level=None)
    held.execute("BEGIN EXCLUSIVE")
    result = run("scan", "--state", harness.WORK / "state", "-o", harness.WORK / "out", log, code=6)
    harness.has(result.err, "another run holds the state")
    check(not (harness.WORK / "out").exists(), "nothing is written", result)
    held.execute("ROLLBACK")
    held.close()
    scan(harness.WORK, log, code=1)


@test("--state: a state that is damaged is put aside and all is reported again")
def _():
    log = write("audit.log", sample_log())
    wanted = [row["id"] for row in findings(scan(harness.WORK, log, code=1))]
    state = harness.WORK / "state"
    good = state.read_bytes()
    for damage in (good[:100], good[:len(good) // 2], b"\x00" * len(good),
                   good[:4096] + bytes(b ^ 0x5a for b in good[4096:])):
        state.write_bytes(damage)
        result = scan(harness.WORK, log)
        check([row["id"] for row in findings(result)] == wanted,
              f"{len(damage)} bytes of {damage[:20]!r}", result)
        harness.has(result.err, "again")
        aside = sorted(harness.WORK.glob("state.damaged*"), key=lambda path: path.stat().st_ctime_ns)
        check(aside[-1].read_bytes() == damage, "it is there still", aside)
        check({path.stat().st_mode & 0o777 for path in (state, *aside)} == {0o600}, "for its owner")
        check(scan(harness.WORK, log).summary()["standing"] == 1, "and kept anew", result)
    flips = random.Random(1)
    for _ in range(60):
        at = flips.randrange(len(good))
        state.write_bytes(good[:at] + bytes([good[at] ^ 1 << flips.randrange(8)]) + good[at + 1:])
        result = scan(harness.WORK, log)
        told = [row["id"] for row in findings(result)]
        check(result.code in (0, 1, 2), f"a flip at {at}: exit", result)
        check(told == wanted or result.code == 2
              or result.summary()["standing"] == 1, f"a flip at {at}", result)


@test("--state: a state of a newer version is refused, one of an older is begun again")
def _():
    log = write("audit.log", sample_log())
    state = harness.WORK / "state"
    scan(harness.WORK, log, code=1)
    with sqlite3.connect(state) as file:
        file.execute("PRAGMA user_version = 99")
    file.close()
    before = state.read_bytes()
    result = scan(harness.WORK, log, code=2)
    harness.has(result.err, "of a newer auexfil")
    check(state.read_bytes() == before, "it is left as it was")
    with sqlite3.connect(state) as file:
        file.execute("PRAGMA user_version = 1")
    file.close()
    result = scan(harness.WORK, log, code=1)
    harness.has(result.err, "of an older auexfil; all that is there of the logs is read again")
    check(scan(harness.WORK, log, code=0).summary()["standing"] == 1, "and is kept anew")
    result = run("scan", "--state", harness.WORK / "no" / "state", log, code=2)
    harness.has(result.err, "cannot be opened")
    with sqlite3.connect(harness.WORK / "other") as file:
        file.execute("CREATE TABLE log (x)")
    file.close()
    harness.has(run("scan", "--state", harness.WORK / "other", log, code=2).err, "something else")


@contextlib.contextmanager
def mode(path, bits):
    before = path.stat().st_mode
    path.chmod(bits)
    yield
    path.chmod(before)


def is_refused(state, why, **more):
    """Before the log is looked for, and nothing is written."""
    result = run("scan", "--state", state, "-o", "out.txt", "gone.log", code=2, **more)
    harness.has(result.err, f"auexfil: {state}: ", why)
    check(len(result.err.splitlines()) == 1, f"one word on {why}", result)
    check(not (harness.WORK / "out.txt").exists(), "nothing is reported", result)


@test("--state: one that may not be written is refused before the log is read, and why is said")
def _():
    nobody = as_nobody()
    write("audit.log", sample_log()).chmod(0o644)
    harness.WORK.chmod(0o777)
    folder = harness.WORK / "kept"
    folder.mkdir()
    folder.chmod(0o777)
    run("scan", "--state", "kept/state", "audit.log", code=1, prefix=nobody)
    state = folder / "state"
    before = state.read_bytes()
    with mode(state, 0o444):
        is_refused("kept/state", "cannot be written (attempt to write a readonly database",
                   prefix=nobody)
    with mode(state, 0):
        is_refused("kept/state", "cannot be opened (unable to open database file: Permission denied)",
                   prefix=nobody)
    for bits, why in ((0o555, "cannot be written (its folder: Permission denied)"),
                      (0, "cannot be opened (its folder: Permission denied)")):
        with mode(folder, bits):
            is_refused("kept/state", why, prefix=nobody)
    with mode(folder, 0o555):
        is_refused("kept/new", "cannot be opened (its folder: Permission denied)", prefix=nobody)
    check(os.listdir(folder) == ["state"] and state.read_bytes() == before, "it is as it was")
    check(run("scan", "--state", "kept/state", "audit.log", code=0, prefix=nobody).err == "",
          "once it may be written it goes on")


@test("--state: what lies where it should be and is no file is refused")
def _():
    (harness.WORK / "folder").mkdir()
    os.mkfifo(harness.WORK / "fifo")
    (harness.WORK / "link").symlink_to("elsewhere")
    is_refused("folder", "is no file; a state is one of its own")
    is_refused("fifo", "is no file")
    is_refused("/dev/null", "is no file")
    is_refused("link", "is a link; name the file that it leads to")
    check(not (harness.WORK / "elsewhere").exists(), "no link is followed")


@test("--state: on a file system that is mounted read-only it is refused")
def _():
    log = write("audit.log", sample_log())
    (harness.WORK / "kept").mkdir()
    run("scan", "--state", "kept/state", log, code=1)
    mounted = ("unshare", "-m" if os.geteuid() == 0 else "-rm", "sh", "-c",
               'mount --bind kept kept && mount -o remount,ro,bind kept kept && cd . && exec "$@"', "sh")
    if subprocess.run([*mounted, "true"], capture_output=True, cwd=harness.WORK).returncode != 0:
        raise Skip("needs a kernel that lets it mount")
    is_refused("kept/state", "cannot be written (its folder: Read-only file system)", prefix=mounted)
    is_refused("kept/new", "cannot be opened (its folder: Read-only file system)", prefix=mounted)
    is_refused("nowhere/new", "cannot be opened (its folder: No such file or directory)")


@test("--state: where the disk is full the state stays as it was")
def _():
    text = sample_log()
    log = write("audit.log", text[:len(text) // 3])
    scan(harness.WORK, log)
    before = (harness.WORK / "state").read_bytes()
    log.write_bytes(text)
    full = ("sh", "-c", "ulimit -f 8; exec \"$@\"", "sh")
    result = scan(harness.WORK, log, "-o", harness.WORK / "out", code=2, prefix=full)
    check((harness.WORK / "state").read_bytes() == before, "it is as it was", result)
    check(not (harness.WORK / "out").exists(), "and nothing is reported", result)
    check(len(findings(scan(harness.WORK, log, code=1))) == 1, "the next run reports it")


@test("--state: killed at any instant, the next run gives the same or reports again")
def _():
    text = sample_log()
    pick = random.Random(7)
    for round in range(40 * ROUNDS):
        folder = harness.WORK / str(round)
        folder.mkdir()
        log = folder / "audit.log"
        told = []
        for cut in (len(text) // 2, len(text)):
            log.write_bytes(text[:cut])
            out = folder / f"{cut}.jsonl"
            command = [harness.BINARY, "scan", "--format", "jsonl", "--rules", POLICY, "--state",
                       folder / "state", "-o", out, log]
            for _ in range(pick.randrange(1, 4)):
                killed = subprocess.Popen(command, stderr=subprocess.DEVNULL)
                time.sleep(pick.random() * 0.06)
                killed.kill()
                killed.wait()
                if out.exists():  # whole, or not there
                    rows = [json.loads(line) for line in out.read_text().splitlines()]
                    check(rows[-1]["type"] == "summary", "a report that is there is whole", out)
                    told += [row for row in rows if row["type"] == "finding"]
            subprocess.run(command, check=False, stderr=subprocess.DEVNULL)
            rows = [json.loads(line) for line in out.read_text().splitlines()]
            told += [row for row in rows if row["type"] == "finding"]
            out.unlink()
        once = findings(run("scan", "--format", "jsonl", "--rules", POLICY, log))
        last = {row["id"]: row | {"update": False} for row in told}
        check(last == {row["id"]: row for row in once}, f"round {round}", told, once)


@test("--state: what is no state is neither put aside nor written to")
def _():
    text = sample_log()
    log = write("logs/audit.log", text)
    write("logs/other.log", b"")
    (harness.WORK / "hard").hardlink_to(log)
    (harness.WORK / "folder").symlink_to("logs")
    report = write("report.csv", "finding,rule\n")
    notes = write("notes", "no database at all")
    for state, why in ((log, "holds something else"), (report, "holds something else"),
                       (notes, "holds something else"), (harness.WORK / "hard", "holds something else"),
                       (harness.WORK / "folder" / "audit.log", "holds something else")):
        result = run("scan", "--state", state, log.parent, code=2)
        harness.has(result.err, f"auexfil: {state}: ", "name another file for the state")
    empty = write("empty/audit.log", b"")
    is_one = run("scan", "--state", empty, log.parent, empty.parent, code=2)
    harness.has(is_one.err, "is one of the logs; name another file for the state")
    state = harness.WORK / "state"
    (harness.WORK / "link").symlink_to("state")
    run("scan", "--state", state, log, code=1)
    kept = state.read_bytes()
    for output in ("state", "./state", "link", "logs/../state", "state-journal"):
        for option in ("-o", "--coverage-out"):
            result = run("scan", "--state", state, option, output, "--format", "csv", log, code=2)
            harness.has(result.err, "is named for two outputs; name a file for each")
    check(log.read_bytes() == text and report.read_text() == "finding,rule\n" and
          notes.read_text() == "no database at all" and empty.read_bytes() == b"", "all is as it was")
    check(state.read_bytes() == kept, "and the state")
    check(not list(harness.WORK.rglob("*.damaged*")), "nothing is put aside")
    harness.has(run("scan", "--state", "", log, code=2).err, "--state", "names no file")


def ids(result):
    return {row["id"] for row in findings(result)}


@test("--state: a log that is cut, goes back or is cleaned is said and read again, and counts once")
def _():
    days = [on_day(sample_log(), day) for day in range(6)]
    lines = days[1].splitlines(keepends=True)
    for what, first, then, later in (
            ("cut to a part", days[0] + days[1], days[0], days[2]),
            ("gone back, and grown to less", days[0] + days[1], days[0] + days[2][:2000], days[3]),
            ("gone back, and grown to more", days[0] + days[1], days[0] + days[2] + days[3], days[4]),
            ("cleaned", days[0] + days[1], days[0] + b"".join(lines[:-9]) + days[2], days[3])):
        folder = harness.WORK / what
        log = folder / "audit.log"
        folder.mkdir()
        log.write_bytes(first)
        told = [ids(scan(folder, log, code=1))]
        log.write_bytes(then)
        result = scan(folder, log)
        harness.has(result.err, "audit.log: ", "read again, without the events that are known")
        check(result.summary()["complete"] is False, f"{what}: what was written since may be lost",
              result)
        check(result.code == (1 if findings(result) else 3), f"{what}: exit", result)
        check(result.summary()["withdrawn"] == [], f"{what}: what was seen was seen", result)
        told.append(ids(result))
        with log.open("ab") as file:
            file.write(later)
        result = scan(folder, log, code=1)
        check(result.summary()["complete"], f"{what}: once", result)
        told.append(ids(result))
        seen = [day for day in days if day in first or day in then or day in later]
        check(sum(map(len, told)) == len(set().union(*told)) == len(seen), f"{what}: each once", told)
        once = folder / "once" / "audit.log"
        once.parent.mkdir()
        once.write_bytes(b"".join(seen))
        check(set().union(*told) == ids(run("scan", "--format", "jsonl", "--rules", POLICY, once)),
              f"{what}: as in one run", told)


@test("--state: of a log that is cut, and whose clock was put back, all is read again")
def _():
    log = write("audit.log", on_day(sample_log(), 0) + on_day(sample_log(), 500, 1) +
                on_day(sample_log(), 1, 2))
    scan(harness.WORK, log, code=1)
    log.write_bytes(on_day(sample_log(), 0) + on_day(sample_log(), 3, 3))
    result = scan(harness.WORK, log, code=1)
    harness.has(result.err, "its clock was put back before; all that is there of this log was read again")
    check(result.summary()["complete"] is False, "what was written since may be lost", result)
    check(len(ids(result)) == 1 and result.summary()["standing"] == 1, "each once", result)


@test("--state: an empty log that is gone was no host")
def _():
    write("log/web-07/audit.log", sample_log())
    empty = write("log/web-08/audit.log", b"")
    scan(harness.WORK, harness.WORK / "log", code=1)
    empty.unlink()
    result = scan(harness.WORK, harness.WORK / "log", code=None)
    check("1970" not in result.err + result.out, "nothing is told of no time", result)
    check(len([row for row in result.rows() if row["type"] == "coverage"]) == 1, "one host", result)


@test("--state: a quiet day beside audit.1.log changes no host's name")
def _():
    text = sample_log()
    half = text.find(b"\n", len(text) // 2) + 1
    write("web-07/audit.log", text[:half])
    log = harness.WORK / "web-07"
    first = scan(harness.WORK, log, code=None)
    os.rename(log / "audit.log", log / "audit.1.log")
    for more in (b"", text[half:]):
        write("web-07/audit.log", more)
        result = scan(harness.WORK, log, code=None)
        check("is called" not in result.err, "one name", result)
        check(not result.summary()["withdrawn"], "nothing is taken back", result)
        check({row["host"] for row in result.rows() if row["type"] == "coverage"} == {"web-07"},
              "it is the folder's", result)


@test("--state: an older file that comes later is said, and all is read again in its order")
def _():
    write("log/audit.log", on_day(sample_log(), 5))
    first = ids(scan(harness.WORK, harness.WORK / "log", code=1))
    write("log/audit.log.1", on_day(sample_log(), 3))
    write("log/audit.log.2", on_day(sample_log(), 1))
    result = scan(harness.WORK, harness.WORK / "log", code=1)
    harness.has(result.err, "has come since, and begins before what was read; all that is there")
    once = ids(run("scan", "--format", "jsonl", "--rules", POLICY, harness.WORK / "log"))
    check(first | ids(result) == once, "all are told", result)
    check({row["id"] for row in findings(result) if row["update"]} == first & ids(result), "once", result)


@test("--state: a file between two that was rotated away unread is said, with how much and when")
def _():
    text = sample_log()
    cuts = [text.find(b"\n", len(text) * part // 10) + 1 for part in (3, 6)]
    log = write("log/audit.log", text[:cuts[0]])
    scan(harness.WORK, log.parent)
    os.rename(log, harness.WORK / "log" / "audit.log.1")
    log.write_bytes(text[cuts[1]:])
    result = scan(harness.WORK, log.parent)
    check("was not read" not in result.err, "it may come late, as what a kernel kept does", result)
    late = b"type=USER_CMD msg=audit(%d.000:999999): pid=1 uid=0 auid=0 ses=1\n" % (NOW - 60)
    log.write_bytes(text[cuts[1]:] + late)
    result = scan(harness.WORK, log.parent)
    harness.has(result.err, "a file before audit.log: was not read, ", " events from ", "it is gone")
    check(result.summary()["complete"] is False, "the run is not whole", result)
    check(scan(harness.WORK, log.parent).summary()["complete"], "it is said once")


@test("--state: a file that was rotated away unread is said also where the log stands still then")
def _():
    # Nothing tells by the log that no more will come: by the clock of who reads it nothing will.
    lines = [b"type=USER_CMD msg=audit(%d.%03d:%d): pid=1 uid=0 auid=0 ses=1\n"
             % (NOW - 7200, serial, serial) for serial in range(1, 601)]
    log = write("log/audit.log", b"".join(lines[:100]))
    scan(harness.WORK, log.parent, code=None)
    os.rename(log, log.parent / "audit.log.2")
    log.write_bytes(b"".join(lines[300:]))
    check("was not read" not in scan(harness.WORK, log.parent, code=None).err, "it may come late")
    result = scan(harness.WORK, log.parent, code=3)
    harness.has(result.err, "a file before audit.log: was not read, 200 events from ")
    check(scan(harness.WORK, log.parent, code=None).summary()["complete"], "it is said once")


@test("--state: what the kernel kept for auditd and is written late was no file between two")
def _():
    lines = [b"type=USER_CMD msg=audit(%d.%03d:%d): pid=1 uid=0 auid=0 ses=1\n"
             % (NOW - 900, serial, serial) for serial in range(1, 601)]
    kept, newer = lines[100:300], lines[300:]
    log = write("log/audit.log", b"".join(lines[:100]))
    scan(harness.WORK, log.parent, code=None)
    os.rename(log, log.parent / "audit.log.1")
    for written in (newer[:100], newer[:100] + kept[:50], newer[:100] + kept + newer[100:]):
        log.write_bytes(b"".join(written))
        result = scan(harness.WORK, log.parent, code=None)
        check("was not read" not in result.err, "nothing is missing", result)
    check(result.summary()["complete"], "all is read", result)


@test("--state: a log whose beginning was taken out is said, and read for what is new")
def _():
    days = [on_day(sample_log(), day) for day in range(4)]
    log = write("audit.log", days[0] + days[1])
    told = ids(scan(harness.WORK, log, code=1))
    log.write_bytes(days[1] + days[2])
    result = scan(harness.WORK, log, code=1)
    harness.has(result.err, "audit.log: begins elsewhere than what was read of it")
    check(len(ids(result)) == 1 and not ids(result) & told, "one is new", result)


@test("--state: exports that begin alike are not taken for one another")
def _():
    def export(text):
        columns = "_time,_raw,host," + ",".join(f"field_{i}" for i in range(60))
        rows = (line.replace('"', '""') for line in text.decode().splitlines())
        return columns + "\n" + "".join(f'2026,"{row}",web-03{"," * 60}\n' for row in rows)

    first = write("day.csv", export(on_day(sample_log(), 1) + on_day(sample_log(), 2)))
    told = ids(scan(harness.WORK, first, code=1))
    second = write("day.csv", export(on_day(sample_log(), 3)))
    result = scan(harness.WORK, second)
    check(len(ids(result)) == 1 and not ids(result) & told, "the other day is read", result)


@test("--state: a host whose log is gone, or stands still, never ends in 0")
def _():
    write("pile/web-03/audit.log", sample_log())
    etl = write("pile/etl-01/audit.log", sample_log("etl-01"))
    scan(harness.WORK, harness.WORK / "pile")
    check(scan(harness.WORK, harness.WORK / "pile", code=0).err == "", "nothing is amiss")
    etl.unlink()
    etl.parent.rmdir()
    for _ in range(2):
        result = scan(harness.WORK, harness.WORK / "pile", code=4)
        harness.has(result.err, "etl-01: no log of it is among the inputs, and nothing is told of it since")
        gone = [row for row in result.rows() if row["type"] == "coverage" and row["verdict"] == "blind"]
        check([row["host"] for row in gone] == ["etl-01"], "its coverage says so", result)
    # One that is there no more is said for as long as anything is kept of its time, and then once more.
    old = write("apart/etl-01/audit.log", ended(text_of(list((SAMPLES / "etl-01").glob("audit.log*"))), 5 * 86400))
    write("apart/web-03/audit.log", sample_log())
    args = (harness.WORK / "apart", harness.WORK / "apart", "--keep-days")
    scan(*args, "9")
    old.unlink()
    harness.has(scan(*args, "9", code=4).err, "it is said until nothing of that time is kept")
    harness.has(scan(*args, "1", code=4).err, "it is said no more from the next run on")
    last = scan(*args, "1", code=0)
    check([row["host"] for row in last.rows() if row["type"] == "coverage"] == ["web-03"] and last.err == "",
          "it is forgotten", last)
    text = text_of(list((SAMPLES / "web-03").glob("audit.log*")))
    for what, ago, code in (("old", 12 * 86400 + 60, 4), ("not yet", 80000, 0), ("ahead", -80000, 0),
                            ("a clock that was ahead at the boot", 12 * 86400 + 60, 4)):
        folder = harness.WORK / what
        folder.mkdir()
        log = folder / "audit.log"
        moved = ended(text, ago)
        if what.startswith("a clock"):
            first = re.search(rb"audit\((\d+)(\.\d+:\d+\))", moved)
            moved = moved.replace(first[0], b"audit(%d%s" % (int(first[1]) + 366 * 86400, first[2]))
        log.write_bytes(moved)
        first = scan(folder, log, code=1)
        harness.lacks(first.out + first.err, "nothing new since", "nothing has come")
        for _ in range(2):
            result = scan(folder, log, code=code)
            check((", 12 days before this run" in result.err) == (code == 4), what, result)
            blind = any("nothing has come from this host since" in reason
                        for row in result.rows() if row["type"] == "coverage"
                        for reason in row["reasons"])
            check(blind == (code == 4), f"{what}: coverage", result)


@test("--state: of a host that is called otherwise findings are told again, and why is said")
def _():
    log = write("audit.log", sample_log())
    scan(harness.WORK, log, "--host", "old", code=1)
    result = scan(harness.WORK, log, "--host", "new", code=1)
    harness.has(result.err, "the host that was called old in runs before is called new now",
                "of an earlier report holds no longer, under this id: a host is called otherwise now")
    check(scan(harness.WORK, log, "--host", "new", code=0).err == "", "once")


@test("--state: a log of the same size and second is another if it was written since")
def _():
    text = sample_log()
    log = write("audit.log", text)
    os.utime(log, ns=(10**18, 10**18))
    scan(harness.WORK, log, code=1)
    log.write_bytes(text[:-100] + text[-100:].replace(b"=", b"~", 1))
    os.utime(log, ns=(10**18 + 5, 10**18 + 5))
    harness.has(scan(harness.WORK, log).err, "other bytes stand at the end")


@test("what a killed run left beside an output is in no other's way, and is removed")
def _():
    log = write("audit.log", sample_log())
    old = [write(f"out.csv.{pid}.tmp", "x") for pid in (999999, "999999.3")]
    others = [write(name, "x") for name in ("out.csv.x.tmp", "out.csv.tmp", "out.csv.1.tmp", "my.csv.9.tmp")]
    target = write("precious", "x")
    (harness.WORK / "out.csv.999998.tmp").symlink_to(target)
    fresh = write("out.csv.999997.tmp", "x")
    for path in (*old, *others):
        os.utime(path, (10**9, 10**9))
    held = old[1].open("rb")
    fcntl.flock(held, fcntl.LOCK_EX)
    run("scan", "--format", "csv", "-o", "out.csv", log, code=1)
    check(not old[0].exists(), "what is nobody's any more is removed")
    check(old[1].exists(), "what is held is left")
    held.close()
    check(all(path.exists() for path in (*others, fresh)), "what is another's, or new, is left")
    run("scan", "--format", "csv", "-o", "out.csv", log, code=1)
    check(not old[1].exists(), "once it is let go it is removed")
    check((harness.WORK / "out.csv.999998.tmp").is_symlink(), "a link is left")
    pinned = ("unshare", "--pid", "--fork", "--mount-proc") if os.geteuid() == 0 else None
    if pinned is None or subprocess.run([*pinned, "true"], capture_output=True).returncode != 0:
        raise Skip("needs a kernel that lets it begin with pid 1")
    write("fixed.csv.1.tmp", "x")
    for _ in range(2):
        run("scan", "--format", "csv", "-o", "fixed.csv", log, code=1, prefix=pinned)
    check(target.read_text() == "x" and (harness.WORK / "fixed.csv.1.tmp").read_text() == "x", "as it was")
