"""What is read, what cannot be, and what is said of it: the exit codes of DESIGN."""
import json
import os
import re
import shutil
import subprocess

import harness
from harness import SAMPLES, Skip, as_nobody, check, has, lacks, run, same, test, write
from story import Story, scp_job


def quiet_log():
    """Adequate and without a finding: alice sends 300 MB by hand."""
    story = Story()
    curl = story.login_shell().fork(950)
    curl.exec("/usr/bin/curl", "curl", "-T", "x", "https://203.0.113.9/").upload(
        5, "203.0.113.9", 443, 300_000_000)
    story.chatter()
    return story.text()


def finding_log():
    story = scp_job()
    story.chatter()
    return story.text()


@test("exit 0: no finding, all read, the log could have shown one")
def _():
    has(run("scan", write("audit.log", quiet_log()), code=0).out, "No findings", "adequate")


@test("exit 1: findings")
def _():
    has(run("scan", write("audit.log", finding_log()), code=1).out, "HIGH", "203.0.113.10")


@test("exit 1 also when an input is missing, and that is said")
def _():
    result = run("scan", write("audit.log", finding_log()), "missing.log", code=1)
    has(result.err, "auexfil: missing.log: no such file")
    has(result.out, "missing.log missing")


@test("exit 2: nothing was judged, nothing is on stdout")
def _():
    check(run("scan", "--no-such", code=2).out == "", "stdout is not empty")


@test("exit 3: no finding, an input is missing")
def _():
    result = run("scan", "--format", "jsonl", write("audit.log", quiet_log()), "gone", code=3)
    has(result.err, "auexfil: gone: no such file")
    check(result.summary()["complete"] is False, "complete must be false", result)
    check(result.summary()["exit"] == 3, "the summary's exit must be 3", result)


@test("exit 4: no finding, and the log could not have shown one")
def _():
    story = Story()
    story.cron_job("true")
    result = run("scan", write("audit.log", story.text()), code=4)
    has(result.out, "could not have shown one", "blind")


@test("a folder without logs: exit 3, and what counts as a log")
def _():
    (harness.WORK / "folder").mkdir()
    has(run("scan", "folder", code=3).err, "auexfil: folder: no audit log in it", "audit.log")


@test("a binary: exit 3, not an audit log")
def _():
    result = run("scan", "/bin/true", code=3)
    has(result.err, "auexfil: /bin/true: not an audit log")
    check(len(result.err.splitlines()) == 1, "one line is enough", result)


@test("foreign text: exit 3, not an audit log")
def _():
    has(run("scan", write("syslog", "Dec  2 01:00:00 host sshd[1]: hello\n" * 9), code=3).err,
        "no audit record", "give an audit.log")


@test("an empty file: exit 4, nothing in it")
def _():
    has(run("scan", write("audit.log", ""), code=4).err, "audit.log: nothing in it")


@test("an empty file beside a good one does no harm: exit 0")
def _():
    write("logs/audit.log.1", quiet_log())
    write("logs/audit.log", "")
    run("scan", "logs", code=0)


@test("a log cut in the middle of a line: told, counted, the rest is used, exit 3")
def _():
    cut_log(10)


@test("a log cut in the middle of a line's stamp: the same")
def _():
    cut_log(40)


def cut_log(missing):
    text = quiet_log()
    result = run("scan", "--format", "jsonl", write("audit.log", text[:-missing]), code=3)
    lines = text.count("\n")
    has(result.err, f"audit.log:{lines}: ends in the middle of a record")
    check(result.summary()["malformed"] == {"cut": 1}, "one cut line", result)
    check(result.summary()["complete"] is False, "complete must be false", result)


@test("a log cut in the middle of a line: findings before it are found")
def _():
    has(run("scan", write("audit.log", finding_log()[:-40]), code=1).out, "120,003,000 bytes")


@test("a log whose end is cut never says more bytes")
def _():
    text = finding_log()
    for end in range(200, len(text), 911):
        rows = run("transfers", write("audit.log", text[:end])).rows()
        for row in rows:
            if row["type"] == "transfer":
                check((row["bytes_out"] or 0) <= 120_003_000, f"cut at {end}", row)


@test("text of ausearch -i: exit 3, says what to run instead")
def _():
    text = ("----\ntype=SYSCALL msg=audit(12/02/26 01:00:00.000:100) : arch=x86_64 syscall=execve "
            "success=yes exit=0 a0=0x5581 items=2 ppid=700 pid=701 auid=root uid=root comm=sh "
            "exe=/usr/bin/dash key=exec \n")
    result = run("scan", write("interpreted.txt", text * 5), code=3)
    has(result.err, "ausearch -i", "ausearch --raw")
    check(len(result.err.splitlines()) <= 2, "a count, not a line each", result)


@test("audit records inside a form that is not read: exit 3, nothing of them is read, says what to give")
def _():
    lines = finding_log().splitlines()
    quoted = json.dumps(finding_log())
    for form in ("".join(json.dumps({"record": line}) + "\n" for line in lines),
                 json.dumps([{"record": line} for line in lines], indent=1),
                 "".join(f"level=info msg={json.dumps(line)}\n" for line in lines),
                 "".join(f"- {line!r}\n" for line in lines),
                 f"log = {quoted}\n"):
        result = run("scan", write("export.log", form), code=3)
        has(result.err, "inside JSON or another export", "raw log")
        check(re.search(r"export.log:[12]:", result.err), "where", result)
        check(len(result.err.splitlines()) <= 2, "a count, not a line each", result)
        lacks(result.out, "adequate")
        check([r for r in run("transfers", "export.log").rows() if r["type"] == "transfer"] == [],
              "no half reading", result)
    # One such line among good ones is told, and the rest is read.
    result = run("scan", write("audit.log", finding_log() + json.dumps({"m": lines[0]}) + "\n"),
                 code=1)
    has(result.err, f"audit.log:{len(lines) + 1}:", "inside JSON")


