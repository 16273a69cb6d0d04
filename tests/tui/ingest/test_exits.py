"""Exit codes of agents that leave failures to whoever reads their events."""

from __future__ import annotations

import pytest

from lashtui.ingest.exits import EXITS
from lashtui.ingest.run_output import LiveText, RunOutput
from lashtui.producers import make_producer
from tests.tui.producers.goldens import cases


@pytest.mark.parametrize(("name", "code"), [("tour", 0), ("retry", 0), ("fatal", 1), ("midcut", 1)])
def test_pis_failures_are_failures(name: str, code: int) -> None:
    """As without the option: 1 for what ended with an error, which its events leave at 0."""
    (case,) = [case for case in cases("pi") if case.name == name]
    output = RunOutput(make_producer("pi"), LiveText(colour=False), {1: -1, 2: -1}, EXITS["pi"]())
    output.feed(case.data)
    assert output.exit_code(0) == code
    assert output.exit_code(143) == 143


def test_other_agents_keep_theirs() -> None:
    """Their exit codes are the same with events."""
    output = RunOutput(make_producer("claude"), LiveText(colour=False), {1: -1, 2: -1})
    assert (output.exit_code(0), output.exit_code(2)) == (0, 2)
