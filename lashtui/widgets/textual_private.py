"""The Textual internals that we rely on: painting, scrolling, style sheets, keys.

Private names are used here, and where an override has to stand in its own class: in the driver, the
app and the painting screen. tests/meta/test_textual_names.py lists each of them and fails when
one disappears from Textual, or when another is used; pyproject.toml pins Textual to a minor.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self, TypeAlias, cast

from textual._compositor import ChopsUpdate, Compositor
from textual.cache import LRUCache
from textual.css.stylesheet import Stylesheet
from textual.geometry import Region, Size
from textual.keys import _character_to_key
from textual.screen import Screen
from textual.scroll_view import ScrollView
from textual.widget import Widget

if TYPE_CHECKING:
    from rich.console import Console
    from textual.binding import BindingsMap
    from textual.dom import DOMNode
    from textual.strip import Strip

BarLook: TypeAlias = tuple[int, int, int]


class SteadyStylesheet(Stylesheet):
    """Style sheets that are read again only when a theme has changed their colours.

    Textual sets its theme at the start and reads everything again for it, before the first
    picture and once more after it.
    """

    def __init__(self, like: Stylesheet) -> None:
        """With the variables of `like`, which it replaces."""
        super().__init__(variables=like._variables)  # noqa: SLF001
        # One source for each class of widget: a smaller cache would read all of them each time.
        self._parse_cache = LRUCache(512)

    def set_variables(self, variables: dict[str, str]) -> None:
        """Forget what was read, if the variables have changed."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Read what has not been read with these variables."""
        self.parse()


class NarrowUpdate(ChopsUpdate):
    """Textual's update of some lines, written without an object for each move of the cursor."""

    def render_segments(self, console: Console) -> str:
        """What is sent to the terminal: for each span the pieces that begin before its end."""
        out: list[str] = []
        lowest = self.spans[-1][0]
        for y, first, last in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                if strip is None or x > last or end <= first:
                    continue
                if end > last or x >= last or x < first:
                    strip = strip.crop(0, min(end, last) - x)  # noqa: PLW2901
                out.append(f"\x1b[{y + 1};{x + 1}H{strip.render(console)}")
            if y != lowest:  # on the terminal's last line it would scroll
                out.append("\n")
        return "".join(out)


