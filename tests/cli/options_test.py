"""The command line itself: help, mistakes, and what each option does."""
import os
import re

import harness
from harness import SAMPLES, SOURCE, check, has, lacks, run, same, test, write
from input_test import finding_log, quiet_log
from story import Story, scp_job

COMMANDS = ["scan", "transfers", "judge", "events", "coverage", "explain"]


@test("no command: exit 2 with a hint")
def _():
    has(run(code=2).err, "auexfil: no command given", "`auexfil --help` tells more")


@test("an unknown command: exit 2 with the nearest one")
def _():
    has(run("scna", code=2).err, "'scna' is no command; did you mean scan?")
    has(run("frobnicate", code=2).err, "'frobnicate' is no command; there are", "scan")


@test("an unknown option: exit 2 with a hint to that command's help")
def _():
    for command in COMMANDS:
        result = run(command, *["abc"][:command == "explain"], "--frmat", code=2)
        has(result.err, "auexfil: ", "--frmat", f"`auexfil {command} --help` tells more")
        check(result.out == "", "stdout is not empty", result)


@test("--help: every command's, with the exit codes")
def _():
    for command in [[], *[[c] for c in COMMANDS]]:
        result = run(*command, "--help", code=0)
        for code in "01234":
            check(re.search(rf"^  {code}  \w", result.out, re.M), f"exit code {code}", result)
        lacks(result.out, "->", "ENUM")


@test("the exit codes of --help and README are the same")
def _():
    help = " ".join(run("--help").out.split("Exit codes:")[1].split())
    rows = re.findall(r"^\| (\d) \| (.*) \|$", (SOURCE / "README.md").read_text(), re.M)
    same(help, " ".join(f"{code} {meaning}" for code, meaning in rows), "exit codes")


@test("--version")
def _():
    check(re.fullmatch(r"auexfil \d+\.\d+\.\d+\n", run("--version", code=0).out), "version")


@test("every mistake of the command line is told at once")
def _():
    result = run("scan", "--format", "xml", "--color", "red", "--start", "yesterday", "--end", "x",
                 "--allow", "203.0.113.1/24", "--allow", "there", code=2)
    has(result.err, "--format: 'xml'", "table, csv or jsonl", "--color: 'red'",
        "--start: 'yesterday' is no time", "--end: 'x' is no time",
        "--allow: '203.0.113.1/24' is no network", "--allow: 'there' is no network")
    check(len(result.err.splitlines()) == 6, "six lines", result)


@test("--format: what a command cannot write is a mistake, not another format")
def _():
    for command in (["events"], ["explain", "abc"]):
        result = run(*command, "--format", "csv", write("audit.log", finding_log()), code=2)
        has(result.err, "--format: 'csv' is not possible here; write")
    has(run("inputs", "--format", "csv", code=2).err, "write table or jsonl")


@test("an option that takes one value leaves the rest to INPUT")
def _():
    write("audit.log", finding_log())
    write("own.conf", "[role default]\nlimit = 1GiB\n")
    run("scan", "--rules", "own.conf", "audit.log", code=0)
    run("scan", "--allow", "203.0.113.0/24", "audit.log", code=0)
    run("scan", "--allow", "192.0.2.0/24", "--allow", "203.0.113.0/24", "audit.log", code=0)


@test("--fail-on: which severities make the exit code 1, what else is true is still said")
def _():
    write("audit.log", finding_log())  # one high finding
    write("facts.jsonl", run("transfers", "audit.log").raw)
    worst = [row["severity"] for row in run("scan", "--format", "jsonl", "audit.log").rows()
             if row["type"] == "finding"]
    check(worst == ["high"], "high", worst)
    for word, code in (("critical", 0), ("high", 1), ("medium", 1), ("low", 1), ("never", 0)):
        same(run("scan", "--fail-on", word, "audit.log", code=code).out,
             run("scan", "audit.log").out, "the report")
        run("judge", "--fail-on", word, "facts.jsonl", code=code)
    rows = run("scan", "--fail-on", "never", "--format", "jsonl", "audit.log").rows()
    check((rows[-1]["findings"], rows[-1]["exit"]) == (1, 0), "summary", rows[-1])
    run("scan", "--fail-on", "never", "audit.log", "gone.log", code=3)
    has(run("scan", "--fail-on", "none", code=2).err,
        "--fail-on: 'none' is not possible here; write critical, high, medium, low or never")


