"""What gemini-cli and qwen-code tell the model about a command: its output, within a report."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from lashtui.producers.dedupe import failed, succeeded

if TYPE_CHECKING:
    from lashd.events import JsonValue

_OPEN: Final = "<untrusted_context>\n"
_CLOSE: Final = "\n</untrusted_context>"
_HEADS: Final = ("Command: ", "Directory: ", "Output: ")
_OUTPUT: Final = "Output: "
_CODE: Final = "\nExit Code: "
_ERROR: Final = "\nError: "
_SIGNAL: Final = re.compile(r"\nSignal: (.*)")
_NUMBER: Final = re.compile(r"-?\d{1,9}\Z")
_NOTHING: Final = ("(none)", "(empty)")


class CommandReport(NamedTuple):
    """How a command ended."""

    output: str
    """What it printed."""
    error: str
    """Why it could not run; empty if it did."""
    exit_code: int | None
    signal: str
    """What killed it; empty if nothing did."""

    @property
    def has_failed(self) -> bool:
        """Whether it says so."""
        return bool(self.exit_code or self.error or self.signal not in ("", "0"))

    @property
    def outcome(self) -> JsonValue:
        """In lash's shape."""
        why = f": {self.error}" if self.error else ""
        if self.exit_code:
            return failed(f"exit code {self.exit_code}{why}", self.output, self.exit_code)
        if self.signal not in ("", "0"):
            return failed(f"killed by signal {self.signal}{why}", self.output)
        return failed(self.error, self.output) if self.error else succeeded(self.output)


def command_report(text: str) -> CommandReport | None:
    """The report that `text` is; None: it is something else, such as output alone.

    A command's own output may look like parts of a report: its last exit code counts.
    """
    text = without_frame(text)
    end = text.rfind(_CODE)
    if end < 0 or not text.startswith(_HEADS):
        return None
    start = 0 if text.startswith(_OUTPUT) else text.find("\n" + _OUTPUT, 0, end) + 1
    if not start and not text.startswith(_OUTPUT):
        return None
    code, _, _ = text[end + len(_CODE) :].partition("\n")
    if code not in _NOTHING and not _NUMBER.match(code):
        return None
    signal = _SIGNAL.search(text, end)
    output, error = text[start + len(_OUTPUT) : end], ""
    if signal is not None:  # versions that tell a signal tell an error too
        output, _, error = output.rpartition(_ERROR) if _ERROR in output else (output, "", "")
    return CommandReport(
        _told(output),
        _told(error),
        None if code in _NOTHING else int(code),
        _told(signal[1]) if signal is not None else "",
    )


def command_failure(text: str) -> JsonValue:
    """What is told of a command that failed; None: `text` is no report, or it tells no failure."""
    report = command_report(text)
    return report.outcome if report is not None and report.has_failed else None


def without_frame(text: str) -> str:
    """A result without the marks that tell the model not to obey it."""
    return (
        text.removeprefix(_OPEN).rstrip().removesuffix(_CLOSE) if text.startswith(_OPEN) else text
    )


def _told(text: str) -> str:
    return "" if text in _NOTHING else text
