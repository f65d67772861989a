"""Archives: logs in them are read in place, whatever packs them, and none of them can do harm."""
import bz2
import functools
import gzip
import io
import json
import lzma
import os
import pathlib
import resource
import shutil
import stat
import struct
import subprocess
import tarfile
import time
import zipfile
import zlib

import harness
from harness import SAMPLES, Skip, check, has, lacks, run, same, test, without_names, write
from story import Story, scp_job

MEMORY = 256 << 20  # bytes that a hostile archive may make of the process


def tool(name):
    if shutil.which(name) is None:
        raise Skip(f"needs {name}")
    return name


def hosts():
    """Logs of several hosts: path -> bytes. Of each set the newest file comes first."""
    files = {}
    for number, host in enumerate(("app-02", "etl-01", "web-03")):
        for path in sorted((SAMPLES / host).iterdir()):
            if path.name.startswith("audit.log"):
                files[f"{host}/var/log/audit/{path.name}"] = path.read_bytes()
        files[f"{host}/var/log/syslog"] = b"no log of ours\n" * 50
        files[f"{host}/etc/fstab"] = b"none\n"
    story = scp_job()
    story.chatter()
    lines = story.text().splitlines(keepends=True)
    third = len(lines) // 3
    for name, part in (("audit.log", lines[2 * third:]), ("audit.log.1", lines[third:2 * third]),
                       ("audit.log.2", lines[:third])):
        files[f"bk-07/var/log/audit/{name}"] = "".join(part).encode()
    return files


def unpacked(files, folder="unpacked"):
    for name, content in files.items():
        write(f"{folder}/{name}", content)
    return harness.WORK / folder


def tar(files, name=None, **options):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", **options) as archive:
        for path, content in files.items():
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue() if name is None else write(name, out.getvalue())


def make_zip(files, name=None, method=zipfile.ZIP_DEFLATED):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return out.getvalue() if name is None else write(name, out.getvalue())


def by_program(*command):
    return lambda data: subprocess.run([tool(command[0]), *command[1:]], input=data,
                                       capture_output=True, check=True).stdout


def by_bsdtar(name, *options):
    def pack(files):
        folder = unpacked(files)
        subprocess.run([tool("bsdtar"), "-cf", harness.WORK / name, *options, "-C", folder,
                        *sorted(os.listdir(folder))], check=True)
        return harness.WORK / name
    return pack


PACKERS = {
    "tar": lambda files: tar(files, "x"),
    "tar, pax": lambda files: tar(files, "x", format=tarfile.PAX_FORMAT),
    "tar, ustar": lambda files: tar(files, "x", format=tarfile.USTAR_FORMAT),
    "tar, names from the root": lambda files: tar({f"/{n}": c for n, c in files.items()}, "x"),
    "tar, names from here": lambda files: tar({f"./{n}": c for n, c in files.items()}, "x"),
    "tar.gz": lambda files: write("x.tar.gz", gzip.compress(tar(files))),
    "tar.gz of two members": lambda files: write(
        "x.tgz", gzip.compress(tar(files)[:70_001]) + gzip.compress(tar(files)[70_001:])),
    "tar.bz2": lambda files: write("x.tar.bz2", bz2.compress(tar(files))),
    "tar.xz": lambda files: write("x.tar.xz", lzma.compress(tar(files))),
    "tar.zst": lambda files: write("x.tar.zst", by_program("zstd", "-qc")(tar(files))),
    "tar.lz4": lambda files: write("x.tar.lz4", by_program("lz4", "-qc")(tar(files))),
    "zip": lambda files: make_zip(files, "x.zip"),
    "zip, stored": lambda files: make_zip(files, "x.zip", zipfile.ZIP_STORED),
    "zip in gzip": lambda files: write("x.zip.gz", gzip.compress(make_zip(files))),
    "7z": by_bsdtar("x.7z", "--format", "7zip"),
    "cpio": by_bsdtar("x.cpio", "--format", "newc"),
    "cpio, old": by_bsdtar("x.cpio", "--format", "odc"),
    "cpio.gz": by_bsdtar("x.cpio.gz", "--format", "newc", "-z"),
    "tar in tar": lambda files: tar({"in.tar": tar(files)}, "x.tar"),
    "zip in tar.gz": lambda files: write(
        "x.tar.gz", gzip.compress(tar({"a": b"a", "deep/in.zip": make_zip(files)}))),
    "tar.xz in zip": lambda files: make_zip({"in.tar.xz": lzma.compress(tar(files))}, "x.zip"),
    "tar in zip in tar.gz": lambda files: write(
        "x.tar.gz", gzip.compress(tar({"in.zip": make_zip({"in.tar": tar(files)})}))),
    "name of another kind": lambda files: write("x.txt", gzip.compress(tar(files))),
}


