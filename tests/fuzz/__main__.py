"""Runs readers on damaged inputs, for as long as one likes.

    python -m tests.fuzz                          all of them, a minute in all
    python -m tests.fuzz codex-rollout --seconds 600 --seed 7
    python -m tests.fuzz codex-rollout --atheris --seconds 600

With `--atheris` the inputs are chosen by what code they reach, if atheris is installed (`pip
install atheris`); otherwise by chance. What fails is written to a file, which `--input FILE` reads
again.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from tests.fuzz.readers import Reader

# Imported where they are used: what atheris instruments must not be imported before.


def main() -> int:
    """Run, say how much, and 1 if anything was found."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz")
    parser.add_argument("readers", nargs="*", metavar="READER", help="default: all of them")
    parser.add_argument("--seconds", type=float, default=60.0, help="in all (default: 60)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--atheris", action="store_true", help="guided by coverage; one reader")
    parser.add_argument("--input", type=Path, help="run this input alone")
    given = parser.parse_args()
    if (given.atheris or given.input) and len(given.readers) != 1:
        parser.error("name one reader")
    if given.atheris:
        try:
            import atheris
        except ImportError:
            parser.error("atheris isn't installed: `pip install atheris`, or leave --atheris out")
        with atheris.instrument_imports(include=["lashd", "lashtui"]):
            readers = load()
    else:
        readers = load()
    wrong = [name for name in given.readers if name not in readers]
    if wrong:
        parser.error(f"no reader {wrong[0]!r}; there are {', '.join(readers)}")
    names = given.readers or list(readers)
    if given.input:
        readers[names[0]].read(given.input.read_bytes())
        return 0
    if given.atheris:
        guided(names[0], readers[names[0]], given.seconds, given.seed)
    seconds = given.seconds / len(names)
    found = [by_chance(name, readers[name], seconds, given.seed) for name in names]
    return int(any(found))


def load() -> dict[str, Reader]:
    """All readers, by name."""
    from tests.fuzz.readers import READERS

    return READERS


def by_chance(name: str, reader: Reader, seconds: float, seed: int) -> int:
    """Run one reader; how many different failures there were."""
    from tests.fuzz.mutations import Mutations

    chance = random.Random(f"{name} {seed}")
    seeds = list(reader.seeds())
    change = Mutations(chance)
    seen: set[str] = set()
    inputs = size = 0
    slowest = 0.0
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        data = change.changed(chance.choice(seeds), chance.choice(seeds))
        began = time.monotonic()
        where = failure(reader, data)
        slowest = max(slowest, time.monotonic() - began)
        inputs += 1
        size += len(data)
        if where is not None and where not in seen:
            seen.add(where)
            print(f"{name}: {where}\n  {kept(name, data)}")
    took = time.monotonic() - start
    print(
        f"{name}: {inputs:,} inputs, {size / 1e6:.1f} MB in {took:.0f} s,"
        f" the slowest {slowest:.2f} s; found: {len(seen) or 'nothing'}",
        flush=True,
    )
    return len(seen)


def failure(reader: Reader, data: bytes) -> str | None:
    """What went wrong and where, in one line; None if nothing did."""
    try:
        reader.read(data)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        return f"{type(error).__name__} at {place}: {str(error)[:200]!r}"
    return None


def kept(name: str, data: bytes) -> str:
    """The file that has this input."""
    digest = hashlib.sha256(data).hexdigest()[:12]
    path = Path(tempfile.gettempdir()) / f"lashtui-fuzz-{name}-{digest}"
    path.write_bytes(data)
    return str(path)


def guided(name: str, reader: Reader, seconds: float, seed: int) -> NoReturn:
    """Run one reader under atheris, which ends the process."""
    import atheris

    from tests.fuzz.mutations import MAX_INPUT

    with tempfile.TemporaryDirectory() as corpus:
        for data in reader.seeds():
            (Path(corpus) / hashlib.sha256(data).hexdigest()[:16]).write_bytes(data)
        options = [f"-max_total_time={int(seconds)}", f"-max_len={MAX_INPUT}", f"-seed={seed}"]
        options.append(f"-artifact_prefix={tempfile.gettempdir()}/lashtui-fuzz-{name}-")
        atheris.Setup([sys.argv[0], *options, corpus], lambda data: void(reader.read(data)))
        atheris.Fuzz()
    sys.exit(0)


def void(_: object) -> None:
    """Atheris takes no result."""


if __name__ == "__main__":
    sys.exit(main())
