"""Audit logs inside other forms: the same facts, told with the lines of the file that is there."""
import gzip
import json
import re

import carriers
import harness
from harness import SAMPLES, Skip, check, has, lacks, recordings, run, same, test, without_names, \
    write
from input_test import finding_log


def log_of(folder):
    """A sample's or recording's log in one piece, oldest file first."""
    def age(path):
        number = re.search(r"\.(\d+)(\.gz)?$", path.name)
        return -int(number[1]) if number else 0
    log = b""
    for file in sorted(folder.glob("audit.log*"), key=age):
        data = file.read_bytes()
        log += gzip.decompress(data) if file.suffix == ".gz" else data
    return log


def facts_of(log, name):
    return without_names(r for r in run("transfers", write(name, log)).rows()
                         if r["type"] == "transfer")


def same_in_every_form(name, log):
    lines = carriers.lines_of(log)
    expected = facts_of(log, "raw/audit.log")
    for form, pack in carriers.FORMS.items():
        kept = carriers.carried(form, lines)
        wanted = expected if kept == lines else \
            facts_of(carriers.encoded("\n".join(kept) + "\n"), "kept/audit.log")
        check(len(wanted) > 0 or not expected, f"{name}: nothing left for {form}")
        same(facts_of(pack(kept), f"packed/{form}"), wanted, f"{name} as {form}")


@test("carriers: a log in any form gives the facts of the raw log: samples")
def _():
    for sample in ("etl-01", "adm-04", "app-02", "web-03"):
        same_in_every_form(sample, log_of(SAMPLES / sample))


@test("carriers: a log in any form gives the facts of the raw log: recordings")
def _():
    found = recordings()
    if not found:
        raise Skip("no recordings beside the repository (../shared/corpus)")
    for recording in found:
        log = log_of(recording / "logs")
        end = log.rfind(b"\n", 0, 3 << 19) + 1  # as much as makes it worth it
        same_in_every_form(recording.name, log[:end])


@test("carriers: evidence and explain name the lines of the file that is there")
def _():
    lines = carriers.lines_of(finding_log().encode())
    for form, pack in carriers.FORMS.items():
        kept = carriers.carried(form, lines)
        file = write(f"packed/{form}", pack(kept))
        text = file.read_bytes()
        if form.startswith("utf-16"):
            text = text.decode("utf-16").encode()
        stand = text.split(b"\n")
        fact = [r for r in run("transfers", file).rows() if r["type"] == "transfer"][0]
        for evidence in fact["evidence"]:
            # The serial stands in that line, or the line begins what holds it.
            serial = evidence["event"].split(":")[1].encode()
            check(serial in b"\n".join(stand[evidence["line"] - 1:evidence["line"] + 40])
                  and (form.startswith("journal") or serial in stand[evidence["line"] - 1]),
                  f"{form}: {evidence}", stand[evidence["line"] - 1])
        explained = run("explain", fact["id"], file, code=0).out
        for evidence in fact["evidence"]:
            has(explained, f"{form}:{evidence['line']}: ", evidence["event"])


@test("carriers: any block size and number of threads tells the same")
def _():
    lines = carriers.lines_of(log_of(SAMPLES / "app-02"))
    for form, pack in carriers.FORMS.items():
        file = write(f"packed/{form}", pack(carriers.carried(form, lines)))
        first = run("events", file).raw
        for options in (("--block-size", 1024), ("--threads", 4, "--block-size", 2048)):
            same(first, run("events", *options, file).raw, f"{form}, {options}")
        again = harness.WORK / f"packed/{form}.gz"
        again.write_bytes(gzip.compress(file.read_bytes()))
        same(first.replace(form.encode(), b"x"),
             run("events", again).raw.replace(f"{form}.gz".encode(), b"x"), f"{form}, gzip")


