"""The honest cast keeps the promise with everyone else away."""

from __future__ import annotations

import random

from lashd.testing.audit.auditor import Auditor
from lashd.testing.honest import Honest
from tests.daemon.testing.audit.notes import Scene


def test_alone_they_find_nothing() -> None:
    """Lost, slow and in pieces, over a restart, with other publishers in their sessions."""
    scene, found = Scene(), list[str]()
    honest = Honest(random.Random(1), Auditor(), found.append, name="x", leave_out=())

    def let_pass(seconds: float) -> None:
        scene.clock.advance(seconds)
        scene.hub.tick()

    for incarnation in (8, 9):
        for _ in range(600):
            honest.step(scene.hub)
        honest.settle(scene.hub)
        honest.lose()
        assert not any(scene.hub.holdings().values())
        scene.start(incarnation)
    for _ in range(300):
        honest.step(scene.hub)
    honest.settle(scene.hub)
    let_pass(0.1)

    assert found == []
    assert honest.auditor.finish() == []
    assert honest.auditor.events > 1_000
    assert honest.auditor.gaps > 2
