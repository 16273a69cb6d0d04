"""One entry of a view as lines, whatever its kind. Pure: the time is passed in.

The first two cells of a line hold its mark, so that all text is aligned. A state is shown by mark
and word. Long content is folded to its first lines, with a count of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from lashd.gist import retry_wait
from lashtui.feed.divider import Divider
from lashtui.render.ansi import ansi_lines
from lashtui.render.calls import (
    MARGIN,
    Shown,
    draws,
    edits_section,
    more_note,
    read_section,
    size_of,
)
from lashtui.render.code import code_lines
from lashtui.render.markdown import PROSE_WIDTH
from lashtui.render.styles import (
    BLANK,
    FAILED,
    FAINT,
    MUTED,
    STRONG,
    TEXT,
    TROUBLE,
    WAITING,
    WORKING,
    Line,
    Run,
    TextStyle,
    begun,
)
from lashtui.render.tool_text import args_text, exit_code, value_text
from lashtui.render.wrap import cap_marks, cut, indent, width_of, wrap_plain
from lashtui.text.awaited import is_open_question, is_question
from lashtui.text.changes import CONTENTS, edits_of, read_path
from lashtui.text.duration import duration_clock, duration_exact, duration_long
from lashtui.text.format import clock, plural
from lashtui.text.linediff import Work
from lashtui.text.marks import CALL_MARKS
from lashtui.text.output import has_styles, last_lines, last_of, output_text, raw_output
from lashtui.text.patch import looks_like_diff
from lashtui.text.retry import attempt_words
from lashtui.text.sanitize import safe_line, safe_text
from lashtui.text.tools import key_argument, remark

if TYPE_CHECKING:
    from lashd.view import Entry

GUTTER: Final = 2
"""Cells before the text: a mark and a space."""
SHOWN_LINES: Final = 400
"""Lines of an unfolded output: more than anyone reads in place."""
SHOWN_CHARS: Final = 64 * 1024
"""Characters of it that are drawn: bounds the cost of unfolding."""
USER_LINES: Final = 40
"""Lines of a user's message before it is folded: somebody may have pasted a file."""
FOLDED_REASONING: Final = 3
FAILED_LINES: Final = 4
"""Last lines of a failed call's output that stay visible when it is folded: why it failed."""
FOLDED_STEPS: Final = 10_000
"""Steps to find out how much a folded call has changed, at most 2 ms: many are drawn at once."""
WHOLE_LINES: Final = 100_000
"""Lines on the screen of a single entry."""
WHOLE_CHARS: Final = 4 * 1024 * 1024
"""Characters on it: as much as a whole view may hold."""
ERROR_LINES: Final = 20
COLUMNS_FROM: Final = 127
"""Cells of an entry from which on a change may have two columns: a transcript of 130 columns."""
MAX_DEPTH: Final = 4
"""Levels of subagents that are indented: deeper ones align with the last, to leave some width."""

_WORDS: Final = {"running": "running", "failure": "failed", "cancelled": "cancelled"}

_FOLDABLE: Final = frozenset(
    {"tool", "code", "value", "diagnostic", "reasoning", "user", "error", "retry"}
)
TEXTUAL: Final = frozenset({"prose", "reasoning"})
"""Kinds that grow while they are shown; `lashtui.render.text_doc` draws them."""
_COMPACT: Final = frozenset({"tool", "code", "value", "diagnostic", "retry", "frame"})


def is_foldable(entry: Entry) -> bool:
    """Whether it may show only its first lines. A question is always shown in full."""
    return entry.kind in _FOLDABLE and not is_question(entry)


def is_compact(entry: Entry) -> bool:
    """Whether it is of one line, drawn without blank lines between it and others of its like."""
    return entry.kind in _COMPACT and not is_question(entry)


