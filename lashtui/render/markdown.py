"""Markdown blocks as lines: markdown-it's tokens in, lines out.

Two deviations from CommonMark keep settled lines unchanged while text is still arriving: link
reference definitions are shown verbatim (a later one would change earlier text), and blank lines
between list items depend on the source between those two items, not on the whole list. HTML is
shown verbatim.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Final, cast

import msgspec

from lashtui.render.code import code_lines
from lashtui.render.markdown_inline import add_inline, inline_runs
from lashtui.render.markdown_table import MAX_COLUMNS, Align, Cell, Layout, lay_out, row_lines, rule
from lashtui.render.styles import (
    BLANK,
    BOLD,
    FAINT,
    ITALIC,
    MUTED,
    TEXT,
    UNDERLINE,
    Line,
    Run,
    TextStyle,
)
from lashtui.render.wrap import wrap, wrap_plain

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.token import Token

PROSE_WIDTH: Final = 120
"""Cells: longer lines of prose are tiring to read. Code, tables and rules use the full width."""
MIN_WIDTH: Final = 8
"""Cells that are left for the text however deep the nesting."""
MAX_NESTING: Final = 100
"""Levels: what is nested deeper is not shown. CommonMark parsers usually stop at 20; real text has
fewer than ten, and each level costs a few frames of Python's stack."""
_HEADINGS: Final = {
    "h1": TextStyle("strong", BOLD | UNDERLINE),
    "h2": TextStyle("strong", BOLD),
    "h3": TextStyle("strong", BOLD | ITALIC),
}
_QUOTE: Final[Run] = ("▏ ", FAINT)


def parse(text: str) -> list[Token]:
    """The tokens of `text`."""
    return add_inline(parser(inline=False).parse(text), parser)


@lru_cache(maxsize=4)
def parser(*, inline: bool = True, links: bool = True) -> MarkdownIt:
    """The parser; without `inline` it only finds blocks, which is several times faster.

    Without `links` they are shown verbatim.
    """
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "maxNesting": MAX_NESTING})
    made.enable("strikethrough")
    # Its usual place is before lists and fences: a second line could turn an item into a table.
    made.block.ruler.before("lheading", "late_table", _table_rule, {"alt": ["paragraph"]})
    made.disable(["reference", "html_block", "html_inline"])
    if not links:
        made.disable(["link", "image"])
    if not inline:
        made.core.ruler.disable(["inline", "text_join"])
    return made