@test("--role: every host is judged by it, an unknown one is exit 2")
def _():
    write("audit.log", finding_log())
    write("own.conf", "[role generous]\nhost = nobody\nlimit = 1GiB\n")
    run("scan", "--rules", "own.conf", "audit.log", code=1)
    run("scan", "--rules", "own.conf", "--role", "generous", "audit.log", code=0)
    has(run("scan", "--role", "genrous", "--rules", "own.conf", "audit.log", code=2).err, "genrous")


@test("--host names the host whose log it is")
def _():
    has(run("scan", "--host", "bk-07", write("audit.log", finding_log())).out, "  bk-07 ")


@test("--node: only that node of the log")
def _():
    text = scp_job(Story(node="a.example.org")).text() + \
        scp_job(Story(node="b.example.org"), address="203.0.113.11").text()
    write("audit.log", text)
    rows = run("transfers", "audit.log").rows()
    check([r["host"] for r in rows if r["type"] == "transfer"] ==
          ["a.example.org", "b.example.org"], "both", rows)
    rows = run("transfers", "--node", "b.example.org", "audit.log").rows()
    check([r["host"] for r in rows if r["type"] == "transfer"] == ["b.example.org"], "one", rows)
    rows = run("events", "--node", "b.example.org", "audit.log").rows()
    check({r["node"] for r in rows} == {"b.example.org"}, "events", rows)


@test("--start and --end: state before --start is still followed")
def _():
    story = scp_job()
    story.wait(3600)
    scp_job(story, address="203.0.113.11", pid=800)  # ends 01:00:02 to 02:00:03
    story.chatter()
    write("audit.log", story.text())

    def addresses(*options):
        return [r["destinations"][0]["address"] for r in
                run("transfers", *options, "audit.log").rows() if r["type"] == "transfer"]

    both = ["203.0.113.10", "203.0.113.11"]
    check(addresses() == both, "both")
    check(addresses("--start", "2026-12-02") == both, "a date is its first moment")
    check(addresses("--start", "2026-12-02T01:30:00Z") == both[1:], "later")
    check(addresses("--end", "2026-12-02T01:30:00Z") == both[:1], "earlier")
    check(addresses("--start", "2026-12-02T02:30:00+01:00") == both[1:], "another zone")
    check(addresses("--start", "2026-12-03") == [], "none")
    rows = run("transfers", "--start", "2026-12-02T01:00:01.050Z", "audit.log").rows()
    check(rows[0]["automation"]["verdict"] == "unattended" and rows[0]["bytes_out"] == 120_003_000,
          "what began before --start is whole", rows[0])
    run("scan", "--start", "-24h", "audit.log")
    run("scan", "--start=-7d", "audit.log")


@test("--threads and --block-size: out of range is exit 2")
def _():
    has(run("scan", "--threads", "9999", code=2).err, "--threads")
    has(run("scan", "--threads", "many", code=2).err, "--threads")
    has(run("scan", "--block-size", "1", code=2).err, "--block-size")


@test("--stats: what was read, on stderr")
def _():
    check(re.search(r"\d events, \d+ records, [\d,]+ bytes in [\d.]+ s, \d+ MB/s",
                    run("scan", "--stats", write("audit.log", quiet_log())).err), "stats")


