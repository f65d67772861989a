"""--flows: files of flow records beside the log."""
import gzip
import json
import random
import tarfile

import harness
from harness import Skip, check, has, lacks, recordings, run, same, test, write
from input_test import finding_log
from story import Story, scp_job

CSV = ("firstSeen,duration,proto,srcAddr,srcPort,dstAddr,dstPort,packets,bytes\n"
       "2026-12-02 01:00:21.500,2.000,TCP,10.0.0.1,50001,203.0.113.9,22,9,4000\n"
       "2026-12-02 01:05:21.500,2.000,TCP,10.0.0.1,50002,203.0.113.9,22,9,many\n"
       "2026-12-02 01:09:21.500,2.000,TCP,10.0.0.1,50003,203.0.113.9,22,9,4000\n")
# Of the transfer in finding_log().
OURS = CSV.replace("203.0.113.9", "203.0.113.10").replace("01:00:21", "01:00:01")
ZEEK = ("#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\t"
        "conn_state\n1796173221.5\tC1\t10.0.0.1\t50001\t203.0.113.9\t22\ttcp\tSF\n")


@test("flows are read beside the log and said at the end of the report, nothing else changes")
def _():
    log = write("audit.log", finding_log())
    write("flows/nf.csv.gz", gzip.compress(CSV.encode(), mtime=0))
    write("flows/conn.log", ZEEK)
    write("flows/readme.txt", "hello\n")
    without = run("scan", log, code=1)
    result = run("scan", "--flows", "flows", log, code=1)
    has(result.out, "Flow records: conn.log: 1 record (zeek tsv), 2026-12-02 01:00:21 – 01:00:21 "
        "UTC, 1 without bytes; nf.csv.gz: 2 records (nfdump csv), 2026-12-02 01:00:21 – 01:09:23 "
        "UTC, 1 line left out.")
    has(result.err, "nf.csv.gz:3: 1 line has a number that is none (left out)",
        "conn.log: flows without bytes: it can show that hosts spoke, not how much")
    check(result.out.startswith(without.out), "what was there is there", result)
    lacks(without.out, "Flow records")


@test("flows stand in the summary of scan, coverage and judge")
def _():
    log = write("audit.log", finding_log())
    nf = write("nf.csv", CSV)
    conn = write("conn.log", ZEEK)
    facts = write("facts.jsonl", run("transfers", log).raw)
    for args in (("scan", log), ("coverage", log), ("judge", facts)):
        result = run(*args[:1], "--format", "jsonl", "--flows", nf, "--flows", conn, *args[1:])
        check(result.summary()["flows"] == [
            {"name": str(nf), "format": "nfdump csv", "status": "read",
             "note": f"{nf}:3: 1 line has a number that is none (left out)", "lines": 4,
             "records": 2, "with_bytes": 2, "left_out": 1, "first": "2026-12-02T01:00:21.500Z",
             "last": "2026-12-02T01:09:23.500Z"},
            {"name": str(conn), "format": "zeek tsv", "status": "read",
             "note": f"{conn}: flows without bytes: it can show that hosts spoke, not how much",
             "lines": 3, "records": 1, "with_bytes": 0, "left_out": 0,
             "first": "2026-12-02T01:00:21.500Z", "last": "2026-12-02T01:00:21.500Z"}], "flows",
            result.summary()["flows"])
        check(result.summary()["complete"] is True, "all was read", result)
        check("flows" not in run(*args[:1], "--format", "jsonl", *args[1:]).summary(), "not asked")


