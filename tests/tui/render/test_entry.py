"""One entry as lines."""

from __future__ import annotations

from typing import Any

from lashd.view import Entry, EntryKind
from lashtui.feed.divider import Divider
from lashtui.render.entry import (
    ERROR_LINES,
    SHOWN_CHARS,
    SHOWN_LINES,
    USER_LINES,
    divider_line,
    entry_lines,
    folded_note,
    is_compact,
    is_foldable,
    shows_time,
)
from lashtui.render.styles import Line, TextStyle, line_text
from lashtui.text.format import clock

NOW = 1_790_000_000_000


def lines(kind: EntryKind, *, folded: bool = True, width: int = 60, **fields: Any) -> list[Line]:
    return entry_lines(Entry(kind, "x", 1, **fields), width, folded=folded, now_ms=NOW)


def shown(kind: EntryKind, **options: Any) -> list[str]:
    return [line_text(line) for line in lines(kind, **options)]


def test_a_tool_call_is_one_line() -> None:
    """Mark, name, key argument, and the time at the right edge."""
    text = shown("tool", name="Bash", args={"command": "make"}, state="success", duration_ms=1234.0)
    assert text == ["✓ Bash  make" + " " * 44 + "1.2s"]
    assert len(text[0]) == 60


def test_states_are_shown_by_mark_and_word() -> None:
    """Never by colour alone."""
    running = shown("tool", name="T", state="running", started_at=NOW - 63_000)[0]
    failed = shown("tool", name="T", state="failure")[0]
    exited = shown("tool", name="T", state="failure", output={"exit_code": 2})[0]
    cancelled = shown("tool", name="T", state="cancelled")[0]
    assert running.startswith("● T")
    assert running.endswith("running 1:03")
    assert failed.startswith("✗ T")
    assert failed.endswith("failed")
    assert exited.endswith("exit 2")
    assert cancelled.startswith("⊘ T")
    assert cancelled.endswith("cancelled")


def test_only_running_entries_have_the_colour_of_work() -> None:
    """It means that something goes on."""

    def tones(found: list[Line]) -> set[str]:
        return {style.tone for line in found for _, style in line}

    assert "working" in tones(lines("tool", name="T", state="running"))
    for state in ("success", "failure", "cancelled"):
        assert "working" not in tones(lines("tool", name="T", state=state))


def test_an_unfolded_call_shows_arguments_and_output() -> None:
    """Under titles, indented."""
    text = shown("tool", folded=False, name="T", args={"a": 1}, state="success", output="out")
    assert text[1:] == ["    arguments", "      a: 1", "    output", "      out"]


def test_an_edit_shows_its_change() -> None:
    """With the colours of a diff; its output too where it failed."""
    args = {"old_string": "a", "new_string": "b"}
    found = lines("tool", folded=False, name="Edit", args=args, state="success", output="done")
    assert [line_text(line) for line in found[1:]] == ["    change  +1 -1", "      -a", "      +b"]
    assert found[2][2][1].tone == "deleted"
    failed = shown("tool", folded=False, name="Edit", args=args, state="failure", output="no")
    assert failed[-1] == "      no"


def test_a_long_output_says_how_much_is_left_out() -> None:
    """To the line; its beginning and its end stay."""
    log = "\n".join(f"line {number}" for number in range(1000))
    text = [row.strip() for row in shown("tool", folded=False, name="T", output=log)]
    assert (text[2], text[-1]) == ("line 0", "line 999")
    assert f"… {1000 - SHOWN_LINES} more lines · open to see all" in text
    assert len(text) == SHOWN_LINES + 3


def test_a_long_output_of_few_lines_shows_both_ends() -> None:
    """Of a minified file, say."""
    text = [row.strip() for row in shown("tool", folded=False, output="x" * 100_000 + " END")]
    assert "…" in text
    assert text[-1].endswith("END")
    assert sum(map(len, text)) < SHOWN_CHARS + 1000


def test_a_commands_colours_are_shown() -> None:
    """In its output, unfolded, and in the last lines of one that failed."""
    output = {
        "outcome": {
            "status": "failure",
            "payload": "ok\n\x1b[31mFAILED\x1b[0m 3\n",
            "format": "ansi",
        }
    }
    for folded in (True, False):
        last = lines("tool", folded=folded, name="T", state="failure", output=output)[-1]
        assert line_text(last).strip() == "FAILED 3"
        assert last[1] == ("FAILED", TextStyle("muted", fore=1))
    plain = {"outcome": {"status": "failure", "payload": "\x1b[31mFAILED\x1b[0m 3"}}
    last = lines("tool", folded=True, name="T", state="failure", output=plain)[-1]
    assert last[1] == ("FAILED 3", TextStyle("muted"))


def test_user_messages_and_errors_fold_when_long() -> None:
    """Their first lines are shown."""
    text = shown("user", text="a\n" * 100)
    assert text[0] == "❯ a"
    assert len(text) == USER_LINES + 1
    assert len(shown("user", text="a\n" * 100, folded=False)) == 100
    assert len(shown("error", text="a\n" * 100)) == ERROR_LINES + 2


def test_a_short_error_is_one_line() -> None:
    """A longer one stands under its head."""
    assert shown("error", text="boom") == ["✗ error  boom"]
    assert shown("error", text="boom " * 20)[0] == "✗ error"


def test_a_code_block_shows_its_first_line_and_unfolds() -> None:
    """Source with colours, then what came out."""
    options: dict[str, Any] = {"name": "python", "text": "\nx = 1\nprint(x)", "state": "success"}
    assert shown("code", **options)[0].startswith("✓ python  x = 1")
    text = shown("code", folded=False, output={"output": "1", "error": None}, **options)
    assert text[1:] == ["    source", "      x = 1", "      print(x)", "    output", "      1"]


