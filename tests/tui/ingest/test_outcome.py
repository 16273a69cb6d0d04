"""How a run ended, by its exit code and the agent's own last word."""

from __future__ import annotations

import pytest

from lashd.events import AnyTurnEvent, AssistantProseDelta, Committed, Error, TurnActivity
from lashtui.ingest.outcome import Verdict
from lashtui.producers import Produced


def hears(*events: AnyTurnEvent | None, parent: str | None = None) -> Verdict:
    """A verdict that has heard these; None is a commit."""
    verdict = Verdict()
    for event in events:
        payload = Committed() if event is None else TurnActivity("", None, event, parent)
        verdict.take(Produced(payload))
    return verdict


def test_exit_codes() -> None:
    """0 is success, what a person sends is cancelled, the rest failed."""
    outcomes = [str(hears().of(code)) for code in (0, 1, 130, 143, 129, 137, 139)]
    assert outcomes == [
        "success",
        "failure",
        "cancelled",
        "cancelled",
        "cancelled",
        "failure",
        "failure",
    ]


@pytest.mark.parametrize(
    ("verdict", "outcome"),
    [
        (hears(Error("no"), None), "failure"),
        (hears(Error("no")), "failure"),
        (hears(Error("no"), None, AssistantProseDelta("yes"), None), "success"),
        (hears(Error("no"), AssistantProseDelta("again"), None), "success"),
        (hears(Error("no"), parent="call"), "success"),
    ],
)
def test_an_exit_code_of_0_is_no_proof(verdict: Verdict, outcome: str) -> None:
    """An error as the last word is a failure; one that was got over, or a subagent's, is none."""
    assert str(verdict.of(0)) == outcome


def test_interrupted() -> None:
    """What fails after a signal was cancelled; what ends well in spite of it ended well."""
    assert str(hears(Error("stopped")).of(0, interrupted=True)) == "cancelled"
    assert str(hears().of(1, interrupted=True)) == "cancelled"
    assert str(hears(None).of(0, interrupted=True)) == "success"
