"""Rows of a list for tests, and strategies for any."""

from __future__ import annotations

from typing import TypeAlias

from hypothesis import strategies as st

from lashd.events import SessionOutcome
from lashd.view import Doing, SessionRow
from lashtui.saved.session_key import SessionKey

Usage: TypeAlias = dict[str, dict[str, int | float]]
NAMES = tuple("abcdef")
USAGES: tuple[Usage, ...] = ({}, {"total": {"cost_usd": 0.5}}, {"context": {"used": 5, "size": 10}})
TIMES = st.none() | st.integers(0, 10_000)


def key(name: str, host: str = "") -> SessionKey:
    """The key of a session, of this machine."""
    return SessionKey(host, name)


def any_row(name: str) -> st.SearchStrategy[SessionRow]:
    """Any row of the session `name`."""
    return st.builds(
        SessionRow,
        session_id=st.just(name),
        state=st.sampled_from(("idle", "running", "waiting", "ended")),
        outcome=st.sampled_from((None, *SessionOutcome)),
        waiting_since=TIMES,
        quiet_since=TIMES,
        turn_started_at=TIMES,
        updated_at=TIMES,
        started_at=TIMES,
        agent=st.sampled_from((None, "codex", "claude")),
        directory=st.sampled_from((None, "/a", "/b")),
        doing=st.none() | st.builds(Doing, st.just("Bash"), st.just("make"), TIMES),
        usage=st.sampled_from(
            ({}, {"total": {"cost_usd": 0.5}}, {"context": {"used": 5, "size": 10}})
        ),
    )


ROWS = st.lists(st.sampled_from(NAMES).flatmap(any_row), max_size=12).map(
    lambda rows: {key(row.session_id): row for row in rows}
)
