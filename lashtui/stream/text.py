"""Records as text for people and logs: prose as it streams, one line for everything else.

Returns strings; knows no file. Everything from an agent goes through `sanitize` here. How much text
was written of each row is remembered, so that the snapshot after a gap adds what is missing instead
of repeating the whole session.
"""

from __future__ import annotations

from collections import OrderedDict

from lashd.cursor import position_of
from lashd.gist import QUESTION, is_question
from lashd.protocol.records import CONTROL
from lashtui.stream.kinds import activity_of
from lashtui.stream.lines import (
    MAX_ARGUMENT,
    describe_entry,
    describe_plan,
    describe_process,
    describe_queue,
    describe_session,
    describe_tool,
    is_over,
)
from lashtui.stream.policy import describe_gap
from lashtui.stream.speakers import Speakers
from lashtui.text.ansi import UNFINISHED, styled_lines, terminal_text, written
from lashtui.text.sanitize import safe_line, safe_text, split_unfinished

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lashd.protocol.records import Record
    from lashtui.text.ansi import Piece

MAX_ROWS = 16_384
"""Rows that are remembered: as many as a view holds."""

MAX_LINES = 64
"""Unfinished lines that are held: each belongs to a source that is being printed."""
MAX_LINE = 64 * 1024
"""Characters of one: as many as a publisher keeps."""
NARROW = 80
"""Columns that any terminal has: a longer line may take rows that can't be drawn again."""

MAX_NAMES = 512
"""Names that are remembered: a view has at most 256 of each."""

_PREFIX = {"reasoning": "~ ", "user": "> "}
_DIM, _PLAIN = "\x1b[2m", "\x1b[0m"


