"""An agent in whose session a command runs: `python -m benchmarks.runner SOCKET SESSION`."""

from __future__ import annotations

import sys
import time

from lashd.events import ToolCallStarted, TurnActivity
from lashd.publish.publisher import Publisher


def main() -> None:
    """Start a tool call and say nothing for a minute."""
    with Publisher(sys.argv[2], socket_path=sys.argv[1], start_daemon=False) as publisher:
        call = ToolCallStarted("bash", {"command": "make check"})
        publisher.publish(TurnActivity("call", "call", call), at=int(time.time() * 1000))
        publisher.flush(30)
        print("running", flush=True)
        time.sleep(60)


if __name__ == "__main__":
    main()
