"""Our themes and their palette."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from lashtui.render.styles import (
    ACCENT,
    BOLD,
    DEFAULT,
    DIM,
    FAINT,
    INVERSE,
    MUTED,
    TEXT,
    TextStyle,
    Tone,
)
from lashtui.text.ansi import TRUE
from lashtui.theme import DARK, LIGHT, THEMES, Palette


def palette(theme: Theme) -> Palette:
    colours = [Color.parse(c or "") for c in (theme.background, theme.foreground, theme.accent)]
    return Palette(colours[0], colours[1], colours[2])


def wcag(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2: 1 to 21."""

    def luminance(colour: Color) -> float:
        parts = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    dark, light = sorted((luminance(one), luminance(other)))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_text_can_be_read(theme: Theme) -> None:
    """Contrast by WCAG: ordinary text 7, the accent and quiet text 4.5 on the background."""
    colours = palette(theme)

    def contrast(style: TextStyle) -> float:
        found = colours.style(style).color
        assert found is not None
        triplet = found.get_truecolor()
        return wcag(colours.background, Color(*triplet))

    assert contrast(TEXT) >= 7
    assert contrast(ACCENT) >= 4.5
    assert contrast(MUTED) >= 4.5
    assert contrast(FAINT) >= 2


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_a_commands_colours_can_be_read(theme: Theme) -> None:
    """White on a light background, blue on black, whatever a command was written for."""
    colours = palette(theme)
    numbers = [DEFAULT, *range(256), *(TRUE + step * 0x101010 + 0x40 for step in range(16))]
    for attrs in (0, INVERSE, DIM):
        for fore in numbers:
            for back in (DEFAULT, 0, 1, 4, 7, 15, fore):
                style = colours.style(TextStyle("text", attrs, fore=fore, back=back))
                assert style.color is not None
                assert style.bgcolor is not None
                pair = [Color(*each.get_truecolor()) for each in (style.color, style.bgcolor)]
                assert wcag(*pair) > 2.9, (attrs, fore, back)


def test_the_terminals_own_colours() -> None:
    """Where a theme uses them, all others become the nearest of the sixteen."""
    colours = palette(next(theme for theme in THEMES if theme.name == "ansi-dark"))
    for fore, number in ((1, 1), (12, 12), (196, 1), (TRUE + 0x00FF00, 2)):
        style = colours.style(TextStyle(fore=fore, back=fore))
        assert style.color is not None
        assert style.color.number == number
        assert style.bgcolor == style.color
    assert colours.style(TextStyle("text", INVERSE)).reverse


def test_a_look_has_one_style() -> None:
    """The same object each time, so that a strip's caches hit."""
    colours = palette(DARK)
    assert colours.style(TextStyle("code", BOLD)) is colours.style(TextStyle("code", BOLD))
    assert colours.style(TextStyle("code", BOLD)).bold


def test_links_can_not_fill_the_memory() -> None:
    """An agent may send any number of them."""
    colours = palette(DARK)
    for number in range(10_000):
        colours.style(TextStyle(link=f"https://x/{number}"))
    assert len(colours._styles) <= 4096


def test_a_terminals_own_colours_are_left_alone() -> None:
    """An ansi theme names colours, and dims where ours would mix."""
    colours = Palette(
        Color.parse("ansi_default"), Color.parse("ansi_default"), Color.parse("ansi_blue")
    )
    style = colours.style(MUTED)
    assert style.dim
    assert style.color is not None
    assert style.color.is_default


SYNTAX: tuple[Tone, ...] = ("inline", "keyword", "string", "number", "name", "comment", "code")
CHANGES: tuple[Tone, ...] = ("added", "deleted")


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_the_accent_is_nothing_elses(theme: Theme) -> None:
    """One colour of the live edge, in the transcript as in style sheets; no code looks like it."""
    system = theme.to_color_system().generate()
    background, foreground = Color.parse(system["background"]), Color.parse(system["foreground"])
    colours = Palette(background, foreground, Color.parse(system["accent"]))
    accent = colours.style(ACCENT).color
    assert accent == colours.accent.rich_color
    assert accent not in [colours.style(TextStyle(tone)).color for tone in SYNTAX]
    assert accent not in [colours.style(TextStyle(tone)).color for tone in CHANGES]