class NarrowCompositor(Compositor):
    """Draws and paints only the rows that have changed.

    Textual's draws every widget whose container touches what has changed, which for a line of
    streamed text is the whole screen.
    """

    def __init__(self) -> None:
        super().__init__()
        self.views: set[LineView] = set()
        """Views that have asked to be drawn before the next paint."""

    def take_changed_lines(self) -> None:
        """Find the lines to be painted. After the layout, because drawing may ask for places."""
        views, self.views = self.views, set()
        for view in views:
            place = self.visible_widgets.get(view)
            if place is not None:
                region, clip = place
                parts = (part.translate(region.offset) for part in view.changed_lines())
                self._dirty_regions.update(part for p in parts if (part := p.intersection(clip)))

    def _get_renders(
        self, crop: Region | None = None
    ) -> Iterable[tuple[Region, Region, list[Strip]]]:
        if crop is None:
            yield from super()._get_renders(crop)
            return
        rows = Region(0, crop.y, self.size.width, crop.height)
        for widget, (region, clip) in self.visible_widgets.items():
            if not region.overlaps(crop):
                continue  # not where something has changed
            narrow = clip.intersection(rows)
            x, y, width, height = region.intersection(narrow)
            if width and height:
                part = Region(x - region.x, y - region.y, width, height)
                yield region, narrow, widget.render_lines(part)

    def render_partial_update(self) -> ChopsUpdate | None:
        """The same update, cheaper to make and to write.

        Textual draws all that lies in a rectangle around everything that has changed. Here a widget
        is drawn that has a part in a changed piece of a line which nothing before it covers.
        """
        regions, self._dirty_regions = self._dirty_regions, set()
        height = self.size.height
        spans = [span for span in self._regions_to_spans(regions) if 0 <= span[0] < height]
        if not spans:
            return None
        pieces: dict[int, dict[int, Strip | None]] = {}
        ends: dict[int, list[int]] = {}
        all_cuts = self.cuts
        for y, first, last in spans:  # from left to right
            line, line_ends = pieces.setdefault(y, {}), ends.setdefault(y, [])
            for begin, end in pairwise(all_cuts[y]):
                if begin < last and end > first and begin not in line:
                    line[begin] = None
                    line_ends.append(end)
        self._draw(pieces, ends)
        # By line, as lists are; only the lines of the spans are looked up.
        return NarrowUpdate(cast("Any", pieces), spans, cast("Any", ends))

    def _draw(
        self, pieces: Mapping[int, dict[int, Strip | None]], ends: Mapping[int, list[int]]
    ) -> None:
        """Fill the pieces of lines that are wanted, by line and where they begin."""
        missing = {y: list(line) for y, line in pieces.items()}
        for widget, (region, clip) in self.visible_widgets.items():  # front ones first
            if not missing:
                return
            x, y, width, height = region.intersection(clip)
            right, bottom = x + width, y + height
            rows = [
                row
                for row, begins in missing.items()
                if y <= row < bottom and any(x <= begin < right for begin in begins)
            ]
            if not rows:
                continue
            top = min(rows)
            part = Region(x - region.x, top - region.y, width, max(rows) + 1 - top)
            strips = widget.render_lines(part)
            for row in rows:
                strip, line, left = strips[row - top], pieces[row], missing[row]
                if left == [x] and x + strip.cell_length == ends[row][list(line).index(x)]:
                    line[x] = strip
                    del missing[row]
                    continue
                within = [cut for cut in self.cuts[row] if x <= cut <= right]
                parts = strip.divide([cut - x for cut in within[1:]])
                for cut, drawn in zip(within, parts, strict=False):
                    if cut in left:
                        line[cut] = drawn
                        left.remove(cut)
                if not left:
                    del missing[row]

    def _render_chops(
        self, crop: Region, is_rendered_line: Callable[[int], bool]
    ) -> Sequence[Mapping[int, Strip]]:
        """The pieces of each line that is rendered, by where they begin: front widgets first.

        Textual makes them for all lines, and cuts every strip of every widget, even of hidden
        ones and of those without a cut inside.
        """
        cuts = self.cuts
        chops: list[dict[int, Strip | None]] = [
            dict.fromkeys(line_cuts[:-1]) if is_rendered_line(y) else {}
            for y, line_cuts in enumerate(cuts)
        ]
        for region, clip, strips in self._get_renders(crop):
            area = region.intersection(clip)
            first, last = area.column_span
            for y, strip in zip(area.line_range, strips, strict=False):
                if not is_rendered_line(y):
                    continue
                line = chops[y]
                within = [cut for cut in cuts[y] if first <= cut <= last]
                free = [cut for cut in within[:-1] if line[cut] is None]
                if not free:
                    continue
                if len(within) == 2 and strip.cell_length == last - first:
                    line[first] = strip
                    continue
                parts = strip.divide([cut - first for cut in within[1:]])
                for cut, part in zip(within, parts, strict=False):
                    if cut in free:
                        line[cut] = part
        return cast("Sequence[Mapping[int, Strip]]", chops)


class DirectScreen(Screen[None]):
    """A screen that views can ask for a paint without a message."""

    _is_in_frame = False

    def paint_soon(self, view: Widget) -> bool:
        """Paint `view` with the next paint; False if Textual's own way has to be taken."""
        if not self.is_current or view not in self._compositor:
            return False
        self._dirty_widgets.add(view)
        if not self._is_in_frame:
            self._update_timer.resume()
        return True

    @contextmanager
    def frame(self) -> Iterator[None]:
        """Paint at the end what views ask for within, instead of waking up once more for it."""
        self._is_in_frame = True
        try:
            yield
        finally:
            self._is_in_frame = False
            if self.is_current and self._dirty_widgets:
                self._on_timer_update()


