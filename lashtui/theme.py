"""The built-in themes, and the palette that turns text styles into terminal styles.

They are calm, for long sessions: everything is a shade of the text colour but what has a role, and
code. The roles' colours stand in one table; at 16 colours the terminal's own take their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from lashtui.render.styles import (
    BOLD,
    DEFAULT,
    DIM,
    INVERSE,
    ITALIC,
    STRIKE,
    UNDERLINE,
    TextStyle,
    Tone,
)
from lashtui.text.ansi import TRUE
from lashtui.text.standing import Standing


class Roles(msgspec.Struct, frozen=True):
    """What colours mean, in one theme. Nothing else is drawn in them, and each has a mark and a
    word as well.
    """

    needs_you: str
    """The ground of a filled label: nothing else is filled."""
    ink: str
    """The text on it."""
    failed: str
    """One red, of the mark and of the word."""
    quiet: str
    working: str
    trouble: str
    """What passes by itself: a retry, a connection that is being made, a gap."""
    focus: str
    """Where the reader is: cursor, current entry, panel with the keys, scrollbar in hand."""


# The nearest of the palette of 256 colours are these very ones, so that a terminal without more
# shows the same. No yellow words on a light background, where most terminals make them unreadable.
ROLES_DARK: Final = Roles(
    needs_you="#d7af5f",
    ink="#1c1c1c",
    failed="#ff5f5f",
    quiet="#d787d7",
    working="#87af87",
    trouble="#d7af5f",
    focus="#5fafff",
)
ROLES_LIGHT: Final = Roles(
    needs_you="#ffaf00",
    ink="#1c1c1c",
    failed="#d70000",
    quiet="#870087",
    working="#005f5f",
    trouble="#875f00",
    focus="#005fd7",
)
ROLES_ANSI_DARK: Final = Roles(
    needs_you="ansi_yellow",
    ink="ansi_black",
    failed="ansi_red",
    quiet="ansi_magenta",
    working="ansi_green",
    trouble="ansi_yellow",
    focus="ansi_bright_blue",
)
# No yellow words on a light background, here either.
ROLES_ANSI_LIGHT: Final = msgspec.structs.replace(
    ROLES_ANSI_DARK, trouble="ansi_cyan", focus="ansi_blue"
)

# The same for texts of widgets, which name them by the theme's variables.
NEEDS_YOU: Final = "bold $needs-you-ink on $needs-you"
FAILED: Final = "bold $error"
QUIET: Final = "bold $quiet"
WORKING: Final = "$working"
TROUBLE: Final = "bold $warning"
FOCUS: Final = "bold $accent"
DONE: Final = "$foreground 65%"
STANDING_STYLES: Final[dict[Standing, str]] = {
    "needs you": NEEDS_YOU,
    "failed": FAILED,
    "quiet": QUIET,
    "working": WORKING,
    "done": DONE,
}


def role_variables(*, dark: bool) -> dict[str, str]:
    """The variables that a theme which is not ours lacks."""
    return _variables(ROLES_DARK if dark else ROLES_LIGHT)


def roles_of(variables: Mapping[str, str]) -> Roles:
    """The roles that a theme's variables say."""
    return Roles(
        needs_you=variables["needs-you"],
        ink=variables["needs-you-ink"],
        failed=variables["error"],
        quiet=variables["quiet"],
        working=variables["working"],
        trouble=variables["warning"],
        focus=variables["accent"],
    )


def _variables(roles: Roles) -> dict[str, str]:
    return {
        "needs-you": roles.needs_you,
        "needs-you-ink": roles.ink,
        "quiet": roles.quiet,
        "working": roles.working,
    }


def _theme(
    name: str,
    roles: Roles,
    *,
    dark: bool,
    shades: Mapping[str, Any],
    variables: Mapping[str, str],
    ansi: bool = False,
) -> Theme:
    """A theme of roles, and of `shades`: what has no role, from the background to the text."""
    back = shades["background"]
    return Theme(
        name=name,
        ansi=ansi,
        dark=dark,
        primary=roles.focus,
        accent=roles.focus,
        warning=roles.trouble,
        error=roles.failed,
        success=roles.working,
        variables={
            **_variables(roles),
            "scrollbar-active": roles.focus,
            "scrollbar-background": back,
            "scrollbar-background-hover": back,
            "scrollbar-background-active": back,
            "scrollbar-corner-color": back,
            **variables,
        },
        **shades,
    )


