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
