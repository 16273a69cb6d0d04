"""What the store adds to a plain deque, in the same run: append, replay, fold."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

import msgspec

from benchmarks.corpus import deltas
from lashd.events import AssistantProseDelta, SessionObservationEvent, TurnActivity
from lashd.limits import ViewLimits
from lashd.store import InMemoryLiveReplayStore, InMemoryLiveReplayStoreConfig, Replayed
from lashd.view import Fold, ReadView

EVENTS = 20_000
KEPT = 2048
TIMES = 5


def micro() -> list[tuple[str, float, float | None]]:
    """(what, microseconds an event, the same for the deque), the best of TIMES each."""
    payloads = [
        TurnActivity(f"d{n}", key, AssistantProseDelta(text))
        for n, (key, text) in enumerate(deltas(EVENTS))
    ]
    encode = msgspec.msgpack.Encoder().encode
    config = InMemoryLiveReplayStoreConfig(max_events_per_session=KEPT)

    def append() -> InMemoryLiveReplayStore:
        store = InMemoryLiveReplayStore(config)
        for payload in payloads:
            store.append("bench", 0, payload)
        return store

    def append_to_deque() -> deque[bytes]:
        ring: deque[bytes] = deque(maxlen=KEPT)
        for payload in payloads:
            ring.append(encode(payload))
        return ring

    store, ring = append(), append_to_deque()
    given = [store.append("bench", 0, payload).cursor for payload in payloads[:KEPT]]
    cursor = given[0]
    decode = msgspec.msgpack.Decoder(type=dict[str, object]).decode

    def replay() -> list[SessionObservationEvent]:
        result = store.replay_after_cursor(cursor)
        assert isinstance(result, Replayed), result
        return list(result.events)

    def replay_deque() -> list[dict[str, object]]:
        return [decode(item) for item in ring]

    events = replay()

    def fold() -> None:
        limits = ViewLimits()
        view = ReadView("bench", max_entries=limits.max_entries, max_bytes=limits.max_bytes)
        engine = Fold(view, track=True)
        for event in events:
            engine.apply(event)

    return [
        ("append", _best(append) / EVENTS, _best(append_to_deque) / EVENTS),
        ("replay", _best(replay) / len(events), _best(replay_deque) / len(ring)),
        ("fold", _best(fold) / len(events), None),
    ]


def _best(call: Callable[[], object]) -> float:
    """Microseconds of CPU."""
    costs = []
    for _ in range(TIMES):
        begun = time.process_time()
        call()
        costs.append(time.process_time() - begun)
    return min(costs) * 1e6