def facts_of(*args):
    return without_names(run("transfers", *args).rows())


for packer, pack in PACKERS.items():
    def check_packer(pack=pack):
        files = hosts()
        expected = facts_of(unpacked(files))
        archive = pack(files)
        same(facts_of(archive), expected, "facts of the archive")
        folder = write("pile/notes.txt", "nothing").parent
        shutil.copy(archive, folder / "found")
        same(facts_of(folder), expected, "facts of the archive in a folder")
    test(f"facts are the same packed as: {packer}")(check_packer)


@test("an archive a host: each has the archive's name, and its own state")
def _():
    for number in (1, 2):
        text = scp_job(address=f"203.0.113.{number}").text()
        write(f"pile/db-{number}.tar.gz", gzip.compress(tar({"audit.log": text.encode()})))
    write("pile/db-3/audit.log", scp_job(address="203.0.113.3").text())
    rows = run("transfers", "pile").rows()
    sent = {row["host"]: row["destinations"][0]["address"] for row in rows
            if row["type"] == "transfer"}
    check(sent == {f"db-{number}": f"203.0.113.{number}" for number in (1, 2, 3)}, "hosts", sent)


@test("evidence names ARCHIVE!MEMBER, and explain shows the lines of it")
def _():
    text = "".join(scp_job().text())
    inner = make_zip({"var/log/audit/audit.log": text})
    write("pile/outer.tar.gz", gzip.compress(tar({"in.zip": inner})))
    rows = run("transfers", "pile").rows()
    fact = next(row for row in rows if row["type"] == "transfer")
    name = "outer.tar.gz!in.zip!var/log/audit/audit.log"
    check(all(e["file"] == name for e in fact["evidence"]), "evidence", fact["evidence"])
    plain = write("plain/audit.log", text)
    shown = run("explain", fact["id"], "pile")
    has(shown.out, name)
    line = text.splitlines()[fact["evidence"][0]["line"] - 1]
    has(shown.out, line[:60])
    check(plain.exists(), "gone")


@test("a program that an archive's first bytes ask for is not run")
def _():
    for program in ("lrzip", "grzip", "lzop", "gzip", "uudecode"):
        fake = write(f"bin/{program}", f"#!/bin/sh\ntouch {harness.WORK}/was-run\ncat\n")
        fake.chmod(0o755)
    for number, magic in enumerate((b"LRZI\x00\x06", b"GRZipII\x00\x02\x04:)", b"\x89LZO\x00\r\n\x1a\n",
                                    b"begin 644 x\n", b"\x1f\x9d\x90")):
        write(f"pile/{number}.log", magic + bytes(600))
        run("scan", write(f"{number}", magic + bytes(600)), code=3,
            env={"PATH": f"{harness.WORK}/bin:{os.environ['PATH']}"})
    run("scan", "pile", env={"PATH": f"{harness.WORK}/bin:{os.environ['PATH']}"})
    check(not (harness.WORK / "was-run").exists(), "a helper program was run")


def bound():
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


@functools.lru_cache(None)
def can_be_bounded():
    """A sanitizer's own memory is far above any bound."""
    return subprocess.run([harness.BINARY, "--version"], capture_output=True, preexec_fn=bound).returncode == 0


def limited(*args, seconds=600, **options):
    """Runs within a memory that bounds what an archive may cost. \\return result and seconds."""
    start = time.monotonic()
    done = subprocess.run([harness.BINARY, *map(str, args), "--threads", "2"], capture_output=True,
                          cwd=harness.WORK, preexec_fn=bound if can_be_bounded() else None, timeout=seconds)
    return harness.Result(args, done), time.monotonic() - start