def test_a_retry_shows_its_number_and_reason() -> None:
    """Its wait is a length and not a countdown: replaying it starts no new one."""
    output = {"attempt": 2, "max_attempts": 5, "wait_seconds": 4.0}
    text = shown("retry", text="overloaded", output=output)[0]
    assert text.startswith("↻ retry 2 of 5  overloaded")
    assert text.endswith("after 4s")
    withdrawn = {**output, "withdrawn": True}
    text = shown("retry", text="overloaded", output=withdrawn)[0]
    assert text.startswith("↻ retry 2 of 5 · partial answer discarded  overlo")
    assert shown("retry", text="busy", output={"attempt": 0})[0] == "↻ retry  busy"


def test_a_retrys_whole_reason_can_be_read() -> None:
    """Cut to one line, wrapped when it is unfolded."""
    reason = "the provider is overloaded and asks for patience " * 3
    assert shown("retry", text=reason)[0].endswith("…")
    text = " ".join(line.strip() for line in shown("retry", text=reason, folded=False))
    assert reason.strip() in text
    odd = {"wait_seconds": float("inf"), "attempt": 1}
    assert "inf" not in shown("retry", text="x", output=odd)[0]


def test_a_call_without_an_end_runs_no_longer_than_its_turn() -> None:
    """Its clock stops with the commit, and it no longer looks as if it were running."""
    left = lines("tool", name="T", state="running", started_at=NOW - 9000, settled=True)
    assert line_text(left[0]).startswith("· T")
    assert line_text(left[0]).endswith("no result")
    assert "working" not in {style.tone for _, style in left[0]}


def test_values_diagnostics_and_frames_are_a_line() -> None:
    """What is in them in short; all of it unfolded."""
    assert shown("value", output={"a": 1}) == ["◆ submitted  a=1"]
    assert shown("diagnostic", name="events_dropped", output={"count": 3}) == [
        "· events dropped  count=3"
    ]
    assert shown("frame", name="child") == ["→ frame child"]
    assert '"a": 1' in " ".join(shown("value", folded=False, output={"a": 1}))


def test_a_failed_turns_commit_says_so() -> None:
    """A mark and a word, in the colour of failures."""
    text = shown("commit", output={"turn_index": 3}, state="failure", ended_at=NOW)[0]
    assert text.startswith("── ✗ turn 3 failed ──")


def test_a_commit_is_a_rule() -> None:
    """With the turn that it ends, how long it took and when it was."""
    text = shown("commit", output={"turn_index": 3}, duration_ms=95_000.0, ended_at=NOW)[0]
    assert text.startswith("── end of turn 3 ───")
    assert text.endswith(f" 1:35 · {clock(NOW)}")
    assert len(text) == 60


def test_dividers_carry_words() -> None:
    """A gap has the colour of trouble; the beginning of unread entries has not."""
    gap = divider_line(Divider("gap", "history trimmed"), 30)
    assert line_text(gap) == "── history trimmed ──────────" + "─"
    assert {style.tone for _, style in gap} == {"trouble"}
    new = divider_line(Divider("new", "new since you left"), 30)
    assert "trouble" not in {style.tone for _, style in new}


def test_words_for_one_line() -> None:
    """Singular for one line."""
    assert line_text(folded_note(1)).strip() == "… 1 more line"
    assert line_text(folded_note(1310)).strip() == "… 1,310 more lines"


QUESTION: dict[str, Any] = {
    "name": "waiting",
    "text": "Bash: may I run this?\ngit push " + "--force " * 20,
}


def test_a_question_is_shown_in_full() -> None:
    """Wrapped, never folded to one line, in the colour of what waits, with the time it does."""
    started = NOW - 252_000
    found = lines("diagnostic", started_at=started, **QUESTION)
    text = [line_text(line) for line in found]
    assert text[0] == "‼ waiting for you 4 min"
    assert text[1] == "  Bash: may I run this?"
    assert " ".join(line.strip() for line in text[2:]) == "git push " + "--force " * 19 + "--force"
    assert max(map(len, text)) <= 60
    assert {style.tone for _, style in found[0]} == {"waiting"}
    assert not is_foldable(Entry("diagnostic", "x", 1, name="waiting", text=""))
    assert not is_compact(Entry("diagnostic", "x", 1, name="waiting", text=""))


def test_an_answered_question_is_quiet() -> None:
    """It says how long the agent waited; or that nobody answered before the session ended."""
    found = lines("diagnostic", started_at=NOW - 300_000, ended_at=NOW - 48_000, **QUESTION)
    assert line_text(found[0]) == "‼ asked · answered after 4 min"
    assert {style.tone for line in found for _, style in line} <= {"muted", "text"}
    never = shown("diagnostic", started_at=NOW - 300_000, settled=True, **QUESTION)
    assert never[0] == "‼ asked · no answer"


def test_a_questions_text_is_neutralised() -> None:
    """It is the agent's."""
    text = shown("diagnostic", name="waiting", text="\x1b]0;x\x07may \x1b[31mI?\nyes\x9b")
    assert text == ["‼ waiting for you", "  may I?", "  yes"]


def test_only_an_open_question_counts_time() -> None:
    """The clock ticks for what runs, and for what waits for an answer."""
    entry = Entry("diagnostic", "x", 1, NOW, name="waiting", text="ok?")
    assert shows_time(entry)
    entry.ended_at = NOW + 1
    assert not shows_time(entry)
    assert not shows_time(Entry("diagnostic", "x", 1, name="plan", started_at=NOW))
