"""The work that the load generator gives to servers, and what is read of it. Data alone."""

from __future__ import annotations

from dataclasses import dataclass, field

from benchmarks.daemon.load import Options


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure of a run: a row of the table."""

    what: str
    unit: str
    key: str
    targets: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Work:
    """One run, by each subject in each round."""

    readings: tuple[Reading, ...]
    options: Options
    quick: Options
    """What is smaller in a smoke run."""
    ours_only: Options = field(default_factory=dict)
    """What ours can do and the peers have no word for."""


EVENT = "µs/event"
DELIVERY = "µs/delivery"


LOOK: Options = {"list": 1}
"""Someone looks at the list at the end: folding may wait for that, but it must be counted."""


def _publish(what: str, target: float, options: Options, ours_only: Options | None = None) -> Work:
    reading = Reading(what, EVENT, "us_ev", {"redis": target})
    return Work((reading,), options | LOOK, {"events": 1000}, ours_only or {})


PUBLISH = (
    _publish(
        "publish by 100, single appends", 1.5, {"events": 40_000, "batch": 100, "window": 100}
    ),
    _publish(
        "publish by 100, one append",
        1.1,
        {"events": 40_000, "batch": 100, "window": 100},
        {"many": 1},
    ),
    _publish("one by one", 3.0, {"events": 8_000, "batch": 1, "window": 1}),
)


def _fan_out(readers: int, events: int, targets: dict[str, float]) -> Work:
    return Work(
        (Reading(f"fan-out to {readers}", DELIVERY, "us_del", targets),),
        {"events": events, "readers": readers, "batch": 100, "window": 1000},
        {"events": 400},
    )


FAN_OUT = (
    _fan_out(10, 30_000, {"redis": 0.6, "nats": 0.6}),
    _fan_out(50, 20_000, {"redis": 0.2}),
    _fan_out(100, 10_000, {"redis": 0.15, "nats": 0.2}),
)


def _paced(readers: int, cpu: float, **latency: float) -> Work:
    label = f"1,000/s to {readers} reader{'s' if readers > 1 else ''}"
    readings = [Reading(f"{label}: CPU", EVENT, "us_ev", {"redis": cpu})]
    for key in ("p50", "p99"):
        targets = {"redis": latency[key]} if key in latency else {}
        readings.append(Reading(f"{label}: {key}", "µs", key, targets))
    options: Options = {"mode": "pace", "readers": readers, "events": 4000, "rate": 1000}
    return Work(tuple(readings), options, {"events": 200})


PACED = (_paced(1, 2.0, p50=2.0), _paced(100, 0.4, p99=1.0))

STORM = (
    Work(
        (
            Reading("100 readers, 2,048 behind: CPU", "ms", "cpu_ms", {"redis": 0.2}),
            Reading("100 readers, 2,048 behind: time to the last event", "ms", "wall_ms"),
        ),
        {"mode": "storm", "readers": 100, "events": 2048, "rounds": 4},
        {"readers": 5, "rounds": 2},
    ),
)

MIXED_EVENTS = 40_000
QUICK_MIXED_EVENTS = 1_000


def mixed(corpus: str) -> tuple[Work, ...]:
    """An agent's mix; Redis stores the same bytes."""
    by_100: Options = {"corpus": corpus, "batch": 100, "window": 100, **LOOK}
    return (
        Work(
            (Reading("mixed events by 100, single appends", EVENT, "us_ev", {"redis": 2.5}),),
            {"events": MIXED_EVENTS, **by_100},
            {"events": QUICK_MIXED_EVENTS},
        ),
        Work(
            (Reading("mixed events by 100, one append", EVENT, "us_ev", {"redis": 2.5}),),
            {"events": MIXED_EVENTS, **by_100},
            {"events": QUICK_MIXED_EVENTS},
            {"many": 1},
        ),
    )


MANY = (
    Work(
        (
            Reading("100 publishers x 20/s, a reader each: CPU", EVENT, "us_ev", {"redis": 2.0}),
            Reading("100 publishers x 20/s, a reader each: p50", "µs", "p50"),
            Reading("100 publishers x 20/s, a reader each: p99", "µs", "p99"),
        ),
        {"mode": "pace", "sessions": 100, "readers": 1, "events": 12_000, "rate": 2000},
        {"sessions": 10, "events": 200},
    ),
)

ROW_EVENTS = 400
"""Of one kind: the view of 100 rows must not become one of thousands."""
QUICK_ROW_EVENTS = 20


def rows(what: str, *, quick: bool) -> Work:
    """Events of one kind, against as many at 100 rows. The corpus is the subject's own."""
    options: Options = {"batch": 20, "window": 100, "many": 1, **LOOK}
    events = QUICK_ROW_EVENTS if quick else ROW_EVENTS
    return Work(
        (Reading(what, EVENT, "us_ev", {"100 rows": 1.2}),), {**options, "events": events}, {}
    )