def good():
    return scp_job().text().encode()


def reads_the_rest(result, *said):
    """The finding of good() is there, and what was wrong is said."""
    has(result.err, *said)
    check(result.code == 1, "the rest was not read", result)
    check(result.rows()[-1]["complete"] is False, "complete", result)


@test("a bomb in a zip ends after a bounded part of it, and the rest is read")
def _():
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = bytes(1 << 20)
    body, crc, size = b"", 0, 10 << 10
    for _ in range(size):
        body += packed.compress(piece)
        crc = zlib.crc32(piece, crc)
    body += packed.flush()
    name = b"var/log/audit/audit.log"
    whole = size << 20
    header = struct.pack("<HHHHHIII", 45, 0, 8, 0, 0, crc, 0xffffffff, 0xffffffff)
    extra = struct.pack("<HHQQ", 1, 16, whole, len(body))
    local = b"PK\x03\x04" + header + struct.pack("<HH", len(name), len(extra)) + name + extra
    central = (b"PK\x01\x02" + struct.pack("<H", 45) + header +
               struct.pack("<HHHHHII", len(name), len(extra), 0, 0, 0, 0, 0) + name + extra)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central),
                                      len(local) + len(body), 0)
    write("pile/bomb.zip", local + body + central + end)
    write("pile/good/audit.log", good())
    result, _ = limited("scan", "--format", "jsonl", "pile")
    reads_the_rest(result, "bomb.zip", "unpacks to more than")


@test("a size field without sense: what is there is read, and where it ends is said")
def _():
    data = bytearray(tar({"audit.log": good()}))
    data[124:136] = b"\x80" + bytes(3) + struct.pack(">Q", 1 << 60)
    head = data[:148] + b" " * 8 + data[156:512]
    data[148:156] = b"%06o\0 " % sum(head)
    write("x.tar", bytes(data))
    result, seconds = limited("scan", "--format", "jsonl", "x.tar")
    reads_the_rest(result, "x.tar", "audit.log")
    check(seconds < 300, f"{seconds} s")


@test("members that lead out are refused, each, and nothing is written")
def _():
    write("pile/x.tar", tar({"../../up/audit.log": good(), "/abs/audit.log": good(),
                             "a/../../audit.log": b""}))
    result = run("scan", "--format", "jsonl", "pile/x.tar", code=1)
    reads_the_rest(result, "leads out", "2 members")
    check(sorted(os.listdir(harness.WORK)) == ["pile"], "written", os.listdir(harness.WORK))


@test("links stay in the archive, loops end, devices and pipes are passed over")
def _():
    write("outside/audit.log", good())
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        def add(name, kind, link="", content=b""):
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.size = kind, link, len(content)
            archive.addfile(info, io.BytesIO(content))
        add("a/audit.log", tarfile.SYMTYPE, str(harness.WORK / "outside/audit.log"))
        add("b/audit.log", tarfile.SYMTYPE, "../../../../../../../../etc/passwd")
        add("loop", tarfile.SYMTYPE, "loop")
        add("loop2", tarfile.SYMTYPE, "loop2/x")
        add("c/audit.log", tarfile.FIFOTYPE)
        add("d/audit.log", tarfile.CHRTYPE)
        add("e/audit.log", tarfile.LNKTYPE, "real/audit.log")
        add("f/audit.log", tarfile.SYMTYPE, "../real/audit.log")
        add("g/audit.log", tarfile.LNKTYPE, "../../outside/audit.log")
        add("real/audit.log", tarfile.REGTYPE, content=good())
    write("x.tar", out.getvalue())
    rows = run("transfers", "--format", "jsonl", "x.tar").rows()
    check(len(rows[-1]["inputs"]) == 1, "one log is in it", rows[-1]["inputs"])
    check(rows[-1]["transfers"] == 1, "transfers", rows[-1])


@test("archives nest three deep, and no deeper")
def _():
    data = tar({"audit.log": good()})
    for _ in range(2):
        data = tar({"in.tar": data})
    run("scan", write("x.tar", data), code=1)
    for _ in range(8):
        data = tar({"in.tar": data, f"audit.log": good()})
    result, _ = limited("scan", "--format", "jsonl", write("y.tar", data))
    reads_the_rest(result, "not looked into")