class TextWriter:
    """Turns records into text.

    `colour` allows styles: dim for reasoning, and those of commands. `redraws`: the text goes to a
    terminal, where a command's unfinished line can be shown and drawn again; elsewhere it is
    written once it has ended.
    """

    def __init__(self, *, colour: bool = False, redraws: bool = False) -> None:
        self._colour = colour
        self._redraws = redraws
        self._lines: dict[str, tuple[str, str, str]] = {}
        """Kind, text and format of unfinished lines that are not written, by key."""
        self._drawn = ""
        """What the terminal shows of an unfinished line; the cursor is behind it."""
        self._is_withdrawn = False
        """That line comes again, whole or in another form."""
        self._open: tuple[str, str] | None = None
        """(kind, key) of the row that more text may continue."""
        self._unfinished = ""
        """An incomplete escape sequence at the end of the open row."""
        self._is_blank = False
        """The open row is a thought of which nothing is written yet."""
        self._at_line_start = True
        self._written: OrderedDict[tuple[str, str], int] = OrderedDict()
        """Characters written of each row of text; 1 for a row that is a single line."""
        self._first: tuple[int, int] | None = None
        """(incarnation, n) of the first event, if no snapshot came before it."""
        self._from_start = False
        """A snapshot came first, so every row is counted from its beginning."""
        self._names: dict[str, OrderedDict[str, str]] = {
            "batches": OrderedDict(),
            "processes": OrderedDict(),
        }
        """Names of queued work and processes from their start: their ends have only ids."""
        self._calls: OrderedDict[str, tuple[str, Any]] = OrderedDict()
        """Name and arguments of running calls: completions may lack them."""
        self._speakers = Speakers()
        self._parent: str | None = None
        """The call that what is being written belongs under."""

    def write(self, record: Record) -> str:
        """The text of one record; empty if it shows nothing."""
        kind = record.get("type")
        self._parent = None
        if self._lines and kind in ("committed", "session_changed"):
            return self._write_lines() + self._write(record)
        return self._write(record)

    def _write(self, record: Record) -> str:
        kind = record.get("type")
        if not self._from_start and self._first is None and kind not in CONTROL:
            self._first = position_of(record.get("cursor")) or (0, 0)
        if kind == "turn_activity":
            return self._activity(activity_of(record))
        if kind == "observation":
            view = record.get("read_view")
            return self.snapshot(view) if isinstance(view, dict) else ""
        if kind == "gap":
            return self._line(f"-- {describe_gap(record)}; catching up from a snapshot")
        if kind == "queue_changed":
            self._name("batches", record.get("batches"), "text")
            return self._line(describe_queue(record, self._names["batches"]))
        if kind == "process_changed":
            self._name("processes", record.get("processes"), "label")
            return self._line(describe_process(record, self._names["processes"]))
        if kind == "session_changed":
            return self._line(describe_session(record))
        if kind == "agent_frame_switched":
            return self._line(f"-- frame: {safe_line(str(record.get('frame_id')))}")
        if kind == "committed":
            return self._committed(record)
        return ""

    def finish(self) -> str:
        """Unfinished lines, and the end of the last line."""
        return self._write_lines() + self._close()

    def snapshot(self, view: Record) -> str:
        """A whole view: what was not written yet of its rows, then what is pending."""
        left = self._written_of(view)
        entries = [entry for entry in view.get("entries") or () if isinstance(entry, dict)]
        asked = _open_question(view, entries)
        parts = [self._entry(entry, left) for entry in entries if entry is not asked]
        self._parent = None
        if view.get("dropped_entries"):
            count = view["dropped_entries"]
            parts.insert(0, f"-- {count:,} older entries are no longer kept\n")
        for of, key, name in (("queue", "batch_id", "text"), ("processes", "process_id", "label")):
            found = [item for item in view.get(of) or () if isinstance(item, dict)]
            items = {str(item.get(key)): item for item in found}
            self._name("batches" if of == "queue" else of, items, name)
        if view.get("plan"):
            parts.append(self._line(describe_plan(view["plan"])))
        parts.extend(
            self._line(f"-- queued: {safe_line(str(item.get('text') or item.get('batch_id')))}")
            for item in view.get("queue") or ()
        )
        parts.extend(
            self._line(f"-- running: {safe_line(_label(item))}")
            for item in view.get("processes") or ()
            # A view omits default values; the default state is running.
            if item.get("state", "running") == "running"
        )
        if view.get("state") == "waiting":
            # Last, where a person looks. An older view has no entry of it.
            text = str(view.get("waiting_for") or "")
            question = asked or {"kind": "diagnostic", "name": QUESTION, "text": text}
            self._parent = _parent(question)
            line = describe_entry(question)
            parts.append(self._once("moment", _key(asked), line) if asked else self._line(line))
            self._parent = None
        if view.get("state") == "ended":
            ended = {"kind": "ended", **{key: view.get(key) for key in ("outcome", "exit_code")}}
            parts.append(self._line(describe_session(ended)))
        return "".join(parts)

    def _written_of(self, view: Record) -> dict[tuple[str, str], int]:
        """What was written of each row of `view`, counted from its beginning.

        Rows for which that is unknown are written again: twice is better than not at all.
        """
        if self._first is None:
            self._from_start = True
        if view.get("dropped_entries"):
            return {}
        left = dict(self._written)
        if self._first is None:
            return left
        incarnation, first = self._first
        if view.get("incarnation") != incarnation:
            return {}
        for entry in view.get("entries") or ():
            if isinstance(entry, dict) and int(entry.get("position") or 0) < first:
                left.pop((str(entry.get("kind")), _key(entry)), None)
        return left

    def _name(self, of: str, details: object, key: str) -> None:
        known = self._names[of]
        for each, detail in details.items() if isinstance(details, dict) else ():
            name = detail.get(key) if isinstance(detail, dict) else None
            if isinstance(name, str) and name:
                known[str(each)] = safe_line(name, MAX_ARGUMENT)
                known.move_to_end(str(each))
        while len(known) > MAX_NAMES:
            known.popitem(last=False)

    # -- rows ------------------------------------------------------------------------------------

    def _committed(self, record: Record) -> str:
        if record.get("outcome") != "failure":
            return self._close()
        return self._failed_turn((position_of(record.get("cursor")) or (0, 0))[1])

    def _failed_turn(self, n: int) -> str:
        """The line under a failed turn, which the commit at `n` ended."""
        return self._once("commit", str(n), "✗ turn failed")

    def _activity(self, activity: Record) -> str:
        tag = activity.get("type")
        key = _key(activity)
        self._parent = _parent(activity)
        if tag in ("assistant_prose_delta", "reasoning_delta"):
            kind = "prose" if tag == "assistant_prose_delta" else "reasoning"
            return self._text(kind, key, str(activity.get("text") or ""), activity.get("format"))
        if tag == "user_message":
            return self._paragraph("user", key, str(activity.get("text") or ""))
        if tag == "model_attempt_reset":
            keys = [str(each) for each in activity.get("correlation_ids") or ()]
            for withdrawn in keys:
                for kind in ("prose", "reasoning"):
                    self._written.pop((kind, withdrawn), None)
            if keys and all(each.endswith(UNFINISHED) for each in keys):
                return self._withdraw_lines(keys)
            return self._line("-- the attempt above failed; its text is discarded")
        if tag in ("tool_call_started", "code_block_started"):
            call_id = str(activity.get("call_id") or key)
            self._calls[call_id] = (
                str(activity.get("name") or activity.get("language") or ""),
                activity.get("args") or activity.get("code"),
            )
            self._speakers.note(call_id, activity.get("name"), activity.get("args"), self._parent)
            while len(self._calls) > MAX_ROWS:
                self._calls.popitem(last=False)
            return ""
        if tag in ("tool_call_completed", "code_block_completed"):
            return self._completed(activity, str(activity.get("call_id") or key), str(tag))
        return self._remark(key, _moment(activity, str(tag)))

    def _remark(self, key: str, row: Record) -> str:
        if row.get("name") == "subagent":  # one without a call that could be its label
            self._speakers.note(key, "subagent", row.get("output"), self._parent)
        return self._once("moment", key, describe_entry(row))

    def _completed(self, activity: Record, key: str, tag: str) -> str:
        name, args = self._calls.pop(key, ("", None))
        status: object = None
        output = activity.get("output")
        if tag == "code_block_completed":
            status = "failure" if activity.get("success") is False else "success"
            output = {"output": output, "error": activity.get("error")}
        else:
            outcome = output.get("outcome") if isinstance(output, dict) else None
            status = outcome.get("status") if isinstance(outcome, dict) else None
        row = {
            "name": name or activity.get("name") or activity.get("language"),
            "args": args if args is not None else activity.get("args"),
            "state": status if status in ("failure", "cancelled") else "success",
            "output": output,
            "duration_ms": activity.get("duration_ms"),
        }
        return self._once(
            "tool" if tag == "tool_call_completed" else "code", key, describe_tool(row)
        )

    def _entry(self, entry: Record, left: dict[tuple[str, str], int]) -> str:
        """One row of a view; `left`: characters already written, by key."""
        kind = str(entry.get("kind"))
        key = _key(entry)
        self._parent = _parent(entry)
        if kind in ("prose", "reasoning", "user"):
            text = str(entry.get("text") or "")
            before = left.get((kind, key), 0)
            whole = int(entry.get("cut_chars") or 0) + len(text)
            left[kind, key] = max(0, before - whole)
            text = text[max(0, before - (whole - len(text))) :] if before < whole else ""
            if not text:
                return ""
            return (
                self._paragraph(kind, key, text)
                if kind == "user"
                else self._text(kind, key, text, entry.get("format"))
            )
        if kind in ("tool", "code"):
            self._speakers.note(key, entry.get("name"), entry.get("args"), self._parent)
            if entry.get("state") == "running":
                self._calls[key] = (
                    str(entry.get("name") or ""),
                    entry.get("args") or entry.get("text"),
                )
                return self._once("running", key, describe_tool(entry))
            return self._once(kind, key, describe_tool(entry))
        if kind == "commit":
            failed = entry.get("state") == "failure"
            return self._failed_turn(int(entry.get("position") or 0)) if failed else ""
        return self._remark(key, entry)

    # -- characters ------------------------------------------------------------------------------

    def _text(self, kind: str, key: str, text: str, form: object = None) -> str:
        """More text of a row, continuing it if it is the open one."""
        self._remember((kind, key), len(text))
        is_line = form is not None and key.endswith(UNFINISHED)
        if is_line and not self._redraws:
            self._hold_line(kind, key, text, str(form))
            return ""
        start = ""
        if self._is_withdrawn and form is not None:
            self._open = (kind, key)
            start, text = self._drawn_again(text)
        elif self._open != (kind, key):
            start = self._close() + self._speakers.turn_to(self._parent)
            self._open = (kind, key)
            self._is_blank = kind == "reasoning" and form is None
        if self._is_blank:
            # Some agents begin a thought with empty lines.
            text = text.lstrip("\r\n")
            self._is_blank = not text
        if is_line:
            self._drawn += safe_text(text)
        whole, self._unfinished = split_unfinished(self._unfinished + text)
        is_styled = self._colour and form == "ansi"
        return start + self._shown(kind, terminal_text(whole) if is_styled else safe_text(whole))

    # -- unfinished lines of commands ------------------------------------------------------------

    def _hold_line(self, kind: str, key: str, text: str, form: str) -> None:
        before = self._lines.pop(key, (kind, "", form))
        self._lines[key] = (kind, (before[1] + text)[-MAX_LINE:], form)
        if len(self._lines) > MAX_LINES:
            del self._lines[next(iter(self._lines))]

    def _write_lines(self) -> str:
        """Write what was held: nothing more comes of it."""
        held, self._lines = self._lines, {}
        redraws, self._redraws = self._redraws, True
        parts = [self._text(kind, key, text, form) for key, (kind, text, form) in held.items()]
        self._redraws = redraws
        return "".join(parts)

    def _withdraw_lines(self, keys: list[str]) -> str:
        for key in keys:
            self._lines.pop(key, None)
            if self._open is not None and self._open[1] == key and self._drawn:
                self._is_withdrawn = True
        return ""

    def _drawn_again(self, text: str) -> tuple[str, str]:
        """What goes before `text`, and what of it is not on the terminal yet."""
        drawn, self._drawn, self._is_withdrawn = self._drawn, "", False
        indent = self._speakers.indent
        if safe_text(text).startswith(drawn):
            first, *others = styled_lines(text)
            rest: list[Piece] = []
            skip = len(drawn)
            for piece, look in first:
                if skip < len(piece):
                    rest.append((piece[skip:], look))
                skip = max(0, skip - len(piece))
            return "", "\n".join([written(rest), *map(written, others)])
        self._at_line_start = True
        if len(drawn) + len(indent) < NARROW:
            return "\r\x1b[K", text
        return "\n", text

    def _shown(self, kind: str, text: str) -> str:
        if not text:
            return ""
        prefix = self._speakers.indent + _PREFIX.get(kind, "")
        if prefix:
            ends = text.endswith("\n")
            body = (text[:-1] if ends else text).replace("\n", "\n" + prefix)
            shown = (prefix if self._at_line_start else "") + body + ("\n" if ends else "")
        else:
            shown = text
        self._at_line_start = text.endswith("\n")
        if kind == "reasoning" and self._colour:
            shown = f"{_DIM}{shown}{_PLAIN}"
        return shown

    def _paragraph(self, kind: str, key: str, text: str) -> str:
        return self._text(kind, key, text) + self._close()

    def _once(self, kind: str, key: str, line: str) -> str:
        if not line or (kind, key) in self._written:
            return ""
        self._remember((kind, key), 1)
        return self._line(line)

    def _line(self, line: str) -> str:
        if not line:
            return ""
        start = self._close() + self._speakers.turn_to(self._parent)
        indent = self._speakers.indent
        return start + indent + line.replace("\n", f"\n{indent}") + "\n"

    def _close(self) -> str:
        # A sequence that was never completed was text, except its introducer.
        rest = self._shown(self._open[0], safe_text(self._unfinished)) if self._open else ""
        self._open, self._unfinished = None, ""
        self._drawn, self._is_withdrawn = "", False
        if self._at_line_start:
            return rest
        self._at_line_start = True
        return f"{rest}\n"

    def _remember(self, row: tuple[str, str], count: int) -> None:
        self._written[row] = self._written.pop(row, 0) + count
        while len(self._written) > MAX_ROWS:
            self._written.popitem(last=False)


