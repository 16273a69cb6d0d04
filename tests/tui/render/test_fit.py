"""Texts in columns: exactly as many cells as the column has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from lashtui.render.fit import fit, fit_path, keep_end
from lashtui.text.sanitize import safe_line
from tests.tui.widgets.hostile_text import TEXTS

WIDTHS = st.integers(0, 30)


@given(text=TEXTS, width=WIDTHS, right=st.booleans())
def test_a_column_is_filled_exactly(text: str, width: int, right: bool) -> None:
    """Whatever the characters, and wherever they are cut."""
    assert cell_len(fit(safe_line(text), width, right=right)) == width


@given(text=TEXTS, width=WIDTHS)
def test_an_end_and_a_path_are_never_too_wide(text: str, width: int) -> None:
    """Those are filled by whoever shows them."""
    assert cell_len(keep_end(safe_line(text), width)) <= width
    assert cell_len(fit_path(safe_line(text), width, "/home/me")) <= width


def test_fitting() -> None:
    """Cut with a mark; numbers stand at the right; half a wide character is none."""
    assert fit("abc", 5) == "abc  "
    assert fit("7", 3, right=True) == "  7"
    assert fit("abcdef", 4) == "abc…"
    assert fit("中文字", 4) == "中… "
    assert fit("中文字", 4, right=True) == " 中…"
    assert fit("中文字", 5) == "中文…"
    assert fit("中 文字", 4) == "中 …"


def test_the_end_begins_with_a_whole_word() -> None:
    """Where there is one; a long word is cut."""
    assert keep_end("all of the tests pass now", 16) == "…tests pass now"
    assert keep_end("a/very/long/path/without/blanks", 8) == "…/blanks"
    assert keep_end("short", 8) == "short"


@pytest.mark.parametrize(
    ("path", "width", "shown"),
    [
        ("/home/me", 10, "~"),
        ("/home/me/web", 10, "~/web"),
        ("/home/meadow", 20, "/home/meadow"),
        ("/srv/projects/ingest", 10, "…/ingest"),
        ("/srv/projects/ingest-of-everything", 10, "…/ingest-…"),
    ],
)
def test_paths(path: str, width: int, shown: str) -> None:
    """`~` for the home directory; the end says which one it is."""
    assert fit_path(path, width, "/home/me") == shown