@test("a cut or corrupt archive: what could be read counts, and where it ends is said")
def _():
    files = {"pad": os.urandom(100_000), "audit.log.1": good(), "audit.log": os.urandom(50_000)}
    whole = tar(files)
    packed = gzip.compress(whole)
    flipped = bytearray(packed)
    flipped[-6] ^= 0xff
    cases = {"cut.tar": (whole[:-40_000], ("cut.tar", "damaged", "audit.log")),
             "cut.tar.gz": (packed[:-20_000], ("cut.tar.gz", "cut short at byte")),
             "sum.tar.gz": (bytes(flipped), ("sum.tar.gz", "corrupt"))}
    for name, (content, said) in cases.items():
        result, _ = limited("scan", "--format", "jsonl", write(name, content))
        reads_the_rest(result, *said)


@test("a cut log in a tar.gz counts up to where it is cut")
def _():
    lines = good().splitlines(keepends=True)
    text = b"".join(lines) + b"# end\n" + os.urandom(300_000).hex().encode()
    data = gzip.compress(tar({"audit.log": text}))
    result, _ = limited("scan", "--format", "jsonl", write("x.tar.gz", data[:-100_000]))
    reads_the_rest(result, "x.tar.gz!audit.log", "cut short")


@test("a member of a zip whose bytes are not right is told, others are read")
def _():
    data = bytearray(make_zip({"a/audit.log": good() * 30, "b/audit.log": good()}))
    data[2000] ^= 0xff
    result, _ = limited("scan", "--format", "jsonl", write("x.zip", bytes(data)))
    reads_the_rest(result, "x.zip!a/audit.log")


@test("encrypted members are told, and the rest is read")
def _():
    write("client/metadata.json", "{}")
    write("client/data.zip", make_zip({"uploads/auto/var/log/audit/audit.log": good()}))
    subprocess.run([tool("zip"), "-q", "-r", "-P", "secret", "../locked.zip", "."],
                   cwd=harness.WORK / "client", check=True)
    result = run("scan", "locked.zip", code=3)
    has(result.err, "locked.zip", "encrypted")
    write("pile/good/audit.log", good())
    shutil.move(harness.WORK / "locked.zip", harness.WORK / "pile")
    reads_the_rest(run("scan", "--format", "jsonl", "pile"), "encrypted")


@test("very many members that are no logs are looked through within bounds")
def _():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for number in range(100_000):
            archive.addfile(tarfile.TarInfo(f"some/folder/{number // 100}/file-{number}.log"))
        info = tarfile.TarInfo("last/audit.log")
        info.size = len(good())
        archive.addfile(info, io.BytesIO(good()))
    write("x.tar.gz", gzip.compress(out.getvalue(), 1))
    result, _ = limited("scan", "--format", "jsonl", "x.tar.gz")
    check(result.code == 1, "the log was not found", result)


@test("an archive without a log, and one that is none")
def _():
    has(run("scan", tar({"a": b"b"}, "x.tar"), code=3).err, "x.tar: no audit log among its 1 member")
    has(run("scan", write("y.zip", b"PK\x03\x04" + b"x" * 300), code=3).err, "y.zip")
    has(run("scan", write("z.rar", b"Rar!\x1a\x07\x00" + b"x" * 300), code=3).err, "z.rar")


@test("an archive is evidence: no output takes its place")
def _():
    archive = tar({"audit.log": good()}, "x.tar")
    before = archive.read_bytes()
    has(run("scan", "x.tar", "-o", "x.tar", code=2).err, "is one of the inputs")
    check(archive.read_bytes() == before, "the archive was changed")
    run("scan", "x.tar", "-o", "audit.log", code=1)
    check((harness.WORK / "audit.log").exists(), "no output")


@test("names that are not ASCII stay the bytes that they are")
def _():
    for name, archive in {
            "tar": tar({"hôte/audit.log": good()}, "x.tar", format=tarfile.PAX_FORMAT),
            "zip": make_zip({"hôte/audit.log": good()}, "x.zip")}.items():
        rows = run("transfers", archive).rows()
        check(rows[-1]["inputs"][0]["name"].endswith("!hôte/audit.log"), name, rows[-1])


