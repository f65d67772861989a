"""Files of journald's own."""
import gzip
import io
import json
import tarfile

import carriers
from harness import SAMPLES, Skip, check, has, run, same, test, write
from carriers_test import facts_of, log_of
from logins_test import LOGIN, log
from story import scp_job


def journal(lines):
    if not carriers.JOURNAL_REMOTE.exists():
        raise Skip("needs systemd-journal-remote")
    return carriers.journal_file(lines)


def readable(file):
    result = run("transfers", file)
    if "made without libsystemd" in result.err:
        has(result.err, "journalctl --file FILE -o export")
        raise Skip("this build has no libsystemd")


def kept(lines):
    return [line for line in map(carriers.in_journal, lines) if line is not None]


@test("journal: files of journald's own give the facts of what they keep")
def _():
    for sample in ("etl-01", "adm-04", "app-02", "web-03"):
        lines = kept(carriers.lines_of(log_of(SAMPLES / sample)))
        data = journal(lines)
        readable(write("packed/system.journal", data))
        expected = facts_of(carriers.encoded("\n".join(lines) + "\n"), "kept/audit.log")
        check(expected, f"{sample}: nothing left")
        same(facts_of(data, "packed/x"), expected, sample)


@test("journal: in images and folders, evidence names the entry")
def _():
    lines = kept(carriers.lines_of(log().encode()))
    data = journal(lines)
    write("image/etc/hostname", "etl-01\n")
    file = write("image/var/log/journal/0123/system.journal", data)
    readable(file)
    for args in (["--root", "image"], ["image"]):
        rows = [r for r in run("transfers", *args).rows() if r["type"] == "transfer"]
        check(sorted(r["tool"] for r in rows) == ["curl", "scp"], f"facts of {args}", rows)
        for item in (item for row in rows for item in row["evidence"]):
            check(item["file"].endswith("system.journal") and item["event"].split(":")[1] in
                  lines[item["line"] - 1], f"evidence of {args}", item)
        has(run("explain", rows[0]["id"], *args).out, "system.journal:")


@test("journal: what is compressed or in an archive is refused with what to do")
def _():
    data = journal(kept(carriers.lines_of(log().encode())))
    readable(write("x.journal", data))
    has(run("transfers", write("x.journal.gz", gzip.compress(data, 1)), code=3).err,
        "unpack it first")
    # Beside an audit log it is passed over.
    write("image/var/log/journal/0123/system.journal", data)
    file = write("image/var/log/audit/audit.log", log())
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        archive.add(file.parents[3], "image")
    write("image.tar.gz", packed.getvalue())
    for args in (["--root", "image.tar.gz"], ["image.tar.gz"]):
        check(run("transfers", *args, code=0).summary()["transfers"] == 2, f"facts of {args}")


@test("journal: logins stand in it too")
def _():
    if not carriers.JOURNAL_REMOTE.exists():
        raise Skip("needs systemd-journal-remote")
    entry = {"__REALTIME_TIMESTAMP": "1796173200200000", "__MONOTONIC_TIMESTAMP": "1",
             "_BOOT_ID": "1" * 32, "_HOSTNAME": "etl-01", "_PID": "900",
             "SYSLOG_IDENTIFIER": "sshd", "MESSAGE": "Accepted publickey for alice from 192.0.2.7 "
                                                     "port 50022 ssh2: ED25519 SHA256:abc"}
    data = carriers.journal_of("".join(f"{k}={v}\n" for k, v in entry.items()).encode() + b"\n")
    write("image/etc/hostname", "etl-01\n")
    write("image/var/log/audit/audit.log", log())
    file = write("image/var/log/journal/0123/system.journal", data)
    readable(file)
    row = next(r for r in run("transfers", "--root", "image").rows() if r["tool"] == "curl")
    check(row["login"] == LOGIN | {"evidence": "/var/log/journal/0123/system.journal:1"}, "login",
          row)


@test("journal: a file that is cut or broken is said")
def _():
    lines = kept(carriers.lines_of(log().encode()))
    data = journal(lines)
    readable(write("whole.journal", data))
    for name, part in (("head", data[:100]), ("cut", data[:300_000]),
                       ("broken", data[:5000] + b"\xff" * 20000 + data[25000:])):
        result = run("transfers", write(f"{name}.journal", part))
        check(result.code in (0, 3) and (result.code == 3 or "transfer" in result.out), name, result)
        folder = run("transfers", write(f"{name}/system.journal", part).parent)
        check(folder.code == result.code, f"{name} in a folder", folder)


