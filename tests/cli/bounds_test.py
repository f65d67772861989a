"""A bound never hides bytes: what reaches one is found, or the verdict says that it may not be."""
from harness import check, has, lacks, run, test, write
from story import Story, scp_job


def many_descriptors():
    """A job with 27 connections open, 500 MB over the last."""
    story = Story()
    job = story.cron_job("/opt/up").fork(702).exec("/opt/up", "/opt/up")
    for fd in range(3, 30):
        job.connect(fd, f"203.0.113.{fd}", 443)
    for fd in range(3, 29):
        job.write(fd, 10)
    job.write(29, 500_000_000)
    story.chatter()
    return story.text()


@test("bounds: descriptors that do not fit are bytes of nobody, not none")
def _():
    log = write("audit.log", many_descriptors())
    rows = run("transfers", "--max-descriptors", 8, log, code=4).rows()
    host = next(row for row in rows if row["type"] == "coverage")
    check(host["verdict"] == "partial", "verdict", host)
    check(any("bounds" in reason for reason in host["reasons"]), "reason", host)
    check(host["unattributed"]["bytes"] >= 500_000_000, "bytes", host)
    check("up" in host["unattributed"]["programs"], "program", host)
    result = run("scan", "--max-descriptors", 8, log, code=1)
    has(result.out, "Bounds reached: descriptors")


@test("bounds: hosts that do not fit never leave exit 0")
def _():
    stories = [Story(node=f"h{i}") for i in range(4)]
    for i, story in enumerate(stories):
        scp_job(story, sizes=(3000, 500_000_000 if i == 3 else 1000))
        story.chatter()
    log = write("audit.log", "".join(story.text() for story in stories))
    result = run("scan", "--max-nodes", 3, log, code=4)
    has(result.out, "partial", "nodes")
    run("scan", log, code=1)


@test("bounds: thousands of decoys hide nothing")
def _():
    story = Story()
    job = story.cron_job("/opt/up").fork(702).exec("/opt/up", "/opt/up")
    for i in range(9000):
        job.upload(3, f"10.{i // 62500}.{i // 250 % 250}.{i % 250 + 1}", 443, 10)
    job.upload(3, "203.0.113.9", 443, 500_000_000)
    story.chatter()
    result = run("scan", write("audit.log", story.text()), code=1)
    has(result.out, "476.8 MiB (500,000,000 bytes) to 203.0.113.9:443", "other addresses")


@test("bounds: where memory is short the tables stop growing, and nothing is hidden")
def _():
    story = Story()
    story.chatter(9000)  # the kernel is asked now and then
    for i in range(4500):
        job = story.process(2000 + i, 1, f"/opt/decoy{i}")
        job.upload(3, f"10.0.{i // 250}.{i % 250 + 1}", 443, 10)
    job = story.cron_job("/opt/up").fork(702).exec("/opt/up", "/opt/up")
    for i in range(1500):
        job.upload(3, f"10.1.{i // 250}.{i % 250 + 1}", 443, 10)
    job.upload(3, "203.0.113.9", 443, 500_000_000)
    log = write("audit.log", story.text())
    result = run("scan", "--max-memory", "32MiB", log, code=1)
    # Who sent them does not fit any more; that they left, and how many, does.
    has(result.out, "HIGH  bulk-unattended", "≥ 476.", "at-least", "Bounds reached: ", "memory 1",
        "processes", "invocations", "partial")
    lacks(run("scan", log, code=1).out, "memory 1")


@test("bounds: --max-memory takes sizes that a run can live on")
def _():
    for size in ("1", "31MiB", "many", "-5"):
        has(run("scan", "--max-memory=" + size, ".", code=2).err, "--max-memory", "32.0 MiB")
