"""A row of the list, as a reader of the wire gets it."""

from __future__ import annotations

from pathlib import Path

import pytest

import lashd
from lashd.view import Doing, SessionRow, Tmux, Where, row_from_wire


def test_a_row_is_read_with_what_it_knows() -> None:
    """Keys of a later version are left out, and a daemon of an earlier one may lack some."""
    row = row_from_wire(
        {
            "session_id": "api",
            "state": "running",
            "doing": {"name": "Bash", "argument": "make", "since": 5, "later": 1},
            "where": {"host": "box", "pid": 7, "tmux": {"socket": "/tmp/t", "pane": "%3"}},
            "later": True,
        }
    )
    assert row.doing == Doing("Bash", "make", 5)
    assert row.where == Where("box", 7, None, Tmux("/tmp/t", "%3"))
    assert row_from_wire({"session_id": "api"}) == SessionRow(session_id="api")


@pytest.mark.parametrize(
    "record", [None, [], {}, {"session_id": 1}, {"session_id": "a", "plan": 3}]
)
def test_what_is_no_row_is_said_to_be_none(record: object) -> None:
    """The error is a ValueError, whatever came."""
    with pytest.raises(ValueError, match="not a row"):
        row_from_wire(record)


@pytest.mark.parametrize("field", SessionRow.__struct_fields__)
def test_the_protocol_tells_every_field(field: str) -> None:
    """In the table of a row."""
    text = (Path(lashd.__path__[0]).parent / "PROTOCOL.md").read_text()
    begin = text.index("A row of the list tells")
    assert f"`{field}`" in text[begin : text.index("## Cursors", begin)]
