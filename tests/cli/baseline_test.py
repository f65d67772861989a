"""baseline: what it proposes, that it hides no incident, and what --baseline tells of another day."""
import copy
import datetime
import json

from harness import check, has, lacks, run, test, write
from input_test import finding_log

BEGIN = datetime.datetime(2026, 11, 1, 1, tzinfo=datetime.timezone.utc)
MIB = 1 << 20


class Facts:
    """Facts of a host, made after one that `transfers` wrote."""

    def __init__(self):
        lines = run("transfers", write("audit.log", finding_log())).rows()
        self.fact = next(row for row in lines if row["type"] == "transfer")
        self.rest = [row for row in lines if row["type"] != "transfer"]
        self.all = []

    def add(self, day, address, size, job="/opt/push.sh", user="root", verdict="unattended", minute=0):
        fact = copy.deepcopy(self.fact)
        at = (BEGIN + datetime.timedelta(days=day, minutes=minute)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
        to = fact["destinations"][0]
        fact |= {"id": f"{len(self.all) + 1:016x}", "start": at, "end": at, "host": "etl-01", "bytes_out": size}
        fact["automation"] |= {"verdict": verdict, "job": {"kind": "cron", "what": job, "artefact": None}}
        fact["user"] |= {"uid": 0, "auid": 0, "uid_name": user, "auid_name": user}
        basis = "unknown" if size is None else "measured"
        fact["basis"] = basis
        fact["destinations"] = [to | {"address": address, "port": 22, "name": None, "bytes_out": size, "basis": basis,
                                      "direction": "out", "first": at, "last": at}]
        self.all.append(fact)

    def write(self, name):
        rest = copy.deepcopy(self.rest)
        rest[-1]["transfers"] = len(self.all)
        return write(name, "".join(json.dumps(row) + "\n" for row in self.all + rest))


def fleet(days=10):
    """Ten days: a nightly dump, a small report, a job that once sends much more."""
    facts = Facts()
    for day in range(days):
        facts.add(day, "203.0.113.10", 200 * MIB + day, f"scp /srv/dump-202611{day + 1:02}.tgz drop@203.0.113.10:up/")
        facts.add(day, "203.0.113.20", 300_000 + day, "/opt/report.sh", minute=5)
    return facts


def found(result):
    return {row["group"]["destination"] for row in result.rows()
            if row["type"] == "finding" and row["rule"] == "bulk-unattended"}


def proposed(result):
    """Addresses of the entries that are no comment."""
    return {line.split("=")[1].strip() for section in result.out.split("\n[")[1:] if section.startswith("allow")
            for line in section.splitlines() if line.startswith("address")}


@test("baseline: steady destinations are approved by its proposal, the incident is still found")
def _():
    facts = fleet()
    facts.add(6, "203.0.113.66", 150 * MIB, "/tmp/.x/up.sh")
    facts.add(7, "203.0.113.67", 20 * MIB, "/opt/report.sh")
    name = facts.write("facts.jsonl")
    before = found(run("judge", "--format", "jsonl", name, code=1))
    check(before == {"203.0.113.10", "203.0.113.66"}, "before", before)
    result = run("baseline", name, "-o", "proposed.conf", code=0)
    has(result.err, "2 steady destinations proposed for approval: nobody has approved them yet",
        "2 destinations for a person to judge")
    after = found(run("judge", "--format", "jsonl", "--rules", "proposed.conf", name, code=1))
    check(after == {"203.0.113.66", "203.0.113.67"}, "after: limits come from what is normal", after)
    lint = run("lint", "--rules", "proposed.conf", code=0).out
    has(lint, "has no 'owner': a person has to fill it in", "has no 'reason'", "0 errors")
    # Another day of the same host.
    other = Facts()
    other.add(20, "203.0.113.10", 210 * MIB, "scp /srv/dump-20261121.tgz drop@203.0.113.10:up/")
    other.add(20, "203.0.113.20", 310_000, "/opt/report.sh")
    clean = other.write("clean.jsonl")
    check(found(run("judge", "--format", "jsonl", "--rules", "proposed.conf", clean)) == set(), "another day")
    other.add(20, "192.0.2.99", 40 * MIB, "/opt/report.sh")
    check(found(run("judge", "--format", "jsonl", "--rules", "proposed.conf", other.write("day.jsonl"))) ==
          {"192.0.2.99"}, "another day's incident")


@test("baseline: who is new, comes and goes, sends anything or is not measured is for a person")
def _():
    facts = fleet()
    for day in range(7, 10):
        facts.add(day, "203.0.113.71", 150 * MIB, "/opt/late.sh")          # three days, at the end
    for day in range(0, 3):
        facts.add(day, "203.0.113.72", 150 * MIB, "/opt/gone.sh")          # three days, at the beginning
    for day in range(10):
        facts.add(day, "203.0.113.73", (900 if day == 9 else 110) * MIB, "/opt/grows.sh")
        facts.add(day, "203.0.113.74", None if day == 4 else 150 * MIB, "/opt/half.sh")
        facts.add(day, "203.0.113.75", 150 * MIB, "/opt/who.sh", verdict="unknown")
        facts.add(day, "203.0.113.76", 150 * MIB, "scp", verdict="attended")
    for minute in range(100):
        facts.add(5, "203.0.113.77", 2 * MIB, "/opt/chunks.sh", minute=minute)  # many runs, one day
    result = run("baseline", facts.write("facts.jsonl"), code=0)
    check(proposed(result) == {"203.0.113.10", "203.0.113.20"}, "proposed", proposed(result))
    for address, why in (("71", "began in the midst of the period"), ("72", "ended in the midst of the period"),
                         ("73", "900.0 MiB in one run, more than 4 times its median of 110.0 MiB"),
                         ("74", "the volume of 1 of 10 runs is not known"), ("75", "what starts it is not known"),
                         ("77", "seen on one day only")):
        part = result.out[result.out.index(f"# default to 203.0.113.{address}:22"):]
        has("\n".join(part.splitlines()[:3]), why)
    lacks(result.out, "203.0.113.76")
    normal = result.out[result.out.index("[normal "):]
    for address in ("71", "72", "73", "74", "75", "77"):
        check(f"address = 203.0.113.{address}" not in normal, "in no baseline", address)


@test("baseline: a log that could not have shown anything, and no log at all, end in 4")
def _():
    run("baseline", write("empty.log", ""), code=4)
    facts = fleet()
    for row in facts.rest:
        if row["type"] == "coverage":
            row["verdict"] = "blind"
    blind = facts.write("blind.jsonl")
    fleet().write("facts.jsonl")
    run("baseline", blind, code=4)
    run("baseline", "--host", "nope", "facts.jsonl", code=4)
    run("baseline", blind, "gone.jsonl", code=3)


@test("baseline: unknown volumes are never 0")
def _():
    facts = Facts()
    for day in range(10):
        facts.add(day, "203.0.113.10", None)
    result = run("baseline", facts.write("facts.jsonl"), code=0)
    check(proposed(result) == set(), "nothing is proposed")
    has(result.out, "10 transfers, 10 of them of a volume that is not known",
        "a session: nothing is known of its volume", "limit   = 100MiB")
    lacks(result.out, "session = ", "P50 0 B")


@test("baseline: too little to say anything leaves the limits as they are, and approvals in force are kept")
def _():
    facts = fleet(days=2)
    own = write("own.conf", "[role default]\nlimit = 5MiB\n[allow feed]\naddress = 203.0.113.10\nowner = data team\n"
                            "[allow idle]\naddress = 192.0.2.1\n")
    result = run("baseline", "--rules", own, facts.write("facts.jsonl"), code=0)
    has(result.out, "limit   = 5MiB", "three days with destinations that come again are wanted",
        "[allow feed]\naddress = 203.0.113.10\nowner   = data team")
    lacks(result.out, "[allow idle]", "[allow proposed-")


@test("baseline: a limit is never raised, and says how often it fires and on what")
def _():
    facts = fleet()
    for day in range(10):
        facts.add(day, "203.0.113.80", (150 + 400 * (day % 2)) * MIB, "/opt/odd.sh", verdict="unknown")
    result = run("baseline", facts.write("facts.jsonl"), code=0)
    has(result.out, "limit   = 100MiB", "On this data it fires 10 times (bulk-unattended 10 times):", "to 203.0.113.80 from etl-01 by cron: /opt/odd.sh")
    has(result.out, "000000000000001e")


@test("baseline: logs give what their facts give, and are not mixed with them")
def _():
    log = write("audit.log", finding_log())
    facts = write("facts.jsonl", run("transfers", log).raw)
    of_facts = run("baseline", facts, code=0)
    check("[normal " not in of_facts.out and "1 destination for a person to judge" in of_facts.err, "one large push", of_facts)
    check(run("baseline", log, code=0).out == of_facts.out, "the same")
    has(run("baseline", log.parent, code=None).out, "from 1 outgoing transfer ")
    with open(facts, "rb") as file:
        check(run("baseline", stdin=file.read(), code=0).out == of_facts.out, "standard input")
    has(run("baseline", log, facts, code=2).err, "facts or logs, not both")


@test("baseline: facts that cannot be read end in 3, its mistakes in 2")
def _():
    check(run("baseline", "gone.jsonl", code=3).out.startswith("# Proposed by"), "still written")
    has(run("judge", "--baseline", "gone.conf", code=2).err, "gone.conf: cannot be read as a baseline")
    has(run("judge", "--baseline", write("e.conf", "[role a]\nhost = b\nlimit = 1MiB\n"), code=2).err,
        "e.conf: has no [normal NAME] section")
    has(run("judge", "--baseline", write("m.conf", "[normal a]\nrole = default\njob = x\\y\nsession = much\n"),
            code=2).err, "m.conf:3: ", "m.conf:4: session = much is not a size")


@test("--baseline: what is new and by how much it is above are reasons of findings")
def _():
    run("baseline", fleet().write("facts.jsonl"), "-o", "base.conf", code=0)
    day = Facts()
    day.add(20, "203.0.113.10", 900 * MIB, "scp /srv/dump-20261121.tgz drop@203.0.113.10:up/")
    day.add(20, "203.0.113.30", 150 * MIB, "/opt/other.sh", user="mallory")
    name = day.write("day.jsonl")
    plain = run("judge", "--format", "jsonl", name, code=1).rows()
    told = run("judge", "--format", "jsonl", "--baseline", "base.conf", name, code=1).rows()
    by = {row["group"].get("destination"): row["reasons"] for row in told if row["type"] == "finding"}
    check(any(r.startswith("above-baseline: 900.0 MiB in one run, 2.") for r in by["203.0.113.10"]), "above", by)
    check(not any("new-" in r for r in by["203.0.113.10"]), "nothing is new", by)
    for word in ("new-destination: 203.0.113.30 is in no baseline of role default",
                 "new-user: user mallory sent nothing", "new-job: "):
        check(any(r.startswith(word) for r in by["203.0.113.30"]), word, by)
    for row in told:
        row.pop("reasons", None)
    for row in plain:
        row.pop("reasons", None)
    check(told == plain, "it approves and limits nothing")


@test("--baseline: rules may ask for what is new, and say so where nobody compares")
def _():
    run("baseline", fleet().write("facts.jsonl"), "-o", "base.conf", code=0)
    day = Facts()
    day.add(20, "203.0.113.20", 300_000, "/opt/report.sh")
    day.add(20, "203.0.113.31", 4000, "/opt/report.sh")
    day.add(20, "203.0.113.20", 4000, "/opt/report2.sh", verdict="attended")
    day.add(20, "203.0.113.20", 4000, "/opt/report3.sh")
    day.add(20, "203.0.113.20", 3_000_000, "/opt/report.sh")
    name = day.write("day.jsonl")
    rules = write("own.conf", "".join(
        f"[rule {word}]\ndeviation = {word}\nautomation = any\ngroup_by = host, destination\nseverity = low\n"
        for word in ("new-destination", "new-user", "new-job", "above-baseline")))
    rows = run("judge", "--format", "jsonl", "--baseline", "base.conf", "--rules", rules, name, code=1).rows()
    found = {(row["rule"], row["group"]["destination"], tuple(row["transfers"])) for row in rows if row["type"] == "finding"}
    check(found == {("new-destination", "203.0.113.31", ("0000000000000002",)),
                    ("new-job", "203.0.113.20", ("0000000000000004",)),
                    ("above-baseline", "203.0.113.20", ("0000000000000005",))}, "by rule", found)
    result = run("judge", "--rules", rules, name)
    has(result.err, "[rule new-job] asks for a deviation and finds nothing without --baseline FILE")
    lacks(result.out, "new-job")


@test("baseline: texts that mean something in a rule file come back as they were")
def _():
    facts = fleet()
    odd = "sh -c 'echo #1, x\\n; cat /a/[b]=c > é'\n[allow evil]\naddress = 0.0.0.0/0"
    for day in range(10):
        facts.add(day, "203.0.113.40", 5000, odd)
        facts.add(day, "203.0.113.41", 5000, "/opt/x.sh", user="a,b#\n[allow evil]")
    run("baseline", facts.write("facts.jsonl"), "-o", "base.conf", code=0)
    lacks(run("lint", "--rules", "base.conf", code=0).out, "evil")
    day = Facts()
    day.add(20, "203.0.113.40", 300 * MIB, odd)
    rows = run("judge", "--format", "jsonl", "--baseline", "base.conf", day.write("day.jsonl"), code=1).rows()
    reasons = next(row["reasons"] for row in rows if row["type"] == "finding")
    check(not any("new-" in reason for reason in reasons), "known", reasons)
    check(any(reason.startswith("above-baseline") for reason in reasons), "above", reasons)