def collections():
    """What collectors make of one machine, called etl-01: kind -> members."""
    log = scp_job().text()
    image = {"etc/hostname": "etl-01\n", "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
             "var/log/audit/audit.log": log}
    under = lambda front, files: {f"{front}{name}": text for name, text in files.items()}
    bare = {"var/log/audit/audit.log": log}
    return {
        "uac-etl-01-linux-20261202010203.tar.gz": under("[root]/", bare) | {"uac.log": "x"},
        "uac.tar.gz": under("[root]/", image) | {"uac.log": "x"},
        "Collection-x.tar.gz": under("uploads/auto/", bare) | {
            "client_info.json": json.dumps({"Hostname": "etl-01"}), "uploads.json": "{}"},
        "sos.tar.gz": under("sosreport-etl-01-2026-12-02-abcdefg/", bare),
        "plain.tar.gz": under("some/folder/", image),
        "etl-01.tgz": bare,
    }


@test("collections say whose log they hold, and --host has the last word")
def _():
    for name, members in collections().items():
        archive = write(name, gzip.compress(
            tar({path: text.encode() for path, text in members.items()})))
        rows = run("transfers", archive).rows()
        check([row["host"] for row in rows[:-1]] == ["etl-01"] * 2, name, rows)
        if any(path.endswith("etc/passwd") for path in members):
            check(rows[0]["user"]["uid_name"] == "root", "names of its passwd", rows[0]["user"])
        rows = run("transfers", "--host", "other", archive).rows()
        check([row["host"] for row in rows[:-1]] == ["other"] * 2, name, rows)
        folder = unpacked(members, f"unpacked/{name.split('.')[0]}")
        same(facts_of(folder), facts_of(archive), "facts of the unpacked collection")


@test("--root takes an archive, with the image at its top or in a folder")
def _():
    image = {"etc/hostname": "etl-01\n", "etc/passwd": "root:x:0:0::/root:/bin/sh\n",
             "etc/audit/auditd.conf": "log_file = /srv/log/a.log\n",
             "srv/log/a.log": scp_job().text()}
    expected = run("transfers", "--root", unpacked(image, "image")).raw
    for front in ("", "./", "[root]/", "sosreport-etl-01-2026-12-02-abcdefg/", "uploads/auto/"):
        members = {f"{front}{path}": text.encode() for path, text in image.items()}
        for archive in (write("x.tar.gz", gzip.compress(tar(members))),
                        make_zip(members, "x.zip")):
            same(run("transfers", "--root", archive).raw, expected, f"facts of {front!r}")
    has(run("scan", "--root", write("none", "text"), code=3).err, "neither a folder nor an archive")


@test("an archive that was encrypted as a whole is told, wherever it lies")
def _():
    sealed = "secured-sosreport-a-2026-12-02-abcdefg.tar.xz.gpg"
    write(f"pile/{sealed}", os.urandom(5000))
    write("pile/in.tar", tar({f"x/{sealed}": b"y", "audit.log": good()}))
    write("pile/notes.txt.gpg", b"z")
    result = run("scan", "--format", "jsonl", "pile")
    reads_the_rest(result, f"{sealed}: encrypted", f"in.tar!x/{sealed}: encrypted")
    lacks(result.err, "notes")
    has(run("scan", f"pile/{sealed}", code=3).err, "encrypted")


@test("copies are told apart by the archive they lie in")
def _():
    story = scp_job()
    story.chatter()
    lines = story.text().splitlines(keepends=True)
    half = len(lines) // 2
    parts = {"audit.log.1": "".join(lines[:half]).encode(), "audit.log": "".join(lines[half:]).encode()}
    write("pile/a.tar", tar(parts))
    write("pile/b.tar", tar({"audit.log": parts["audit.log.1"]}))
    write("pile/c.tar.gz", gzip.compress(tar(dict(reversed(parts.items())))))
    rows = run("transfers", "pile").rows()
    check(rows[-1]["transfers"] == 1, "counted once", rows[-1])
