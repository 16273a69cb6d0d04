"""Rows as lines of a table: aligned, neutralised, as wide as the terminal. Pure."""

from __future__ import annotations

from lashtui.text.duration import duration_short
from lashtui.text.figures import dollars, percent
from lashtui.text.place import short_home
from lashtui.text.sanitize import safe_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Final

    from lashtui.listing.row import Row

GAP: Final = 2
"""Cells between two columns."""
MAX_CELL: Final = 40
"""Cells of a title, an agent or a directory: enough to know it by."""

COLUMNS: Final = (
    *("SESSION", "STATE", "TITLE", "AGENT", "DIRECTORY"),
    *("TURN", "CTX", "COST", "LAST", "DOING"),
)
"""The last one is the only one that may be long, so that nothing has to stand behind it."""
_RIGHT: Final = frozenset(("TURN", "CTX", "COST", "LAST"))
_LEAST: Final[Mapping[str, int]] = {"TITLE": 20, "AGENT": 12, "DIRECTORY": 14, "DOING": 12}
"""Cells that these can be cut to where there is little room; the others have what they need."""
_GOES: Final = ("AGENT", "TITLE", "DIRECTORY", "COST", "CTX", "TURN", "LAST", "DOING")
"""Which columns go, in this order, where there is no room for all. Session and state stay."""
_ENOUGH: Final = 40
"""Cells of DOING that are worth more than the first three of these."""
_GROWS: Final = ("DOING", "DIRECTORY", "TITLE", "DOING")
"""Which of those that were cut get what room is left; DOING first as much as is enough."""

_COLOURS: Final[Mapping[str, str]] = {
    "needs you": "1;33",
    "failed": "1;31",
    "quiet": "35",
    "working": "32",
    "done": "2",
}


def table(
    rows: Sequence[Row],
    *,
    now_ms: float,
    home: str = "",
    width: int | None = None,
    colour: bool = False,
    least: dict[str, int] | None = None,
    cut_names: bool = False,
) -> list[str]:
    """The heading and a line for each of `rows`, without empty columns.

    With `width` no line is longer, except where a session's name alone is: it is never cut, since
    other commands need it, unless `cut_names` says that nobody copies it. `least` has the widths of
    the tables before, which this one keeps and adds to: so a table that is shown again and again
    stands still.
    """
    cells = [_cells(row, now_ms, home) for row in rows]
    natural = {
        name: max([len(name), *(cell_width(row[name]) for row in cells)])
        for name in COLUMNS
        if name in ("SESSION", "STATE") or any(row[name] for row in cells)
    }
    if least is not None:
        for name in COLUMNS[:-1]:
            most = max(natural.get(name, 0), least.get(name, 0))
            if most:
                natural[name] = least[name] = most
        natural = {name: natural[name] for name in COLUMNS if name in natural}
    widths = natural if width is None else fitted(natural, width)
    if cut_names:
        cells = [
            {**texts, "SESSION": keep_start(texts["SESSION"], widths["SESSION"])} for texts in cells
        ]
    lines = [_line({name: name for name in widths}, widths, width)]
    for row, texts in zip(rows, cells, strict=True):
        lines.append(_line(texts, widths, width, state_colour(row) if colour else ""))
    return lines


def state_colour(row: Row) -> str:
    """The parameters of SGR for a session's state."""
    return _COLOURS[row.standing]


def fitted(natural: Mapping[str, int], width: int) -> dict[str, int]:
    """The columns that fit in `width` cells, and how wide each is."""
    # One very long name must not take the room of all others: its own line is cut short instead.
    name_width = min(natural["SESSION"], max(8, width // 2))
    least = {name: min(cells, _LEAST.get(name, cells)) for name, cells in natural.items()}
    widths = {**least, "SESSION": name_width}
    if "DOING" in natural:
        widths["DOING"] = min(natural["DOING"], _ENOUGH)
    for name in _GOES:
        if name == "COST" and "DOING" in widths:
            widths["DOING"] = least["DOING"]
        if _total(widths) <= width:
            break
        widths.pop(name, None)
    spare = width - _total(widths)
    for index, name in enumerate(_GROWS):
        if name in widths and spare > 0:
            most = natural[name] if index else min(natural[name], _ENOUGH)
            more = max(0, min(spare, most - widths[name]))
            widths[name] += more
            spare -= more
    return widths


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def _line(
    texts: Mapping[str, str], widths: Mapping[str, int], width: int | None, colour: str = ""
) -> str:
    line, used = "", 0
    for name, cells in widths.items():
        text = texts[name]
        if name == "SESSION":
            room = max(cells, cell_width(text))
        else:
            # A name that is too long for its column moves the others, and the end is cut.
            room = cells if width is None else min(cells, width - used)
            if room <= 0:
                break
            text = (keep_end if name == "DIRECTORY" else keep_start)(text, room)
        blank = " " * (room - cell_width(text))
        if colour and name == "STATE":
            text = f"\x1b[{colour}m{text}\x1b[m"
        line += (blank + text if name in _RIGHT else text + blank) + " " * GAP
        used += room + GAP
    return line.rstrip()


def _cells(row: Row, now_ms: float, home: str) -> dict[str, str]:
    directory = short_home(row.directory or "", home)
    return {
        "SESSION": safe_line(f"{row.host}:{row.session_id}" if row.host else row.session_id),
        "STATE": f"{row.word} {_ago(row.since, now_ms)}".rstrip(),
        "TITLE": keep_start(_capped(safe_line(row.title or "")), MAX_CELL),
        "AGENT": keep_start(_capped(safe_line(row.agent or "")), MAX_CELL),
        "DIRECTORY": keep_end(_capped(safe_line(directory, 4096)), MAX_CELL),
        "TURN": _ago(row.turn_since, now_ms),
        "CTX": _context(row),
        "COST": dollars(row.cost) if row.cost else "",
        "LAST": _ago(row.updated_at, now_ms),
        "DOING": _capped(row.what(now_ms)),
    }


def _capped(text: str) -> str:
    """`text` without a flood of marks in one cell."""
    if text.isascii():
        return text
    from lashtui.render.wrap import cap_marks

    return cap_marks(text)


def _context(row: Row) -> str:
    if row.context_share is not None:
        return percent(row.context_share)
    return "" if row.context_used is None else f"{row.context_used / 1000:.0f}k"


def _ago(then: int | None, now_ms: float) -> str:
    return "" if then is None else duration_short(max(0.0, now_ms - then) / 1000)


# -- cells -----------------------------------------------------------------------------------------


def cell_width(text: str) -> int:
    """Terminal cells; a wide character takes two."""
    # An ellipsis marks our own cuts, and takes one.
    if text.isascii() or text.replace("…", "").isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def keep_start(text: str, width: int) -> str:
    """`text` in at most `width` cells: its beginning."""
    return text if cell_width(text) <= width else _head(text, width - 1) + "…"


def keep_end(text: str, width: int) -> str:
    """`text` in at most `width` cells: its end, which says most about a path."""
    return text if cell_width(text) <= width else "…" + _head(text[::-1], width - 1)[::-1]


def _head(text: str, width: int) -> str:
    head = text[: max(0, width)]
    while head and cell_width(head) > width:
        # Each character too many takes a cell at least, and two at most.
        head = head[: -max(1, (cell_width(head) - width) // 2)]
    return head
