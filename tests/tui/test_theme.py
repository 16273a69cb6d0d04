"""Our themes and their palette."""

from __future__ import annotations

from colorsys import rgb_to_hls
from itertools import combinations

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.color import Color
from textual.theme import Theme

from lashtui.render.styles import (
    BOLD,
    DEFAULT,
    DIM,
    FAINT,
    INVERSE,
    MUTED,
    TEXT,
    THOUGHT,
    TextStyle,
    Tone,
)
from lashtui.text.ansi import TRUE
from lashtui.theme import (
    DARK,
    LIGHT,
    ROLES_ANSI_DARK,
    ROLES_DARK,
    ROLES_LIGHT,
    THEMES,
    Palette,
    Roles,
    role_variables,
    roles_of,
)


def roles(theme: Theme) -> Roles:
    return roles_of({**theme.to_color_system().generate(), **theme.variables})


def palette(theme: Theme) -> Palette:
    colours = [Color.parse(c or "") for c in (theme.background, theme.foreground)]
    return Palette(colours[0], colours[1], roles(theme))


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
    """Contrast by WCAG: ordinary text 7, roles and quiet text 4.5 on the background."""
    colours = palette(theme)

    def contrast(style: TextStyle) -> float:
        found = colours.style(style).color
        assert found is not None
        triplet = found.get_truecolor()
        return wcag(colours.background, Color(*triplet))

    assert contrast(TEXT) >= 7
    for tone in ROLES:
        assert contrast(TextStyle(tone)) >= 4.5, tone
    assert contrast(THOUGHT) >= 4.5
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


@pytest.mark.parametrize("theme", THEMES[2:], ids=lambda theme: theme.name)
def test_the_terminals_own_colours_can_be_read(theme: Theme) -> None:
    """As xterm has them: on its black and on its white."""
    unreadable = {4} if theme.dark else {3, 6, 11, 14}
    for tone in (*SYNTAX, "focus", "failed", "quiet"):
        colour = looks(theme, tone, ColorSystem.STANDARD)[0]
        assert colour.number not in unreadable, tone


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
    colours = Palette(Color.parse("ansi_default"), Color.parse("ansi_default"), ROLES_ANSI_DARK)
    style = colours.style(MUTED)
    assert style.dim
    assert style.color is not None
    assert style.color.is_default


def test_nothing_is_dimmed_on_the_band() -> None:
    """Of a prompt, in a theme of the terminal's own colours: its ground is grey already."""
    for theme in THEMES:
        colours = palette(theme)
        assert not (colours.style(MUTED) + colours.band).dim
        assert (colours.style(MUTED) + colours.band).bgcolor == colours.band.bgcolor


SYNTAX: tuple[Tone, ...] = ("inline", "keyword", "string", "number", "name", "comment", "code")
ROLES: tuple[Tone, ...] = ("failed", "quiet", "working", "trouble", "focus")
SYSTEMS = (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT)


def looks(theme: Theme, tone: Tone, system: ColorSystem) -> tuple[RichColor, RichColor]:
    """Colour and ground of a tone on a terminal with so many colours."""
    style = palette(theme).style(TextStyle(tone))
    assert style.color is not None
    assert style.bgcolor is not None
    return style.color.downgrade(system), style.bgcolor.downgrade(system)


def hue_distance(one: RichColor, other: RichColor) -> float:
    """How far two colours are from each other: 0 to 0.5; 0.5 if only one of them has a hue."""
    hues = []
    for colour in (one, other):
        hue, _, saturation = rgb_to_hls(*(part / 255 for part in colour.get_truecolor()))
        hues.append(hue if saturation > 0.1 else None)
    if None in hues:
        return 0.0 if hues == [None, None] else 0.5
    apart = abs((hues[0] or 0) - (hues[1] or 0))
    return min(apart, 1 - apart)


@pytest.mark.parametrize("system", [ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT])
@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_roles_can_be_told_apart(theme: Theme, system: ColorSystem) -> None:
    """By hue, with all colours and with 256: a failure never looks like what has the focus."""
    for one, other in combinations(ROLES, 2):
        distance = hue_distance(looks(theme, one, system)[0], looks(theme, other, system)[0])
        assert distance >= 0.06, (one, other)
    label = looks(theme, "waiting", system)
    assert label[1] not in [looks(theme, tone, system)[1] for tone in ROLES]


@pytest.mark.parametrize("theme", [DARK, LIGHT], ids=lambda theme: theme.name)
def test_256_colours_show_the_very_same_roles(theme: Theme) -> None:
    """No role is moved to a neighbour that looks like another."""
    for tone in ROLES:
        true, few = (looks(theme, tone, each)[0] for each in SYSTEMS)
        pairs = zip(true.get_truecolor(), few.get_truecolor(), strict=True)
        assert all(abs(one - other) <= 1 for one, other in pairs), tone


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_sixteen_colours_keep_what_matters(theme: Theme) -> None:
    """Who waits and what failed, with the terminal's own colours and, by a wish, with ours."""
    failed, label, text = (
        looks(theme, tone, ColorSystem.STANDARD) for tone in ("failed", "waiting", "text")
    )
    assert failed[0] != text[0]
    assert label[1] != text[1]
    if palette(theme).is_ansi:
        numbers = [looks(theme, tone, ColorSystem.STANDARD)[0].number for tone in ROLES]
        assert None not in numbers
        assert len(set(numbers)) == len(ROLES)


@pytest.mark.parametrize("system", list(ColorSystem)[:3], ids=lambda system: system.name)
@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_a_roles_colour_is_nothing_elses(theme: Theme, system: ColorSystem) -> None:
    """No code looks like a session that needs somebody; changed lines are read beside a failure."""
    shown = [looks(theme, tone, system)[0] for tone in SYNTAX]
    for tone in ("failed", "quiet", "trouble"):
        if palette(theme).is_ansi and tone == "trouble":
            continue  # of the terminal's own six hues code has some too
        if not palette(theme).is_ansi and system is ColorSystem.STANDARD:
            continue  # only by a wish; they are told by mark and word
        assert looks(theme, tone, system)[0] not in shown, tone
    if not palette(theme).is_ansi and system is not ColorSystem.STANDARD:
        deleted = looks(theme, "deleted", system)[0]
        for tone in ROLES:
            assert looks(theme, tone, system)[0] != deleted


@pytest.mark.parametrize("dark", [True, False])
def test_other_themes_get_what_they_lack(dark: bool) -> None:
    """One of Textual's own has the roles that it does not know from ours."""
    from textual.theme import BUILTIN_THEMES

    for theme in BUILTIN_THEMES.values():
        known = {**role_variables(dark=dark), **theme.to_color_system().generate()}
        assert roles_of({**known, **theme.variables}).quiet in (ROLES_DARK.quiet, ROLES_LIGHT.quiet)
