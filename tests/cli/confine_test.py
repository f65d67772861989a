"""The process is confined while it reads, and nobody notices."""
import gzip
import os
import stat
import subprocess
import sys
import tarfile

import harness
from harness import Skip, as_nobody, check, has, lacks, recordings, run, same, test, write
from archive_test import limited
from image_test import image
from input_test import finding_log, quiet_log

# Takes calls away from the kernel, then becomes the program.
FORGET = """
import ctypes, errno, os, sys
lib = ctypes.CDLL("libseccomp.so.2")
lib.seccomp_init.restype = ctypes.c_void_p
filter = ctypes.c_void_p(lib.seccomp_init(0x7fff0000))
for name in sys.argv[1].split(","):
    number = lib.seccomp_syscall_resolve_name(name.encode())
    assert lib.seccomp_rule_add(filter, 0x00050000 | errno.ENOSYS, number, 0) == 0
assert lib.seccomp_load(filter) == 0
os.execv(sys.argv[2], sys.argv[2:])
"""
LANDLOCK = "landlock_create_ruleset"


def without(*calls):
    prefix = (sys.executable, "-c", FORGET, ",".join(calls))
    if subprocess.run([*prefix, harness.BINARY, "--version"], capture_output=True).returncode != 0:
        raise Skip("needs libseccomp.so.2 and a kernel that filters")
    return prefix


@test("-v says what confines the run, a kernel that lacks it goes on and says so")
def _():
    write("audit.log", finding_log())
    result = run("scan", "-v", "audit.log", code=1)
    lines = [line for line in result.err.splitlines() if "confined by" in line]
    check(len(lines) == 2 and "Landlock" in lines[0] and "seccomp" in lines[1], "both", result)
    old = run("scan", "-v", "audit.log", code=1, prefix=without(LANDLOCK))
    has(old.err, "auexfil: not confined by Landlock: Function not implemented\n",
        "auexfil: confined by seccomp: no sockets, no other programs or processes\n")
    same(old.out, result.out, "findings")
    check(run("scan", "audit.log").err == "", "without -v not a word")
    check(run("scan", "-v", "-q", "audit.log").err == "", "with -q not a word")


def forms():
    """Every way in which a run opens something, as arguments. Files lie in in/, rules in conf/."""
    write("in/a/audit.log", finding_log())
    write("in/b/audit.log.1.gz", gzip.compress(quiet_log().encode()))
    write("elsewhere/log", finding_log())
    write("conf/own.conf", "[allow all]\naddress = 203.0.113.0/24\n")
    os.makedirs(harness.WORK / "linked-conf")
    os.symlink("../conf/own.conf", harness.WORK / "linked-conf/x.conf")
    os.symlink(harness.WORK / "elsewhere/log", harness.WORK / "audit.log")
    os.symlink(harness.WORK / "in", harness.WORK / "linked-in")
    os.symlink("/etc/hostname", harness.WORK / "in/out.log")
    image()
    write("image/etc/timezone", "Europe/Berlin\n")
    write("image/etc/crontab", "10 2 * * * root scp -q /srv/x b@203.0.113.10:in/\n")
    with tarfile.open(harness.WORK / "in.tar.gz", "w:gz") as archive:
        archive.add(harness.WORK / "in", "in")
        archive.add(harness.WORK / "in/a/audit.log", "gr\u00fcn/audit.log")
    with tarfile.open(harness.WORK / "image.tar", "w") as archive:
        archive.add(harness.WORK / "image", ".")
    write("facts.jsonl", run("transfers", "in").raw)
    finding = run("scan", "--format", "jsonl", "in").rows()[0]["id"]
    for rest in (["in"], ["in/a/audit.log", "in/b/audit.log.1.gz"], ["audit.log"], ["linked-in"],
                 ["in.tar.gz"], ["--root", "image"], ["--root", "image.tar"], ["--root", "image", "in"],
                 ["gone", "in"], ["--rules", "conf", "in"], ["--rules", "linked-conf", "in"],
                 ["--rules", "conf/own.conf", "--threads", "4", "in"]):
        for command in ("scan", "transfers", "coverage", "inputs", "events"):
            if command != "events" or "--rules" not in rest:
                yield [command, *rest]
    yield ["inventory", "--root", "image"]
    yield ["inventory", "--root", "image.tar"]
    yield ["judge", "facts.jsonl"]
    yield ["judge", "--rules", "conf", "facts.jsonl"]
    yield ["explain", finding, "in"]
    yield ["explain", finding, "in.tar.gz"]


@test("confined or not: the same bytes, words and exit codes, of every command and form")
def _():
    free = without(LANDLOCK)
    for args in list(forms()):
        confined, loose = run(*args), run(*args, prefix=free)
        same(confined.out, loose.out, f"stdout of {args}")
        same(confined.err, loose.err, f"stderr of {args}")
        check(confined.code == loose.code, "exit", confined, loose)