@test("flows are joined: scan, transfers into judge, and facts that are judged with flows tell the same")
def _():
    found = [r for r in recordings() if (r / "flows").is_dir()]
    if not found:
        raise Skip("no recordings with flows here")
    for recording in found:
        logs = [write(f"{recording.name}/{z.name[:-3]}", gzip.decompress(z.read_bytes()))
                for z in sorted((recording / "logs").glob("*.gz"))]
        flows = ("--flows", recording / "flows")
        scan = run("scan", "--format", "jsonl", *flows, *logs, code=None)
        joined = write("joined.jsonl", run("transfers", *flows, *logs, code=None).raw)
        bare = write("bare.jsonl", run("transfers", *logs, code=None).raw)
        kinds = ("finding", "coverage")
        of_scan = [r for r in scan.rows() if r["type"] in kinds]
        check(any(r.get("basis") == "flow" for r in of_scan) or "full" in recording.name,
              "no bytes of flows", recording)
        check(of_scan == [r for r in run("judge", "--format", "jsonl", joined, code=None).rows()
                          if r["type"] in kinds], "transfers into judge", recording)
        judged = run("judge", "--format", "jsonl", *flows, bare, code=None)
        for row in of_scan:  # facts do not say with whom other programs spoke
            if row["type"] == "coverage" and "flows" in row:
                check(isinstance(row["flows"]["unseen"], list) == row["connects"],
                      "strangers are told where connections are", row)
                row["flows"]["unseen"] = row["flows"]["unseen_above"] = None
        of_scan = [r for r in of_scan if r.get("rule") != "unseen-flow"]
        check(of_scan == [r for r in judged.rows() if r["type"] in kinds], "facts and flows",
              recording)
        harness.has(judged.err, "which flows no program made is told by scan alone")


