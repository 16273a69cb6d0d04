"""Bare addresses become links, wherever they are drawn."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from textual.color import Color

from lashd.view import Entry
from lashtui.render.ansi import ansi_lines
from lashtui.render.code import code_lines
from lashtui.render.entry import entry_lines
from lashtui.render.linked import linked
from lashtui.render.markdown import render
from lashtui.render.styles import BOLD, MUTED, TEXT, UNDERLINE, Line, TextStyle, line_text
from lashtui.render.wrap import wrap_plain
from lashtui.theme import ROLES_DARK, Palette
from tests.tui.text.test_links import TEXTS

URL = "https://a.example/some/long/path?with=a&query=that#goes-on"


def links(made: Sequence[Line]) -> dict[str, str]:
    """The text of each link, joined, by where it leads."""
    found: dict[str, str] = {}
    for line in made:
        for text, style in line:
            if style.link:
                found[style.link] = found.get(style.link, "") + text
    return found


def test_a_wrapped_address_is_one_link() -> None:
    """In each of its lines it leads to the whole, by one id, so that a terminal shows it as one."""
    for made in (
        render(f"See {URL}, please.", 20),
        render(f"- `{URL}`", 20),
        render(f"| a |\n|---|\n| {URL} |", 30),
        wrap_plain(f"  see {URL}.", 20, MUTED),
        code_lines(f'fetch("{URL}")', "js", 20),
        ansi_lines(f"\x1b[32mopen {URL}\x1b[0m", 20),
        entry_lines(Entry("error", "e", 1, text=f"at {URL}"), 30, folded=False, now_ms=0),
        entry_lines(Entry("user", "u", 1, text=URL), 30, folded=False, now_ms=0),
    ):
        assert links(made) == {URL: URL}
        assert len([line for line in made if links([line])]) > 1
        palette = Palette(Color.parse("black"), Color.parse("white"), ROLES_DARK)
        styles = {palette.style(style) for line in made for _, style in line if style.link}
        assert len({style._link_id for style in styles}) == 1


def test_links_with_a_text_of_their_own_stay_as_they_are() -> None:
    """The address in their text leads nowhere else; other schemes stay text."""
    made = render(f"[https://b.example]({URL}) and [x](javascript:alert(1)) data:text/html,x", 200)
    assert links(made) == {URL: "https://b.example"}
    assert links(render("[m](mailto:a@b.example) [f](file:///tmp/x)", 99)) == {
        "mailto:a@b.example": "m",
        "file:///tmp/x": "file:///tmp/x",  # Markdown makes no link of it
    }


def test_styles_are_kept_under_a_link() -> None:
    """An address may be partly bold."""
    runs = [("at http://a.", TEXT), ("example", TextStyle("strong", BOLD)), ("/x now", TEXT)]
    target = "http://a.example/x"
    assert linked(runs, UNDERLINE) == [
        ("at ", TEXT),
        ("http://a.", TextStyle(attrs=UNDERLINE, link=target)),
        ("example", TextStyle("strong", BOLD | UNDERLINE, link=target)),
        ("/x", TextStyle(attrs=UNDERLINE, link=target)),
        (" now", TEXT),
    ]


@given(text=TEXTS, cuts=st.lists(st.integers(0, 80), max_size=5))
def test_no_character_is_lost_or_made(text: str, cuts: list[int]) -> None:
    """However the text is styled."""
    edges = [0, *sorted(cuts), len(text)]
    pieces = [text[a:b] for a, b in itertools.pairwise(edges)]
    runs = [(piece, MUTED if n % 2 else TEXT) for n, piece in enumerate(pieces)]
    assert line_text(tuple(linked(runs))) == line_text(tuple(runs))
