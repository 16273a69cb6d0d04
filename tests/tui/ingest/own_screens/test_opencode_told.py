"""The sessions of opencode's own screen, each once anything happens in it."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from lashd.events import SessionOutcome
from lashtui.ingest.opencode import reader
from lashtui.ingest.opencode.http import Server
from lashtui.ingest.own_screens.opencode import free_port
from lashtui.ingest.own_screens.opencode_told import OpencodeTold
from lashtui.producers import Produced
from tests.tui.ingest.opencode.fake import FakeServer
from tests.tui.ingest.opencode.test_past import EVENTS, SESSION, rows
from tests.tui.ingest.opencode.test_reader import expected, fake_children
from tests.tui.producers.goldens import view_of
from tests.waiting import wait_until


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeServer]:
    """The screen's server."""
    monkeypatch.setattr(reader, "AGAIN_AFTER", (0.01, 0.05))
    with FakeServer() as made:
        yield made


def test_a_session_of_the_screen(fake: FakeServer) -> None:
    """Nothing before it begins; then all of it."""
    told = OpencodeTold(fake.server)
    assert told.first.poll() == []
    wait_until(lambda: len(fake.streams) == 1)
    fake.happen(*EVENTS)
    produced: list[Produced] = []

    def is_there() -> bool:
        produced.extend(told.first.poll())
        return rows(produced) == expected()

    wait_until(is_there)
    assert told.more() == []
    assert told.first.finish(SessionOutcome.SUCCESS) == []
    told.close()


def test_a_second_session(fake: FakeServer) -> None:
    """It is another one's, from its beginning."""
    told = OpencodeTold(fake.server)
    wait_until(lambda: len(fake.streams) == 1)
    child = next(name for name in fake_children() if name != SESSION)
    text = json.dumps(EVENTS).replace(SESSION, "ses_other").replace(child, "ses_below")
    fake.happen(*EVENTS, *json.loads(text.replace("msg_", "msg_o")))
    found = []
    produced: list[Produced] = []

    def is_there() -> bool:
        told.first.poll()
        found.extend(told.more())
        for each in found:
            produced.extend(each.poll())
        return len(rows(produced)) == len(expected())

    wait_until(is_there)
    assert len(found) == 1
    told.close()


def test_leaving_amid_a_turn_is_no_failure(fake: FakeServer) -> None:
    """The person who left has stopped it."""
    told = OpencodeTold(fake.server)
    wait_until(lambda: len(fake.streams) == 1)
    fake.happen(*EVENTS[:20])
    produced: list[Produced] = []

    def has_begun() -> bool:
        produced.extend(told.first.poll())
        return told.first.in_turn

    wait_until(has_begun)
    produced += told.first.finish(SessionOutcome.SUCCESS)
    view = view_of(produced)
    assert "error" not in {row.kind for row in view.entries}
    assert "interrupted" in {row.name for row in view.entries}
    told.close()


def test_a_server_that_never_comes(fake: FakeServer) -> None:
    """The screen has failed, and that is all that is known."""
    told = OpencodeTold(Server("127.0.0.1", free_port()))
    assert told.first.poll() == []
    assert [each.payload for each in told.first.finish(SessionOutcome.SUCCESS)] == []
    told.close()
