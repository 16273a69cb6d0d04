"""What happened while the reader was away, counted from the entries. Pure; nothing is generated.

`tally` counts, `digest` makes the lines: the most urgent first, each with the entry that it is
about. What can't be known from the entries is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from lashtui.feed.since import Since, cost_of
from lashtui.reading.edits import changes_of
from lashtui.reading.tested import TestResult, result_of
from lashtui.render.tool_text import exit_code
from lashtui.text.awaited import is_open_question, is_question
from lashtui.text.duration import duration_long
from lashtui.text.format import plural
from lashtui.text.linediff import Work
from lashtui.text.output import output_text
from lashtui.text.sanitize import safe_line
from lashtui.text.tools import key_argument

if TYPE_CHECKING:
    from lashd.view import Entry, ReadView
    from lashtui.saved.place import Place

LONG: Final = 120.0
"""Seconds away after which there is a digest, whether or not what came fits on the screen."""
MAX_QUESTIONS: Final = 2
MAX_ERRORS: Final = 2
MAX_COMMANDS: Final = 2
MAX_FILES: Final = 4
"""Lines of each sort; with turns, tests and cost at most `MAX_LINES`."""
MAX_LINES: Final = 13
MAX_CHARS: Final = 200
"""Characters of one text in a line: wider than most screens."""
MAX_COMPARED: Final = 2_000
"""Calls whose changes are looked at, the newest ones."""
MAX_STEPS: Final = 400_000
"""Steps of comparing lines for all of them, about 0.1 s: changes beyond are counted roughly."""
MAX_PATH: Final = 120
_COMMANDS: Final = ("command", "cmd")


class FileChange(msgspec.Struct):
    """What happened to one file."""

    added: int = 0
    deleted: int = 0
    exact: bool = True
    written: bool = False
    entry: str = ""
    """Id of the call that changed it last."""


class Tally(msgspec.Struct):
    """What was counted. Entries are those of the view, in its order."""

    done: list[Entry] = []
    """Commits of turns that did not fail."""
    failed: list[Entry] = []
    """Commits of turns that did."""
    questions: list[Entry] = []
    errors: list[Entry] = []
    commands: list[Entry] = []
    """Commands that failed."""
    files: dict[str, FileChange] = {}
    """By path, in the order in which they were changed first."""
    skipped: int = 0
    """Calls beyond `MAX_COMPARED`, whose changes were not looked at."""
    tests: list[tuple[Entry, TestResult]] = []
    cost: float | None = None
    """Dollars since; None where either end of it isn't known."""


class DigestLine(msgspec.Struct, frozen=True):
    """One line. Its texts are safe."""

    mark: str
    text: str
    id: str
    """The entry that it is about."""
    detail: str = ""
    """What is said less loudly."""
    urgent: bool = False
    """Something failed, or somebody is needed."""


class Digest(msgspec.Struct, frozen=True):
    """What is shown: a heading and lines."""

    heading: str
    lines: tuple[DigestLine, ...]


def tally(view: ReadView, since: Since, place: Place | None = None) -> Tally:
    """Count what came since."""
    found = Tally()
    entries = [*since.finished, *since.new]
    calls = sum(entry.kind == "tool" for entry in entries)
    found.skipped = max(0, calls - MAX_COMPARED)
    number, work = 0, Work(MAX_STEPS)
    for entry in entries:
        if entry.kind == "commit":
            (found.failed if entry.state == "failure" else found.done).append(entry)
        elif is_question(entry):
            found.questions.append(entry)
        elif entry.kind == "error":
            found.errors.append(entry)
        elif entry.kind in ("tool", "code"):
            number += entry.kind == "tool"
            _count_call(found, entry, work if number > found.skipped else None)
    now, then = cost_of(view), place.cost_usd if place is not None else None
    if now is not None and then is not None and now > then:
        found.cost = now - then
    return found


def _count_call(found: Tally, entry: Entry, work: Work | None) -> None:
    command = _command(entry)
    if entry.state == "failure" and (command or entry.kind == "code"):
        found.commands.append(entry)
    if command and entry.state in ("success", "failure"):
        result = result_of(command, output_text(entry.output))
        if result is not None:
            found.tests.append((entry, result))
    for change in changes_of(entry, work) if work is not None else ():
        file = found.files.setdefault(change.path, FileChange())
        file.added += change.added
        file.deleted += change.deleted
        file.exact = file.exact and change.exact
        file.written = file.written or change.written
        file.entry = entry.id


