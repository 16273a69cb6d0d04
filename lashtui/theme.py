"""The built-in themes, and the palette that turns text styles into terminal styles.

They are calm, for long sessions: everything is a shade of the text colour; the one accent marks the
live edge.
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

DARK: Final = Theme(
    name="lashtui-dark",
    primary="#d7a65f",
    secondary="#a8a49c",
    accent="#d7a65f",
    warning="#d7a65f",
    error="#d98a80",
    success="#a8a49c",
    foreground="#cfcbc3",
    background="#15161a",
    surface="#1b1c21",
    panel="#202127",
    dark=True,
    variables={
        "border": "#3a3a40",
        "border-blurred": "#2a2b30",
        "scrollbar": "#35363c",
        "scrollbar-hover": "#4a4b52",
        "scrollbar-active": "#d7a65f",
        "scrollbar-background": "#15161a",
        "scrollbar-background-hover": "#15161a",
        "scrollbar-background-active": "#15161a",
        "scrollbar-corner-color": "#15161a",
        "footer-background": "#15161a",
        "footer-key-foreground": "#cfcbc3",
        "footer-description-foreground": "#8b8880",
        "screen-selection-background": "#4a4332",
        "screen-selection-foreground": "#f2ede4",
        "input-selection-background": "#4a4332",
    },
)
LIGHT: Final = Theme(
    name="lashtui-light",
    primary="#9a5b00",
    secondary="#5f5c55",
    accent="#9a5b00",
    warning="#9a5b00",
    error="#a33b2e",
    success="#5f5c55",
    foreground="#2b2a27",
    background="#faf8f4",
    surface="#f2efe9",
    panel="#ebe7df",
    dark=False,
    variables={
        "border": "#cdc8be",
        "border-blurred": "#dfdad0",
        "scrollbar": "#d3cec4",
        "scrollbar-hover": "#b9b3a8",
        "scrollbar-active": "#9a5b00",
        "scrollbar-background": "#faf8f4",
        "scrollbar-background-hover": "#faf8f4",
        "scrollbar-background-active": "#faf8f4",
        "scrollbar-corner-color": "#faf8f4",
        "footer-background": "#faf8f4",
        "footer-key-foreground": "#2b2a27",
        "footer-description-foreground": "#6b675f",
        "screen-selection-background": "#ead9b8",
        "screen-selection-foreground": "#1c1b19",
        "input-selection-background": "#ead9b8",
    },
)


def _ansi(name: str, accent: str, *, dark: bool) -> Theme:
    """A theme of the terminal's own colours, named like the one of Textual's that it replaces."""
    near, far = ("ansi_black", "ansi_white") if dark else ("ansi_white", "ansi_black")
    return Theme(
        name=name,
        ansi=True,
        primary=accent,
        secondary="ansi_default",
        accent=accent,
        warning=accent,
        error="ansi_red",
        success="ansi_default",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        dark=dark,
        variables={
            "ansi-background": near,
            "ansi-foreground": far,
            "border": "ansi_bright_black",
            "border-blurred": "ansi_bright_black",
            "block-cursor-foreground": near,
            "block-cursor-background": far,
            "block-hover-background": "ansi_default",
            "input-selection-background": accent,
            "input-selection-foreground": near,
            "screen-selection-background": accent,
            "screen-selection-foreground": near,
            "scrollbar": "ansi_bright_black",
            "scrollbar-hover": far,
            "scrollbar-active": accent,
            "scrollbar-background": "ansi_default",
            "scrollbar-background-hover": "ansi_default",
            "scrollbar-background-active": "ansi_default",
            "scrollbar-corner-color": "ansi_default",
            "footer-key-foreground": "ansi_default",
            "link-color": "ansi_default",
        },
    )


# No yellow on a light background, where it is unreadable in most terminals.
ANSI_DARK: Final = _ansi("ansi-dark", "ansi_yellow", dark=True)
ANSI_LIGHT: Final = _ansi("ansi-light", "ansi_magenta", dark=False)
THEMES: Final = (DARK, LIGHT, ANSI_DARK, ANSI_LIGHT)

# How far each shade is from the background towards the text: no words below a contrast of 4:1.
_SHADES_DARK: Final[dict[Tone, float]] = {
    "muted": 0.7,
    "faint": 0.55,
    "gutter": 0.55,
    "comment": 0.6,
}
_SHADES_LIGHT: Final[dict[Tone, float]] = {
    "muted": 0.74,
    "faint": 0.62,
    "gutter": 0.62,
    "comment": 0.66,
}
# Muted hues for code, blended with the text colour.
_HUES_DARK: Final[dict[Tone, str]] = {
    "keyword": "#9fa8d8",
    "string": "#a6bf8a",
    "number": "#cfa98a",
    "name": "#8fbcc4",
    "added": "#93c47d",
    "deleted": "#e08a80",
    "failed": "#e08a80",
}
_HUES_LIGHT: Final[dict[Tone, str]] = {
    "keyword": "#3f4a9a",
    "string": "#3f6b1f",
    "number": "#8a4b1c",
    "name": "#1f6470",
    "added": "#2c6e1a",
    "deleted": "#a8322a",
    "failed": "#a8322a",
}
# Yellow and magenta are reserved for the accent.
_ANSI: Final[dict[Tone, str]] = {
    "inline": "cyan",
    "keyword": "blue",
    "string": "green",
    "number": "cyan",
    "name": "cyan",
    "added": "green",
    "deleted": "red",
    "failed": "red",
}


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
    accent: Color
    warning: Color | None = None
    """Of what a person must see to; None: the accent."""
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
        if self.is_ansi:
            # The terminal's own colours can't be blended, only dimmed.
            hue = _ANSI.get(text_style.tone, "default")
            quiet = text_style.tone in ("muted", "faint", "gutter", "comment") and fore == DEFAULT
            theme = self._of_theme(text_style.tone)
            own = theme.rich_color if theme is not None else hue
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

    def _of_theme(self, tone: Tone) -> Color | None:
        """The theme's own colour of a tone; None for shades and hues of ours."""
        if tone == "waiting":
            return self.warning or self.accent
        return self.accent if tone == "accent" else None

    def _colour(self, tone: Tone) -> Color:
        text = self.foreground
        theme = self._of_theme(tone)
        if theme is not None:
            return theme
        dark = self.background.brightness < 0.5
        shade = (_SHADES_DARK if dark else _SHADES_LIGHT).get(tone)
        if shade is not None:
            return self.background.blend(text, shade, 1.0)
        if tone == "strong":
            return text.blend(Color.parse("white" if dark else "black"), 0.5, 1.0)
        hue = (_HUES_DARK if dark else _HUES_LIGHT).get(tone)
        if hue is not None:
            return text.blend(Color.parse(hue), 0.7, 1.0)
        if tone in ("code", "inline"):
            return text.blend(Color.parse("white" if dark else "black"), 0.15, 1.0)
        return text


def palette_of(background: Color, foreground: Color, variables: Mapping[str, str]) -> Palette:
    """The palette of a widget with these colours, under a theme with these variables."""
    accent = Color.parse(variables.get("accent", "#d7a65f"))
    warning = Color.parse(variables.get("warning", "#d7a65f"))
    return Palette(background, foreground, accent, warning)