def entry_lines(
    entry: Entry,
    width: int,
    *,
    folded: bool,
    now_ms: int,
    whole: bool = False,
    columns: bool = False,
) -> list[Line]:
    """The lines of an entry that is not TEXTUAL, at most `width` cells each.

    `whole`: for the screen of a single entry, where nothing is left out. `columns`: of a change,
    what was stands beside what is, where there is room for both.
    """
    # Not where prose ends: then an unfolded output would reach beyond its own head.
    edge = width
    kind = entry.kind
    if kind == "tool":
        limits = (WHOLE_LINES if whole else SHOWN_LINES, whole)
        room = Shown(max(8, width - MARGIN), *limits, columns and width >= COLUMNS_FROM)
        return _tool(entry, width, edge, folded=folded, now_ms=now_ms, room=room)
    if kind == "code":
        return _code(entry, width, edge, folded=folded, now_ms=now_ms, whole=whole)
    if kind == "user":
        return _user(entry, width, folded=folded, whole=whole)
    if kind == "error":
        return _error(entry, width, folded=folded, whole=whole)
    if kind == "retry":
        return _retry(entry, width, edge, folded=folded and not whole)
    if is_question(entry):
        return _question(entry, width, now_ms=now_ms, whole=whole)
    if kind in ("value", "diagnostic"):
        return _value(entry, width, edge, folded=folded, whole=whole)
    if kind == "commit":
        return [_commit(entry, edge)]
    if kind == "frame":
        return [cut((("→ ", MUTED), (f"frame {safe_line(entry.name or '')}", MUTED)), width)]
    return _value(entry, width, edge, folded=folded, whole=whole)


def divider_line(divider: Divider, edge: int) -> Line:
    """A rule with a caption."""
    if divider.muted:
        style, rule = MUTED, FAINT
    elif divider.kind == "gap":
        style = rule = TROUBLE
    else:
        style, rule = STRONG, FAINT
    return _rule(safe_line(divider.text), "", edge, style, rule)


def label_line(label: str) -> Line:
    """Names the subagent whose work is below."""
    return (("╴ ", FAINT), (safe_line(label), MUTED))


def is_running(entry: Entry) -> bool:
    """Whether the entry shows a running time: no longer once its turn is over."""
    return entry.state == "running" and not entry.settled


def shows_time(entry: Entry) -> bool:
    """Whether its lines change with the clock alone."""
    counts = is_running(entry) or is_open_question(entry)
    return counts and entry.started_at is not None


def head_line(
    mark: Run,
    parts: Sequence[Run],
    right: str,
    edge: int,
    right_style: TextStyle = MUTED,
    *,
    size: Sequence[Run] = (),
) -> Line:
    """A mark, what the entry is about, and right-aligned at `edge` its size and duration."""
    told: list[Run] = [*size, ("  ", TEXT)] if size and right else [*size]
    if right:
        told.append((right, right_style))
    room = edge - (width_of(told) + 2 if told else 0)
    line = list(cut([mark, (" ", TEXT), *parts], room))
    if told:
        line.append((" " * max(1, edge - width_of(told) - width_of(line)), TEXT))
        line += told
    return cut(line, edge)


def folded_note(hidden: int) -> Line:
    """What a fold hides."""
    return (("  ", TEXT), (f"… {plural(hidden, 'more line')}", FAINT))


def _took(entry: Entry, now_ms: int) -> str:
    if entry.state == "running":
        if entry.settled:
            return "no result"
        if entry.started_at is None:
            return "running"
        return f"running {duration_clock((now_ms - entry.started_at) / 1000)}"
    parts = []
    if entry.state in ("failure", "cancelled"):
        code = exit_code(entry.output)
        parts.append(f"exit {code}" if code else _WORDS[entry.state])
    if entry.duration_ms is not None:
        parts.append(duration_exact(entry.duration_ms))
    return "  ".join(part for part in parts if part)


def _state_mark(entry: Entry) -> Run:
    if entry.state == "running" and not is_running(entry):
        return ("·", MUTED)
    style = {"running": WORKING, "failure": FAILED}.get(entry.state or "", MUTED)
    return (CALL_MARKS.get(entry.state or "", "·"), style)


def _head(
    entry: Entry, name: str, about: str, edge: int, now_ms: int, *, size: Sequence[Run] = ()
) -> Line:
    failed, running = entry.state == "failure", is_running(entry)
    parts: list[Run] = [(name, STRONG if failed or running else TEXT)]
    if about:
        parts.append((f"  {cap_marks(about)}", TEXT if failed else MUTED))
    style = WORKING if running else FAILED if failed else MUTED
    return head_line(_state_mark(entry), parts, _took(entry, now_ms), edge, style, size=size)


