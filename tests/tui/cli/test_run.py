"""What a run's session is called."""

from __future__ import annotations

import pytest

from lashd.cursor import check_session_id
from lashtui.cli.run import MAX_NAMES, MAX_TITLE, names_for, title_of


@pytest.mark.parametrize(
    ("command", "first"),
    [
        ("/usr/bin/make", "make"),
        ("make", "make"),
        ("./a b", "a b"),
        ("dir/", "run"),
        ("a\nb", "ab"),
        ("é" * 300, "é" * 100),
    ],
)
def test_names(command: str, first: str) -> None:
    """The command's own name, then numbered; each can name a session, and there is an end."""
    names = list(names_for(command))
    assert names[:2] == [first, f"{first}-2"]
    assert len(names) == len(set(names)) == MAX_NAMES
    for name in names:
        assert check_session_id(name) == name


def test_a_title_is_read_by_a_person() -> None:
    """One line, as it was typed, of a bounded length."""
    assert title_of(["sh", "-c", "echo 'a  b'\n\tmake"]) == "sh -c echo 'a b' make"
    assert title_of(["", " "]) == ""
    assert len(title_of(["x" * 1000])) == MAX_TITLE
