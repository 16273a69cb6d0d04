"""`python -m tests.soak --minutes 60`: soak, and print what was counted. Exit code 1: something
that nothing explains."""

from __future__ import annotations

import argparse
import random
import signal
import sys

from tests.soak.soak import soak


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=None, help="what to repeat a run's course by")
    parser.add_argument("--at-once", type=int, default=6, help="sessions at a time (default: 6)")
    parser.add_argument("--rate", type=float, default=60.0, help="events a second of each session")
    parser.add_argument("--life", type=float, default=60.0, help="seconds of a session at most")
    options = parser.parse_args()
    seed = random.randrange(1 << 31) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # its processes end with it
    figures = soak(
        options.minutes * 60,
        seed,
        at_once=options.at_once,
        rate=options.rate,
        life=options.life,
        say=lambda sentence: print(sentence, flush=True),
    )
    print(figures.table())
    return 1 if figures.unexplained else 0


if __name__ == "__main__":
    sys.exit(main())
