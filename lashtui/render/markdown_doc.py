"""Markdown that still grows: settled blocks are rendered once, the open one again.

Only whole lines decide the structure: an unfinished line may still become anything (`2` a list
item, `--` a rule), but whole lines never change the blocks before the last. The last block settles
piece by piece where it can: finished items of a list, rows of a table whose columns are decided,
lines of an open fence (coloured when it closes). Other blocks are broken when they grow too long.
So a delta costs what the open piece costs, however long the message and the transcript are, and
the result does not depend on how the text was cut into deltas.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.render.look import TEXT, Look
from lashtui.render.markdown import (
    BlockWriter,
    parse,
    parser,
    table_cells,
    table_lines,
    top_blocks,
)
from lashtui.render.table import MEASURED_ROWS, Layout, lay_out, row_lines
from lashtui.render.text_doc import TextDoc

if TYPE_CHECKING:
    from markdown_it.token import Token

    from lashtui.render.look import Line

MAX_BLOCK: Final = 4 * 1024
"""Characters of a paragraph or quote that is drawn again with each delta (about 2 ms)."""
MAX_ITEM: Final = 32 * 1024
"""The same of one list item: breaking it loses its indentation, so it gets more."""
WINDOW: Final = 64 * 1024
"""Characters parsed at once: a message of megabytes is taken in steps, so that it stays linear."""

_FENCE_OPEN = re.compile(r" {0,3}(`{3,}|~{3,})")
_FENCE_CLOSE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")


class _OpenFence(msgspec.Struct):
    mark: str
    indent: int
    source: list[str]
    """Its lines, the opening one first."""

    def closes(self, line: str) -> bool:
        match = _FENCE_CLOSE.fullmatch(line)
        return match is not None and match[1].startswith(self.mark)

    def body(self, line: str) -> str:
        spaces = len(line) - len(line.lstrip(" "))
        return line[min(spaces, self.indent) :]


class _OpenTable(msgspec.Struct):
    head: str
    """Its first two lines."""
    layout: Layout


class MarkdownDoc(TextDoc):
    """A Markdown message."""

    def __init__(self, width: int, look: Look = TEXT) -> None:
        """Lines of `width` cells."""
        super().__init__(width, look)
        self._open = ""
        self._fence: _OpenFence | None = None
        self._fence_start = 0
        """Where its lines begin, which are replaced when it closes."""
        self._fence_drawn_closed = False
        self._table: _OpenTable | None = None
        self._in_list = False
        """What is open begins with an item that goes on with the settled list."""
        self._list_number: int | None = None
        self._blank_due = False
        """A blank line stands before what is open."""

    def _restart(self, cut_chars: int) -> None:
        super()._restart(cut_chars)
        self._open = ""
        self._fence = self._table = None
        self._in_list = self._blank_due = self._fence_drawn_closed = False

    # -- whole lines -----------------------------------------------------------------------------

    def _take(self, text: str) -> int:
        first = self.settled
        del self.lines[first:]
        if self._fence is not None:
            self._restore_fence(self._fence)
            text = self._take_fence(self._fence, text)
            if self._fence is None:
                first = min(first, self._fence_start)
        self._open += text
        while self._open and self._settle():
            pass
        return first

    def _take_fence(self, fence: _OpenFence, text: str) -> str:
        """Lines into the open fence; returns what comes after it."""
        rows = text.split("\n")
        rows.pop()
        for number, row in enumerate(rows):
            fence.source.append(row)
            if fence.closes(row):
                del self.lines[self._fence_start :]
                self._fence = None
                self._settle_text("\n".join(fence.source) + "\n")
                rest = rows[number + 1 :]
                return "\n".join(rest) + "\n" if rest else ""
            self._add(self._fence_line(fence, row))
        return ""

    def _restore_fence(self, fence: _OpenFence) -> None:
        """Plain lines again, where the fence was drawn as if it were closed."""
        if self._fence_drawn_closed:
            self._fence_drawn_closed = False
            self._add([()] if self._blank_due else [])
            for row in fence.source[1:]:
                self._add(self._fence_line(fence, row))

    def _fence_line(self, fence: _OpenFence, row: str) -> list[Line]:
        return BlockWriter(self.width).code(fence.body(row), "")

    def _add(self, lines: list[Line]) -> None:
        self.lines.extend(lines)
        self.settled = len(self.lines)

    def _settle(self) -> bool:
        """Settle one step of what is open; False when nothing more can be."""
        region = self._open
        if len(region) > WINDOW:
            region = region[: region.index("\n", WINDOW) + 1]
        if self._table is not None:
            return self._settle_rows(self._table, region)
        tokens = parser(inline=False).parse(region)
        blocks = list(top_blocks(tokens))
        if not blocks:
            self._open = self._open[len(region) :]
            return True
        starts = _line_starts(region)
        for number, (token, begin, end) in enumerate(blocks):
            limit = {"paragraph_open": MAX_BLOCK, "blockquote_open": MAX_BLOCK}.get(token.type)
            if token.type == "code_block":
                limit = MAX_BLOCK
            if limit is not None and starts[end] - starts[begin] > limit:
                return self._break(starts, number, begin, end, limit)
        token, begin, end = blocks[-1]
        if begin:
            # Everything before the last block is settled.
            self._settle_text(region[: starts[begin]])
            self._open = self._open[starts[begin] :]
            return True
        if token.type == "fence":
            return self._open_fence(region)
        if token.type == "table_open":
            return self._open_table(region, starts, end)
        if token.type in ("bullet_list_open", "ordered_list_open"):
            return self._settle_items(tokens, region, starts, end)
        # A window filled by one block of another kind can't be: those are broken above.
        return False

    def _break(self, starts: list[int], number: int, begin: int, end: int, limit: int) -> bool:
        """Settle up to a block that is too long, or the first part of it."""
        if number:
            place = starts[begin]
            self._settle_text(self._open[:place])
        else:
            stop = begin + 1
            while stop < end and starts[stop] - starts[begin] <= limit:
                stop += 1
            place = starts[stop]
            self._settle_text(self._open[:place])
            self._blank_due = False
        self._open = self._open[place:]
        return True

    def _settle_text(self, text: str) -> None:
        """Render whole blocks for good."""
        writer = self._writer(text)
        self._add(writer.lines)
        self._blank_due = self._blank_due or bool(writer.lines)
        self._in_list, self._list_number = False, None

    def _writer(self, text: str) -> BlockWriter:
        writer = BlockWriter(self.width, [], self._blank_due, source=text.split("\n"))
        if self._in_list:
            writer.first_number = self._list_number
        writer.write_text(text)
        return writer

    def _settle_items(self, tokens: list[Token], region: str, starts: list[int], end: int) -> bool:
        """Settle all items of an open list but the last."""
        items = [t.map for t in tokens if t.type == "list_item_open" and t.level == 1 and t.map]
        begin = items[-1][0]
        if begin:
            text = region[: starts[begin]]
            writer = self._writer(text)
            self._add(writer.lines)
            self._list_number, self._in_list = writer.last_number, True
            self._blank_due = _ends_blank(text)
            self._open = self._open[len(text) :]
            return True
        if starts[end] <= MAX_ITEM:
            return False
        return self._break(starts, 0, begin, end, MAX_ITEM)

    def _open_fence(self, region: str) -> bool:
        """The last block is a fence: settle it where it is closed, else follow it by lines."""
        rows = region.split("\n")
        opening = _FENCE_OPEN.match(rows[0])
        if opening is None:
            return False
        fence = _OpenFence(opening[1], len(opening[0]) - len(opening[1]), [rows[0]])
        if any(fence.closes(row) for row in rows[1:]):
            # Nothing can change a closed fence, and colouring it again would cost the most.
            self._settle_text(region)
            self._open = self._open[len(region) :]
            return True
        self._fence_start = len(self.lines)
        self._add([()] if self._blank_due else [])
        self._fence = fence
        rest = self._open[len(rows[0]) + 1 :]
        self._open = ""
        self._open = self._take_fence(fence, rest) if rest else ""
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
        text = region[: starts[decided]]
        rows, aligns, _ = table_cells(parse(text), 0)
        layout = lay_out(rows, aligns, self.width)
        self._add([*([()] if self._blank_due else []), *table_lines(rows, layout)])
        self._table = _OpenTable(region[: starts[2]], layout)
        self._open = self._open[len(text) :]
        self._blank_due, self._in_list = False, False
        return True

    def _settle_rows(self, table: _OpenTable, region: str) -> bool:
        lines, used = self._rows(table, region)
        self._add(lines)
        self._open = self._open[used:]
        if used < len(region):
            # Something else follows: the table is finished.
            self._table, self._blank_due = None, True
        return True

    def _rows(self, table: _OpenTable, text: str) -> tuple[list[Line], int]:
        """The rows at the start of `text`, and how many characters they took."""
        tokens = parse(table.head + text)
        end = tokens[0].map[1] if tokens and tokens[0].map else 2
        rows, _, _ = table_cells(tokens, 0)
        lines = [line for row in rows[1:] for line in row_lines(row, table.layout)]
        starts = _line_starts(text)
        return lines, starts[min(end - 2, len(starts) - 1)]

    # -- what is still open ----------------------------------------------------------------------

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
                self.lines.extend(self._writer("\n".join([*fence.source, partial])).lines)
            elif partial:
                self.lines.extend(self._fence_line(fence, partial))
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


def _line_starts(text: str) -> list[int]:
    """Offset of each line; the last is the end of the text."""
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