def _key(row: Record) -> str:
    """The key that the deltas of a row and its entry in a view share."""
    return str(row.get("correlation_id") or row.get("id") or "")


def _parent(row: Record) -> str | None:
    """The call that a row belongs under; None for the agent itself."""
    parent = row.get("parent")
    return str(parent) if parent else None


def _moment(activity: Record, tag: str) -> Record:
    """An activity in the form of the entry that it becomes."""
    if tag == "error":
        return {"kind": "error", "text": activity.get("message")}
    if tag == "retry_status":
        return {"kind": "retry", "text": activity.get("reason"), "output": activity}
    if tag in ("submitted_value", "tool_value"):
        return {
            "kind": "value",
            "name": activity.get("tool_name"),
            "output": activity.get("value"),
        }
    if tag == "runtime_diagnostic":
        return {
            "kind": "diagnostic",
            "name": activity.get("kind"),
            "output": activity.get("data"),
        }
    if tag == "waiting":
        return {"kind": "diagnostic", "name": QUESTION, "text": str(activity.get("what") or "")}
    if tag == "resumed":
        return {"kind": tag}
    if tag in ("usage", "child_usage", "model_request_started", "queued_work_started"):
        return {"kind": "commit"}  # nothing to see
    rest = {key: activity[key] for key in activity if key not in ("id", "correlation_id", "type")}
    return {"kind": "diagnostic", "name": tag, "output": rest}


def _open_question(view: Record, entries: list[Record]) -> Record | None:
    """The entry of what a person is asked now."""
    if view.get("state") != "waiting":
        return None
    for entry in reversed(entries):
        if is_question(entry.get("kind"), entry.get("name"), entry.get("text")):
            return None if is_over(entry) else entry
    return None


def _label(process: Record) -> str:
    return str(process.get("label") or process.get("process_id") or "")
