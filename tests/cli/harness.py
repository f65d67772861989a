"""What the tests of the command line share: running auexfil, checks that tell, and their names."""
import contextlib
import json
import os
import pathlib
import re
import subprocess

TESTS = {}
SKIPPED = 77
SOURCE = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = SOURCE / "samples"
BINARY = None  # set by run.py
WORK = None    # a new empty folder for each test


class Skip(Exception):
    pass


def test(name):
    """Registers a test; the name is a sentence about behaviour."""
    def register(function):
        assert name not in TESTS and ";" not in name, name  # CMake's lists break at ;
        TESTS[name] = function
        return function
    return register


class Result:
    def __init__(self, args, done):
        self.args, self.code = args, done.returncode
        self.raw, self.out = done.stdout, done.stdout.decode(errors="surrogateescape")
        self.err = done.stderr.decode(errors="surrogateescape")

    def __str__(self):
        return f"auexfil {' '.join(map(str, self.args))}\nexit {self.code}\n" \
               f"--- stdout\n{self.out[:4000]}\n--- stderr\n{self.err[:4000]}"

    def rows(self):
        return [json.loads(line) for line in self.out.splitlines()]

    def summary(self):
        return self.rows()[-1]


def run(*args, code=None, stdin=b"", env=None, cwd=None, prefix=()):
    """Runs auexfil. `code`: the exit code that it must have. LC_ALL=C, no terminal, no colours."""
    environment = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    environment |= {"LC_ALL": "C", "TERM": "xterm"} | (env or {})
    done = subprocess.run([*prefix, BINARY, *map(str, args)], input=stdin, capture_output=True,
                          env=environment, cwd=cwd or WORK, timeout=300)
    result = Result(args, done)
    if code is not None:
        check(result.code == code, f"exit {code} expected", result)
    return result


def check(claim, what, *context):
    if not claim:
        raise AssertionError("\n".join([what, *map(str, context)]))


def same(a, b, what):
    if a != b:
        at = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
        raise AssertionError(f"{what}: differ at byte {at} of {len(a)} and {len(b)}\n"
                             f"  {a[max(0, at - 80):at + 80]!r}\n  {b[max(0, at - 80):at + 80]!r}")


def has(text, *parts):
    """Each part stands in the text, or stood there before the table was wrapped."""
    unwrapped = re.sub(r"\n +", " ", text)
    for part in parts:
        check(part in text or part in unwrapped, f"{part!r} is missing in", text)


def lacks(text, *parts):
    for part in parts:
        check(part not in text, f"{part!r} should not be in", text)


def write(name, content):
    """A file in the test's folder."""
    path = WORK / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def without_names(rows):
    """Facts without what may differ when the files are named or packed otherwise."""
    text = []
    for row in rows:
        row = dict(row)
        row.pop("host", None)  # of a folder, where the log does not say
        if row["type"] == "summary":
            row = {k: row[k] for k in ("events", "records", "malformed", "transfers")}
        row["evidence"] = [e["event"] + e["what"] for e in row.get("evidence", [])]
        text.append(json.dumps(row))
    return text


def recordings():
    """Recorded hosts, where ../shared is: not part of the repository."""
    corpus = pathlib.Path(os.environ.get("AUEXFIL_CORPUS", SOURCE.parent / "shared" / "corpus"))
    return sorted(p.parent for p in corpus.glob("*/truth.json"))


def as_nobody():
    """A command prefix under which file permissions count."""
    if os.geteuid() != 0:
        return ()
    prefix = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
    with contextlib.suppress(OSError):
        WORK.chmod(0o755)
        if subprocess.run([*prefix, BINARY, "--version"], capture_output=True).returncode == 0:
            return prefix
    raise Skip("needs setpriv, and a binary that nobody may run")
