"""The store in process against the port of lash's: `python -m benchmarks.daemon.store [--quick]`.

A process of its own for each round and version: prints nanoseconds of CPU a call, as JSON. With
`--memory SESSIONS EVENTS` how many bytes the process grows by.
"""

from __future__ import annotations

import gc
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
from lashd.hub.sessions import FRAME_CODEC
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
    frames = InMemoryLiveReplayStore(incarnation=INCARNATION, codec=FRAME_CODEC)
    for _ in range(2 * KEPT):
        frames.append(SESSION, 0, given)
    found[DAEMON] = {
        "ours": _cost(lambda: frames.read_frames(SESSION, KEPT, 1 << 30), 20 * scale),
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


def grown(sessions: int, events: int) -> int:
    """Resident bytes that full or new sessions take; no event shares a string with another."""
    store = InMemoryLiveReplayStore(incarnation=INCARNATION)
    _fill(store, "warm", 20)
    gc.collect()
    before = resident()
    for number in range(sessions):
        _fill(store, f"5f0a2f0e-7a53-4d8b-9c6e-{number:012x}", events)
    gc.collect()
    return resident() - before


def _fill(store: InMemoryLiveReplayStore, session_id: str, events: int) -> None:
    for number in range(events):
        text = AssistantProseDelta(f"{number:024d}")
        payload = TurnActivity(f"e{number:08x}", f"m{number // 83:06x}", text)
        store.append(session_id, 0, payload, at=1_795_380_687_920 + number)


def resident() -> int:
    """Of this process."""
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


if __name__ == "__main__":
    if "--memory" in sys.argv:
        many, each = map(int, sys.argv[-2:])
        print(json.dumps({"lashd": lashd.__file__, "work": {"": {"ours": grown(many, each)}}}))
        raise SystemExit
    report = measure(1 if "--quick" in sys.argv else 10)
    print(json.dumps({"lashd": lashd.__file__, "work": report}))
