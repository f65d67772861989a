"""Keys of rules that want more than a row of numbers: lists that others write, files that transfers
read, places of --geo."""
import json

import mmdb
from baseline_test import Facts
from harness import check, has, lacks, run, same, test, write
from input_test import finding_log

RULE = "[rule r]\ngroup_by = host, destination\nseverity = low\n"


def one_fact(address="203.0.113.9", day=0, **more):
    facts = Facts()
    facts.add(day, address, 1000)
    facts.all[0] |= more
    return facts.write("facts.jsonl")


def reasons(result):
    return [reason for row in result.rows() if row["type"] == "finding" and row["rule"] == "r"
            for reason in row["reasons"]]


@test("a rule finds what is on a list of its folder, and says where it stands in it")
def _():
    write("rules/feeds/bad.txt", "# feed\n203.0.113.0/24 ; SBL\nnonsense\n")
    write("rules/stix.json", json.dumps({"type": "bundle", "objects": [
        {"type": "indicator", "pattern": "[ipv4-addr:value = '203.0.112.9']"},
        {"type": "domain-name", "value": "example.org"}]}))
    rules = write("rules/own.conf", RULE + "list = bad\n[list bad]\nfile = feeds/bad.txt, stix.json\n")
    result = run("judge", "--format", "jsonl", "--rules", rules, one_fact(), code=1)
    check("203.0.113.9 is on list bad (feeds/bad.txt:2)" in reasons(result), "its line", result)
    has(result.err, "feeds/bad.txt:3: 'nonsense' is neither an address nor a network; left out",
        "stix.json: 1 of it are no addresses to look for, and passed over")
    result = run("judge", "--format", "jsonl", "--rules", rules, one_fact("203.0.112.9"), code=1)
    check("203.0.112.9 is on list bad (stix.json)" in reasons(result), "its file", result)
    result = run("judge", "--format", "jsonl", "--rules", rules, one_fact("198.51.99.1"))
    check(reasons(result) == [], "on no list", result)
    check(run("lint", "--rules", rules).err == "", "lint speaks of rules alone")


@test("lines of lists that are left out are counted, of each file")
def _():
    for name, count in (("a", 15), ("b", 3), ("c", 5)):
        write(f"{name}.txt", "203.0.113.1\n" + "".join(f"word{i}\n" for i in range(count)))
    rules = write("own.conf", RULE + "list = bad\n[list bad]\nfile = a.txt, b.txt, c.txt\n")
    err = run("judge", "--rules", rules, one_fact("198.51.99.1")).err
    has(err, "a.txt:4: 'word2' is neither", "a.txt: 12 more entries are left out",
        "b.txt:4: 'word2' is neither", "c.txt:4: 'word2' is neither", "c.txt: 2 more entries are left out")
    lacks(err, "of this kind", "word3", "b.txt: ")


@test("a list that cannot be read is a mistake of the rule file, before anything is judged")
def _():
    facts = one_fact()
    rules = write("own.conf", RULE + "list = bad\n[list bad]\nfile = gone.txt, folder, cut.json\n")
    write("folder/x", "")
    write("cut.json", '{"type":"bundle"')
    result = run("judge", "--rules", rules, facts, code=2)
    has(result.err, "own.conf:6: file = gone.txt: cannot be read as a list (No such file or directory)",
        "own.conf:6: file = folder: cannot be read as a list (is a folder)",
        "own.conf:6: file = cut.json: cannot be read as a list (is not JSON: ",
        "3 mistakes in rule files; nothing was read")
    run("transfers", "--rules", rules, "audit.log", code=0)  # which holds no rule against anything
    write("own.conf", RULE + "list = bad\n[list bad]\nfile = long.txt\n")
    write("long.txt", "10.0.0.1\n" * ((1 << 20) + 1))
    has(run("judge", "--rules", rules, facts, code=2).err, "lists hold more than 1048576 entries")
    write("long.txt", b"#" * ((64 << 20) + 1))
    has(run("judge", "--rules", rules, facts, code=2).err, "larger than 64.0 MiB")


@test("a rule asks for files that transfers read, in facts of any form")
def _():
    files = [{"path": "/etc/x", "bytes": 5, "basis": "measured", "event": "1796173321.120:522"},
             {"path": "/srv/secret/a.tar", "bytes": None, "basis": "unknown", "event": None}]
    facts = one_fact(files_count=2, files=files)
    rules = write("own.conf", RULE + "files = /srv/secret/*\n")
    result = run("judge", "--format", "jsonl", "--rules", rules, facts, code=1)
    check("read /srv/secret/a.tar" in reasons(result), "the file", result)
    sorted_keys = write("sorted.jsonl", "".join(
        json.dumps(json.loads(line), sort_keys=True) + "\n" for line in facts.read_text().splitlines()))
    same(run("judge", "--format", "jsonl", "--rules", rules, sorted_keys).raw, result.raw, "any order")
    result = run("judge", "--format", "jsonl", "--rules", rules, one_fact())
    check(reasons(result) == [], "files that are not known are none", result)