def _command(entry: Entry) -> str:
    """The command line that a call ran; empty for other calls."""
    args = entry.args
    if entry.kind != "tool" or not isinstance(args, dict):
        return ""
    given = next((args[key] for key in _COMMANDS if args.get(key)), None)
    if isinstance(given, list):
        given = " ".join(word for word in given[:50] if isinstance(word, str))
    # Editors take a command too, besides a path.
    return given if isinstance(given, str) and "path" not in args else ""


def digest(
    view: ReadView, since: Since, place: Place | None = None, away: float | None = None
) -> Digest | None:
    """What to tell a reader who was away for so many seconds; None if there is nothing to tell."""
    found = tally(view, since, place)
    lines = [
        *_bounded([_question(view, entry) for entry in found.questions], MAX_QUESTIONS, "question"),
        *_turns(found),
        *_bounded([_error(entry) for entry in found.errors], MAX_ERRORS, "error"),
        *_bounded([_failed(entry) for entry in found.commands], MAX_COMMANDS, "failed command"),
        *_tests(found),
        *_files(view, found),
        *_cost(found, since),
    ]
    if not lines:
        return None
    heading = "while you were away"
    if away is not None and away >= 1:
        heading += f" · {duration_long(away)}"
    return Digest(heading, tuple(lines))


def _bounded(lines: Sequence[DigestLine], most: int, noun: str) -> Iterable[DigestLine]:
    """The newest `most`; the last of them says how many others there are."""
    if len(lines) <= most:
        return lines
    kept, others = lines[1 - most :], lines[: 1 - most]
    note = f"+{plural(len(others), f'earlier {noun}')}"
    return [*kept, DigestLine(" ", note, others[-1].id)]


def _question(view: ReadView, entry: Entry) -> DigestLine:
    if not is_open_question(entry) or view.state != "waiting":
        answered = "answered" if entry.ended_at is not None else ""
        return DigestLine("·", f"asked: {_text(entry)}", entry.id, answered)
    return DigestLine("‼", f"asked: {_text(entry)}", entry.id, "waits for you", urgent=True)


def _turns(found: Tally) -> Iterable[DigestLine]:
    done, failed = len(found.done), len(found.failed)
    if failed:
        words = f"{plural(failed, 'turn')} failed" + (f", {done:,} done" if done else "")
        yield DigestLine("✗", words, found.failed[-1].id, urgent=True)
    elif done:
        yield DigestLine("✓", f"{plural(done, 'turn')} done", found.done[-1].id)


def _error(entry: Entry) -> DigestLine:
    return DigestLine("✗", f"error: {_text(entry)}", entry.id, urgent=True)


def _failed(entry: Entry) -> DigestLine:
    code = exit_code(entry.output)
    name = safe_line(entry.name or "code", 40)
    about = _text(entry) if entry.kind == "code" else key_argument(entry.args, MAX_CHARS)
    return DigestLine(
        "✗", f"{name} {about}".rstrip(), entry.id, f"exit {code}" if code else "failed"
    )


def _tests(found: Tally) -> Iterable[DigestLine]:
    if not found.tests:
        return
    entry, result = found.tests[-1]
    runs = len(found.tests)
    mark = "✗" if result.failed else "✓"
    detail = f"last of {runs:,} runs" if runs > 1 else ""
    yield DigestLine(mark, f"tests: {result.words}", entry.id, detail, urgent=bool(result.failed))


def _files(view: ReadView, found: Tally) -> Iterable[DigestLine]:
    lines = []
    for path, file in found.files.items():
        size = "" if file.exact else "about "
        size += f"+{file.added:,}" + (
            "" if file.written and not file.deleted else f" -{file.deleted:,}"
        )
        if file.written:
            size += " · written as a whole"
        lines.append(DigestLine("✎", _short_path(view, path), file.entry, size))
    if len(lines) > MAX_FILES:
        others = list(found.files.values())[MAX_FILES - 1 :]
        added, deleted = (sum(getattr(f, side) for f in others) for side in ("added", "deleted"))
        more = f"+{len(others):,} more files"
        rest = DigestLine(" ", more, others[-1].entry, f"+{added:,} -{deleted:,}")
        lines = [*lines[: MAX_FILES - 1], rest]
    return lines


def _cost(found: Tally, since: Since) -> Iterable[DigestLine]:
    entries = since.new or since.finished
    if found.cost is not None and entries:
        yield DigestLine("$", f"{found.cost:.2f}", entries[-1].id)


def _short_path(view: ReadView, path: str) -> str:
    directory = (view.directory or "").rstrip("/")
    if directory and path.startswith(f"{directory}/"):
        path = path[len(directory) + 1 :]
    line = safe_line(path, 4 * MAX_PATH)
    return line if len(line) <= MAX_PATH else "…" + line[1 - MAX_PATH :]


def _text(entry: Entry) -> str:
    return safe_line(entry.text or "", MAX_CHARS)
