"""One host's log in parts of any name."""
import gzip
import io
import json
import re
import tarfile

import carriers
import harness
from harness import check, has, run, same, test, without_names, write
from story import scp_job


def lines_of_job():
    story = scp_job()
    story.chatter()
    return carriers.lines_of(story.text().encode())


def facts(result):
    made = [json.loads(text) for text in without_names(r for r in result.rows() if r["type"] == "transfer")]
    return [{k: v for k, v in fact.items() if k not in ("node", "id")} for fact in made]


def in_the_job(lines):
    """A place within the records of an event, while the transfer is under way."""
    at = next(i for i, line in enumerate(lines) if " syscall=42 " in line)  # connect
    return at + 1


def parts(lines, count=3):
    at = in_the_job(lines)
    cuts = [0, at, (at + len(lines)) // 2, len(lines)][:count] + [len(lines)]
    return [lines[a:b] for a, b in zip(cuts, cuts[1:]) if a < b]


def other_host(lines):
    """The same story of a host with numbers and a time of its own, an hour later."""
    return [re.sub(r"audit\((\d+)(\.\d+):(\d+)\)",
                   lambda m: f"audit({int(m[1]) + 3600}{m[2]}:{int(m[3]) + 100_000})", line)
            for line in lines]


@test("parts: a log in files of any names gives the facts of the whole")
def _():
    lines = lines_of_job()
    whole = facts(run("transfers", write("whole/audit.log", carriers.encoded("\n".join(lines) + "\n"))))
    check(whole and whole[0]["bytes_out"] > 1_000_000, "the job sends", whole)
    pieces = parts(lines)
    node = [[f"node=etl-01 {line}" for line in piece] for piece in pieces]
    plain = lambda piece: carriers.encoded("\n".join(piece) + "\n")
    json_of = carriers.FORMS["filebeat"]
    for what, names, made in (
            ("nodes", ("first.log", "second.log", "third.log"), map(plain, node)),
            ("nodes, backwards", ("z.log", "m.log", "a.log"), map(plain, node)),
            ("fields", ("hits_0.json", "hits_1.json", "hits_2.json"), map(json_of, pieces)),
            ("pages", ("page_0001.ndjson", "page_0002.ndjson", "page_0003.ndjson"), map(json_of, pieces)),
            ("no host", ("audit-x.log", "audit-y.log", "audit-z.log"), map(plain, pieces)),
            ("packed", ("x.json.gz", "y.json.gz", "a.json.gz"), (gzip.compress(json_of(p)) for p in pieces))):
        folder = harness.WORK / what
        files = [write(f"{what}/{name}", data) for name, data in zip(names, made)]
        result = run("transfers", folder)
        same(json.dumps(facts(result)), json.dumps(whole), what)
        check(sum(row["type"] == "coverage" for row in result.rows()) == 1, f"{what}: one host", result)
        id = next(row["id"] for row in result.rows() if row["type"] == "transfer")
        has(run("explain", id, folder).out, files[0].name, files[1].name)
        pile = io.BytesIO()
        with tarfile.open(fileobj=pile, mode="w:gz") as tar:
            for file in files:
                tar.add(file, f"in/{file.name}")
        packed = run("transfers", write(f"{what}.tgz", pile.getvalue()))
        check(len([r for r in packed.rows() if r["type"] == "coverage"]) == 1, f"{what} in an archive", packed)
        told = [json.loads(line) for line in run("inputs", "--format", "jsonl", folder).out.splitlines()]
        joined = [row["joined"] for row in told if row["type"] == "input"]
        check(joined[0] == "" and all(joined[1:]), f"{what}: said", told)


@test("parts: pages of one log that overlap count what both hold once, whether or not a host is named")
def _():
    policy = write("policy.conf", "[role default]\nlimit = 1MiB\nwindow = 24h\n")
    lines = lines_of_job()
    # Chatter on both sides, of which enough is in both: two hosts do not write the same.
    whole = facts(run("transfers", write("whole/audit.log", "\n".join(lines) + "\n")))
    at = next(i for i, line in enumerate(lines) if " syscall=42 " in line) - 2
    pages = (lines[:(at + 3 * len(lines)) // 4], lines[at:])  # the execve is in the first alone
    for node in ("", "node=etl-01 "):
        what = "named" if node else "no host"
        for name, page in zip(("first.log", "second.log"), pages):
            write(f"{what}/{name}", "".join(f"{node}{line}\n" for line in page))
        folder = harness.WORK / what
        same(json.dumps(facts(run("transfers", folder))), json.dumps(whole), what)
        told = {}
        for name in ("first.log", "second.log"):  # as they come
            write(f"{what} by and by/{name}", (folder / name).read_text())
            result = run("scan", "--format", "jsonl", "--rules", policy, "--state",
                         harness.WORK / f"{what}.state", harness.WORK / f"{what} by and by", code=None)
            told.update({r["id"]: r["bytes_out"] for r in result.rows() if r["type"] == "finding"})
            for id in result.summary()["withdrawn"]:
                told.pop(id, None)
        check(list(told.values()) == [whole[0]["bytes_out"]], f"{what}, by and by", told)


@test("parts: the logs of two hosts are never one, and why is said where it is not plain")
def _():
    lines = lines_of_job()
    a, b = parts(lines, 2)
    for what, first, second, said in (
            ("other numbers", lines, other_host(lines), ""),
            ("other nodes", [f"node=a {x}" for x in a], [f"node=b {x}" for x in b], ""),
            ("one name, numbers anew", [f"node=a {x}" for x in other_host(lines)],
             [f"node=a {x.replace('audit(1', 'audit(2')}" for x in lines], "kept apart")):
        for file, piece in (("hostA.log", first), ("hostB.log", second)):
            write(f"{what}/{file}", "\n".join(piece) + "\n")
        told = [json.loads(line) for line in
                run("inputs", "--format", "jsonl", harness.WORK / what, code=0).out.splitlines()]
        joined = [row["joined"] for row in told if row["type"] == "input"]
        check(len(joined) == 2, what, told)
        check(all("kept apart" in x or not x for x in joined) and said in "".join(joined), what, told)
        check(len([r for r in run("coverage", "--format", "jsonl", harness.WORK / what).rows()
                   if r["type"] == "coverage"]) == 2, what)


@test("parts: --state goes on with parts as they come, in whatever order")
def _():
    policy = write("policy.conf", "[role default]\nlimit = 1MiB\nwindow = 24h\n")
    lines = lines_of_job()
    made = [carriers.FORMS["filebeat"](piece) for piece in parts(lines)]
    whole = write("whole/audit.json", b"".join(made))
    once = [r for r in run("scan", "--format", "jsonl", "--rules", policy, whole.parent).rows()
            if r["type"] == "finding"]
    check(len(once) == 1, "one finding", once)
    names = ("hits_0.json", "hits_1.json", "hits_2.json")
    for order in ((0, 1, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0)):
        folder = harness.WORK / "".join(map(str, order))
        told = {}
        for part in order:
            write(f"{folder.name}/pages/{names[part]}", made[part])
            result = run("scan", "--format", "jsonl", "--rules", policy, "--state", folder / "state",
                         folder / "pages")
            for row in result.rows():
                if row["type"] == "finding":
                    told[row["id"]] = row
            for id in result.summary()["withdrawn"]:
                told.pop(id, None)
        check([row["bytes_out"] for row in told.values()] == [once[0]["bytes_out"]], f"order {order}", told, once)
        again = run("scan", "--format", "jsonl", "--rules", policy, "--state", folder / "state",
                    folder / "pages", code=None)
        check(not [r for r in again.rows() if r["type"] == "finding"], f"order {order}, again", again)


@test("parts: --state keeps as one log what was one, also when what lay between is gone")
def _():
    policy = write("policy.conf", "[role default]\nlimit = 1MiB\nwindow = 24h\n")
    lines = lines_of_job()
    for name, piece in zip(("first.log", "second.log", "third.log"), parts(lines)):
        write(f"parts/{name}", "\n".join(piece) + "\n")
    scan = lambda: run("scan", "--format", "jsonl", "--rules", policy, "--state", harness.WORK / "state",
                       harness.WORK / "parts")
    check([r["update"] for r in scan().rows() if r["type"] == "finding"] == [False], "told")
    (harness.WORK / "parts/second.log").unlink()
    check(len([r for r in run("coverage", "--format", "jsonl", harness.WORK / "parts").rows()
               if r["type"] == "coverage"]) == 2, "two without what lay between")
    again = scan()
    check([r["type"] for r in again.rows() if r["type"] in ("finding", "coverage")] == ["coverage"], "one", again)
    summary = again.summary()
    check((summary["events"], summary["withdrawn"], summary["standing"]) == (0, [], 1), "as it was", summary)
