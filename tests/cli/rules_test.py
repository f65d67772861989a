"""Rule files: mistakes stop the run before a log is read, all at once."""
import re

import harness
from harness import as_nobody, check, has, lacks, run, same, test, write
from input_test import finding_log
from story import Story

FIVE = """\
[role default]
limit = 5 potatoes

[alow partner]
address = 198.51.100.0/24

[allow partner]
address = 198.51.100.0/33

[rule bulk]
automaton = unattended
group_by  = host, destination
severity  = fatal
"""


@test("a rule file with five mistakes: five file:line, exit 2, no log is read")
def _():
    write("own.conf", FIVE)
    result = run("scan", "--rules", "own.conf", "gone.log", code=2)
    lines = [int(n) for n in re.findall(r"^auexfil: own\.conf:(\d+): ", result.err, re.M)]
    check(lines == [2, 4, 8, 11, 13], "lines 2, 4, 8, 11 and 13", result)
    has(result.err, "allow", "automation", "5 mistakes in rule files; nothing was read")
    lacks(result.err, "gone.log")
    check(result.out == "", "stdout is not empty", result)


@test("mistakes of all rule files are told at once")
def _():
    write("rules/a.conf", "[role default]\nlimit = x\n")
    write("rules/b.conf", "[tool scp]\nprogram = scp\ngramar = copy\n")
    write("rules/c.conf", "[sign cron]\nprogram = cron\njib = cron\n")
    write("rules/notes.txt", "not a rule file")
    result = run("scan", "--rules", "rules", "--rules", "gone.conf", code=2)
    has(result.err, "rules/a.conf:2: ", "rules/b.conf:3: ", "rules/c.conf:3: ", "gone.conf: ",
        "4 mistakes")
    lacks(result.err, "notes.txt")


@test("a folder's hidden files are no rule files, as editors leave them")
def _():
    write("rules/a.conf", "")
    write("rules/.hid.conf", "[role default]\nlimit = x\n")
    (harness.WORK / "rules/.#20.conf").symlink_to("me@host.4711")
    check(run("lint", "--rules", "rules", code=0).err == "", "they are passed over")
    # Named by itself it is what was asked for.
    has(run("lint", "--rules", "rules/.hid.conf", code=2).err, "rules/.hid.conf:2: ")


@test("a rule file that cannot be read: exit 2")
def _():
    prefix = as_nobody()
    write("own.conf", "").chmod(0)
    has(run("scan", "--rules", "own.conf", prefix=prefix, code=2).err, "own.conf: cannot be read",
        "Permission denied")


@test("a folder without rule files, and a log given as rules: exit 2")
def _():
    (harness.WORK / "empty").mkdir()
    has(run("scan", "--rules", "empty", code=2).err, "empty: no *.conf file")
    result = run("scan", "--rules", write("audit.log", finding_log()), code=2)
    has(result.err, "this is an audit log; give it as INPUT")
    check(len(result.err.splitlines()) == 2, "not a line a record", result)


@test("--rules: later files lie over earlier ones, a section of the same name whole")
def _():
    write("audit.log", finding_log())
    write("a.conf", "[role default]\nlimit = 1GiB\n")
    write("b.conf", "[role default]\nlimit = 1KiB\n")
    run("scan", "--rules", "a.conf", "audit.log", code=0)
    run("scan", "--rules", "a.conf", "--rules", "b.conf", "audit.log", code=1)
    run("scan", "--rules", "b.conf", "--rules", "a.conf", "audit.log", code=0)


@test("--rules: a tool is taught by a section")
def _():
    story = Story()
    mover = story.cron_job("mover f").fork(702).exec("/opt/x/mover", "mover", "f")
    mover.upload(5, "203.0.113.9", 4000, 1_000_000)
    write("audit.log", story.text())
    check(run("transfers", "audit.log").rows()[0]["tool"] == "other", "not known by itself")
    write("own.conf", "[tool mover]\nprogram = mover\ngrammar = copy\nnature = out\n")
    rows = run("transfers", "--rules", "own.conf", "audit.log").rows()
    check("mover" in [r.get("tool") for r in rows], "mover", rows)


@test("--rules: a reason is called and said as its section says, the others as ever")
def _():
    story = Story()
    story.cron_job("scp f").fork(702).exec("/usr/bin/scp", "scp", "f", "x@203.0.113.9:").upload(
        5, "203.0.113.9", 22, 1_000_000)
    write("audit.log", story.text())
    write("own.conf", "[reason no-terminal]\nsign = kein-terminal\ntext = ohne Terminal\n")
    before = run("transfers", "audit.log").rows()[0]["automation"]["reasons"]
    after = run("transfers", "--rules", "own.conf", "audit.log").rows()[0]["automation"]["reasons"]
    check([r["sign"] for r in before] == ["cron", "no-terminal"], "before", before)
    check([r["sign"] for r in after] == ["cron", "kein-terminal"], "after", after)
    check(after[1]["text"] == "ohne Terminal" and after[0] == before[0], "after", after)
    write("own.conf", "[reason no-terminal]\ntext = on {tty}\n")
    has(run("scan", "--rules", "own.conf", "gone.log", code=2).err, "own.conf:2: ", "{tty}")


@test("--rules: [words puppets], as it was called, takes the place of [words scripted-terminals]")
def _():
    write("audit.log", finding_log())
    write("own.conf", "[words puppets]\nprogram = /(/\n")
    has(run("scan", "--rules", "own.conf", "audit.log", code=2).err, "own.conf:2: ")
    write("own.conf", "[words puppets]\nprogram = script\n")
    run("scan", "--rules", "own.conf", "audit.log", code=1)
    write("own.conf", "[words puppets]\nprogram = a\n[words scripted-terminals]\nprogram = b\n")
    has(run("scan", "--rules", "own.conf", "audit.log", code=2).err,
        "own.conf:3: a second [words scripted-terminals]")


@test("--rules: a pipe is read as a file is")
def _():
    conf = write("own.conf", "[role default]\nlimit = 1GiB\n")
    run("scan", "--rules", "/dev/stdin", write("audit.log", finding_log()),
        stdin=conf.read_bytes(), code=0)


@test("allow with expiry: judged against the transfer's own time")
def _():
    write("audit.log", finding_log())
    for day, code in (("2026-12-01", 1), ("2026-12-02", 0), ("2030-01-01", 0)):
        write("own.conf", f"[allow x]\naddress = 203.0.113.0/24\nreason = y\nexpires = {day}\n")
        run("scan", "--rules", "own.conf", "audit.log", code=code)
