"""What a list's row says of a session, from its view. The same from a view that is kept packed.

A row is made up to four times a second for each session that changes, so what is dear (looking into
arguments and plans) is done once for each of them.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from lashd.gist import key_argument, one_line, step_state
from lashd.limits import QuietLimits
from lashd.session.events import JsonValue, SessionOutcome
from lashd.session.facts import usage_of
from lashd.session.landmarks import Landmarks
from lashd.session.phase import phase_of
from lashd.session.quiet import pending_retry, quiet_since
from lashd.session.row import Doing, PlanCount
from lashd.session.view import Entry, ReadView
from lashd.short import short

MAX_LINE = 200
"""Characters of the last line: more than a list shows."""
MAX_SHORT_LINE = 80
"""Characters of a line that is given whole; of a longer one the last sentence says where it is."""
MAX_ARGUMENT = 200
"""Characters of a tool's argument: a row has one line at most for it."""
MAX_ERROR = 500
"""Characters of an error: it is read in a list, and in full in the session."""

_MAX_BLANK = 8
"""Entries without a word that are passed over in search of what was said."""
_SEQUENCE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]?"
    "|(?:\x1b[\\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[ -/]*[0-~]?"
)
"""What a terminal takes for a command, its end missing or not."""
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
_SENTENCE = re.compile("[.!?\u2026][\"')\\]]* (?=[^a-z ])")
"""Where one ends and another begins."""


class Summary:
    """The parts of one session's row that come from its view; it remembers what was dear."""

    def __init__(self) -> None:
        self._args: JsonValue = None
        self._argument: str | None = None
        self._plan: JsonValue = None
        self._count: PlanCount | None = None

    def of(
        self, view: ReadView, marks: Landmarks, now_ms: int, quiet: QuietLimits
    ) -> dict[str, Any]:
        """Fields of a `SessionRow`."""
        at_work = view.state in ("running", "waiting")
        call = marks.doing if at_work else None
        asked = marks.question if view.state == "waiting" else None
        return {
            "state": view.state,
            "outcome": view.outcome,
            "exit_code": view.exit_code,
            "waiting_for": view.waiting_for,
            "waiting_since": asked.started_at if asked is not None else None,
            "title": view.title,
            "agent": view.agent,
            "directory": view.directory,
            "model": short(view.model),
            "usage": usage_of(view),
            "revision": view.revision,
            "turn_index": view.turn_index,
            "turn_started_at": view.started_at if at_work else None,
            "doing": self._doing(call),
            "phase": phase_of(view),
            "retry": pending_retry(view),
            "error": short(error_of(view, marks), MAX_ERROR),
            "plan": self._plan_count(view.plan),
            "quiet_since": quiet_since(view, now_ms, quiet, in_tool=call is not None),
            "updated_at": view.updated_at,
            "last_line": last_line(marks),
        }

    def _doing(self, call: Entry | None) -> Doing | None:
        if call is None:
            self._args = self._argument = None
            return None
        args = call.args if call.kind == "tool" else call.text
        if args is not self._args:
            self._args = args
            self._argument = key_argument(unpacked(args), MAX_ARGUMENT, one_line) or None
        return Doing(call.name or call.kind, self._argument, call.started_at)

    def _plan_count(self, plan: JsonValue) -> PlanCount | None:
        if plan is not self._plan:
            self._plan = plan
            steps = unpacked(plan)
            self._count = None
            if isinstance(steps, list) and steps:
                done = sum(step_state(step) == "done" for step in steps)
                self._count = PlanCount(done, len(steps))
        return self._count


def unpacked(value: JsonValue) -> JsonValue:
    """A value of a view that may be kept encoded."""
    return msgspec.msgpack.decode(value) if type(value) is msgspec.Raw else value


def error_of(view: ReadView, marks: Landmarks) -> str | None:
    """The last error of the running turn, or of the last one if that failed."""
    if view.state in ("running", "waiting"):
        error = marks.error if marks.error is not None and not marks.error.settled else None
    elif view.outcome != SessionOutcome.FAILURE:
        error = None
    else:
        # A session may end in the middle of a turn, which no commit has closed.
        committed = not view.entries or view.entries[-1].kind == "commit"
        error = marks.committed_error if committed or view.state == "idle" else marks.error
    return error.text if error is not None else None


def last_line(marks: Landmarks) -> str | None:
    """The end of what the agent said last, in one line without anything that controls a terminal:
    its last line, of a long one the last sentence, of a long one of those the last words."""
    for passed, entry in enumerate(reversed(marks.said.values())):
        text = entry.text or ""
        end = text[-4 * MAX_LINE :]
        if len(end) < len(text):
            # The first word may be the rest of one, or of a sequence.
            end = end.partition("\n" if "\n" in end else " ")[2] or end
        for line in reversed(end.splitlines()):
            clean = line if line.isprintable() else _CONTROL.sub("", _SEQUENCE.sub("", line))
            if any(map(str.isalnum, clean)):
                return _end_of(" ".join(clean.split()))
        if passed == _MAX_BLANK:
            break
    return None


def _end_of(line: str) -> str:
    if len(line) <= MAX_SHORT_LINE:
        return line
    begins = [found.end() for found in _SENTENCE.finditer(line)]
    sentence = line[begins[-1] :] if begins else line
    if len(sentence) <= MAX_LINE:
        return sentence
    end = sentence[1 - MAX_LINE :]
    if not sentence[-MAX_LINE].isspace():
        end = end.partition(" ")[2] or end
    return "…" + end.lstrip()