def _of_shades(name: str, roles: Roles, *, dark: bool, shades: Mapping[str, str]) -> Theme:
    """A theme of true colours."""
    plain = ("background", "surface", "panel", "secondary", "foreground")
    return _theme(
        name,
        roles,
        dark=dark,
        shades={each: shades[each] for each in plain},
        variables={each: colour for each, colour in shades.items() if each not in plain},
    )


DARK: Final = _of_shades(
    "lashtui-dark",
    ROLES_DARK,
    dark=True,
    shades={
        "background": "#15161a",
        "surface": "#1b1c21",
        "panel": "#202127",
        "border-blurred": "#2a2b30",
        "scrollbar": "#35363c",
        "border": "#3a3a40",
        "scrollbar-hover": "#4a4b52",
        "secondary": "#a8a49c",
        "foreground": "#cfcbc3",
        "screen-selection-background": "#2c4460",
        "screen-selection-foreground": "#f2ede4",
        "input-selection-background": "#2c4460",
    },
)
LIGHT: Final = _of_shades(
    "lashtui-light",
    ROLES_LIGHT,
    dark=False,
    shades={
        "background": "#faf8f4",
        "surface": "#f2efe9",
        "panel": "#ebe7df",
        "border-blurred": "#dfdad0",
        "scrollbar": "#d3cec4",
        "border": "#cdc8be",
        "scrollbar-hover": "#b9b3a8",
        "secondary": "#5f5c55",
        "foreground": "#2b2a27",
        "screen-selection-background": "#b9d4f3",
        "screen-selection-foreground": "#1c1b19",
        "input-selection-background": "#b9d4f3",
    },
)


def _ansi(name: str, roles: Roles, *, dark: bool) -> Theme:
    """A theme of the terminal's own colours, named like the one of Textual's that it replaces."""
    near, far = ("ansi_black", "ansi_white") if dark else ("ansi_white", "ansi_black")
    plain = ("background", "surface", "panel", "boost", "secondary", "foreground")
    return _theme(
        name,
        roles,
        ansi=True,
        dark=dark,
        shades=dict.fromkeys(plain, "ansi_default"),
        variables={
            "ansi-background": near,
            "ansi-foreground": far,
            "border": "ansi_bright_black",
            "border-blurred": "ansi_bright_black",
            "block-cursor-foreground": near,
            "block-cursor-background": far,
            "block-hover-background": "ansi_default",
            "input-selection-background": roles.focus,
            "input-selection-foreground": near,
            "screen-selection-background": roles.focus,
            "screen-selection-foreground": near,
            "scrollbar": "ansi_bright_black",
            "scrollbar-hover": far,
            "link-color": "ansi_default",
        },
    )


ANSI_DARK: Final = _ansi("ansi-dark", ROLES_ANSI_DARK, dark=True)
ANSI_LIGHT: Final = _ansi("ansi-light", ROLES_ANSI_LIGHT, dark=False)
THEMES: Final = (DARK, LIGHT, ANSI_DARK, ANSI_LIGHT)

# How far each shade is from the background towards the text: no words below a contrast of 4:1.
_SHADES_DARK: Final[dict[Tone, float]] = {
    "muted": 0.7,
    "faint": 0.55,
    "gutter": 0.55,
    "comment": 0.6,
    "thought": 0.6,
}
_SHADES_LIGHT: Final[dict[Tone, float]] = {
    "muted": 0.74,
    "faint": 0.62,
    "gutter": 0.62,
    "comment": 0.66,
    "thought": 0.66,
}
_DIMMED: Final[frozenset[Tone]] = frozenset(_SHADES_DARK)
"""Of the terminal's own colours none is a shade of another: these are dimmed."""
# Of changes: like those of the roles, such as 256 colours have, and none of theirs.
_CHANGES_DARK: Final[dict[Tone, str]] = {"added": "#87af5f", "deleted": "#d78787"}
_CHANGES_LIGHT: Final[dict[Tone, str]] = {"added": "#005f00", "deleted": "#af0000"}
# Muted hues for code, blended with the text colour.
_HUES_DARK: Final[dict[Tone, str]] = {
    "keyword": "#9fa8d8",
    "string": "#a6bf8a",
    "number": "#cfa98a",
    "name": "#8fbcc4",
}
_HUES_LIGHT: Final[dict[Tone, str]] = {
    "keyword": "#3f4a9a",
    "string": "#3f6b1f",
    "number": "#8a4b1c",
    "name": "#1f6470",
}
# Of code: no yellow and no magenta, which have roles. Most terminals' blue can't be read on black,
# nor their cyan on white.
_ANSI_DARK: Final[dict[Tone, str]] = {
    "inline": "cyan",
    "keyword": "bright_blue",
    "string": "green",
    "number": "cyan",
    "name": "cyan",
    "added": "green",
    "deleted": "red",
}
_ANSI_LIGHT: Final = _ANSI_DARK | dict.fromkeys(("inline", "keyword", "number", "name"), "blue")


