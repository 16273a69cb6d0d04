"""`python -m tests.roads --minutes 20`: a long campaign, and its counts. Exit code 1: something was
shown that was not so."""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.roads.campaign import Campaign


def main() -> int:
    """Run it."""
    parser = argparse.ArgumentParser(prog="python -m tests.roads", description=__doc__)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=None, help="what to repeat a run's course by")
    parser.add_argument("--hosts", type=int, default=5)
    parser.add_argument("--sessions", type=int, default=4, help="of each host")
    options = parser.parse_args()
    seed = random.randrange(1 << 31) if options.seed is None else options.seed
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="roads-", dir="/tmp") as root:
        campaign = Campaign(Path(root), seed, hosts=options.hosts, sessions=options.sessions)
        try:
            asyncio.run(campaign.run(options.minutes * 60, lambda line: print(line, flush=True)))
        finally:
            campaign.end()
    for what, count in sorted(campaign.counted.items()):
        print(f"{what:<12} {count:,}")
    for each in campaign.wrong[:50]:
        print(each)
    return 1 if campaign.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
