"""How a run's session is shown."""

from __future__ import annotations

from lashtui.cli.run import MAX_TITLE, title_of


def test_a_title_is_read_by_a_person() -> None:
    """One line, as it was typed, of a bounded length."""
    assert title_of(["sh", "-c", "echo 'a  b'\n\tmake"]) == "sh -c echo 'a b' make"
    assert title_of(["", " "]) == ""
    assert len(title_of(["x" * 1000])) == MAX_TITLE
