"""Which session an event is of, and whose subagents are told in it."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.ingest.opencode.routes import MAX_SESSIONS, About, Routes, about_of


def event(kind: str, **given: Any) -> dict[str, Any]:
    """As version 1 sends it."""
    return {"id": "evt_1", "type": kind, "properties": given}


def created(session: str, parent: str = "") -> dict[str, Any]:
    """A session begins."""
    info = {"id": session, "title": f"about {session}", "directory": "/p"}
    return event("session.created", info={**info, **({"parentID": parent} if parent else {})})


def test_a_subagent_is_told_in_the_session_above_all() -> None:
    """However deep."""
    routes = Routes()
    for each in (created("a"), created("b", "a"), created("c", "b"), created("d")):
        routes.event_of(each)
    assert [routes.root_of(each) for each in "abcd"] == ["a", "a", "a", "d"]
    assert [about.id for about in routes.below("a")] == ["b", "c"]
    assert routes.below("d") == []


def test_what_must_be_asked_for() -> None:
    """Somebody the routes don't know: the session, or the one above it."""
    routes = Routes()
    routes.note(About("b", "a"))
    assert (routes.root_of("b"), routes.unknown_above("b")) == (None, "a")
    assert (routes.root_of("x"), routes.unknown_above("x")) == (None, "x")


def test_sessions_in_a_circle() -> None:
    """No root, and no end of the world."""
    routes = Routes()
    routes.note(About("a", "b"))
    routes.note(About("b", "a"))
    assert routes.root_of("a") is None
    assert {about.id for about in routes.below("a")} == {"a", "b"}


@pytest.mark.parametrize(
    ("record", "session"),
    [
        (event("message.updated", info={"sessionID": "a", "id": "m"}), "a"),
        (event("message.part.updated", part={"sessionID": "a"}), "a"),
        (event("permission.asked", sessionID="a"), "a"),
        ({"directory": "/p", "payload": event("session.idle", sessionID="a")}, "a"),
        ({"type": "session.text.delta", "data": {"sessionID": "a"}}, "a"),
        ({"type": "form.created", "data": {"form": {"sessionID": "a"}}}, "a"),
        (event("session.created", info={"id": "a"}), "a"),
        (event("plugin.added", sessionID="a"), None),
        (event("session.diff", sessionID="a"), None),
        (event("server.connected"), None),
        ({"payload": {"type": "sync", "syncEvent": {}}}, None),
        ({"type": 3, "properties": []}, None),
        ({}, None),
    ],
)
def test_whose_event(record: dict[str, Any], session: str | None) -> None:
    """In both versions, and in the stream of all directories."""
    found = Routes().event_of(record)
    assert (found.session if found is not None else None) == session


def test_a_shell_is_of_the_session_that_made_it() -> None:
    """Only its first event says that."""
    routes = Routes()
    info = {"id": "sh", "metadata": {"sessionID": "a"}}
    for kind, data in (("created", {"info": info}), ("exited", {"id": "sh"})):
        found = routes.event_of({"type": f"shell.{kind}", "data": data})
        assert found is not None
        assert found.session == "a"
    assert routes.event_of({"type": "shell.exited", "data": {"id": "other"}}) is None


def test_what_only_happens_to_a_session_is_no_work() -> None:
    """A title that changes begins nothing."""
    routes = Routes()
    titled = routes.event_of(event("session.updated", info={"id": "a", "title": "t"}))
    asked = routes.event_of(event("permission.asked", sessionID="a"))
    assert titled is not None
    assert asked is not None
    assert (titled.is_work, asked.is_work) == (False, True)


@pytest.mark.parametrize("junk", [None, [], "x", {}, {"id": 3}, {"id": ""}])
def test_what_is_no_session(junk: object) -> None:
    """Junk in a list of them."""
    assert about_of(junk) is None


def test_there_is_an_end_of_sessions() -> None:
    """The oldest are asked for again."""
    routes = Routes()
    for number in range(MAX_SESSIONS + 3):
        routes.note(About(f"s{number}"))
    assert routes.about("s2") is None
    assert routes.about("s3") is not None