def _tool(
    entry: Entry, width: int, edge: int, *, folded: bool, now_ms: int, room: Shown
) -> list[Line]:
    name = safe_line(entry.name or "tool", 80)
    about = key_argument(entry.args)
    if folded:
        made = edits_of(entry, Work(FOLDED_STEPS)) if entry.state == "success" else []
        return [
            _head(entry, name, about, edge, now_ms, size=size_of(made)),
            *_failure(entry, width),
        ]
    lines = [_head(entry, name, about, edge, now_ms)]
    whole = room.whole
    edits = edits_of(entry)
    if draws(edits):
        ended = not is_running(entry)
        lines += edits_section(edits, entry.state, room, ended=ended)
        if entry.state == "success" and not whole:
            return lines
    if whole or not draws(edits):
        args = entry.args
        if isinstance(args, dict) and any(edit.content is not None for edit in edits):
            args = {key: value for key, value in args.items() if key not in CONTENTS}
        lines += _section("arguments", args_text(args), width, whole=whole)
    return lines + (_read(entry, room) or _output(entry, width, whole=whole))


def _read(entry: Entry, room: Shown) -> list[Line]:
    path = read_path(entry) if entry.state == "success" else ""
    return read_section(output_text(entry.output), path, room) if path else []


def _failure(entry: Entry, width: int) -> list[Line]:
    """The last lines of a failed call's output."""
    if entry.state != "failure":
        return []
    room = max(1, width - 4)
    rows: list[Line]
    if has_styles(entry.output):
        parts, earlier = last_of(raw_output(entry.output), FAILED_LINES)
        rows = ansi_lines("\n".join(parts), room, MUTED)
    else:
        parts, earlier = last_lines(entry.output, FAILED_LINES)
        # Don't wrap all of a very long line for the few rows of it that are shown.
        text = "\n".join(part[-room * FAILED_LINES :] for part in parts)
        rows = wrap_plain(text, room, MUTED) if text else []
    lines: list[Line] = []
    if earlier:
        lines.append((("    ", TEXT), (f"… {plural(earlier, 'earlier line')}", FAINT)))
    rows = rows[-FAILED_LINES:]
    rows[:1] = map(begun, rows[:1])
    return lines + [(("    ", TEXT), *row) if row else BLANK for row in rows]


def _code(
    entry: Entry, width: int, edge: int, *, folded: bool, now_ms: int, whole: bool = False
) -> list[Line]:
    source = safe_text((entry.text or "").strip("\n"))
    first = next((row for row in source.split("\n") if row.strip()), "")
    language = safe_line(entry.name or "code", 40)
    lines = [_head(entry, language, safe_line(first, 400), edge, now_ms)]
    if folded:
        return lines + _failure(entry, width)
    lines += _section("source", source, width, language=entry.name or "", whole=whole)
    return lines + _output(entry, width, whole=whole)


def _user(entry: Entry, width: int, *, folded: bool, whole: bool = False) -> list[Line]:
    text = safe_text((entry.text or "").strip("\n"))
    body = _limited(
        text,
        min(width - GUTTER, PROSE_WIDTH),
        TextStyle("strong"),
        USER_LINES if folded else SHOWN_LINES,
        whole=whole,
    )
    return [
        ((("❯ " if number == 0 else "  "), STRONG), *line) if line or number == 0 else BLANK
        for number, line in enumerate(body)
    ]


def _error(entry: Entry, width: int, *, folded: bool, whole: bool = False) -> list[Line]:
    text = safe_text((entry.text or "").strip("\n"))
    body = _limited(
        text,
        min(width - GUTTER, PROSE_WIDTH),
        TEXT,
        ERROR_LINES if folded else SHOWN_LINES,
        whole=whole,
    )
    first: Line = (("✗ ", FAILED), ("error", FAILED))
    if len(body) == 1:
        return (
            [cut((*first, ("  ", TEXT), *body[0]), width)]
            if width_of(body[0]) + 9 <= width
            else [first, *_shifted(body)]
        )
    return [first, *_shifted(body)]


