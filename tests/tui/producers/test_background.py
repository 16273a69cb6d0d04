"""Processes in the background: each begins and ends once."""

from __future__ import annotations

from lashd.events import Payload, ProcessChanged
from lashtui.producers.background import Background
from lashtui.producers.dedupe import MAX_BACKGROUND, MAX_TAIL


def test_a_process_ends_once_with_its_output() -> None:
    """Its end, if that is long; what never began has no end."""
    told: list[Payload] = []
    background = Background(told.append)
    background.start("p", "make", "call")
    background.start("p", "again", "call")
    background.output("call", "x" * MAX_TAIL)
    background.output("call", "end")
    background.output("other", "no")
    assert background.runs("p")
    background.end("p", 0)
    background.end("p", 1)
    background.end("q", 1)
    first, last = [each for each in told if isinstance(each, ProcessChanged)]
    assert first.processes["p"] == {"label": "make", "tool_call_id": "call"}
    output = last.processes["p"]["output"]
    assert isinstance(output, str)
    assert (len(output), output[-3:]) == (MAX_TAIL, "end")


def test_one_that_was_stopped_is_no_failure() -> None:
    """It was cancelled; a name stands in for a label."""
    told: list[Payload] = []
    background = Background(told.append)
    background.start("p", "", "")
    background.end("p", None, was_cancelled=True)
    kinds = [each.kind.value for each in told if isinstance(each, ProcessChanged)]
    assert kinds == ["started", "cancelled"]


def test_they_are_bounded() -> None:
    """The oldest are forgotten."""
    background = Background(lambda payload: None)
    for number in range(MAX_BACKGROUND + 1):
        background.start(str(number), "x", "")
    assert not background.runs("0")