class LineView(ScrollView):
    """A view of lines that paints only those that look different from the last time.

    `refresh()` asks for a comparison of all lines in view. A strip that is the same object as the
    one painted before needs no painting: three of four frames of streamed text change one line.
    """

    _painted: Sequence[Strip | None] = ()
    """What the screen shows of each line; None if that is not certain."""
    _is_fresh = False
    """Whether nothing has been refreshed since `_painted` was drawn."""

    def refresh(self, *regions: Region, **options: Any) -> Self:
        """Ask for a comparison of all lines in view.

        Where nothing but that is asked the screen is told directly. Textual's way there takes four
        messages, which cost as much as drawing a line of text.
        """
        self._is_fresh = False
        if not regions and not options and self._is_mounted and self.display:
            screen = self.screen
            if isinstance(screen, DirectScreen) and screen.paint_soon(self):
                self._set_dirty()
                return self
        return super().refresh(*regions, **options)

    def draw_lines(self, crop: Region) -> list[Strip]:
        """The strips of `crop`, the same objects as before where nothing changed."""
        raise NotImplementedError

    def changed_lines(self) -> list[Region]:
        """Draw all lines in view; returns those that are to be painted."""
        height = self.size.height
        # Without the scrollbar, which stands over the last column and is painted by itself.
        width = self.scrollable_content_region.width
        old, new = self._painted, self.draw_lines(Region(0, 0, width, height))
        self._painted, self._is_fresh = new, True
        if len(old) != len(new):
            return [Region(0, 0, self.size.width, height)]
        pairs = enumerate(zip(old, new, strict=True))
        return [Region(0, y, width, 1) for y, (before, now) in pairs if before is not now]

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw, because the compositor paints a part, perhaps on account of another widget."""
        old = self._painted
        if self._is_fresh and len(old) == self.size.height and crop.width == self.size.width:
            known = old[crop.y : crop.bottom]
            if None not in known:
                return list(cast("Sequence[Strip]", known))
        strips = self.draw_lines(crop)
        if any(a is not b for a, b in zip(old[crop.y : crop.bottom], strips, strict=False)):
            painted = list(old)
            for y, strip in zip(range(crop.y, len(painted)), strips, strict=False):
                if painted[y] is not strip:
                    painted[y] = None
            self._painted = painted
        return strips

    def _exchange_repaint_regions(self) -> Collection[Region]:
        regions = super()._exchange_repaint_regions()
        compositor = self.screen._compositor  # noqa: SLF001
        if not regions or not isinstance(compositor, NarrowCompositor):
            return regions
        compositor.views.add(self)
        return ()


def set_scroll_y(view: ScrollView, y: int) -> None:
    """Move `view` without calling its watchers.

    Assigning would clamp against a height that is not known yet, and be mistaken for the reader's
    scrolling. The target is set too, or a later relative scroll would start from the old place.
    """
    view.set_reactive(Widget.scroll_y, float(y))
    view.set_reactive(Widget.scroll_target_y, float(y))


def set_virtual_height(view: ScrollView, width: int, height: int) -> None:
    """Set how many lines `view` has.

    `virtual_size` is a reactive with `layout=True`: assigning it arranges the whole screen again
    with every line that is streamed.
    """
    view.set_reactive(Widget.virtual_size, Size(width, height))


def set_scrollbar(
    view: ScrollView, *, total: int, window: int, position: int, look: BarLook
) -> BarLook:
    """Draw the vertical scrollbar for this place; returns its look, to be passed the next time.

    Only if its thumb looks different, because each assignment draws the whole bar again. A look is
    in eighths of a cell, as Textual draws it.
    """
    bar = view.vertical_scrollbar
    total = max(1, total)
    new = (window, position * window * 8 // total, window * window * 8 // total)
    if new != look:
        bar.window_virtual_size = total
        bar.window_size = window
        bar.position = position
    return new


def binding_chain(screen: Screen[Any]) -> list[tuple[DOMNode, BindingsMap]]:
    """Who binds keys on `screen` now: from what has the focus up to the app."""
    return screen._binding_chain  # noqa: SLF001


def key_name(character: str) -> str:
    """The name of the key in Textual's events: `?` is `question_mark`."""
    return _character_to_key(character)
