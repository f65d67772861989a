"""Every command of README.md and samples/README.md: its output, or at least its grammar."""
import re
import shlex
import subprocess

import harness
from harness import SOURCE, check, run, same, test

#: Commands that build, install, or need another machine: tested by scripts and presets themselves.
ELSEWHERE = ("scripts/", "cmake ", "sudo ")


def console_blocks(path):
    """(command, output) of each ```console block; `$ ` begins a command."""
    for block in re.findall(r"^```console\n(.*?)^```", path.read_text(), re.S | re.M):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = part.partition("\n")
            while command.endswith("\\"):
                more, _, output = output.partition("\n")
                command = command[:-1] + more.lstrip()
            yield command, output


def indented_commands(path):
    """Lines of indented blocks that call auexfil."""
    for line in re.findall(r"^    (.*)$", path.read_text(), re.M):
        if call := re.search(r"(?:^|\s)(auexfil .*)", line):
            yield call[1].split(" #")[0].strip()


def shell(command):
    done = subprocess.run(["bash", "-c", 'auexfil() { "$AUEXFIL" "$@"; }; ' + command],
                          cwd=SOURCE, capture_output=True, text=True,
                          env={"AUEXFIL": harness.BINARY, "LC_ALL": "C", "PATH": "/usr/bin:/bin"})
    return done.returncode, done.stdout + done.stderr


@test("README.md: each console block gives what it shows")
def _():
    blocks = list(console_blocks(SOURCE / "README.md"))
    check(len(blocks) >= 2, "a real run and more", blocks)
    for command, output in blocks:
        if command.startswith(ELSEWHERE):
            continue
        _, got = shell(command)
        # A line "…" stands for lines left out.
        pattern = re.escape(output).replace(re.escape("…\n"), "(?:.*\n)*")
        check(re.fullmatch(pattern, got), f"$ {command}\ngave\n{got}\nbut README.md shows\n{output}")


@test("README.md: each command is one that auexfil understands")
def _():
    commands = [c for path in ("README.md", "samples/README.md", "samples/etl-01/README.md",
                               "samples/web-03/README.md",
                               "samples/adm-04/README.md", "samples/app-02/README.md")
                for c in indented_commands(SOURCE / path)]
    check(len(commands) >= 8, "commands", commands)
    for command in commands:
        words = shlex.split(command)
        if "samples" in command:
            code, got = shell(command)
            check(code in (0, 1, 4), f"$ {command}\nexit {code}\n{got}")
        else:
            # The inputs are not there; every option must be.
            words = words[1:words.index(">")] if ">" in words else words[1:]
            at = words.index("-o") if "-o" in words else None
            if at is not None:
                words[at + 1] = str(harness.WORK / "out")
            result = run(*words)
            check("tells more" not in result.err and "is not possible" not in result.err,
                  f"$ {command}", result)


@test("src/README.md: the rooms that it draws are those that there are, in their order")
def _():
    text = (SOURCE / "src" / "README.md").read_text()
    drawn = re.search(r"^(input .*)$", text, re.M)[1].replace(" ", "").split("\u2500\u25b6")
    there = {p.name for p in (SOURCE / "src").iterdir() if p.is_dir()}
    check(set(drawn) == there, "rooms", drawn, there)
    order = re.search(r"^ORDER = (.*?\]\])$", (SOURCE / "scripts" / "check_rooms").read_text(),
                      re.S | re.M)[1]
    places = [order.index(f'"{room}"') for room in drawn]
    check(places == sorted(places), "the order of scripts/check_rooms", drawn)
    for room, header in re.findall(r"^\| `(\w+)` \|.*\| (`.*`) \|$", text, re.M):
        for name in re.findall(r"`([^`]+)`", header):
            found = [SOURCE / "include" / "auexfil" / room / name, SOURCE / "src" / room / name]
            check(any(path.exists() for path in found), f"{room}: {name} is missing")
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        check((SOURCE / "src" / target).exists(), f"{target} is missing")
    for path in re.findall(r"`((?:input|audit|host|coverage|transfer|artefacts|facts|report|policy|pipeline|cli)/[\w./*]+)`", text):
        check(any(any((SOURCE / place).glob(path)) for place in ("src", "include/auexfil")), f"{path} is missing")


@test("README.md: each file and folder that it names is there")
def _():
    text = (SOURCE / "README.md").read_text()
    for target in re.findall(r"\]\(([^)#:]+)\)", text):
        check((SOURCE / target).exists(), f"{target} is missing")


@test("README.md: the rule file that it shows is a rule file")
def _():
    text = (SOURCE / "README.md").read_text()
    blocks = re.findall(r"(?:^    .*\n|^\n)+", text, re.M)
    rules = [b for b in blocks if re.search(r"^    \[\w+ \S+\]$", b, re.M)]
    check(rules, "no rule file in README.md")
    for i, block in enumerate(rules):
        conf = harness.write(f"{i}.conf", re.sub(r"^    ", "", block, flags=re.M))
        for path in re.findall(r"[\w/]+\.(?:txt|json)", "".join(re.findall(r"^    file .*", block, re.M))):
            harness.write(path, "{}")
        check(run("scan", "--rules", conf, SOURCE / "samples").code != 2, block)


@test("samples: each folder says what happened, and the exit codes are right")
def _():
    for sample, code in (("etl-01", 1), ("adm-04", 0), ("app-02", 1)):
        check((SOURCE / "samples" / sample / "README.md").exists(), sample)
        run("scan", SOURCE / "samples" / sample, code=code)
        size = sum(p.stat().st_size for p in (SOURCE / "samples" / sample).iterdir())
        check(size < 300_000, f"{sample} is {size} bytes")
