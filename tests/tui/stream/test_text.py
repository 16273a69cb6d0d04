"""Records as text: prose as it comes, lines for the rest, nothing twice after a gap."""

from __future__ import annotations

import re
from typing import Any

import pytest

from lashtui.stream.text import TextWriter
from lashtui.text.sanitize import safe_text
from tests.hostile import hostile

Record = dict[str, Any]


def activity(tag: str, key: str = "k", n: int = 1, **rest: object) -> Record:
    """A turn activity."""
    body = {"type": tag, "id": f"i{n}", "correlation_id": key, **rest}
    return {"type": "turn_activity", "cursor": f"lashsc1:0:{n}:s", "activity": body}


def prose(text: str, key: str = "k", n: int = 1) -> Record:
    """A prose delta."""
    return activity("assistant_prose_delta", key, n, text=text)


def observation(*entries: Record, **view: object) -> Record:
    """A snapshot."""
    return {
        "type": "observation",
        "cursor": "lashsc1:0:9:s",
        "read_view": {"entries": list(entries), "incarnation": 0, "state": "running", **view},
    }


def entry(kind: str, key: str = "k", position: int = 1, **rest: object) -> Record:
    """A row of a view."""
    return {"kind": kind, "id": key, "position": position, **rest}


def written(*records: Record, colour: bool = False) -> str:
    """All text of a stream."""
    writer = TextWriter(colour=colour)
    return "".join(map(writer.write, records)) + writer.finish()


def test_prose_is_verbatim_and_joined() -> None:
    """Deltas are put together as they are; the last line is ended."""
    assert written(prose("Hel"), prose("lo\n\n"), prose("you")) == "Hello\n\nyou\n"


def test_a_sequence_split_between_deltas_leaves_nothing_behind() -> None:
    """Colours of a command arrive cut anywhere; one that never ends hides nothing."""
    assert written(prose("a\x1b"), prose("[3"), prose("1mred\x1b[0m\n")) == "ared\n"
    assert written(prose("a\x1b]0;ti"), prose("tle\x07b")) == "ab\n"
    assert written(prose("a\x1b]never"), prose("x", "other")) == "a]never\nx\n"
    assert written(activity("reasoning_delta", "r", text="\x1b]hm")) == "~ ]hm\n"


def test_a_commands_output_is_its_output() -> None:
    """Nothing is added to plain text but the line about the session's end."""
    end = {"type": "session_changed", "kind": "ended", "outcome": "failure", "exit_code": 2}
    assert written(prose("a\nb\n"), prose("c\n"), end) == "a\nb\nc\n-- ended: failure (exit 2)\n"


def test_a_failed_turn_is_visible() -> None:
    """One line ends it, live or in a snapshot, and once where a snapshot follows."""
    committed = {"type": "committed", "cursor": "lashsc1:1:7:s"}
    assert written(prose("a"), {**committed, "outcome": "success"}) == "a\n"
    assert written(prose("a"), {**committed, "outcome": "failure"}) == "a\n✗ turn failed\n"
    view = observation(entry("commit", "c1", 5), entry("commit", "c2", 7, state="failure"))
    assert written(view) == "✗ turn failed\n"
    live = prose("a") | {"cursor": "lashsc1:1:1:s"}
    assert written(live, {**committed, "outcome": "failure"}, view) == "a\n✗ turn failed\n"


def test_other_rows_stand_on_lines_of_their_own() -> None:
    """Prose that was not at a line's end is ended first."""
    text = written(
        prose("thinking"),
        activity("tool_call_started", "t", name="bash", args={"command": "ls -la"}),
        activity(
            "tool_call_completed",
            "t",
            output={"outcome": {"status": "failure"}},
            duration_ms=1234.5,
        ),
        activity("error", "e", message="boom\nmore"),
        activity("user_message", "u", text="go\non"),
        {
            "type": "queue_changed",
            "kind": "enqueued",
            "batch_ids": ["b"],
            "batches": {"b": {"text": "fix"}},
        },
        {
            "type": "process_changed",
            "kind": "exited",
            "process_ids": ["p"],
            "processes": {"p": {"label": "npm", "exit_code": 1}},
        },
        {"type": "committed"},
        prose("done", "k2"),
    )
    assert text == (
        "thinking\n"
        "✗ bash  ls -la  failure  1.2s\n"
        "✗ error: boom more\n"
        "> go\n> on\n"
        "-- queue: enqueued fix\n"
        "-- process: exited npm (exit 1)\n"
        "done\n"
    )


def test_reasoning_is_marked_and_dim_only_with_colour() -> None:
    """On a pipe only its mark distinguishes it from the answer."""
    records = [activity("reasoning_delta", "r", text="hm\nso"), prose("x")]
    assert written(*records) == "~ hm\n~ so\nx\n"
    assert "\x1b[2m" in written(*records, colour=True)
    assert "\x1b" not in written(prose("x"), colour=True)


