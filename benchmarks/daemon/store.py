"""The store in process against the port of lash's: `python -m benchmarks.daemon.store [--quick]`.

A process of its own for each round and version: prints nanoseconds of CPU a call, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from functools import partial
from itertools import count

import lashd
from benchmarks.daemon.port import Activity, Delta, PortedStore, Subscription
from lashd.cursor import SessionCursor
from lashd.events import AssistantProseDelta, TurnActivity
from lashd.store import InMemoryLiveReplayStore, Replayed, Subscribed

SESSION = "5f0a2f0e-7a53-4d8b-9c6e-1f2a3b4c5d6e"
TEXT = "x" * 24
KEPT = 2048
INCARNATION = 1_376_260
"""As a daemon has one: its cursors are longer than those of a library's store."""

APPEND = "append"
WITH_IDS = "append, ids made (a prefix and a counter)"
INDEPENDENT = "append, ids made (TurnActivity.independent)"
LOOKED_AT = "replay of 2,048, each event looked at"
DAEMON = "read_frames of 2,048 (what a reader of the daemon gets)"


def replay(behind: int) -> str:
    """The name of a replay."""
    return f"replay of {behind:,}"


def subscribe(behind: int) -> str:
    """The name of a subscription."""
    return f"subscribe {behind:,} behind"


WORK = (APPEND, WITH_IDS, INDEPENDENT, replay(100), subscribe(100), replay(KEPT), subscribe(KEPT))
"""In the order of the table; then LOOKED_AT and DAEMON."""


def measure(scale: int) -> dict[str, dict[str, float]]:
    """By work, nanoseconds of ours and of the port; `scale` times as often as at the least."""
    ours, port = InMemoryLiveReplayStore(incarnation=INCARNATION), PortedStore()
    given = TurnActivity("a" * 36, "b" * 36, AssistantProseDelta(TEXT))
    given_to_port = Activity("a" * 36, "b" * 36, Delta(TEXT))
    for _ in range(2 * KEPT):
        ours.append(SESSION, 0, given)
        port.append(SESSION, 0, given_to_port)
    prefix, numbers = os.urandom(8).hex(), count()

    def with_ids() -> None:
        name = f"{prefix}-{next(numbers)}"
        ours.append(SESSION, 0, TurnActivity(name, name, AssistantProseDelta(TEXT)))

    def independent() -> None:
        ours.append(SESSION, 0, TurnActivity.independent(AssistantProseDelta(TEXT)))

    def port_with_ids() -> None:
        port.append(SESSION, 0, Activity.independent(Delta(TEXT)))

    appends: dict[str, tuple[Callable[[], object], Callable[[], object]]] = {
        APPEND: (
            lambda: ours.append(SESSION, 0, given),
            lambda: port.append(SESSION, 0, given_to_port),
        ),
        WITH_IDS: (with_ids, port_with_ids),
        INDEPENDENT: (independent, port_with_ids),
    }
    found = {
        what: {"ours": _cost(mine, 2000 * scale), "port": _cost(theirs, 2000 * scale)}
        for what, (mine, theirs) in appends.items()
    }
    tail = ours.current_cursor(SESSION, 0).parse()
    for behind, times in ((100, 20 * scale), (KEPT, 2 * scale)):
        cursor = SessionCursor.of_parts(SESSION, 0, tail.live_position - behind)
        text = port.cursor(SESSION, behind)
        _check(ours, port, cursor, text, behind)
        for what, mine, theirs in (
            (replay(behind), ours.replay_after_cursor, port.replay_after_cursor),
            (subscribe(behind), ours.subscribe_after_cursor, port.subscribe_after_cursor),
        ):
            found[what] = {
                "ours": _cost(partial(mine, cursor), times),
                "port": _cost(partial(theirs, text), times),
            }

    def look() -> None:
        result = ours.replay_after_cursor(cursor)
        assert isinstance(result, Replayed)
        for event in result.events:
            assert event.payload is not None

    found[LOOKED_AT] = {
        "ours": _cost(look, 2 * scale),
        "port": found[replay(KEPT)]["port"],
    }
    after = cursor.parse().n
    found[DAEMON] = {
        "ours": _cost(lambda: ours.read_frames(SESSION, after, 1 << 30), 20 * scale),
        "port": found[replay(KEPT)]["port"],
    }
    return found


def _check(
    ours: InMemoryLiveReplayStore,
    port: PortedStore,
    cursor: SessionCursor,
    text: str,
    behind: int,
) -> None:
    """Both have what is asked of them: a gap costs less than a replay."""
    result = ours.replay_after_cursor(cursor)
    assert isinstance(result, Replayed), result
    assert len(result.events) == behind, len(result.events)
    assert len(port.replay_after_cursor(text)) == behind
    assert isinstance(ours.subscribe_after_cursor(cursor), Subscribed)
    assert isinstance(port.subscribe_after_cursor(text), Subscription)


def _cost(call: Callable[[], object], times: int) -> float:
    begun = time.process_time_ns()
    for _ in range(times):
        call()
    return (time.process_time_ns() - begun) / times


if __name__ == "__main__":
    report = measure(1 if "--quick" in sys.argv else 10)
    print(json.dumps({"lashd": lashd.__file__, "work": report}))