def retry_parts(entry: Entry) -> tuple[str, str]:
    """`retry 1 of 3 · partial answer discarded` and `after 2s`, as far as they are known."""
    details = entry.output if isinstance(entry.output, dict) else {}
    words, wait = attempt_words(details), retry_wait(details)
    if details.get("withdrawn") is True:
        words += " · partial answer discarded"
    return words, f"after {wait:g}s" if wait else ""


def _retry(entry: Entry, width: int, edge: int, *, folded: bool) -> list[Line]:
    words, right = retry_parts(entry)
    parts: list[Run] = [(words, TEXT)]
    if not entry.text:
        return [head_line(("↻", MUTED), parts, right, edge)]
    if not folded:
        reason = wrap_plain(safe_text(entry.text).strip(), max(1, width - 2), MUTED)
        return [
            head_line(("↻", MUTED), parts, right, edge),
            *indent(reason, ("  ", MUTED), ("  ", MUTED)),
        ]
    parts.append((f"  {cap_marks(safe_line(entry.text))}", MUTED))
    return [head_line(("↻", MUTED), parts, right, edge)]


def question_words(entry: Entry, now_ms: int) -> str:
    """`waiting for you 4 min`; once it is over `asked · answered after 4 min`."""
    if is_open_question(entry):
        if entry.started_at is None:
            return "waiting for you"
        return f"waiting for you {duration_long((now_ms - entry.started_at) / 1000)}"
    if entry.ended_at is None:
        return "asked · no answer"
    if entry.started_at is None:
        return "asked · answered"
    return f"asked · answered after {duration_long((entry.ended_at - entry.started_at) / 1000)}"


def question_text(
    text: str, width: int, style: TextStyle = TEXT, *, whole: bool = False
) -> list[Line]:
    """What is asked, as it stands under its heading."""
    text = safe_text(text.strip("\n"))
    if not text.strip():
        return []
    room = min(width - GUTTER, PROSE_WIDTH)
    return _shifted(_limited(text, room, style, SHOWN_LINES, whole=whole))


def _question(entry: Entry, width: int, *, now_ms: int, whole: bool) -> list[Line]:
    is_open = is_open_question(entry)
    head = WAITING if is_open else MUTED
    first = cut((("‼ ", head), (question_words(entry, now_ms), head)), width)
    text = question_text(entry.text or "", width, TEXT if is_open else MUTED, whole=whole)
    return [first, *text]


def _value(entry: Entry, width: int, edge: int, *, folded: bool, whole: bool = False) -> list[Line]:
    submitted = entry.kind == "value"
    if submitted:
        name = safe_line(entry.name or "submitted", 80)
        mark, style, about_style = ("◆", MUTED), TEXT, TEXT
    else:
        name = safe_line(entry.name or entry.kind, 80).replace("_", " ")
        mark, style, about_style = ("·", FAINT), MUTED, FAINT
    about = safe_line(entry.text, 400) if entry.text else remark(entry.output)
    parts: list[Run] = [(name, style)]
    if about:
        parts.append((f"  {cap_marks(about)}", about_style))
    lines = [head_line(mark, parts, "", edge)]
    if folded:
        return lines
    text = value_text(entry.output) or safe_text(entry.text or "")
    return lines + _section("", text, width, whole=whole)


def turn_of(entry: Entry) -> int | None:
    """The number of the turn that this commit ends."""
    details = entry.output if isinstance(entry.output, dict) else {}
    turn = details.get("turn_index")
    return turn if isinstance(turn, int) and not isinstance(turn, bool) else None


def turn_words(turn: int) -> str:
    """What stands beside the prompt that a turn begins with."""
    return f"turn {turn}"


def _commit(entry: Entry, edge: int) -> Line:
    """Below its turn, and says so: who reads upwards meets it above the next one."""
    turn = turn_of(entry)
    words = f"turn {turn}" if turn is not None else "turn"
    style = MUTED
    if entry.state != "failure":
        words = f"end of {words}"
    else:
        words, style = f"{CALL_MARKS['failure']} {words} {_WORDS['failure']}", FAILED
    right = []
    if entry.duration_ms is not None:
        right.append(duration_exact(entry.duration_ms))
    if entry.ended_at:
        right.append(clock(entry.ended_at))
    return _rule(words, " · ".join(part for part in right if part), edge, style, FAINT)