def test_a_thought_does_not_begin_with_empty_lines() -> None:
    """Neither piece by piece nor as a row; empty lines within it stay."""
    pieces = [activity("reasoning_delta", "r", text=each) for each in ("\n\n", "\nI ", "\n\nlook")]
    assert written(*pieces) == "~ I \n~ \n~ look\n"
    assert written(observation(entry("reasoning", text="\n\nI look"))).startswith("~ I look\n")


def test_hostile_text_is_neutralised_everywhere() -> None:
    """No field of any record drives the terminal."""
    evil = "\x1b[2J\x1b]0;x\x07\x9bevil\r\x08"
    records = [
        prose(evil),
        activity("reasoning_delta", "r", text=evil),
        activity("user_message", "u", text=evil),
        activity("tool_call_started", "t", name=evil, args={"command": evil}),
        activity("tool_call_completed", "t", output={"outcome": {"status": evil}}),
        activity("error", "e", message=evil),
        activity("retry_status", "y", reason=evil, wait_seconds=2.0, attempt=1),
        activity("runtime_diagnostic", "d", kind=evil, data={evil: evil}),
        activity("tool_value", "v", tool_name=evil, value=[evil]),
        activity("brand_new" + evil, "n", field=evil),
        activity("waiting", "w", what=evil),
        {"type": "queue_changed", "kind": evil, "batch_ids": [evil]},
        {
            "type": "process_changed",
            "kind": evil,
            "process_ids": [evil],
            "processes": {evil: {"label": evil, "signal": evil}},
        },
        {"type": "agent_frame_switched", "frame_id": evil},
        {"type": "session_changed", "kind": "ended", "outcome": evil},
        {"type": "gap", "reason": evil, "cursor": evil},
        observation(
            *(
                entry(kind, kind, text=evil, name=evil, output=evil, args=evil, state=evil)
                for kind in (
                    "user",
                    "prose",
                    "reasoning",
                    "tool",
                    "code",
                    "value",
                    "error",
                    "retry",
                    "diagnostic",
                    "frame",
                    evil,
                )
            ),
            queue=[{"text": evil}],
            processes=[{"label": evil, "state": "running"}],
            state="waiting",
            waiting_for=evil,
        ),
    ]
    text = written(*records)
    assert all(char in "\n\t" or char.isprintable() for char in text)


def test_snapshot_as_text() -> None:
    """All rows in order, then what is pending."""
    text = written(
        observation(
            entry("user", "u", text="hi"),
            entry("prose", "p", text="Hello"),
            entry("tool", "t", name="read", args={"path": "a.py"}, state="running"),
            entry("commit", "c"),
            queue=[{"batch_id": "b", "text": "next"}],
            processes=[{"label": "web", "state": "running"}, {"label": "old", "state": "exited"}],
            dropped_entries=1200,
            state="waiting",
            waiting_for="approval",
        )
    )
    assert text == (
        "-- 1,200 older entries are no longer kept\n"
        "> hi\nHello\n● read  a.py  running\n"
        "-- queued: next\n-- running: web\n-- waiting for: approval\n"
    )


def test_a_question_is_said_once() -> None:
    """Live, in a snapshot after that, and when it was answered; in full, and last."""
    question: dict[str, Any] = {"name": "waiting", "text": "rm\n-r x?", "format": "plain"}
    asked = entry("diagnostic", "q", **question)
    over = entry("diagnostic", "q", ended_at=5, **question)
    waits: dict[str, Any] = {"state": "waiting", "waiting_for": "rm\n-r x?"}
    queued = [{"batch_id": "b", "text": "next"}]

    shown = TextWriter().write(
        observation(asked, entry("user", "u", text="?"), queue=queued, **waits)
    )
    assert shown == "> ?\n-- queued: next\n-- waiting for: rm -r x?\n"
    view = TextWriter()
    assert view.write(activity("waiting", "q", what="rm\n-r x?")) == "-- waiting for: rm -r x?\n"
    assert view.write(observation(asked, **waits)) == ""
    assert view.write(observation(over, state="running")) == ""
    assert TextWriter().write(observation(over, state="running")) == "-- asked: rm -r x?\n"


def test_deltas_after_a_snapshot_go_on_in_its_last_row() -> None:
    """The half-written answer of the snapshot is not broken by a line end."""
    assert written(observation(entry("prose", text="Hel")), prose("lo")) == "Hello\n"