@test("--color: always colours, and the word still stands there, never and a pipe do not")
def _():
    write("audit.log", finding_log())
    always = run("scan", "--color", "always", "audit.log", code=1).out
    has(always, "\x1b[")
    plain = run("scan", "audit.log", code=1).out
    lacks(plain, "\x1b")
    same(re.sub(r"\x1b\[[0-9;]*m", "", always), plain, "but for colours")
    same(run("scan", "--color", "never", "audit.log").out, plain, "never")


def on_terminal(*args, **env):
    """What auexfil writes to a terminal."""
    import pty
    environment = {"PATH": os.environ["PATH"], "TERM": "xterm"} | env
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(harness.BINARY, ["auexfil", *map(str, args)], environment)
    chunks = []
    while True:
        try:
            chunk = os.read(fd, 65536)
        except OSError:
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.waitpid(pid, 0)
    return b"".join(chunks).decode(errors="replace")


@test("a terminal gets colours, unless NO_COLOR, TERM=dumb or --color never")
def _():
    log = write("audit.log", finding_log())
    has(on_terminal("scan", log), "\x1b[")
    has(on_terminal("scan", log, NO_COLOR=""), "\x1b[")
    lacks(on_terminal("scan", log, NO_COLOR="1"), "\x1b")
    lacks(on_terminal("scan", log, TERM="dumb"), "\x1b")
    lacks(on_terminal("scan", "--color", "never", log), "\x1b")


@test("coverage: a verdict a host, with what is in the log")
def _():
    has(run("coverage", SAMPLES / "etl-01", code=0).out, "adequate", "bytes               in the log")
    result = run("coverage", SAMPLES / "app-02", code=4)
    has(result.out, "app-02: blind", "bytes               not in the log", "volumes are unknown")
    rows = run("coverage", "--format", "jsonl", SAMPLES, code=4).rows()
    check([r["type"] for r in rows] == ["coverage"] * 4 + ["summary"], "rows", rows)


@test("events: one line an event, decoded")
def _():
    rows = run("events", SAMPLES / "etl-01", code=0).rows()
    text = run("events", SAMPLES / "etl-01").out
    check(len(rows) == 575 and len({r["id"] for r in rows}) == 575, "575 events")
    execve = [x["fields"] for r in rows for x in r["records"] if x["type"] == "EXECVE"]
    check({"argc": "5", "a0": "scp", "a1": "-O", "a2": "-q", "a3": "/srv/data/dump2m.bin",
           "a4": "drop@203.0.113.65:up/"} in execve, "scp's arguments")
    has(text, '"type":"event"', '"enriched":{')


@test("judge: what is no fact is told, exit 3")
def _():
    has(run("judge", write("audit.log", finding_log()), code=3).err, "holds no facts",
        "auexfil transfers", "audit.log:1: ", "left out", "more of this kind: fact")
    has(run("judge", "gone.jsonl", code=3).err, "gone.jsonl: no such file")
    has(run("judge", harness.WORK, code=3).err, "is a folder")
    has(run("judge", code=3).err, "standard input: holds no facts")
    facts = run("transfers", "audit.log").out
    result = run("judge", write("facts.jsonl", facts.rsplit("\n", 2)[0] + "\n"), code=1)
    has(result.err, "facts.jsonl: cut short, no summary at its end; what is there was judged")


@test("judge: facts of several hosts, in any order, as files or as one stream")
def _():
    a = run("transfers", "--host", "a", write("audit.log", finding_log())).out
    b = run("transfers", "--host", "b", write("audit.log", quiet_log())).out
    write("a.jsonl", a)
    write("b.jsonl", b)
    result = run("judge", "a.jsonl", "b.jsonl", code=1).out
    has(result, "1 finding, 2 hosts; 2 transfers")
    # Inputs are listed as they came; findings and sums do not hang on the order.
    same(run("judge", "--format", "csv", "b.jsonl", "a.jsonl", code=1).out,
         run("judge", "--format", "csv", "a.jsonl", "b.jsonl", code=1).out, "order")
    same(run("judge", "-", stdin=(a + b).encode(), code=1).out, result, "one stream")
    has(run("judge", "--host", "b", "a.jsonl", "b.jsonl", code=0).out, "0 findings, 1 host")


