"""The list's stream as a person reads it."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.listing.change_lines import ChangeWriter
from lashtui.text.format import moment

from .listed import (
    FAILED,
    IDLE,
    NOW,
    RUNNING,
    SYNCED,
    WAITING,
    Record,
    ago,
    following,
    record,
    removed,
    session,
)


def lines(*records: Record, **options: Any) -> list[str]:
    """What a person reads of them."""
    writer = ChangeWriter(now_ms=lambda: NOW, **options)
    text = "".join(writer.write(each) for each in records)
    assert writer.finish() == ""
    return text.splitlines()


def test_first_comes_what_there_is_in_order() -> None:
    """The most urgent first, with the times at which they came to stand there."""
    found = lines(following(), session(RUNNING), session(WAITING), session(FAILED), SYNCED)
    assert found == [
        f"{moment(ago(240))}  waiting    waits  Bash: git push --force origin main",
        f"{moment(ago(10))}  failed     fails  529 overloaded",
        f"{moment(ago(3))}  running    works  3/5 Read src/a.py",
    ]


def test_then_a_line_for_each_change_that_matters() -> None:
    """State, question, error and removal; not each word that an agent says."""
    first = [following(), session(RUNNING), SYNCED]
    more = [
        session({**RUNNING, "last_line": "Now this.", "doing": None}),
        session({**WAITING, "session_id": "works"}),
        session({**WAITING, "session_id": "works", "waiting_for": "Which one?"}),
        session({**IDLE, "session_id": "works"}),
        removed("works"),
        session(RUNNING),
    ]
    now = moment(NOW)
    assert lines(*first, *more)[1:] == [
        f"{now}  waiting    works  Bash: git push --force origin main",
        f"{now}  waiting    works  Which one?",
        f"{now}  idle       works  What next?",
        f"{now}  removed    works",
        f"{now}  running    works  3/5 Read src/a.py",
    ]


@pytest.mark.parametrize("colour", [False, True])
def test_lines_are_safe(colour: bool) -> None:
    """Names and texts can't control the terminal; only our own colour does."""
    hostile = record("a\x1b[2Jb", state="waiting", waiting_for="x\x07\ny\x1b]0;t\x07")
    found = lines(following(), SYNCED, session(hostile), colour=colour)
    assert len(found) == 1
    plain = found[0].replace("\x1b[1;33m", "").replace("\x1b[m", "")
    assert plain == f"{moment(NOW)}  waiting    ab  x y"
    assert (plain != found[0]) is colour