def test_after_a_gap_only_what_is_missing_comes() -> None:
    """Rows that were written are not repeated; a half-written one continues."""
    gap = {"type": "gap", "reason": "trimmed", "lost": 5}
    tool = activity("tool_call_completed", "t", name="x")
    text = written(
        observation(entry("prose", "a", text="one\n"), entry("prose", "b", 2, text="tw")),
        prose("o, ", "b", 3),
        tool,
        gap,
        observation(
            entry("prose", "a", text="one\n"),
            entry("prose", "b", 2, text="two, and", cut_chars=0),
            entry("tool", "t", 4, name="x", state="success"),
            entry("prose", "c", 6, text="three\n"),
        ),
    )
    assert text == (
        "one\ntwo, \n✓ x\n"
        "-- gap: 5 events can no longer be replayed (trimmed); catching up from a snapshot\n"
        "and\nthree\n"
    )


def test_rows_of_one_key_are_counted_in_order() -> None:
    """A long output continues in further rows of the same key, its head cut to the bound."""
    text = written(
        prose("0123456789", "a"),
        observation(
            entry("prose", "a", 1, text="3456", cut_chars=3),
            entry("prose", "a#7", 7, correlation_id="a", text="789abc"),
        ),
    )
    assert text == "0123456789abc\n"


@pytest.mark.parametrize("view", [{"dropped_entries": 3}, {"incarnation": 9}])
def test_what_cannot_be_counted_comes_whole(view: Record) -> None:
    """Twice is better than not at all: rows dropped at the head, a stream that began in mid-row."""
    text = written(
        prose("tail", "a", 5), observation(entry("prose", "a", 2, text="head tail"), **view)
    )
    assert text.endswith("head tail\n")


def test_a_row_begun_before_the_stream_comes_whole() -> None:
    """After `--cursor` in mid-row its length can't be known."""
    text = written(
        prose("tail", "a", 5), observation(entry("prose", "a", 2, text="head tail more"))
    )
    assert text.endswith("head tail more\n")


def test_a_discarded_attempt_is_shown_and_its_row_starts_over() -> None:
    """The text stands on the screen already; a line says what it is worth."""
    reset = activity("model_attempt_reset", "r", correlation_ids=["k"])
    text = written(prose("wrong"), reset, observation(entry("prose", text="right")))
    assert text == "wrong\n-- the attempt above failed; its text is discarded\nright\n"


def test_odd_records_are_survived() -> None:
    """A newer daemon's records cost nothing."""
    odd: list[Record] = [
        {},
        {"type": "turn_activity"},
        {"type": "observation", "read_view": {"entries": [3, {}]}},
        {"type": "queue_changed"},
        {"type": "process_changed", "process_ids": ["a"], "processes": []},
        {"type": "unheard_of"},
    ]
    assert isinstance(written(*odd), str)


def changed(what: str, kind: str, ids: str, key: str, details: object = None) -> Record:
    """A queue or process event about one item."""
    record = {"type": f"{what}_changed", "cursor": "lashsc1:0:9:s", "kind": kind, ids: [key]}
    return record if details is None else {**record, f"{what}es": details, "batches": details}


def test_an_end_names_what_its_beginning_named() -> None:
    """An agent sends a label once; a bare id means nothing to a person."""
    started = changed("process", "started", "process_ids", "p", {"p": {"label": "npm run dev"}})
    exited = changed("process", "exited", "process_ids", "p")
    queued = changed("queue", "enqueued", "batch_ids", "b", {"b": {"text": "fix it"}})
    delivered = changed("queue", "delivered", "batch_ids", "b")
    assert written(started, exited, queued, delivered) == (
        "-- process: started npm run dev\n-- process: exited npm run dev\n"
        "-- queue: enqueued fix it\n-- queue: delivered fix it\n"
    )


def test_an_end_names_what_the_snapshot_named() -> None:
    """For who came later; what has no label is its id."""
    runs = [{"process_id": "p", "label": "npm run dev", "state": "running"}]
    runs.append({"process_id": "q"})  # as a view of the daemon's has it
    view = observation(processes=runs, queue=[{"batch_id": "b", "text": "fix it"}])
    text = written(view, changed("process", "exited", "process_ids", "p"))
    assert "-- running: npm run dev\n-- running: q\n" in text
    assert text.endswith("-- process: exited npm run dev\n")
    assert "delivered fix it" in written(view, changed("queue", "delivered", "batch_ids", "b"))


def test_a_subagents_words_are_labelled_and_indented() -> None:
    """Whoever reads along sees at each change whose words these are, whatever kind they are."""

    def child(tag: str, key: str, parent: str, **rest: object) -> Record:
        return activity(tag, key, 1, parent=parent, **rest)

    launched = [
        activity(
            "tool_call_started",
            each,
            call_id=each,
            name="Agent",
            args={"description": f"Do {each}"},
        )
        for each in ("a", "b")
    ]
    assert written(
        *launched,
        prose("Both run.", "m"),
        child("assistant_prose_delta", "p1", "a", text="I look\n\nand "),
        child("assistant_prose_delta", "p2", "b", text="Me too."),
        child("assistant_prose_delta", "p1", "a", text="see."),
        child("reasoning_delta", "r", "a", text="hm"),
        child("tool_call_completed", "t", "a", call_id="t", name="Bash", args={"command": "ls"}),
        child("error", "e", "b", message="broken"),
        prose("Over.", "n"),
    ) == (
        "Both run.\n"
        "  -- Do a:\n  I look\n  \n  and \n"
        "  -- Do b:\n  Me too.\n"
        "  -- Do a:\n  see.\n  ~ hm\n  ✓ Bash  ls\n"
        "  -- Do b:\n  ✗ error: broken\n"
        "Over.\n"
    )