# Black, red, green, yellow, blue, magenta, cyan, white, and the bright ones, in our hues.
_SIXTEEN_DARK: Final = (
    *("#5d6068", "#e08a80", "#93c47d", "#d9b36c", "#8fa8e0", "#c79bd2", "#7fc1c4", "#cfcbc3"),
    *("#8a8c93", "#f09d92", "#a8d893", "#ecc982", "#a6bcf0", "#d9b0e3", "#98d5d8", "#f2ede4"),
)
_SIXTEEN_LIGHT: Final = (
    *("#2b2a27", "#a8322a", "#2c6e1a", "#7a5a00", "#2f4aa0", "#7d3a8c", "#1f6470", "#6b675f"),
    *("#77736b", "#b83a30", "#357f20", "#8a6600", "#3a58b8", "#8f459f", "#27737f", "#4a4842"),
)
MIN_CONTRAST: Final = 3.0
"""Of coloured text: the least that WCAG 2 calls readable; commands expect a black background."""


def _colour_of(number: int, *, dark: bool) -> Color:
    """A colour of the palette of 256, or a true one."""
    if number < 16:
        return Color.parse((_SIXTEEN_DARK if dark else _SIXTEEN_LIGHT)[number])
    return Color(*_rich(number).get_truecolor())


def _of_terminal(number: int) -> RichColor:
    """The nearest of the terminal's own sixteen colours."""
    return _rich(number).downgrade(ColorSystem.STANDARD)


def _rich(number: int) -> RichColor:
    if number < TRUE:
        return RichColor.from_ansi(number)
    return RichColor.from_rgb(number >> 16 & 255, number >> 8 & 255, number & 255)


def _contrast(one: Color, other: Color) -> float:
    """The contrast ratio of WCAG 2: 1 to 21."""

    def luminance(colour: Color) -> float:
        parts = [
            c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in colour.normalized
        ]
        return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