@test("--geo: a rule asks for countries and systems, by the databases that are given")
def _():
    countries = write("country.mmdb", mmdb.database({
        "203.0.113.0/24": mmdb.country("KP"), "2001:db8::/32": mmdb.country("DE"),
        "198.51.99.0/24": {"country_code": "RU", "asn": "AS64497"}}))
    systems = write("asn.mmdb", mmdb.database({"203.0.113.0/25": mmdb.asn(64496, "Example Net")}))
    geo = ("--geo", countries, "--geo", systems)
    for keys, address, said in (
            ("country = KP", "203.0.113.9", "203.0.113.9 is in KP, by --geo"),
            ("country = !DE", "203.0.113.9", "203.0.113.9 is in KP, by --geo"),
            ("country = DE", "2001:db8::1", "2001:db8::1 is in DE, by --geo"),
            ("country = !DE", "2001:db8::1", None),
            ("country = !DE", "192.0.2.1", None),  # nobody knows where that is
            ("asn = 64496", "203.0.113.9", "203.0.113.9 is of AS64496 (Example Net), by --geo"),
            ("asn = 64496", "203.0.113.200", None),
            ("asn = 64497\ncountry = RU", "198.51.99.1", "198.51.99.1 is of AS64497, by --geo")):
        rules = write("own.conf", RULE + keys + "\n")
        facts = one_fact(address)
        result = run("judge", "--format", "jsonl", "--rules", rules, *geo, facts)
        check((said in reasons(result)) if said else reasons(result) == [], keys, address, result)
        check("--geo" not in result.err, "nothing to say", result)
    result = run("judge", "--format", "jsonl", "--rules", rules, facts)
    has(result.err, "[rule r] asks for a country or an asn and finds nothing without --geo FILE")
    check(reasons(result) == [], "no place is known", result)


@test("--geo: a file that is no database, or a broken one, is an error and no crash")
def _():
    facts = one_fact()
    rules = write("own.conf", RULE + "country = KP\n")
    has(run("judge", "--geo", "gone.mmdb", facts, code=2).err,
        "gone.mmdb: cannot be read as a database of places (No such file or directory)")
    has(run("judge", "--geo", write("text.mmdb", "203.0.113.9 KP\n"), facts, code=2).err,
        "text.mmdb: cannot be read as a database of places (")
    whole = mmdb.database({"203.0.113.0/24": mmdb.country("KP")})
    for at in range(0, len(whole), 31):
        for broken in (whole[:at], whole[:at] + b"\xff" + whole[at + 1:]):
            result = run("judge", "--rules", rules, "--geo", write("broken.mmdb", broken), facts)
            check(result.code in (0, 1, 2, 3, 4), "an exit code of its own", at, result)


@test("first_seen reaches back to the beginning of a host's log, in scan, judge and explain")
def _():
    facts = Facts()
    facts.add(0, "198.51.99.1", 5)
    facts.add(40, "203.0.113.9", 1000)
    facts.add(41, "198.51.99.1", 1000)
    path = facts.write("facts.jsonl")
    rules = write("own.conf", RULE + "first_seen = 30d\n")
    result = run("judge", "--format", "jsonl", "--rules", rules, path, code=1)
    check(sorted(r for r in reasons(result) if "had not gone" in r) ==
          ["the host had not gone to 198.51.99.1 in the 30 d before",
           "the host had not gone to 203.0.113.9 in the 30 d before"], "both", result)
    rules = write("short.conf", RULE + "first_seen = 90d\n")
    result = run("judge", "--format", "jsonl", "--rules", rules, path)
    check(reasons(result) == [], "nobody knows 90 days", result)
    lacks(result.out, "had not gone")


@test("--state: a list that has changed is asked, though nothing of the log is new")
def _():
    log = write("audit.log", finding_log())
    rules = write("own.conf", RULE + "list = bad\n[list bad]\nfile = bad.txt\n")
    write("bad.txt", "198.51.100.1\n")
    again = ("scan", "--format", "jsonl", "--state", "state", "--rules", rules, log)
    check(reasons(run(*again)) == [], "on no list yet")
    check(reasons(run(*again)) == [], "nor now")
    write("bad.txt", "203.0.113.10\n")
    result = run(*again)
    check("203.0.113.10 is on list bad (bad.txt:1)" in reasons(result), "now it is", result)
