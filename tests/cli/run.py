#!/usr/bin/env python3
"""Tests of the command line: run.py --auexfil BINARY NAME..., or all; run.py --list.

Exit 0 when all pass, 77 when the one asked for was skipped.
"""
import argparse
import pathlib
import sys
import tempfile
import traceback

sys.dont_write_bytecode = True  # the source folder stays as it is
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import harness  # noqa: E402
import ageing_test  # noqa: E402,F401
import archive_test  # noqa: E402,F401
import baseline_test  # noqa: E402,F401
import bounds_test  # noqa: E402,F401
import carriers_test  # noqa: E402,F401
import confine_test  # noqa: E402,F401
import estimates_test  # noqa: E402,F401
import explain_test  # noqa: E402,F401
import flows_test  # noqa: E402,F401
import hosts_test  # noqa: E402,F401
import image_test  # noqa: E402,F401
import input_test  # noqa: E402,F401
import inputs_test  # noqa: E402,F401
import inventory_test  # noqa: E402,F401
import journal_test  # noqa: E402,F401
import judge_test  # noqa: E402,F401
import kept_flows_test  # noqa: E402,F401
import keys_test  # noqa: E402,F401
import lint_test  # noqa: E402,F401
import log_test  # noqa: E402,F401
import logins_test  # noqa: E402,F401
import options_test  # noqa: E402,F401
import output_test  # noqa: E402,F401
import parts_test  # noqa: E402,F401
import prefix_test  # noqa: E402,F401
import readme_test  # noqa: E402,F401
import rules_test  # noqa: E402,F401
import same_test  # noqa: E402,F401
import starters_test  # noqa: E402,F401
import state_test  # noqa: E402,F401
import uncounted_test  # noqa: E402,F401


def run_one(name):
    with tempfile.TemporaryDirectory() as folder:
        harness.WORK = pathlib.Path(folder)
        try:
            harness.TESTS[name]()
        except harness.Skip as reason:
            print(f"skipped: {name}: {reason}")
            return harness.SKIPPED
        except Exception:
            traceback.print_exc()
            print(f"FAILED: {name}")
            return 1
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--auexfil")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    if args.list:
        print("\n".join(harness.TESTS))
        return 0
    harness.BINARY = str(pathlib.Path(args.auexfil).resolve())
    codes = [run_one(name) for name in args.names or harness.TESTS]
    if len(codes) > 1:
        print(f"{len(codes)} tests, {codes.count(1)} failed, {codes.count(harness.SKIPPED)} skipped")
    return 1 if 1 in codes else codes[0] if len(codes) == 1 else 0


sys.exit(main())
