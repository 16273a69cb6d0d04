"""A publisher at a steady rate: `python -m benchmarks.streamer SOCKET SESSION RATE COUNT KIND`.

It says when it began, when it published the last event and when the daemon had acknowledged it
(`time.monotonic()`, which all processes share). The last delta is the word STREAMEND.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from benchmarks.corpus import deltas, mixed
from lashd.events import AssistantProseDelta, Payload, TurnActivity
from lashd.publish.publisher import Publisher

STREAM_END = "STREAMEND"


def events(kind: str, count: int) -> Iterable[Payload]:
    """`count` events: deltas alone, or a mix."""
    if kind == "mixed":
        return mixed(count)
    return (
        TurnActivity(f"d{n}", key, AssistantProseDelta(text))
        for n, (key, text) in enumerate(deltas(count))
    )


def main() -> None:
    """Publish, after a line on stdin."""
    socket, session, rate, count, kind = sys.argv[1:6]
    prepared = list(events(kind, int(count)))
    with Publisher(session, socket_path=socket, start_daemon=False) as publisher:
        publisher.wait_open(30)
        _say()
        sys.stdin.readline()
        _say()
        begun, pause = time.monotonic(), 1 / int(rate)
        for number, payload in enumerate(prepared):
            wait = begun + number * pause - time.monotonic()
            if wait > 0.0005:
                time.sleep(wait)
            publisher.publish(payload)
        publisher.publish(TurnActivity("end", "end", AssistantProseDelta(STREAM_END)))
        _say()
        publisher.flush(60)
        _say()


def _say() -> None:
    print(time.monotonic(), flush=True)


if __name__ == "__main__":
    main()