def test_a_snapshot_labels_a_subagents_words_too() -> None:
    """Interleaved rows of two subagents, and what stands outside of any."""
    launched = entry("tool", "a", name="Agent", args={"description": "Look"}, state="success")
    view = observation(
        launched,
        entry("prose", "p1", text="I look.", parent="a"),
        entry("tool", "t", name="Bash", state="success", parent="a"),
        entry("prose", "m", text="Over."),
        queue=[{"batch_id": "q", "text": "next"}],
    )
    text = written(view)
    assert "  -- Look:\n  I look.\n  ✓ Bash\nOver.\n-- queued: next\n" in text


def printed(text: str, key: str = "run", form: str = "ansi") -> Record:
    """What a command printed."""
    return activity("assistant_prose_delta", key, text=text, format=form)


def withdrawn(*keys: str) -> Record:
    """Unfinished lines end, or come again."""
    return activity("model_attempt_reset", "r", correlation_ids=list(keys))


def on_terminal(*records: Record) -> str:
    """What goes to a terminal."""
    writer = TextWriter(colour=True, redraws=True)
    return "".join(map(writer.write, records)) + writer.finish()


RED = "\x1b[31mred\nstill\x1b[0m plain \x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\\n"


def test_colours_and_links_of_commands_go_to_a_terminal_alone() -> None:
    """They end with their line; text of other formats has none."""
    assert on_terminal(printed(RED)) == (
        "\x1b[31mred\x1b[0m\nstill plain \x1b]8;;https://a.example\x1b\\link\x1b]8;;\x1b\\\n"
    )
    assert written(printed(RED)) == "red\nstill plain link\n"
    assert on_terminal(prose(RED)) == "red\nstill plain link\n"
    assert on_terminal(printed(RED, form="plain")) == "red\nstill plain link\n"
    row = entry("prose", "run", text=RED, format="ansi")
    assert written(observation(row)) == "red\nstill plain link\n"
    assert on_terminal(observation(row)) == on_terminal(printed(RED))


def test_nothing_else_of_a_command_reaches_a_terminal() -> None:
    """Whoever published it, and however it is cut."""
    text = hostile("word")
    whole = on_terminal(printed(text))
    pieces = on_terminal(*(printed(character) for character in text))
    for shown in (whole, pieces):
        left = re.sub("\x1b\\[[0-9;]*m|\x1b]8;;[\x21-\x7e]*\x1b\\\\", "", shown)
        assert safe_text(left) == left
    assert written(printed(text)) == safe_text(text) + "\n"


def test_an_unfinished_line_is_written_once() -> None:
    """At once on a terminal, elsewhere with its end."""
    records = (
        printed("hello\n", form="plain"),
        printed("Na", "run~", "plain"),
        printed("me? ", "run~", "plain"),
        withdrawn("run~"),
        printed("Name? Ann\nnext\n", form="plain"),
    )
    assert on_terminal(*records) == written(*records) == "hello\nName? Ann\nnext\n"
    assert on_terminal(*records[:3]) == written(*records[:3]) == "hello\nName? \n"
    writer = TextWriter()
    assert "".join(map(writer.write, records[:3])) == "hello\n"


def test_a_line_that_is_drawn_again_is_drawn_again() -> None:
    """On a terminal in its place; elsewhere its last form is all there is."""
    records = (
        printed("\x1b[32m10%\x1b[0m", "run~"),
        withdrawn("run~"),
        printed("20%", "run~"),
        withdrawn("run~"),
        printed("done\n"),
    )
    assert on_terminal(*records) == "\x1b[32m10%\x1b[0m\r\x1b[K20%\r\x1b[Kdone\n"
    assert written(*records) == "done\n"


def test_an_unfinished_line_that_nobody_ends_is_not_lost() -> None:
    """Its command was killed."""
    end = {"type": "session_changed", "kind": "ended", "outcome": "cut_off"}
    records = (printed("Pass", "run~", "plain"), printed("word: ", "run~", "plain"), end)
    assert written(*records) == on_terminal(*records) == "Password: \n-- ended: cut off\n"
    held = observation(entry("prose", "run~", text="10%", format="plain"))
    assert written(held) == "10%\n"