def _table_rule(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    """markdown-it's rule for tables, limited to a reasonable number of columns.

    It fills up rows to the number of columns of the head: thousands of them would take seconds.
    """
    from markdown_it.rules_block import table

    row = state.src[state.bMarks[start] : state.eMarks[start]]
    return row.count("|") <= 2 * MAX_COLUMNS and table(state, start, end, silent)


class _List(msgspec.Struct):
    number: int | None
    """The number of the next item; None for bullets."""
    source_end: int | None = None
    """The line after the last item."""


class BlockWriter(msgspec.Struct):
    """Writes blocks one after the other, with a blank line between them."""

    width: int
    lines: list[Line] = msgspec.field(default_factory=list)
    blank_due: bool = False
    """A blank line is due before the next block."""
    source: Sequence[str] = ()
    """The lines of the text that the tokens' maps refer to."""
    first_number: int | None = None
    """If a list continues an earlier one: the number of its first item here."""
    last_number: int | None = None
    """The number after the last item of a top-level ordered list."""
    _prefix: list[Run] = msgspec.field(default_factory=list)
    _bullet: Run | None = None
    """Replaces the innermost prefix on the next line written."""

    def write_text(self, text: str, tokens: list[Token] | None = None) -> None:
        """Write the blocks of `text`; its block `tokens` may be passed in if they are known."""
        tokens = parse(text) if tokens is None else add_inline(tokens, parser)
        count = len(self.lines)
        self.write(tokens)
        if len(self.lines) == count and any(t.level >= MAX_NESTING - 1 for t in tokens):
            # The parser gave up on all of it (nested too deeply): shown verbatim.
            self._block(wrap_plain(text.strip("\n"), self.width, TEXT))

    def write(self, tokens: Sequence[Token]) -> None:
        """Write all blocks of `tokens`."""
        lists: list[_List] = []
        heading = ""
        index = 0
        while index < len(tokens):
            token = tokens[index]
            kind = token.type
            if kind in ("bullet_list_open", "ordered_list_open"):
                self._start_list(token, lists)
            elif kind in ("bullet_list_close", "ordered_list_close"):
                if len(lists) == 1:
                    self.last_number = lists[0].number
                lists.pop()
                self.blank_due = True
            elif kind == "list_item_open":
                self._start_item(token, lists[-1])
            elif kind == "list_item_close":
                if self._bullet is not None:
                    self._emit([BLANK])
                self._prefix.pop()
                self.blank_due = False
            elif kind == "blockquote_open":
                if _holds_nothing(tokens, index):
                    # Skipped, or two blank lines would follow each other.
                    while (
                        tokens[index].type != "blockquote_close"
                        or tokens[index].level != token.level
                    ):
                        index += 1
                else:
                    self._gap()
                    self._prefix.append(_QUOTE)
            elif kind == "blockquote_close":
                self._prefix.pop()
                self.blank_due = True
            elif kind == "heading_open":
                heading = token.tag
            elif kind == "heading_close":
                heading = ""
            elif kind == "inline":
                style = _HEADINGS.get(heading, _HEADINGS["h3"]) if heading else TEXT
                self._block(wrap(inline_runs(token, style), self._room(PROSE_WIDTH)))
            elif kind in ("fence", "code_block"):
                self.write_fence(token.content.removesuffix("\n"), token.info)
            elif kind == "hr":
                self._block([(("─" * min(40, self._room(PROSE_WIDTH)), FAINT),)])
            elif kind == "table_open":
                index = self._table(tokens, index)
            index += 1

    def write_fence(self, source: str, info: str) -> None:
        """Write a code block; `info` is the text after its opening mark."""
        language = info.strip().split(" ")[0]
        self._block(self.code(source, language))

    def code(self, source: str, language: str) -> list[Line]:
        """The lines of a code block, indented by two spaces."""
        lines = code_lines(source, language, max(MIN_WIDTH, self._room() - 2))
        made: dict[int, Line] = {id(BLANK): BLANK}
        # Equal lines stay one object, see `wrap_plain`.
        for line in lines:
            if id(line) not in made:
                made[id(line)] = (("  ", TEXT), *line) if line else BLANK
        return [made[id(line)] for line in lines]

    def _room(self, limit: int = 1 << 30) -> int:
        used = sum([len(text) for text, _ in self._indent()])
        return max(MIN_WIDTH, min(limit, self.width) - used)

    def _indent(self) -> list[Run]:
        """The prefix, without the innermost levels if they would leave no space for text."""
        room = self.width - MIN_WIDTH
        for number, (text, _) in enumerate(self._prefix):
            room -= len(text)
            if room < 0:
                return self._prefix[:number]
        return self._prefix

    def _gap(self) -> None:
        if self.blank_due and self._bullet is None:
            prefix = tuple(self._indent())
            self.lines.append(prefix if any(text.strip() for text, _ in prefix) else BLANK)
        self.blank_due = False

    def _block(self, lines: Sequence[Line]) -> None:
        self._gap()
        self._emit(lines)
        self.blank_due = True

    def _emit(self, lines: Sequence[Line]) -> None:
        rest = tuple(self._indent())
        if not rest and self._bullet is None:
            self.lines.extend(lines)
            return
        for line in lines:
            prefix = rest
            if self._bullet is not None:
                prefix, self._bullet = (*rest[:-1], self._bullet), None
            visible = line or any(text.strip() for text, _ in prefix)
            self.lines.append((*prefix, *line) if visible else BLANK)

    def _start_list(self, token: Token, lists: list[_List]) -> None:
        if lists:
            # A nested list follows its item's text without a blank line.
            self.blank_due = False
        else:
            self._gap()
        number = None
        if token.type == "ordered_list_open":
            number = int(token.attrs.get("start", 1))
            if self.first_number is not None and not lists:
                number = self.first_number
        self.first_number = None
        lists.append(_List(number))

    def _start_item(self, token: Token, owner: _List) -> None:
        begin, end = token.map or (0, 0)
        if owner.source_end is not None and begin > owner.source_end:
            self.blank_due = True
            self._gap()
        owner.source_end = _trimmed_end(self.source, begin, end)
        if owner.number is None:
            mark = "• "
        else:
            mark = f"{owner.number}. "
            owner.number += 1
        self.blank_due = False
        self._bullet = (mark, MUTED)
        self._prefix.append((" " * len(mark), TEXT))

    def _table(self, tokens: Sequence[Token], index: int) -> int:
        rows, aligns, index = table_cells(tokens, index)
        layout = lay_out(rows, aligns, self._room())
        self._block(table_lines(rows, layout))
        return index


def table_lines(rows: Sequence[Sequence[Cell]], layout: Layout) -> list[Line]:
    """The lines of a whole table; the first of `rows` is its head."""
    lines = [*row_lines(rows[0], layout), rule(layout)]
    for row in rows[1:]:
        lines.extend(row_lines(row, layout))
    return lines


def table_cells(tokens: Sequence[Token], index: int) -> tuple[list[list[Cell]], list[Align], int]:
    """Rows (the head first), alignments, and the index of the closing token of a table."""
    rows: list[list[Cell]] = []
    aligns: list[Align] = []
    bold = False
    while tokens[index].type != "table_close":
        token = tokens[index]
        if token.type == "tr_open":
            rows.append([])
        elif token.type == "th_open":
            bold = True
            style = str(token.attrs.get("style", ""))
            side = style.removeprefix("text-align:")
            aligns.append(cast("Align", side) if side in ("right", "center") else "left")
        elif token.type == "th_close":
            bold = False
        elif token.type == "inline":
            rows[-1].append(inline_runs(token, TextStyle("strong", BOLD) if bold else TEXT))
        index += 1
    return rows, aligns, index


def _holds_nothing(tokens: Sequence[Token], index: int) -> bool:
    """Whether the quote opened at `index` is empty."""
    level = tokens[index].level
    while tokens[index].type in ("blockquote_open", "blockquote_close"):
        if tokens[index].type == "blockquote_close" and tokens[index].level == level:
            return True
        index += 1
    return False


def _trimmed_end(source: Sequence[str], begin: int, end: int) -> int:
    """The line after the last one between `begin` and `end` that is not blank."""
    while end > begin + 1 and end <= len(source) and not source[end - 1].strip():
        end -= 1
    return end


def render(text: str, width: int) -> list[Line]:
    """Safe Markdown `text` as lines of `width` cells."""
    writer = BlockWriter(width, source=text.split("\n"))
    writer.write_text(text)
    return writer.lines


def top_blocks(tokens: Sequence[Token]) -> Iterator[tuple[Token, int, int]]:
    """The top-level blocks: opening token, first line, line after the last."""
    for token in tokens:
        if token.level == 0 and token.nesting >= 0 and token.map is not None:
            yield token, token.map[0], token.map[1]
