"""The links and the lines of files that entries name."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from lashd.view import Entry
from lashtui.reading.references import MOST, Reference, references
from tests.tui.text.test_links import TEXTS


def test_what_an_entry_names_in_the_order_of_its_text() -> None:
    """Each once: links with a text of their own, bare ones, lines of files."""
    text = "See [the guide](https://a.example/guide), src/a.py:7 and https://b.example; src/a.py:7."
    assert references([Entry("prose", "p", 1, text=text)]) == [
        Reference("https://a.example/guide"),
        Reference("src/a.py:7", "src/a.py", 7),
        Reference("https://b.example"),
    ]


def test_a_call_names_its_file_and_what_is_in_its_output() -> None:
    """Also where a command's text leads without showing it."""
    text = "a.c:3: error \x1b]8;;https://c.example\x1b\\here\x1b]8;;\x1b\\"
    output = {"outcome": {"status": "success", "payload": text, "format": "ansi"}}
    edit = Entry("tool", "t", 1, name="Edit", args={"file_path": "/x/y.py"})
    run = Entry("tool", "u", 2, name="Bash", args={"command": "make"}, output=output)
    assert references([edit, run]) == [
        Reference("/x/y.py", "/x/y.py"),
        Reference("a.c:3", "a.c", 3),
        Reference("https://c.example"),
    ]


def test_their_number_is_bounded() -> None:
    """An agent may name thousands."""
    text = " ".join(f"https://a.example/{number}" for number in range(MOST * 3))
    assert len(references([Entry("prose", "p", 1, text=text)])) == MOST


@given(text=st.one_of(TEXTS, st.text(max_size=60)), ansi=st.booleans())
def test_of_any_text_they_are_harmless(text: str, ansi: bool) -> None:
    """One line without control characters; addresses of four schemes."""
    entry = Entry("prose", "p", 1, text=text, format="ansi" if ansi else None)
    call = Entry("tool", "t", 2, name="x", args={"path": f"/{text}"}, output={"output": text})
    for found in references([entry, call]):
        assert found.text.isprintable()
        if not found.path:
            assert found.text.lower().startswith(("http://", "https://", "file:", "mailto:"))