def rewritten(rows, own):
    """The rows of a conn.log as other sensors would have written them, by name."""
    def moved(row, seconds):
        return [f"{float(row[0]) + seconds:.6f}", *row[1:]]

    def by_minutes(row):
        length = 0.0 if row[8] == "-" else float(row[8])
        parts = int(length // 60) + 1
        made = []
        for part in range(parts):
            one = moved(row, 60 * part)
            one[1] += str(part)
            one[8] = row[8] if parts == 1 else f"{min(60, length - 60 * part):.6f}"
            for column in (9, 10, 16, 17, 18, 19):
                if row[column] != "-":
                    whole = int(row[column])
                    one[column] = str(whole // parts + (whole % parts if part == 0 else 0))
            made.append(one)
        return made

    shuffled = rows + rows
    random.Random(5).shuffle(shuffled)
    outside = {a: "192.0.2.200" if "." in a else "2001:db8:9::9" for a in own}
    return {"clock ahead": [moved(r, 90) for r in rows],
            "clock behind": [moved(r, -90) for r in rows],
            "twice, in any order": shuffled,
            "by the minute": [part for r in rows for part in by_minutes(r)],
            "behind a translator": [[outside.get(c, c) if i in (2, 4) else c
                                     for i, c in enumerate(r)] for r in rows]}


@test("flows by another clock, in another order, twice, in parts or translated: the same findings")
def _():
    found = [r for r in recordings() if (r / "flows/conn.log.gz").exists() and
             json.loads((r / "truth.json").read_text())["profile"] in ("network", "minimal")]
    if not found:
        raise Skip("no recordings with flows here")
    for recording in found:
        own = json.loads((recording / "truth.json").read_text())["addresses"]
        logs = [write(f"{recording.name}/{z.name[:-3]}", gzip.decompress(z.read_bytes()))
                for z in sorted((recording / "logs").glob("*.gz"))]
        lines = gzip.decompress((recording / "flows/conn.log.gz").read_bytes()).decode().splitlines()
        head = [line for line in lines if line.startswith("#") and not line.startswith("#close")]
        rows = [line.split("\t") for line in lines if not line.startswith("#")]

        def findings(name, of):
            flows = write(f"{recording.name}/{name}.log",
                          "\n".join(head + ["\t".join(row) for row in of]) + "\n")
            result = run("scan", "--format", "jsonl", "--flows", flows, *logs, code=1)
            return [(r["rule"], r["group"], r["bytes_out"], r["basis"]) for r in result.rows()
                    if r["type"] == "finding" and r["basis"] == "flow"]

        plain = findings("plain", rows)
        check(len(plain) > 10, "no findings by flows", recording)
        for name, of in rewritten(rows, own).items():
            check(findings(name.replace(" ", "-"), of) == plain, name, recording)


@test("flows are joined by addresses that are given, and a wrong one is said")
def _():
    log = write("audit.log", finding_log())
    nf = write("nf.csv", CSV.replace("203.0.113.9", "203.0.113.10"))
    for wrong in ("10.0.0", "=10.0.0.1", "h=", "0.0.0.0"):
        has(run("scan", "--flows", nf, "--host-ip", wrong, log, code=2).err, "--host-ip", wrong)
    result = run("transfers", "--flows", nf, "--host-ip", "10.0.0.7", log, code=None)
    lacks(result.out, '"flow":{')


@test("flows that cannot be read make the run incomplete, and say why")
def _():
    log = write("approved.log", "")
    none = write("readme.txt", "hello\n")
    parquet = write("flows.parquet", b"PAR1\x15\x04")
    cut = write("cut.csv.gz", gzip.compress((CSV * 500).encode(), mtime=0)[:-40])
    empty = harness.WORK / "empty"
    empty.mkdir()
    result = run("coverage", "--format", "jsonl", "--flows", none, "--flows", parquet, "--flows",
                 cut, "--flows", "missing.csv", "--flows", empty, log, code=3)
    said = {row["name"]: (row["status"], row["note"]) for row in result.summary()["flows"]}
    check(said[str(none)] == ("not-a-log", "no flow records of a known format; it was left out"),
          "foreign text", said)
    has(said[str(parquet)][1], "Parquet is not read; export the flow log as text")
    check(said[str(cut)][0] == "damaged", "cut", said)
    check(said["missing.csv"] == ("missing", "no such file or folder"), "missing", said)
    check(said[str(empty)] == ("no-logs", "no flow records of a known format in it"), "empty", said)
    check(result.summary()["complete"] is False, "not whole", result)
    has(run("coverage", "--flows", none, log, code=3).out, "not-a-log")
    refused = write("refused.csv", CSV.replace("TCP", "tcp?"))
    result = run("scan", "--format", "jsonl", "--flows", refused, log, code=3)
    told = result.summary()["flows"][0]
    check((told["status"], told["records"], told["left_out"]) == ("unreadable", 0, 3), "every record is refused", told)
    has(result.err, "3 lines have a number that is none", "not one of its records could be read")


@test("flows are evidence: no output takes their place, and standard input is read once")
def _():
    log = write("audit.log", finding_log())
    nf = write("nf.csv", CSV)
    result = run("scan", "--flows", nf, "-o", nf, log, code=2)
    has(result.err, "is one of the flow files")
    same((harness.WORK / "nf.csv").read_text(), CSV, "the file")
    has(run("scan", "--flows", "-", "-", stdin=b"", code=2).err, "standard input is read as INPUT")
    has(run("judge", "--flows", "-", stdin=b"", code=2).err, "standard input is read as INPUT")
    result = run("scan", "--format", "jsonl", "--flows", "-", log, stdin=CSV.encode())
    check(result.summary()["flows"][0]["records"] == 2, "from standard input", result)


CONN = ("#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tservice"
        "\tduration\torig_bytes\tresp_bytes\tconn_state\tmissed_bytes\thistory\torig_pkts"
        "\torig_ip_bytes\tresp_pkts\tresp_ip_bytes\n")


def conn(at, uid, peer, port, sent):
    """A line of conn.log: 10.0.0.1 sends it from `at` seconds after the story's beginning."""
    return (f"{1796173200 + at:.6f}\tC{uid}\t10.0.0.1\t{40000 + uid}\t{peer}\t{port}\ttcp\tssh\t4.0\t{sent}"
            f"\t5200\tSF\t0\tShADadFf\t{sent // 1400 + 4}\t{sent + 40 * (sent // 1400 + 4)}\t300\t20000\n")


@test("flows that two jobs share are counted once, as their sum, where a finding is of both")
def _():
    story = Story()
    others = []
    for number in range(3):  # these tell whose flows they are
        others.append(upload_without_bytes(story, f"203.0.113.{200 + number}", pid=3000 + 10 * number))
        story.wait(10)
    shells = [story.cron_job("scp -q x 203.0.113.9:", pid=700),
              story.cron_job("scp -q y 203.0.113.9:", pid=800, ses=4)]
    scps = [shell.fork(pid).exec("/usr/bin/scp", "scp", "-q", "x", "203.0.113.9:")
            for shell, pid in zip(shells, (705, 805))]
    at = []
    for scp in scps:
        at.append(story.ms / 1000 - 1796173200)
        scp.connect(3, "203.0.113.9", 22)
    log = write("audit.log", story.text())
    flows = write("conn.log", CONN + "".join(
        conn(when + 0.1, number, f"203.0.113.{200 + number}", 22, 50000)
        for number, when in enumerate(others)) +
        conn(at[0] + 0.1, 20, "203.0.113.9", 22, 150_000_000) +
        conn(at[1] + 0.1, 21, "203.0.113.9", 22, 3_000_000))
    scan = run("scan", "--format", "jsonl", "--flows", flows, log, code=1)
    found = [r for r in scan.rows() if r["type"] == "finding" and r["rule"] == "bulk-unattended"]
    check([(f["bytes_out"], f["basis"], f["destinations"][0]["bytes_out"], len(f["transfers"]))
           for f in found] == [(153_000_000, "flow", 153_000_000, 2)], "the sum", found)
    has(" ".join(found[0]["reasons"]), "some as the sum of several transfers'")
    has(scan.out, "no transfer's of the log, or of which nobody can tell whose they are")
    facts = run("transfers", "--flows", flows, log, code=None)
    shared = [d["flow"] for r in facts.rows() if r["type"] == "transfer"
              for d in r["destinations"] if d.get("flow", {}).get("together")]
    check([s["bytes_out"] for s in shared] == [3_000_000] * 2, "each has a bound", shared)
    check(shared[0]["together"] == shared[1]["together"], "and one sum", shared)
    judged = run("judge", "--format", "jsonl", write("facts.jsonl", facts.raw), code=1)
    check([r for r in judged.rows() if r["type"] == "finding"] ==
          [r for r in scan.rows() if r["type"] == "finding"], "judge tells the same", judged)


@test("flows that no program made: of those that facts leave out judge tells, where a rule asks for them")
def _():
    story = scp_job()
    story.chatter()
    log = write("audit.log", story.text())
    flows = write("conn.log", CONN + conn(2, 1, "198.51.100.77", 443, 60_000_000))
    low = write("low.conf", "[role default]\nlimit = 1MiB\n")
    of_low = run("scan", "--format", "jsonl", "--host-ip", "10.0.0.1", "--flows", flows, "--rules", low, log,
                 code=1).rows()
    check(any(r.get("rule") == "unseen-flow" for r in of_low), "a finding of scan", of_low)
    has(run("coverage", "--host-ip", "10.0.0.1", "--flows", flows, "--rules", low, log, code=None).out,
        "flows of no program to 198.51.100.77:443: 57.2 MiB in 1 flow, 2026-12-02 01:00:02 – 01:00:06 UTC, the largest "
        "at ")
    facts = write("facts.jsonl", run("transfers", "--host-ip", "10.0.0.1", "--flows", flows, log,
                                     code=None).raw)
    same_rules = run("judge", "--format", "jsonl", facts, code=1)
    lacks(same_rules.out, "make the facts with the same rules")
    judged = run("judge", "--format", "jsonl", "--rules", low, facts, code=1)
    has(judged.out, "told of addresses alone to which more than 57.2 MiB went", "make the facts with the same rules")
    check([r["verdict"] for r in judged.rows() if r["type"] == "coverage"] == ["partial"], "", judged)


@test("flows that lie in a folder or an archive among the inputs are joined by themselves")
def _():
    log = write("pile/host/audit.log", finding_log())
    flows = write("pile/zeek/nf.csv", OURS)
    firewall = ("Dec  2 01:00:21 h kernel: IN= OUT=eth0 SRC=10.0.0.1 DST=203.0.113.9 LEN=60 "
                "PROTO=TCP SPT=1 DPT=22\n")
    write("pile/host/kern.log", firewall)
    pile = harness.WORK / "pile"
    named = run("scan", "--format", "jsonl", "--flows", flows, pile, code=1)
    found = run("scan", "--format", "jsonl", pile, code=1)
    has(found.err, "flow records are among the inputs, and are joined: zeek/nf.csv (--no-flows")
    check([r for r in found.rows() if r["type"] == "finding"] ==
          [r for r in named.rows() if r["type"] == "finding"], "as when named", found)
    check([f["name"] for f in found.summary()["flows"]] == ["zeek/nf.csv"], "summary", found)
    off = run("scan", "--format", "jsonl", "--no-flows", pile, code=1)
    check("flows" not in off.summary(), "switched off", off)
    lacks(off.err, "flow records")
    check("flows" not in run("scan", "--format", "jsonl", log, code=1).summary(), "a file alone")
    with tarfile.open(harness.WORK / "pile.tgz", "w:gz") as archive:
        archive.add(log, "pile/audit.log")
        archive.add(flows, "pile/nfdump.csv")
    packed = run("transfers", "--format", "jsonl", harness.WORK / "pile.tgz", code=None)
    has(packed.err, "pile.tgz!pile/nfdump.csv")
    has(run("scan", "--no-flows", "--flows", flows, log, code=2).err, "--no-flows: takes back")
    flows.unlink()
    check("flows" not in run("scan", "--format", "jsonl", pile, code=1).summary(),
          "a firewall's lines turn no join on")


@test("flows of an image: where its sensor writes, by the addresses of its configuration")
def _():
    write("image/etc/hostname", "etl-01\n")
    write("image/etc/network/interfaces", "iface eth0 inet static\n  address 10.0.0.1/24\n")
    write("image/var/log/audit/audit.log", finding_log())
    twice = OURS + OURS.replace("10.0.0.1", "10.0.0.2").split("\n", 1)[1]
    write("image/var/log/nfdump/flows.csv", twice)
    image = harness.WORK / "image"
    result = run("coverage", "--format", "jsonl", "--root", image, code=None)
    has(result.err, "/var/log/nfdump/flows.csv")
    told = [r["flows"]["addresses"] for r in result.rows() if r["type"] == "coverage" and "flows" in r]
    check(told == [["10.0.0.1"]], "the configuration tells which of two", result.err)
    write("image/etc/network/interfaces", "iface eth0 inet dhcp\n")
    has(run("coverage", "--root", image, code=None).err, "fit the same transfers")


@test("explain shows the records of the flows that a transfer's bytes are of")
def _():
    log = write("audit.log", finding_log())
    nf = write("nf.csv.gz", gzip.compress(OURS.encode(), mtime=0))
    scan = run("scan", "--format", "jsonl", "--flows", nf, log, code=1)
    finding = next(r for r in scan.rows() if r["type"] == "finding")
    told = run("explain", "--flows", nf, finding["id"], log, code=None)
    has(told.out, "nf.csv.gz:2: 2026-12-02 01:00:01.500,2.000,TCP,10.0.0.1,50001,203.0.113.10,22")
    has(told.out, "of 10.0.0.1")
    lacks(run("explain", finding["id"], log, code=None).out, "nf.csv")
    has(run("explain", "--flows", "-", finding["id"], log, code=2).err, "more than once")


def upload_without_bytes(story, address, **how):
    """A job of cron whose connection is in the log, and none of its bytes. Returns when it connects."""
    scp = story.cron_job(f"scp -q x {address}:", **how).fork(how["pid"] + 5)
    scp.exec("/usr/bin/scp", "scp", "-q", "x", f"{address}:")
    at = story.ms / 1000 - 1796173200
    scp.connect(3, address, 22)
    return at


@test("flows give inventory and baseline the volumes that logs and facts lack")
def _():
    story, lines = Story(), []
    for day in range(5):
        at = upload_without_bytes(story, "203.0.113.9", pid=3000 + 10 * day)
        lines.append(conn(at + 0.1, day, "203.0.113.9", 22, 7_000_000 + day))
        story.wait(86400)
    log = write("audit.log", story.text())
    flows = write("conn.log", CONN + "".join(lines))
    bare, = run("inventory", "--format", "jsonl", log, code=None).rows()
    check(bare["run_max"] is None, "no bytes in the log", bare)
    row, = run("inventory", "--format", "jsonl", "--flows", flows, log, code=None).rows()
    check((row["run_max"], row["bytes_out"], row["unmeasured"]) == (7_000_004, 35_000_010, 0), "of flows", row)
    has(run("baseline", log, code=4).out, "nothing is known of its volume")
    with_flows = run("baseline", "--flows", flows, log, code=4)
    lacks(with_flows.out, "nothing is known of its volume")
    has(with_flows.out, "203.0.113.9")
    facts = write("facts.jsonl", run("transfers", log, code=None).raw)
    check(run("baseline", "--flows", flows, facts, code=4).out == with_flows.out, "facts and logs")
    joined = write("joined.jsonl", run("transfers", "--flows", flows, log, code=None).raw)
    check(run("baseline", joined, code=4).out == with_flows.out, "facts that flows are joined to")
    # Those beside a log are found.
    write("all/audit.log", story.text())
    write("all/conn.log", CONN + "".join(lines))
    found = run("inventory", "--format", "jsonl", harness.WORK / "all", code=None)
    check([r["run_max"] for r in found.rows()] == [7_000_004], "found among the inputs", found)
    bare = run("inventory", "--no-flows", "--format", "jsonl", harness.WORK / "all", code=None)
    check([r["run_max"] for r in bare.rows()] == [None], "left out", bare)


@test("flows: an entry by name holds whether or not dns.log tells the address of the name")
def _():
    story, lines = Story(), []
    names = "#separator \\x09\n#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tquery\tanswers\n"
    for day in range(2):
        shell = story.cron_job("scp -q x feed.example.org:", pid=3000 + 10 * day)
        shell.fork(3005 + 10 * day).exec("/usr/bin/scp", "scp", "-q", "x", "feed.example.org:")
        at = story.ms / 1000 - 1796173200
        names += f"{1796173200 + at:.6f}\tD{day}\t10.0.0.1\t5353\t10.0.0.53\t53\tfeed.example.org\t203.0.113.9\n"
        lines.append(conn(at + 0.5, day, "203.0.113.9", 22, 900_000_000))
        story.wait(3600)
    log = write("audit.log", story.text())
    write("zeek/conn.log", CONN + "".join(lines))
    write("zeek/dns.log", names)
    own = write("own.conf", "[allow feed]\nname = feed.example.org\n")
    other = write("other.conf", "[allow feed]\nname = www.example.org\n")
    flows = ("--flows", harness.WORK / "zeek")

    def found(*args):
        return [(r["rule"], r["destinations"][0]["address"]) for r in
                run("scan", "--format", "jsonl", *args, log, code=None).rows()
                if r["type"] == "finding" and r["rule"] == "bulk-unattended"]
    check(found(*flows) == found("--rules", other, *flows) == [("bulk-unattended", "203.0.113.9")], "nobody allows it")
    check(found("--rules", own, *flows) == found("--rules", own) == [], "the name is allowed")
    row, = run("inventory", "--format", "jsonl", "--rules", own, *flows, log, code=None).rows()
    check(row["approved"] is True and row["destinations"][0]["by"] == "feed", "and of the job", row)
