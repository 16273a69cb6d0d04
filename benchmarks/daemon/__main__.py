"""The command line: `python -m benchmarks.daemon --help`."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from benchmarks.daemon import report
from benchmarks.daemon.load import Load, RunFailed, compiler
from benchmarks.daemon.parts import PARTS, Bench, Part, say
from benchmarks.daemon.servers import ServerFailed, installed, short_directory
from benchmarks.daemon.stats import Row

ROUNDS = 5


def main() -> int:
    """Measure; 1 if a run of ours failed."""
    args = _parser().parse_args()
    unknown = set(args.parts) - set(PARTS)
    if unknown:
        say(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
        return 2
    if args.against is not None and not (args.against / "daemon" / "lashd").is_dir():
        say(f"--against {args.against}: there is no daemon/lashd in it")
        return 2
    # SIGINT too: a script's background job starts with it ignored, and could not be ended by it.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        return _measure(args)
    except KeyboardInterrupt:
        say("stopped; everything that was started is ended")
        return 130


def _measure(args: argparse.Namespace) -> int:
    rounds = args.rounds or (1 if args.quick else ROUNDS)
    against = args.against.resolve() if args.against else None
    with short_directory() as directory:
        compile_with = compiler()
        load = Load(compile_with, Path(directory)) if compile_with else None
        uvloop = find_spec("uvloop") is not None
        bench = Bench(rounds, args.quick, load, against, uvloop)
        head = _head(bench)
        print("\n".join(head) + "\n", flush=True)
        found: dict[str, list[Row]] = {}
        for name in args.parts or PARTS:
            rows = _part(bench, name, PARTS[name])
            if rows:
                found[name] = rows
                print(report.table(PARTS[name].title, rows), flush=True)
    print(f"Load after: {os.getloadavg()[0]:.2f}.")
    if args.json:
        whole: dict[str, Any] = {
            "about": head,
            "rounds": rounds,
            "quick": args.quick,
            "parts": {name: [report.as_json(r) for r in rows] for name, rows in found.items()},
            "failures": bench.failures,
        }
        args.json.write_text(json.dumps(whole, indent=1) + "\n")
    for failure in bench.failures:
        say(f"failed: {failure}")
    return 1 if bench.failures else 0


def _part(bench: Bench, name: str, part: Part) -> list[Row]:
    if part.generated and bench.load is None:
        say(f"{name}: left out, there is no C compiler for the load generator")
        return []
    say(name)
    try:
        return part.measure(bench)
    except (RunFailed, ServerFailed) as error:
        bench.failures.append(f"{name}: {error}")
        return []


def _head(bench: Bench) -> list[str]:
    """Where and how: without it no figure means anything."""
    kind = f"{platform.python_implementation()} {platform.python_version()}"
    lines = [
        f"{time.strftime('%Y-%m-%d %H:%M')}, {kind}, {os.cpu_count()} cores.",
        f"Load before: {os.getloadavg()[0]:.2f}. Rounds: {bench.rounds}, median (least-most).",
        "CPU is that of the server's process.",
    ]
    if bench.quick:
        lines.append("A smoke run: its figures say nothing.")
    if not bench.uvloop:
        lines.append("uvloop is not installed: ours is on asyncio alone.")
    lines += [
        f"{peer}-server is not installed: nothing is compared with it."
        for peer in ("redis", "nats")
        if not installed(f"{peer}-server")
    ]
    return lines


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.daemon",
        description="Measure the daemon and its store against their peers, in turns (Linux).",
        epilog=f"parts: {', '.join(PARTS)}",
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help="only these (default: all)")
    parser.add_argument("--rounds", type=_whole, help=f"of each row (default: {ROUNDS})")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every value to FILE, too")
    parser.add_argument("--quick", action="store_true", help="a smoke run: tiny, one round")
    parser.add_argument(
        "--against", type=Path, metavar="DIR", help="another checkout of ours, in the same rounds"
    )
    return parser


def _whole(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a positive number")
    return number


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