class Palette(msgspec.Struct):
    """The styles of a theme: equal text styles give the same object, so that strips can cache."""

    background: Color
    foreground: Color
    roles: Roles
    _styles: dict[TextStyle, Style] = msgspec.field(default_factory=dict)

    @property
    def is_ansi(self) -> bool:
        """Whether it uses the terminal's own sixteen colours, which can't be blended."""
        return self.background.ansi is not None or self.foreground.ansi is not None

    def style(self, text_style: TextStyle) -> Style:
        """The terminal style of a text style, its background included."""
        found = self._styles.get(text_style)
        if found is None:
            if len(self._styles) >= 4096:
                # Each link has its own style, and an agent may send any number of links.
                self._styles.clear()
            found = self._styles[text_style] = self._make(text_style)
        return found

    @property
    def band(self) -> Style:
        """The ground of what a person said, which must be found in a page of an agent's words."""
        if self.is_ansi:
            # Dimmed words on its grey could not be read.
            return Style(bgcolor="white" if self.is_light_ansi else "bright_black", dim=False)
        return Style(bgcolor=self.background.blend(self.foreground, 0.1, 1.0).rich_color)

    @property
    def is_light_ansi(self) -> bool:
        """Whether the terminal's own colours are said to be on a light background."""
        return self.is_ansi and self.roles == ROLES_ANSI_LIGHT

    def found(self, *, current: bool) -> Style:
        """The style of a search match; `current`: of the one the reader is at."""
        if self.is_ansi:
            return Style(reverse=True) if current else Style(underline=True, bold=True)
        if current:
            return Style(
                color=self.background.rich_color, bgcolor=self.foreground.rich_color, bold=True
            )
        shade = self.background.blend(self.foreground, 0.28, 1.0)
        return Style(bgcolor=shade.rich_color)

    def _make(self, text_style: TextStyle) -> Style:
        attrs, fore, back = text_style.attrs, text_style.fore, text_style.back
        flags: dict[str, Any] = {
            "bold": bool(attrs & BOLD) or None,
            "italic": bool(attrs & ITALIC) or None,
            "strike": bool(attrs & STRIKE) or None,
            "underline": bool(attrs & UNDERLINE) or None,
        }
        link = text_style.link or None
        if text_style.tone == "waiting" and fore == back == DEFAULT:
            return Style(
                color=Color.parse(self.roles.ink).rich_color,
                bgcolor=Color.parse(self.roles.needs_you).rich_color,
                link=link,
                **flags,
            )
        if self.is_ansi:
            # The terminal's own colours can't be blended, only dimmed.
            hues = _ANSI_LIGHT if self.is_light_ansi else _ANSI_DARK
            hue = hues.get(text_style.tone, "default")
            quiet = text_style.tone in _DIMMED and fore == DEFAULT
            role = self._role(text_style.tone)
            own = role.rich_color if role is not None else hue
            return Style(
                color=own if fore == DEFAULT else _of_terminal(fore),
                bgcolor="default" if back == DEFAULT else _of_terminal(back),
                dim=(quiet or bool(attrs & DIM)) or None,
                reverse=bool(attrs & INVERSE) or None,
                link=link,
                **flags,
            )
        if fore != DEFAULT or back != DEFAULT or attrs & (DIM | INVERSE):
            colour, ground = self._own_colours(text_style)
            return Style(color=colour.rich_color, bgcolor=ground.rich_color, link=link, **flags)
        background = self.background
        if text_style.tone == "inline":
            background = background.blend(self.foreground, 0.09, 1.0)
        return Style(
            color=self._colour(text_style.tone).rich_color,
            bgcolor=background.rich_color,
            link=link,
            **flags,
        )

    def _own_colours(self, style: TextStyle) -> tuple[Color, Color]:
        """Colour and background of text that a command has coloured, such that it can be read."""
        dark = self.background.brightness < 0.5
        colour, ground = self._colour(style.tone), self.background
        if style.fore != DEFAULT:
            colour = _colour_of(style.fore, dark=dark)
        if style.back != DEFAULT:
            ground = ground.blend(_colour_of(style.back, dark=dark), 0.7, 1.0)
        if style.attrs & INVERSE:
            colour, ground = ground, colour
        if style.attrs & DIM:
            colour = ground.blend(colour, 0.6, 1.0)
        ends = (Color.parse("white"), Color.parse("black"))
        end = max(ends, key=lambda each: _contrast(each, ground))
        for _ in range(8):
            if _contrast(colour, ground) >= MIN_CONTRAST:
                break
            colour = colour.blend(end, 0.25, 1.0)
        return colour, ground

    def _role(self, tone: Tone) -> Color | None:
        """The colour of a tone that is a role; None for shades, and hues of code."""
        roles = self.roles
        match tone:
            case "waiting":
                return Color.parse(roles.needs_you)
            case "failed":
                return Color.parse(roles.failed)
            case "quiet":
                return Color.parse(roles.quiet)
            case "working":
                return Color.parse(roles.working)
            case "trouble":
                return Color.parse(roles.trouble)
            case "focus":
                return Color.parse(roles.focus)
        return None

    def _colour(self, tone: Tone) -> Color:
        text = self.foreground
        role = self._role(tone)
        if role is not None:
            return role
        dark = self.background.brightness < 0.5
        shade = (_SHADES_DARK if dark else _SHADES_LIGHT).get(tone)
        if shade is not None:
            return self.background.blend(text, shade, 1.0)
        if tone == "strong":
            return text.blend(Color.parse("white" if dark else "black"), 0.5, 1.0)
        change = (_CHANGES_DARK if dark else _CHANGES_LIGHT).get(tone)
        if change is not None:
            return Color.parse(change)
        hue = (_HUES_DARK if dark else _HUES_LIGHT).get(tone)
        if hue is not None:
            return text.blend(Color.parse(hue), 0.7, 1.0)
        if tone in ("code", "inline"):
            return text.blend(Color.parse("white" if dark else "black"), 0.15, 1.0)
        return text


def palette_of(background: Color, foreground: Color, variables: Mapping[str, str]) -> Palette:
    """The palette of a widget with these colours, under a theme with these variables."""
    return Palette(background, foreground, roles_of(variables))
