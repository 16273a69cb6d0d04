"""Markdown that is still growing: settled blocks are rendered once, the open one again.

Only whole lines decide the structure: an unfinished line may still become anything (`2` a list
item, `--` a rule), but whole lines never change the blocks before the last. The last block settles
piece by piece where it can: finished items of a list, rows of a table whose columns are decided,
lines of an open fence (coloured when it closes). Other blocks are broken when they grow too long.
So a delta costs what the open piece costs, however long the message and the transcript are, and
the result does not depend on how the text was split into deltas. A message that exceeds its budget
(see `markdown_budget`) is shown verbatim from there on.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.render.markdown import (
    BlockWriter,
    parse,
    parser,
    table_cells,
    table_lines,
    top_blocks,
)
from lashtui.render.markdown_budget import MarkdownBudget, Span
from lashtui.render.markdown_table import MEASURED_ROWS, Layout, lay_out, row_lines
from lashtui.render.styles import TEXT, TextStyle
from lashtui.render.text_doc import TextDoc
from lashtui.render.wrap import wrap_plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from markdown_it.token import Token

    from lashtui.render.styles import Line

MAX_BLOCK: Final = 4 * 1024
"""Characters of a paragraph or quote that is drawn again with each delta (about 2 ms)."""
MAX_BLOCK_LINES: Final = 256
"""Lines of the same: each has a cost of its own, and lines of real text exceed 16 characters."""
MAX_ITEM: Final = 32 * 1024
"""Characters of one list item: breaking it loses its indentation, so it may be longer."""
MAX_ITEM_LINES: Final = 1024
"""Lines of the same."""
STEP: Final = 8 * 1024
"""Characters parsed at once: what does not settle is parsed again with the next step, so a step is
little more than the longest block."""
SHORT_LINE: Final = 16
"""The least that a line counts for, in characters."""
WINDOW: Final = 64 * 1024
"""Characters that a step may grow to while nothing of it can be settled."""

_FENCE_OPEN = re.compile(r" {0,3}(`{3,}|~{3,})")
_FENCE_CLOSE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")
_FENCE_CLOSES = re.compile(r"^ {0,3}(`{3,}|~{3,})[ \t]*$", re.MULTILINE)


class _OpenFence(msgspec.Struct):
    mark: str
    indent: int
    source: list[str]
    """Its lines, the opening one first."""

    def closes(self, line: str) -> bool:
        match = _FENCE_CLOSE.fullmatch(line)
        return match is not None and match[1].startswith(self.mark)

    def find_end(self, text: str) -> tuple[int, int] | None:
        """Where the closing line begins and ends in `text` (without its newline)."""
        for match in _FENCE_CLOSES.finditer(text):
            if match[1].startswith(self.mark):
                return match.span()
        return None

    def body(self, line: str) -> str:
        """A line without the indentation of the opening one."""
        column = at = 0
        while column < self.indent and line[at : at + 1] in (" ", "\t") and at < len(line):
            column += 1 if line[at] == " " else 4 - column % 4
            at += 1
        return " " * (column - self.indent) + line[at:]

    def bodies(self, rows: list[str]) -> str:
        """Several lines."""
        return "\n".join([self.body(row) for row in rows] if self.indent else rows)

    @property
    def info(self) -> str:
        """The text after the opening mark."""
        return self.source[0][self.indent + len(self.mark) :]


class _OpenTable(msgspec.Struct):
    head: str
    """Its first two lines."""
    layout: Layout
    step: int
    """Characters to search for more rows: about as many as it has had, since it may end soon."""


class MarkdownDoc(TextDoc):
    """A Markdown message."""

    def __init__(self, width: int, style: TextStyle = TEXT) -> None:
        """Lines of `width` cells."""
        super().__init__(width, style)
        self._open = ""
        self._budget = MarkdownBudget()
        self._is_verbatim = False
        """The budget is spent: everything that follows is shown verbatim."""
        self._fence: _OpenFence | None = None
        self._fence_start = 0
        """Where its lines begin; they are replaced when it closes."""
        self._fence_drawn_closed = False
        self._table: _OpenTable | None = None
        self._in_list = False
        """The open part begins with an item that continues the settled list."""
        self._list_number: int | None = None
        self._blank_due = False
        """A blank line is due before the open part."""

    def _restart(self, cut_chars: int) -> None:
        super()._restart(cut_chars)
        self._open = ""
        self._fence = self._table = None
        self._budget = MarkdownBudget()
        self._is_verbatim = False
        self._in_list = self._blank_due = self._fence_drawn_closed = False

    # -- whole lines -----------------------------------------------------------------------------

    def _read_lines(self, text: str) -> int:
        first = self.settled
        del self.lines[first:]
        if self._fence is not None:
            self._restore_fence(self._fence)
            text = self._read_fence(self._fence, text)
            if self._fence is None:
                first = min(first, self._fence_start)
        self._open += text
        while self._open and not self._is_verbatim and self._settle():
            pass
        if self._is_verbatim and self._open:
            self._add(self._verbatim(self._open.removesuffix("\n")))
            self._open, self._blank_due = "", False
        return first

    def _verbatim(self, text: str) -> list[Line]:
        lines = wrap_plain(text, self.width, self.style)
        return [(), *lines] if self._blank_due and lines[0] else lines

    def _read_fence(self, fence: _OpenFence, text: str) -> str:
        """Add lines to the open fence; returns the text after it."""
        end = fence.find_end(text)
        if end is None:
            rows = text.split("\n")
            rows.pop()
            fence.source.extend(rows)
            self._add(self._fence_lines(fence, rows))
            return ""
        rows = text[: end[0]].split("\n")
        rows.pop()
        fence.source.extend(rows)
        del self.lines[self._fence_start :]
        self._fence = None
        self._budget.spend_on_fence("\n".join([*fence.source, text[end[0] : end[1] + 1]]))
        self._add(self._closed_fence(fence, fence.source[1:]))
        self._blank_due, self._in_list, self._list_number = True, False, None
        return text[end[1] + 1 :]

    def _closed_fence(self, fence: _OpenFence, rows: list[str]) -> list[Line]:
        """The whole block in colours."""
        writer = BlockWriter(self.width, [], self._blank_due)
        writer.write_fence(fence.bodies(rows), fence.info)
        return writer.lines

    def _restore_fence(self, fence: _OpenFence) -> None:
        """Go back to plain lines if the fence was drawn as if it were closed."""
        if self._fence_drawn_closed:
            self._fence_drawn_closed = False
            self._add([()] if self._blank_due else [])
            self._add(self._fence_lines(fence, fence.source[1:]))

    def _fence_lines(self, fence: _OpenFence, rows: list[str]) -> list[Line]:
        return BlockWriter(self.width).code(fence.bodies(rows), "") if rows else []

    def _add(self, lines: list[Line]) -> None:
        self.lines.extend(lines)
        self.settled = len(self.lines)

    def _settle(self) -> bool:
        """Settle one step of the open part; False when nothing more can be settled."""
        if self._table is not None:
            return self._settle_rows(self._table)
        size = STEP
        while True:
            region = self._region(size)
            if self._settle_region(region):
                return True
            if size >= WINDOW or len(region) == len(self._open):
                return False
            size *= 2

    def _region(self, size: int) -> str:
        """The first lines of the open part: about `size` characters, and as many lines at most."""
        text = self._open
        if len(text) > size:
            text = text[: text.index("\n", size) + 1]
        lines = size // SHORT_LINE
        return text if text.count("\n") <= lines else "\n".join(text.split("\n", lines)[:-1]) + "\n"

    def _settle_region(self, region: str) -> bool:
        tokens = parser(inline=False).parse(region)
        blocks = list(top_blocks(tokens))
        if not blocks:
            self._pay(region)
            return True
        starts = _line_starts(region)
        for token, begin, end in blocks:
            if token.type in ("paragraph_open", "blockquote_open", "code_block") and _is_long(
                starts, begin, end, MAX_BLOCK, MAX_BLOCK_LINES
            ):
                if begin:
                    self._settle_blocks(region, tokens, token, starts)
                else:
                    self._break(starts, end, MAX_BLOCK, MAX_BLOCK_LINES)
                return True
        token, begin, end = blocks[-1]
        if begin:
            # Settle everything before the last block.
            self._settle_blocks(region, tokens, token, starts)
            return True
        if token.type == "fence":
            return self._open_fence(region, starts[end])
        if token.type == "table_open":
            return self._open_table(region, starts, end)
        if token.type in ("bullet_list_open", "ordered_list_open"):
            return self._settle_items(tokens, region, starts, end)
        # Unreachable for other kinds of blocks that fill a window: those are broken above.
        return False

    def _pay(self, text: str, fences: Sequence[Span] = ()) -> str:
        """Remove `text` from the open part; returns as much of it as the budget allows to draw."""
        stop = self._budget.afford(text, fences)
        self._is_verbatim = stop < len(text)
        self._open = self._open[stop:]
        return text[:stop]

    def _settle_blocks(
        self, region: str, tokens: list[Token], stop: Token, starts: list[int]
    ) -> None:
        """Settle the blocks before `stop`, one of the top-level `tokens` of `region`."""
        assert stop.map is not None
        tokens = tokens[: next(n for n, token in enumerate(tokens) if token is stop)]
        blocks = list(top_blocks(tokens))
        fences = [(starts[t[1]], starts[t[2]]) for t in blocks if t[0].type == "fence"]
        text = region[: starts[stop.map[0]]]
        paid = self._pay(text, fences)
        if len(paid) == len(text):
            self._settle_text(paid, tokens)
            return
        # Without its end, the last block might be parsed as more of the one before.
        place = _last_start([begin for _, begin, _ in blocks], starts, len(paid))
        self._settle_text(paid[:place])
        self._settle_text(paid[place:])

    def _break(self, starts: list[int], end: int, limit: int, max_lines: int) -> None:
        """Settle the first part of a block that is too long."""
        stop = 1
        while stop < min(end, max_lines) and starts[stop] <= limit:
            stop += 1
        self._settle_text(self._pay(self._open[: starts[stop]]))
        if not self._is_verbatim:
            self._blank_due = False

    def _settle_text(self, text: str, tokens: list[Token] | None = None) -> None:
        """Render whole blocks for good."""
        writer = self._writer(text, tokens)
        self._add(writer.lines)
        self._blank_due = self._blank_due or bool(writer.lines)
        self._in_list, self._list_number = False, None

    def _writer(self, text: str, tokens: list[Token] | None = None) -> BlockWriter:
        writer = BlockWriter(self.width, [], self._blank_due, source=text.split("\n"))
        if self._in_list:
            writer.first_number = self._list_number
        writer.write_text(text, tokens)
        return writer

    def _settle_items(self, tokens: list[Token], region: str, starts: list[int], end: int) -> bool:
        """Settle all items of an open list but the last."""
        items = [t.map for t in tokens if t.type == "list_item_open" and t.level == 1 and t.map]
        begin = items[-1][0]
        if begin:
            text = self._pay(region[: starts[begin]])
            place = len(text)
            if self._is_verbatim:
                place = _last_start([item[0] for item in items], starts, place)
            self._add_items(text[:place])
            if place < len(text):
                self._add_items(text[place:])
            self._blank_due = self._blank_due or self._is_verbatim
            return True
        if not _is_long(starts, 0, end, MAX_ITEM, MAX_ITEM_LINES):
            return False
        self._break(starts, end, MAX_ITEM, MAX_ITEM_LINES)
        return True

    def _add_items(self, text: str) -> None:
        writer = self._writer(text)
        self._add(writer.lines)
        self._list_number, self._in_list = writer.last_number, True
        self._blank_due = _ends_blank(text)

    def _open_fence(self, region: str, end: int) -> bool:
        """The last block is a fence up to `end`: settle it if it is closed, else line by line."""
        rows = region.split("\n")
        opening = _FENCE_OPEN.match(rows[0])
        if opening is None:
            return False
        fence = _OpenFence(opening[1], len(opening[0]) - len(opening[1]), [rows[0]])
        if any(fence.closes(row) for row in rows[1:]):
            # Nothing can change a closed fence, and colouring it again would be the most expensive.
            self._settle_text(self._pay(region, [(0, end)]))
            return True
        if self._budget.is_spent:
            self._is_verbatim = True
            return True
        self._fence_start = len(self.lines)
        self._add([()] if self._blank_due else [])
        self._fence = fence
        rest = self._open[len(rows[0]) + 1 :]
        self._open = ""
        self._open = self._read_fence(fence, rest) if rest else ""
        return True

    # -- tables ----------------------------------------------------------------------------------

    def _open_table(self, region: str, starts: list[int], end: int) -> bool:
        """Settle the rows of a table whose columns are decided."""
        head = 2
        decided = next(
            (n for n in range(head, end) if n == MEASURED_ROWS + head or starts[n] > MAX_ITEM), None
        )
        if decided is None:
            return False
        whole = region[: starts[decided]]
        text = self._pay(whole)
        if text != whole:
            self._settle_text(text)
            return True
        rows, aligns, _ = table_cells(parse(text), 0)
        layout = lay_out(rows, aligns, self.width)
        self._add([*([()] if self._blank_due else []), *table_lines(rows, layout)])
        self._table = _OpenTable(region[: starts[2]], layout, len(text))
        self._blank_due, self._in_list = False, False
        return True

    def _settle_rows(self, table: _OpenTable) -> bool:
        region = self._region(table.step)
        lines, used = self._rows(table, region)
        paid = self._pay(region[:used])
        if self._is_verbatim:
            lines, _ = self._rows(table, paid)
        self._add(lines)
        table.step = min(2 * table.step, STEP)
        if used < len(region) or self._is_verbatim:
            # Another block follows: the table is finished.
            self._table, self._blank_due = None, True
        return True

    def _rows(self, table: _OpenTable, text: str) -> tuple[list[Line], int]:
        """The rows at the start of `text`, and how many characters they span."""
        tokens = parse(table.head + text)
        end = tokens[0].map[1] if tokens and tokens[0].map else 2
        rows, _, _ = table_cells(tokens, 0)
        lines = [line for row in rows[1:] for line in row_lines(row, table.layout)]
        starts = _line_starts(text)
        return lines, starts[min(end - 2, len(starts) - 1)]

    # -- the open part ---------------------------------------------------------------------------

    def _draw(self, partial: str, *, final: bool) -> int:
        first = self.settled
        del self.lines[first:]
        fence = self._fence
        if fence is not None:
            self._restore_fence(fence)
            if final or (partial and fence.closes(partial)):
                first = self.settled = self._fence_start
                del self.lines[first:]
                self._fence_drawn_closed = True
                rows = fence.source[1:]
                if partial.strip(" \t") and not fence.closes(partial):
                    rows.append(partial)
                self.lines.extend(self._closed_fence(fence, rows))
            elif partial:
                self.lines.extend(self._fence_lines(fence, [partial]))
            return first
        if self._is_verbatim:
            self.lines.extend(self._verbatim(partial) if partial else [])
            return first
        text = self._open + partial
        if self._table is not None and text:
            lines, used = self._rows(self._table, text)
            self.lines.extend(lines)
            text = text[used:]
            if text.strip():
                self.lines.append(())
        if text:
            self.lines.extend(self._writer(text).lines)
        return first


def _is_long(starts: list[int], begin: int, end: int, limit: int, max_lines: int) -> bool:
    """Whether the lines from `begin` to `end` are too many to draw again with each delta."""
    return starts[end] - starts[begin] > limit or end - begin > max_lines


def _last_start(lines: Sequence[int], starts: Sequence[int], stop: int) -> int:
    """The last offset before `stop` at which one of `lines` begins."""
    return max((starts[line] for line in lines if starts[line] < stop), default=0)


def _line_starts(text: str) -> list[int]:
    """The offset of each line; the last one is the end of the text."""
    starts = [0]
    at = text.find("\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find("\n", at + 1)
    if starts[-1] != len(text):
        starts.append(len(text))
    return starts


def _ends_blank(text: str) -> bool:
    """Whether the last line of `text`, which ends with a newline, is blank."""
    return not text[:-1].rpartition("\n")[2].strip()
