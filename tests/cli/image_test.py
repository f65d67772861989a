"""--root: a mounted image or unpacked collection, read by its own files."""
import gzip
import os
import shutil

import harness
from harness import Skip, check, has, lacks, recordings, run, same, test, write
from input_test import finding_log


def image(log="var/log/audit/audit.log", conf=None):
    write("image/etc/hostname", "etl-01\n")
    write("image/etc/passwd", "backup-svc:x:0:0::/root:/bin/sh\n")
    write("image/etc/group", "root:x:0:\n")
    if conf:
        write("image/etc/audit/auditd.conf", conf)
    return write(f"image/{log}", finding_log())


@test("--root: hostname, user names and log are the image's")
def _():
    image()
    row = run("transfers", "--root", "image").rows()[0]
    check(row["host"] == "etl-01", "host", row)
    check(row["user"]["uid_name"] == "backup-svc", "user", row["user"])
    has(run("scan", "--root", "image", code=1).out, "etl-01", "backup-svc")


@test("--root: the log is where the image's auditd.conf puts it, with its rotations")
def _():
    log = image("srv/audit/x.log", "log_file = /srv/audit/x.log\n")
    text = log.read_text().splitlines(keepends=True)
    write("image/srv/audit/x.log.1", "".join(text[:9]))
    log.write_text("".join(text[9:]))
    rows = run("transfers", "--root", "image").rows()
    check(rows[0]["bytes_out"] == 120_003_000, "bytes", rows)
    check(len(rows[-1]["inputs"]) == 2, "both files", rows[-1])


@test("--root: no link leads out of the image")
def _():
    image().unlink()
    secret = write("outside/audit.log", finding_log())
    os.symlink(secret, harness.WORK / "image/var/log/audit/audit.log")
    os.remove(harness.WORK / "image/etc/passwd")
    os.symlink("/etc/passwd", harness.WORK / "image/etc/passwd")
    result = run("scan", "--root", "image", code=3)
    lacks(result.out, "203.0.113.10")


@test("--root: an image without a log, or no image: exit 3")
def _():
    image().unlink()
    has(run("scan", "--root", "image", code=3).err, "/var/log/audit/audit.log")
    has(run("scan", "--root", "gone", code=3).err, "gone")


@test("--root and the bare log give the same bytes and addresses, recordings too")
def _():
    pairs = [(harness.WORK / "image", image().parent)]
    for i, recording in enumerate(recordings()):
        root = harness.WORK / f"root{i}"
        shutil.copytree(recording / "root", root, symlinks=True)
        logs = root / "var/log/audit"
        logs.mkdir(parents=True, exist_ok=True)
        for file in (recording / "logs").glob("*.gz"):
            (logs / file.stem).write_bytes(gzip.decompress(file.read_bytes()))
        pairs.append((root, recording / "logs"))
    for root, logs in pairs:
        def facts(*args):
            rows = [row for row in run("transfers", *args).rows() if row["type"] == "transfer"]
            return sorted(([(d["address"] or d["name"], d["bytes_out"], d["basis"])
                            for d in row["destinations"]] for row in rows), key=str)
        same(facts("--root", root), facts(logs), str(root))
        hosts = {row["host"] for row in run("transfers", "--root", root).rows()
                 if row["type"] == "coverage"}
        named = {(root / "etc/hostname").read_text().strip()}
        check(hosts == named, f"{root}: hosts {hosts}, hostname {named}")
    if len(pairs) == 1:
        raise Skip("the image is right; no recordings beside the repository (../shared/corpus)")
