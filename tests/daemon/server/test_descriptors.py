"""How many connections fit into the process's descriptors."""

from __future__ import annotations

import resource

import pytest

from lashd.server.descriptors import RESERVE, connections_that_fit

INFINITE = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("soft", "hard", "fit", "raised"),
    [
        (1024, 4096, 512, None),
        (INFINITE, INFINITE, 512, None),
        (256, 4096, 512, 512 + RESERVE),
        (256, INFINITE, 512, 512 + RESERVE),
        (256, 300, 300 - RESERVE, 300),
        (24, 24, 1, None),
    ],
)
def test_the_soft_limit_is_raised_as_far_as_it_goes(
    monkeypatch: pytest.MonkeyPatch,
    soft: int,
    hard: int,
    fit: int,
    raised: int | None,
) -> None:
    """What does not fit then is refused by its number, never for want of a descriptor."""
    asked: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, limits: asked.append(limits))
    assert connections_that_fit(512) == fit
    assert asked == ([] if raised is None else [(raised, hard)])


def test_a_limit_that_cant_be_raised_is_lived_with(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS refuses more than its own maximum under an infinite hard limit."""

    def refuse(_: int, limits: tuple[int, int]) -> None:
        raise ValueError(limits)

    monkeypatch.setattr(resource, "getrlimit", lambda _: (256, INFINITE))
    monkeypatch.setattr(resource, "setrlimit", refuse)
    assert connections_that_fit(512) == 256 - RESERVE