@test("node= goes up to the type: names with blanks are hosts of their own")
def _():
    one, two = Story(node="App Srv 01"), Story(node="App Srv 02")
    scp_job(one)
    scp_job(two, "203.0.113.20")
    mixed = "".join(a + "\n" + b + "\n" for a, b in zip(one.lines, two.lines))
    facts = [r for r in run("transfers", write("audit.log", mixed)).rows() if r["type"] == "transfer"]
    check([f["node"] for f in facts] == ["App Srv 01", "App Srv 02"], "nodes", facts)
    for fact in facts:
        run("explain", fact["id"], "audit.log", code=0)


@test("text of ausearch -i from ausearch itself")
def _():
    if not shutil.which("ausearch"):
        raise Skip("ausearch is not installed")
    log = write("audit.log", finding_log())
    text = subprocess.run(["ausearch", "-i", "-if", log], capture_output=True).stdout
    has(run("scan", write("interpreted.txt", text), code=3).err, "ausearch --raw")


@test("a file that may not be read: exit 3, told, the others are read")
def _():
    prefix = as_nobody()
    log = write("a/audit.log", finding_log())
    closed = write("b/audit.log", quiet_log())
    log.chmod(0o644)
    closed.chmod(0)
    result = run("scan", "a/audit.log", "b/audit.log", prefix=prefix, code=1)
    has(result.err, "b/audit.log: may not be read")
    run("scan", "b/audit.log", prefix=prefix, code=3)
    closed.chmod(0o644)


def own_log(script):
    """Runs a shell script where /var/log and /etc/audit are the test's own."""
    probe = ["unshare", "--mount", "true"]
    if os.geteuid() != 0 or subprocess.run(probe, capture_output=True).returncode != 0:
        raise Skip("needs root and mount namespaces")
    if not os.path.isdir("/etc/audit"):
        raise Skip("needs the folder /etc/audit")
    head = "set -e; mount -t tmpfs -o mode=755 tmpfs /var/log; mount -t tmpfs -o mode=755 tmpfs " \
           "/etc/audit; "
    done = subprocess.run(["unshare", "--mount", "sh", "-c", head + script, "sh", harness.BINARY],
                          capture_output=True, cwd=harness.WORK)
    return harness.Result([script], done)


@test("this host's log is read without INPUT, where auditd.conf puts it")
def _():
    write("audit.log", finding_log())
    result = own_log("mkdir /var/log/elsewhere; cp audit.log /var/log/elsewhere/a.log; "
                     "echo 'log_file = /var/log/elsewhere/a.log' > /etc/audit/auditd.conf; "
                     "exec \"$1\" scan --format csv")
    check(result.code == 1, "exit 1 expected", result)
    has(result.out, f",{os.uname().nodename},", "203.0.113.10")


@test("this host's log is missing: exit 3, asks whether auditd is installed")
def _():
    result = own_log("exec \"$1\" scan")
    check(result.code == 3, "exit 3 expected", result)
    has(result.err, "/var/log/audit/audit.log", "is auditd installed?")


@test("this host's log may not be read: exit 3, names the group that may")
def _():
    as_nobody()
    result = own_log("mkdir -m 750 /var/log/audit; echo x > /var/log/audit/audit.log; "
                     "echo 'log_group = adm' > /etc/audit/auditd.conf; "
                     "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$1\" scan")
    check(result.code == 3, "exit 3 expected", result)
    has(result.err, "members of group adm may read it")


@test("a gzip file cut short: exit 3, where, and what came before is used")
def _():
    data = (SAMPLES / "adm-04/audit.log.gz").read_bytes()
    result = run("scan", write("audit.log.gz", data[:-9000]), code=3)
    has(result.err, f"gzip data is cut short at byte {len(data) - 9000}", "before it were read")


@test("lines that are no records are counted by kind, with the first place")
def _():
    text = finding_log().replace("type=LOGIN", "tpye=LOGIN", 1)
    result = run("scan", "--format", "jsonl", write("audit.log", "hello\n" + text), code=1)
    has(result.err, "audit.log:1: no audit record")
    check(result.summary()["malformed"].get("no_stamp", 0) >= 1, "counted", result)


@test("many problems of a kind: three are told, the rest counted")
def _():
    result = run("scan", *[f"gone{i}" for i in range(9)], code=3)
    check(result.err.count("no such file") == 3, "three are told", result)
    has(result.err, "and 6 more of this kind: missing")


@test("-q: not a word on stderr")
def _():
    check(run("scan", "-q", "gone", code=3).err == "", "stderr is not empty")


@test("standard input gives the same facts as the file")
def _():
    log = SAMPLES / "etl-01/audit.log"
    by_name = run("transfers", log)
    by_pipe = run("transfers", "-", stdin=log.read_bytes())
    same(harness.without_names(by_name.rows()), harness.without_names(by_pipe.rows()), "facts")


@test("a folder holds several hosts: each is named by its folder or node")
def _():
    hosts = {row["host"] for row in run("transfers", SAMPLES).rows() if row["type"] == "coverage"}
    check(hosts == {"etl-01", "adm-04", "app-02", "web-03"}, "hosts", hosts)


@test("nothing of a log reaches the terminal through a message")
def _():
    name = "evil\x1b]0;owned\x07.log"
    result = run("scan", write(name, "hello\n"), code=3)
    lacks(result.err + result.out, "\x1b", "\x07")
    has(result.err, "\\x1b")