@test("exports: the newest first are read from their end, with the lines where they stand")
def _():
    lines = carriers.lines_of(log().encode())
    forth = run("transfers", "--format", "jsonl", write("forth.log", log().encode()))
    for name, text in (
            ("search.log", "".join(line + "\n" for line in reversed(lines)).encode()),
            ("search.ndjson", b"".join(carriers.FORMS["filebeat"]([line])
                                       for line in reversed(lines)))):
        file = write(name, text)
        back = run("transfers", "--format", "jsonl", file)
        want = [json.loads(line) for line in forth.out.splitlines()][:-1]
        got = [json.loads(line) for line in back.out.splitlines()][:-1]
        for fact in want + got:
            fact.pop("host", None)  # filebeat says it
            for evidence in fact.get("evidence", []):
                if evidence["file"].endswith("forth.log"):
                    evidence["line"] = len(lines) + 1 - evidence["line"]
                evidence["file"] = "log"
        check(got == want, name, back)
        fact = next(fact for fact in got if fact["type"] == "transfer")
        shown = run("explain", fact["id"], file)
        number = fact["evidence"][0]["line"]
        has(shown.out, f"{name}:{number}")
        has(run("inputs", file).out, "the newest first")


@test("exports: what the tools of audit print is refused with what to ask for")
def _():
    for name, text, said in (
            ("report.csv", b"NODE,EVENT,DATE,TIME,SERIAL_NUM,EVENT_KIND,SESSION\n,SYSCALL,1,2,3,4,5\n",
             "the output of `ausearch --format csv`"),
            ("report.txt", b"At 01:00:00 12/02/26 root, acting as root, successfully executed /x\n",
             "the output of `ausearch --format text`"),
            ("x.log", b"\nExecutable Report\n==================\n# date\n", "a report of `aureport`")):
        file = write(f"{name}.d/{name}", text)
        for input in (file, file.parent):
            has(run("transfers", input, code=3).err, said)


@test("exports: records of several hosts without a node are told apart by the carrier's host")
def _():
    a = carriers.lines_of(scp_job().text().encode())
    b = carriers.lines_of(scp_job(address="203.0.113.44", target="x@203.0.113.44:up/").text()
                          .encode())

    def csv(host, line):
        quoted = line.replace('"', '""')
        return f'{host},"{quoted}"\n'.encode()

    forms = {
        "filebeat": lambda host, line: json.dumps(
            {"host": {"name": host}, "message": line}).encode() + b"\n",
        "splunk": lambda host, line: json.dumps(
            {"result": {"_raw": line, "host": host}}).encode() + b"\n",
        "journal": lambda host, line: json.dumps(
            carriers.journal_fields(line) | {"_HOSTNAME": host}).encode() + b"\n",
        "csv": csv,
    }
    for form, pack in forms.items():
        some = carriers.in_journal if form == "journal" else str
        head = b"host,_raw\n" if form == "csv" else b""
        mixed = head + b"".join(pack("etl-01", x) + pack("bk-07", y)
                                for x, y in zip(map(some, a), map(some, b)) if x and y)
        write(f"{form}/x", mixed)
        rows = [r for r in run("transfers", f"{form}/x").rows() if r["type"] == "transfer"]
        told = sorted((r["host"], r["node"], r["destinations"][0]["address"]) for r in rows)
        check(told == [("bk-07", "bk-07", "203.0.113.44"), ("etl-01", "etl-01", "203.0.113.10")],
              form, told)
        listed = run("inputs", "--format", "jsonl", f"{form}/x").rows()[0]
        check(sorted(listed["nodes"]) == ["bk-07", "etl-01"], f"{form}: inputs", listed)
        # One host's export has no node, as before.
        one = head + b"".join(pack("etl-01", x) for x in map(some, a) if x)
        rows = run("transfers", write(f"{form}/one", one)).rows()
        check(rows[0]["node"] is None, f"{form}: one host", rows[0])


@test("journal: records that the kernel says there it lost are lost, no program's word is")
def _():
    if not carriers.JOURNAL_REMOTE.exists():
        raise Skip("needs systemd-journal-remote")
    write("image/etc/hostname", "etl-01\n")
    write("image/var/log/audit/audit.log", log())

    def verdict(transport):
        entry = {"__REALTIME_TIMESTAMP": "1796173201000000", "__MONOTONIC_TIMESTAMP": "1",
                 "_BOOT_ID": "0" * 31 + "1", "_HOSTNAME": "etl-01", "_TRANSPORT": transport,
                 "SYSLOG_IDENTIFIER": "kernel", "MESSAGE": "audit: backlog limit exceeded"}
        readable(write("image/var/log/journal/0123/system.journal", carriers.journal_of(
            "".join(f"{key}={value}\n" for key, value in entry.items()).encode() + b"\n")))
        return run("coverage", "--format", "jsonl", "--root", "image").rows()[0]["verdict"]

    check(verdict("syslog") == "adequate", "a program's")
    check(verdict("kernel") == "partial", "the kernel's")
