"""Which terminals get colours."""

from __future__ import annotations

from lashtui.text.colour import has_colour


def test_who_gets_colours() -> None:
    """A terminal that can, unless the person wants none; an empty NO_COLOR wants nothing."""
    assert has_colour({"TERM": "xterm"})
    assert has_colour({"TERM": "xterm", "NO_COLOR": ""})
    assert not has_colour({"TERM": "xterm", "NO_COLOR": "1"})
    assert not has_colour({"TERM": "dumb"})
    assert not has_colour({})
