"""What rounds say: medians, ratios, verdicts. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from statistics import median

OURS = "ours"
"""The subject that every ratio is of."""
BUSY = 0.8
"""From this part of a core on the load generator is what is measured."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some values, the least and the most of them."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: list[float]) -> Spread:
        """Of at least one value."""
        return cls(median(values), min(values), max(values))


@dataclass(frozen=True, slots=True)
class Ratio:
    """Ours to another subject's, round by round: what the machine did in a round cancels out."""

    peer: str
    spread: Spread
    rounds: int
    target: float | None = None
    """At most this, or there is no target."""
    rounds_met: int = 0

    @property
    def met(self) -> bool | None:
        """Whether the median keeps the target; None without one."""
        return None if self.target is None else self.spread.median <= self.target

    @property
    def verdict(self) -> str:
        """The verdict, and how many rounds agree if not all of them do."""
        if self.met is None:
            return ""
        agree = self.rounds_met if self.met else self.rounds - self.rounds_met
        word = "met" if self.met else "missed"
        return word if agree == self.rounds else f"{word} ({agree} of {self.rounds})"


@dataclass(slots=True)
class Row:
    """One measurement: by subject a value for each round, all of the same rounds."""

    what: str
    unit: str
    values: dict[str, list[float]] = field(default_factory=dict)
    targets: dict[str, float] = field(default_factory=dict)
    """By peer, the ratio that is wanted at most."""
    load_util: float | None = None
    """The most of a core that the load generator used; None where there was none."""
    notes: list[str] = field(default_factory=list)
    """What is missing and why."""

    def add(self, subject: str, value: float, load_util: float | None = None) -> None:
        """What one round says of one subject."""
        self.values.setdefault(subject, []).append(value)
        if load_util is not None:
            self.load_util = max(load_util, self.load_util or 0.0)

    def ratios(self) -> list[Ratio]:
        """Ours to each other subject that was measured as often; those with a target first."""
        ours = self.values.get(OURS, [])
        found = []
        for peer in sorted(self.values, key=lambda name: name not in self.targets):
            theirs = self.values[peer]
            if peer == OURS or not ours or len(theirs) != len(ours) or not all(theirs):
                continue
            by_round = [mine / other for mine, other in zip(ours, theirs, strict=True)]
            target = self.targets.get(peer)
            kept = 0 if target is None else sum(ratio <= target for ratio in by_round)
            found.append(Ratio(peer, Spread.of(by_round), len(by_round), target, kept))
        return found

    @property
    def generator_was_busy(self) -> bool:
        """Whether the load generator may have been the bottleneck."""
        return self.load_util is not None and self.load_util >= BUSY


def in_turn(subjects: list[str], round_number: int) -> list[str]:
    """The order of one round: each time another one goes first, so none gains by its place."""
    if not subjects:
        return []
    first = round_number % len(subjects)
    return subjects[first:] + subjects[:first]