@test("carriers: a folder of one form is found, whatever the file is called")
def _():
    lines = carriers.lines_of(finding_log().encode())
    for form, pack in carriers.FORMS.items():
        write(f"in-{form}/README.txt", "Logs of etl-01.\nA record: " + lines[0] + "\n")
        kept = carriers.carried(form, lines)
        write(f"in-{form}/var/log/collected", pack(kept))
        if form != "crlf":  # the log itself, which its name tells
            run("scan", f"in-{form}", code=1)


def halves(log):
    """A log that was rotated away up to a third, and what an export has of it up to two."""
    lines = carriers.lines_of(log)
    return lines[len(lines) // 3:], lines[:2 * len(lines) // 3]


@test("carriers: what came by several ways is read side by side, each record once, none lost")
def _():
    log = log_of(SAMPLES / "etl-01")
    whole = run("transfers", write("raw/audit.log", log)).rows()
    expected = [(f["id"], f["bytes_out"], f["basis"]) for f in whole if f["type"] == "transfer"]
    behind, before = halves(log)
    for form in ("filebeat", "laurel", "go-audit", "journal-export", "journal-json", "splunk-csv",
                 "syslog-audisp-syslog", "kernel-syslog"):
        folder = f"of-{form}"
        write(f"{folder}/audit.log", carriers.encoded("\n".join(behind) + "\n"))
        write(f"{folder}/export/collected",
              carriers.FORMS[form](carriers.carried(form, before)))
        result = run("transfers", folder)
        facts = [r for r in result.rows() if r["type"] == "transfer"]
        check([(f["id"], f["bytes_out"], f["basis"]) for f in facts] == expected, form, result)
        check(len([r for r in result.rows() if r["type"] == "coverage"]) == 1, "one host", result)
        files = {e["file"] for f in facts for e in f["evidence"]}
        check(files == {"audit.log", "export/collected"}, "evidence of both", files)
        for fact in facts:
            explained = run("explain", fact["id"], folder, code=0).out
            for evidence in fact["evidence"]:
                has(explained, f"{evidence['file']}:{evidence['line']}: ")
        for options in (("--threads", 4), ("--block-size", 1024)):
            same(run("transfers", *options, folder).raw, result.raw, f"{form}, {options}")


@test("carriers: audit.log, the journal's export and filebeat's of one host are one log")
def _():
    log = log_of(SAMPLES / "etl-01")
    lines = carriers.lines_of(log)
    expected = facts_of(log, "raw/audit.log")
    write("pile/audit.log", log)
    for form in ("journal-export", "filebeat", "laurel"):
        write(f"pile/{form}", carriers.FORMS[form](carriers.carried(form, lines)))
    result = run("transfers", "pile")
    same(without_names(r for r in result.rows() if r["type"] == "transfer"), expected, "pile")
    has(result.err, "filebeat: the same as audit.log")
    # Another host beside them stays another, though pids and serials are the same.
    other = log.replace(b"audit(17961", b"audit(17971")
    write("pile/other.json", carriers.FORMS["filebeat"](carriers.lines_of(other)))
    rows = run("transfers", "pile").rows()
    check(len([r for r in rows if r["type"] == "coverage"]) == 2, "two hosts", rows)
    check(len([r for r in rows if r["type"] == "transfer"]) == 2 * len(expected), "each its own", rows)


@test("carriers: a second call under a serial is not believed, whatever it says")
def _():
    lines = carriers.lines_of(finding_log().encode())
    at, call = next((i, line) for i, line in enumerate(lines) if "exit=3000 " in line)
    forged = call.replace("exit=3000 ", "exit=999999999 ")
    expected = facts_of(carriers.encoded("\n".join(lines) + "\n"), "raw/audit.log")
    twice = lines[:at + 1] + [forged, call] + lines[at + 1:]
    for form in ("crlf", "filebeat", "syslog-audispd"):
        file = write(f"packed/{form}", carriers.FORMS[form](twice))
        same(without_names(r for r in run("transfers", file).rows() if r["type"] == "transfer"),
             expected, form)
        check(run("scan", "--format", "jsonl", file).summary()["malformed"] == {"duplicate": 2},
              "counted")