def _rule(words: str, right: str, width: int, style: TextStyle, rule: TextStyle) -> Line:
    """`style` is of the words, `rule` of the line itself."""
    line: list[Run] = [("── ", rule), (f"{cap_marks(words)} ", style)]
    tail = f" {right}" if right else ""
    space = width - width_of(line) - len(tail)
    if space > 0:
        line.append(("─" * space, rule))
    if tail:
        line.append((tail, MUTED if style == FAILED else style))
    return cut(line, width)


def _section(
    title: str, text: str, width: int, language: str = "", *, whole: bool = False
) -> list[Line]:
    """A titled part of an unfolded entry."""
    if not text:
        return []
    lines: list[Line] = [(("    ", TEXT), (title, FAINT))] if title else []
    room = max(8, width - 6)
    body = _limited(text, room, TextStyle("muted"), SHOWN_LINES, language=language, whole=whole)
    return lines + [(("      ", TEXT), *line) if line else BLANK for line in body]


def _output(entry: Entry, width: int, *, whole: bool) -> list[Line]:
    """What a call printed: its end says how it ended, so of a long one the middle is left out."""
    styled = has_styles(entry.output)
    text = raw_output(entry.output).strip("\n") if styled else output_text(entry.output)
    if not text:
        return []
    room = max(8, width - 6)
    rows = text.split("\n")
    half, chars = SHOWN_LINES // 2, SHOWN_CHARS // 2
    shown: list[Line]
    if looks_like_diff(text) and not styled:
        return _section("output", text, width, language="diff", whole=whole)
    if whole:
        shown = _verbatim(text[:WHOLE_CHARS], room, styled=styled)[:WHOLE_LINES]
    elif len(rows) <= SHOWN_LINES and len(text) <= SHOWN_CHARS:
        shown = _verbatim(text, room, styled=styled)
        if len(shown) > SHOWN_LINES:
            shown[half:-half] = [(("…", FAINT),)]
            shown[half + 1] = begun(shown[half + 1])
    else:
        if len(rows) <= SHOWN_LINES:  # few, but long ones
            head, tail = text[:chars], text[-chars:]
        else:
            head, tail = "\n".join(rows[:half])[:chars], "\n".join(rows[-half:])[-chars:]
        left_out = len(rows) - 2 - head.count("\n") - tail.count("\n")
        note = f"… {plural(left_out, 'more line')} · open to see all" if left_out > 0 else "…"
        first, last = (_verbatim(part, room, styled=styled) for part in (head, tail))
        last = last[-half:]
        last[:1] = map(begun, last[:1])
        shown = [*first[:half], ((note, FAINT),), *last]
    title: Line = (("    ", TEXT), ("output", FAINT))
    return [title, *((("      ", TEXT), *line) if line else BLANK for line in shown)]


def _verbatim(text: str, width: int, *, styled: bool) -> list[Line]:
    return ansi_lines(text, width, MUTED) if styled else wrap_plain(text, width, MUTED)


def _limited(
    text: str, width: int, style: TextStyle, most: int, language: str = "", *, whole: bool = False
) -> list[Line]:
    """The first `most` lines of `text`, and how many were left out."""
    width = max(1, width)
    most, chars = (WHOLE_LINES, WHOLE_CHARS) if whole else (most, SHOWN_CHARS)
    shown = text[:chars]
    left_out = text.count("\n", len(shown)) if len(text) > len(shown) else 0
    lines = code_lines(shown, language, width) if language else wrap_plain(shown, width, style)
    if len(lines) > most:
        left_out += len(lines) - most
        del lines[most:]
    elif len(text) > len(shown):
        left_out = max(1, left_out)
    if left_out:
        lines.append(((more_note(left_out, whole=whole), FAINT),))
    return lines


def _shifted(lines: Sequence[Line]) -> list[Line]:
    return [(("  ", TEXT), *line) if line else BLANK for line in lines]
