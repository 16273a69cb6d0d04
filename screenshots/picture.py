"""A Textual screen as pictures: a PNG on an exact cell grid, and Textual's own SVG."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont
from rich.cells import cell_len
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from rich.terminal_theme import DIMMED_MONOKAI
from textual.app import App

FONTS = (
    "/usr/share/fonts/truetype/dejavu/DejaVuSansMono{}.ttf",
    "/usr/share/fonts/TTF/DejaVuSansMono{}.ttf",
    "/Library/Fonts/DejaVuSansMono{}.ttf",
)
"""Where systems keep DejaVu Sans Mono, whose box drawing characters join."""
SIZE = 18
MARGIN = 14
"""Pixels around the screen, in its background."""

LIKE = {"⏱": "◷"}
"""What the fonts don't have, and what looks like it."""

Rgb = tuple[int, int, int]
_PAPER: Rgb = (18, 19, 22)
_INK: Rgb = (220, 220, 220)


def save(app: App[Any], path: Path) -> None:
    """Write `path`.png and `path`.svg of what `app` shows now."""
    _png(app).save(path.with_suffix(".png"), optimize=True)
    path.with_suffix(".svg").write_text(app.export_screenshot(simplify=True) + "\n")


def _png(app: App[Any]) -> Image.Image:
    fonts = {
        (bold, italic): _font("-" + "Bold" * bold + "Oblique" * italic if bold or italic else "")
        for bold in (False, True)
        for italic in (False, True)
    }
    width = round(fonts[False, False].getlength("M"))
    height = SIZE + 5
    rows = [list(strip) for strip in app.screen._compositor.render_strips()]  # noqa: SLF001
    size = (app.size.width * width + 2 * MARGIN, len(rows) * height + 2 * MARGIN)
    first = next(iter(rows[0]), None)
    paper = _rgb(first.style.bgcolor if first and first.style else None, _PAPER)
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    for y, row in enumerate(rows):
        top = MARGIN + y * height
        for x, character, style in _cells(row):
            left = MARGIN + x * width
            cells = cell_len(character)
            ink, ground = _rgb(style.color, _INK), _rgb(style.bgcolor, paper)
            if style.reverse:
                ink, ground = ground, ink
            if style.dim:
                ink = _mix(ink, ground)
            right = left + cells * width - 1
            draw.rectangle((left, top, right, top + height - 1), fill=ground)
            if character != " ":
                font = fonts[bool(style.bold), bool(style.italic)]
                glyph = LIKE.get(character, character)
                draw.text((left, top + 1), glyph, font=font, fill=ink)
            if style.underline:
                draw.line((left, top + height - 3, right, top + height - 3), fill=ink)
            if style.strike:
                draw.line((left, top + height // 2, right, top + height // 2), fill=ink)
    return image


def _cells(row: list[Segment]) -> Iterator[tuple[int, str, Style]]:
    x = 0
    for text, style, control in row:
        if control:
            continue
        for character in text:
            yield x, character, style or Style.null()
            x += cell_len(character)


def _font(variant: str) -> ImageFont.FreeTypeFont:
    for pattern in FONTS:
        if Path(pattern.format(variant)).exists():
            return ImageFont.truetype(pattern.format(variant), SIZE)
    raise SystemExit("DejaVu Sans Mono is not installed (Debian: fonts-dejavu-core)")


def _rgb(color: Color | None, default: Rgb) -> Rgb:
    if color is None or color.is_default:
        return default
    red, green, blue = color.get_truecolor(DIMMED_MONOKAI)
    return red, green, blue


def _mix(ink: Rgb, ground: Rgb) -> Rgb:
    red, green, blue = ((a * 3 + b * 2) // 5 for a, b in zip(ink, ground, strict=True))
    return red, green, blue