@test("streams that the user names are read: a pipe by name or number, standard input")
def _():
    write("audit.log", finding_log())
    wanted = run("scan", "audit.log", code=1).out
    os.mkfifo(harness.WORK / "fifo")
    for script in ('"$0" scan fifo & cat audit.log > fifo; wait $!', '"$0" scan - < audit.log',
                   'cat audit.log | "$0" scan -', '"$0" scan <(cat audit.log)',
                   '"$0" scan /dev/fd/7 7< audit.log', '"$0" scan /dev/stdin < audit.log',
                   '"$0" transfers audit.log | "$0" judge'):
        done = subprocess.run(["bash", "-c", script, harness.BINARY], capture_output=True,
                              cwd=harness.WORK, timeout=60, env=os.environ | {"LC_ALL": "C"})
        check(done.returncode == 1, "exit 1", script, done)
        # A log without a name of its own is of a host without one.
        same(done.stdout.decode().split("\n")[0][:20], wanted.split("\n")[0][:20], script)


@test("-o works confined, into its own folder or another, over a file, a link or none")
def _():
    write("in/audit.log", finding_log())
    wanted = run("scan", "in", code=1).out
    write("out/old.txt", "old")
    os.symlink("old.txt", harness.WORK / "out/link.txt")
    os.symlink("not-yet.txt", harness.WORK / "out/dangling.txt")
    for name in ("new.txt", "./x.txt", "in/y.txt", "out/old.txt", "out/link.txt", "out/dangling.txt",
                 "out/%Y.txt", harness.WORK / "out/absolute.txt"):
        run("scan", "-o", name, "in/audit.log", code=1)
    for path in ("new.txt", "x.txt", "in/y.txt", "out/old.txt", "out/dangling.txt", "out/absolute.txt"):
        same((harness.WORK / path).read_text(), run("scan", "in/audit.log").out, path)
    left = [p for p in harness.WORK.rglob("*.tmp")]
    check(not left, "left beside", left)
    has(run("scan", "-o", "/dev/stdout", "in", code=1).out, wanted[:40])


@test("what is found in a folder is read only if it is a file: pipes, devices, sockets, loops are not")
def _():
    write("pile/good/audit.log", finding_log())
    os.mkfifo(harness.WORK / "pile/audit.log")
    os.mkfifo(harness.WORK / "pile/good/audit.log.1")
    os.symlink("loop.log", harness.WORK / "pile/loop.log")
    os.symlink("../pile", harness.WORK / "pile/good/up")
    os.symlink("audit.log", harness.WORK / "pile/link.log")
    if os.geteuid() == 0:
        os.mknod(harness.WORK / "pile/good/audit.log.2", stat.S_IFCHR | 0o600, os.makedev(1, 5))
        os.mknod(harness.WORK / "pile/good/audit.log.3", stat.S_IFBLK | 0o600, os.makedev(7, 250))
    rows = run("transfers", "pile", code=0).rows()
    check([i["name"] for i in rows[-1]["inputs"]] == ["good/audit.log"], "inputs", rows[-1])
    rows = run("transfers", "--root", "pile", code=3).rows()
    check(rows[-1]["transfers"] == 0, "no log at its place", rows[-1])


@test("a folder that may not be read is told, and what lies beside it is read")
def _():
    prefix = as_nobody()
    write("pile/open/audit.log", finding_log()).chmod(0o644)
    write("pile/closed/audit.log", finding_log())
    (harness.WORK / "pile/closed").chmod(0)
    result = run("scan", "pile", prefix=prefix, code=1)
    has(result.err, "pile/closed: may not be read by this user; it was left out")
    has(result.out, "203.0.113.10")
    (harness.WORK / "pile/closed").chmod(0o755)


@test("--root: no file of this machine is read by a link of the image, whatever it stands for")
def _():
    image()
    secret = write("outside/shadow", "root:$y$made-up:1::::::\nmallory:x:0:0::/:/bin/sh\n")
    for name in ("etc/passwd", "etc/group", "etc/crontab", "etc/timezone"):
        (harness.WORK / "image" / name).unlink(missing_ok=True)
    os.symlink(secret, harness.WORK / "image/etc/passwd")
    os.symlink("/etc/shadow", harness.WORK / "image/etc/group")
    os.symlink("../../../../../../../../../etc/crontab", harness.WORK / "image/etc/crontab")
    os.symlink("/proc/self/environ", harness.WORK / "image/etc/timezone")
    os.symlink(harness.WORK / "outside", harness.WORK / "image/etc/cron.d")
    write("outside/job", "* * * * * root scp x b@203.0.113.99:y\n")
    for prefix in ((), without(LANDLOCK), without(LANDLOCK, "openat2")):
        for command in ("scan", "inventory"):
            result = run(command, "--root", "image", prefix=prefix)
            lacks(result.out + result.err, "mallory", "made-up", "203.0.113.99")


@test("100 000 files that are no logs: the one that is is found, within a bounded memory")
def _():
    for number in range(100_000):
        path = harness.WORK / f"pile/{number // 1000}/file-{number}"
        if number % 1000 == 0:
            path.parent.mkdir(parents=True)
        path.write_bytes(b"\x7fELF no log" if number % 3 else b"words of a program\n")
    write("pile/77/audit.log", finding_log())
    result, _ = limited("scan", "--format", "jsonl", "pile")
    check(result.code == 1, "the log was not found", result)
    check(result.rows()[-1]["complete"] is True, "complete", result.rows()[-1])
