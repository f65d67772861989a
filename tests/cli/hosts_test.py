"""Who a log's host is, where what carries its records says so."""
import json
import re

import carriers
import harness
from harness import check, has, run, test, write
from story import scp_job

POLICY = "[role etl]\nhost = etl-*\nlimit = 1TiB\n[role default]\nlimit = 1MiB\nwindow = 24h\n"


def lines_of_job():
    story = scp_job()
    story.chatter()
    return carriers.lines_of(story.text().encode())


def serial(line):
    return int(re.search(r":(\d+)\)", line)[1])


@test("host: one that carries all records is named by what carries them, and its role holds")
def _():
    policy = write("policy.conf", POLICY)
    lines = lines_of_job()
    for form in ("filebeat", "splunk-csv", "syslog"):
        pack = next(pack for name, pack in carriers.FORMS.items() if name.startswith(form))
        file = write(f"{form}/export.{form[:3]}", pack(lines))
        row = json.loads(run("inputs", "--format", "jsonl", file).out.splitlines()[0])
        check((row["host"], row["host_by"]) == (carriers.HOST, "carrier"), form, row)
        has(run("inputs", file).out, "named by what carries its records")
        run("scan", "--rules", policy, file, code=0)
        run("scan", "--rules", policy, "--host", "web-1", file, code=1)
    # Who says it surer is believed before.
    file = write("image/export.json", carriers.FORMS["filebeat"](lines))
    row = json.loads(run("inputs", "--format", "jsonl", "--host", "h", file).out.splitlines()[0])
    check((row["host"], row["host_by"]) == ("h", "option"), "--host", row)
    write("pile/db-9/etc/hostname", "db-9\n")
    write("pile/db-9/var/log/audit/export.json", carriers.FORMS["filebeat"](lines))
    row = json.loads(run("inputs", "--format", "jsonl", harness.WORK / "pile").out.splitlines()[0])
    check((row["host"], row["host_by"]) == ("db-9", "image"), "collection", row)
    node = write("node/export.json", carriers.FORMS["filebeat"]([f"node=n-1 {x}" for x in lines]))
    result = run("transfers", node)
    check(result.rows()[0]["host"] == "n-1", "node", result)


@test("host: two whose lines stand one behind the other in one file are two")
def _():
    lines = lines_of_job()
    header = "2026-12-02T01:00:00.000000Z {} audisp-syslog[5]: "
    text = "".join(header.format("web-1") + x + "\n" for x in lines) + \
           "".join(header.format("web-2") + x + "\n" for x in
                   [x.replace(f":{serial(x)})", f":{serial(x) + 7000})") for x in lines])
    result = run("transfers", write("both.log", text))
    check([r["node"] for r in result.rows() if r["type"] == "coverage"] == ["web-1", "web-2"], "two", result)
    renamed = "".join(header.format("ip-10-0-0-5" if i < len(lines) // 2 else "web-1") + x + "\n"
                      for i, x in enumerate(lines))
    result = run("transfers", write("renamed.log", renamed))
    check(len([r for r in result.rows() if r["type"] == "coverage"]) == 1, "one that got a name", result)