def calls(count, first_pid):
    """So many SYSCALL records, each of another process."""
    return "".join(
        f"type=SYSCALL msg=audit({1796173000 + n // 100}.{n % 100:03d}:{n + 1}): arch=c000003e "
        f"syscall=1 success=yes exit=1 a0=1 a1=2 a2=1 a3=0 items=0 ppid=1 pid={first_pid + n} "
        'auid=0 uid=0 gid=0 euid=0 suid=0 fsuid=0 egid=0 sgid=0 fsgid=0 tty=(none) ses=3 comm="x" '
        'exe="/usr/bin/x" subj=unconfined key="t"\n' for n in range(count))


@test("bounds: processes and open events are options, and what they cost is counted")
def _():
    log = write("audit.log", calls(150, 1000) + "type=CWD msg=audit(1796173000.000:1): cwd=\"/\"\n")
    summary = run("transfers", log).rows()[-1]
    check(summary["bounds"] == {} and summary["malformed"] == {}, "nothing is hit", summary)
    summary = run("transfers", "--max-processes", "64", log).rows()[-1]
    check(summary["bounds"]["processes"] == 150 - 64, "processes", summary)
    summary = run("transfers", "--max-open-events", "64", log).rows()[-1]
    check(summary["malformed"]["late_record"] == 1, "a late record", summary)
    for option in "--max-processes", "--max-open-events":
        check(option in run("transfers", option, "2", log, code=2).err, "too few", option)


@test("options: of a time that the log does not hold nothing is clean")
def _():
    for sample in ("adm-04", "etl-01"):
        log = SAMPLES / sample
        whole = run("coverage", "--format", "jsonl", log).rows()[0]
        day = whole["first"][:10]
        for window in (("--start", "2027-01-01"), ("--end", "2026-01-01")):
            for command in ("scan", "transfers", "coverage", "inventory"):
                result = run(command, *window, log, code=4)
            host = run("coverage", "--format", "jsonl", *window, log).rows()[0]
            check(host["verdict"] == "blind" and "time that was asked for" in host["reasons"][0],
                  f"{window}", host)
            facts = run("transfers", *window, log).raw
            result = run("judge", *window, "-", stdin=facts, code=4)
            has(result.err + result.out, "nothing is in the log of the time that was asked for")
            check(result.out.count("nothing is in the log of the time") <= 2, "said once", result)
            run("judge", "-", stdin=facts, code=4)
        # In part, by more than a day.
        host = run("coverage", "--format", "jsonl", "--start", "2026-11-01", log).rows()[0]
        check(host["verdict"] != "adequate" and "before" in host["reasons"][0], "before", host)
        # As the log goes, and as a person writes a day.
        host = run("coverage", "--format", "jsonl", "--start", day, log).rows()[0]
        check(host["reasons"] == whole["reasons"] and host["verdict"] == whole["verdict"],
              "the day", host)
    has(run("scan", "--start", "2026-12-03", "--end", "2026-12-01", log, code=2).err,
        "lies behind --end")


@test("options: of a time in which auditing was off nothing is clean")
def _():
    story = scp_job()
    story.chatter()
    story.event("type=CONFIG_CHANGE {}: op=set audit_enabled=0 old=1 auid=0 ses=5 res=1")
    story.wait(86400)
    story.event("type=CONFIG_CHANGE {}: op=set audit_enabled=1 old=0 auid=0 ses=5 res=1")
    story.chatter()
    write("audit.log", story.text())
    window = ("--start", "2026-12-02T08:00:00Z", "--end", "2026-12-02T20:00:00Z")
    has(run("scan", *window, "audit.log", code=4).out, "lies in a gap: auditing was switched off")
    host = run("coverage", "--format", "jsonl", "audit.log").rows()[0]
    check(host["verdict"] == "partial", "whole", host)
