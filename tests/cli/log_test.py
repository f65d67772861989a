"""--log: an entry a finding in this machine's log, in a place of its own where the kernel allows."""
import json
import struct
import subprocess
import sys

import harness
from harness import SAMPLES, Skip, check, has, lacks, run, same, test, write
from input_test import finding_log, quiet_log
from output_test import hostile_log

# In a mount namespace of its own, where /run and /dev hold what is listened to, runs the program
# and writes what was heard to a file.
LISTEN = """
import json, os, socket, subprocess, sys, threading
heard_file, names = sys.argv[1], sys.argv[2].split(",")
def mount(*args):
    subprocess.run(["mount", *args], check=True)
mount("-t", "tmpfs", "none", "/run")
os.makedirs("/run/systemd/journal")
null = os.stat("/dev/null").st_rdev
mount("-t", "tmpfs", "none", "/dev")
os.mknod("/dev/null", 0o20666, null)
heard = []
for name in filter(None, names):
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(name)
    def listen(listener=listener, name=name):
        while True:
            heard.append((name, listener.recv(1 << 20).hex()))
    threading.Thread(target=listen, daemon=True).start()
code = subprocess.run(sys.argv[3:]).returncode
import time
time.sleep(0.2)
json.dump(heard, open(heard_file, "w"))
sys.exit(code)
"""
JOURNAL, SYSLOG = "/run/systemd/journal/socket", "/dev/log"


def listening(*names):
    prefix = ("unshare", "-m", sys.executable, "-c", LISTEN, harness.WORK / "heard", ",".join(names))
    try:
        done = subprocess.run([*prefix, "true"], capture_output=True)
    except OSError as error:
        raise Skip(f"needs unshare(1): {error}")
    if done.returncode != 0:
        raise Skip(f"needs mounts of its own: {done.stderr.decode()[-200:]}")
    return tuple(map(str, prefix))


def heard():
    return [(name, bytes.fromhex(data)) for name, data in
            json.loads((harness.WORK / "heard").read_text())]


def fields(datagram):
    """As journald takes a datagram apart."""
    found = []
    while datagram:
        line, datagram = datagram.split(b"\n", 1)
        if b"=" in line:
            found.append(tuple(line.decode().split("=", 1)))
            continue
        size, = struct.unpack("<Q", datagram[:8])
        found.append((line.decode(), datagram[8:8 + size].decode()))
        check(datagram[8 + size:9 + size] == b"\n", "the end of a field", datagram)
        datagram = datagram[9 + size:]
    return found


@test("--log journal: an entry a finding with its fields, though the run is confined")
def _():
    prefix = listening(JOURNAL, SYSLOG)
    plain = run("scan", SAMPLES, code=1).out
    result = run("scan", "--log", "journal", SAMPLES, code=1, prefix=prefix)
    same(result.out, plain, "the report")
    entries = [dict(fields(data)) for name, data in heard() if name == JOURNAL]
    check(len(entries) == 3 and len(heard()) == 3, "three", heard())
    first = entries[0]
    check((first["PRIORITY"], first["AUEXFIL_FINDING_ID"], first["AUEXFIL_HOST"],
           first["AUEXFIL_BYTES"], first["AUEXFIL_DESTINATION"], first["AUEXFIL_RULE"]) ==
          ("3", "bfe603fbd4f0ec07", "web-03", "158849637", "203.0.113.77:22", "bulk-unattended"),
          "the gravest", first)
    has(first["MESSAGE"], "high bulk-unattended web-03: 151.5 MiB", "(finding bfe603fbd4f0ec07)")
    check("AUEXFIL_BYTES" not in entries[2] and entries[2]["PRIORITY"] == "5", "unmeasured", entries)
    write("facts.jsonl", run("transfers", SAMPLES).raw)
    run("judge", "--log", "journal", "facts.jsonl", code=1, prefix=prefix)
    check([dict(fields(data)) for _, data in heard()] == entries, "judge")
    run("scan", "--log", "journal", write("audit.log", quiet_log()), code=0, prefix=prefix)
    check(heard() == [], "no finding, no entry", heard())


@test("--log: syslog where it is asked for, or where no journald runs")
def _():
    write("audit.log", finding_log())
    for word, places in (("syslog", (JOURNAL, SYSLOG)), ("journal", (SYSLOG,))):
        run("scan", "--log", word, "audit.log", code=1, prefix=listening(*places))
        check([name for name, _ in heard()] == [SYSLOG], word, heard())
        line = heard()[0][1].decode()
        check(line.startswith("<83>"), "priority", line)
        has(line, " auexfil[", "]: high bulk-unattended ", "(finding ")


@test("--log: nobody who takes entries is exit 2 before a log is read, and no report")
def _():
    prefix = listening("")
    for word in ("journal", "syslog"):
        result = run("scan", "--log", word, "-o", "out.txt", "gone.log", code=2, prefix=prefix)
        has(result.err, "--log: nobody takes entries (", SYSLOG)
        lacks(result.err, "gone.log")
        check(not (harness.WORK / "out.txt").exists(), "no report")
    has(run("scan", "--log", "mail", code=2).err,
        "--log: 'mail' is not possible here; write journal or syslog")


@test("--log: text of a log makes no field and no line of its own, passwords are masked")
def _():
    write("audit.log", hostile_log())
    run("scan", "--log", "journal", "audit.log", code=1, prefix=listening(JOURNAL))
    for _, data in heard():
        names = [name for name, _ in fields(data)]
        check(names.count("MESSAGE") == names.count("PRIORITY") == 1, "once each", names)
        for _, value in fields(data):
            lacks(value, "\n", "\r", "\x1b", "\u202e", "hunter2", "Sw0rdfish")
    check(len(heard()) > 0, "entries")
