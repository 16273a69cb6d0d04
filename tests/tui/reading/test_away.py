"""What happened while the reader was away: counted, bounded, safe, each with its entry."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashd.view import Entry, ReadView
from lashtui.feed.since import Since, place_in, since
from lashtui.reading.away import MAX_LINES, digest, tally
from lashtui.saved.place import Place
from tests.hostile import ATTACKS

_NUMBER = iter(range(10**9))


def entry(kind: Any, text: str | None = None, **fields: Any) -> Entry:
    """One with the next position."""
    number = next(_NUMBER)
    return Entry(kind, f"e{number}", number, text=text, started_at=5, **fields)


def bash(command: str, output: str, state: Any = "success", **fields: Any) -> Entry:
    """A command that has ended."""
    told = {"stdout": output, **fields}
    return entry("tool", name="Bash", args={"command": command}, output=told, state=state)


def edit(path: str, old: str, new: str, state: Any = "success") -> Entry:
    """An edit that has ended."""
    args = {"file_path": path, "old_string": old, "new_string": new}
    return entry("tool", name="Edit", args=args, state=state)


def lines(entries: list[Entry], **view: Any) -> list[str]:
    """The lines for a reader who saw nothing of these."""
    made = digest(ReadView("s", entries=entries, **view), Since(entries, None))
    if made is None:
        return []
    known = {entry.id for entry in entries}
    assert all(line.id in known for line in made.lines)
    return [f"{line.mark} {line.text}  {line.detail}".rstrip() for line in made.lines]


def test_everything_that_is_told() -> None:
    """The most urgent first."""
    entries = [
        entry("user", "go"),
        entry("diagnostic", "may I push?", name="waiting", ended_at=9),
        edit("/home/me/p/calc.py", "a", "b\nc"),
        edit("/home/me/p/calc.py", "d", ""),
        edit("/home/me/p/no.py", "d", "", state="failure"),
        bash("make", "boom", "failure", exit_code=2),
        bash("pytest", "1 passed in 0.1s"),
        bash("pytest", "3 passed, 1 failed in 0.1s", "failure", exit_code=1),
        entry("error", "overloaded"),
        entry("commit", state="failure", output={"turn_index": 1}),
        entry("commit", state="success", output={"turn_index": 2}),
        entry("diagnostic", "may I delete it?", name="waiting"),
    ]
    assert lines(entries, state="waiting", directory="/home/me/p") == [
        "· asked: may I push?  answered",
        "‼ asked: may I delete it?  waits for you",
        "✗ 1 turn failed, 1 done",
        "✗ error: overloaded",
        "✗ Bash make  exit 2",
        "✗ Bash pytest  exit 1",
        "✗ tests: 3 passed, 1 failed  last of 2 runs",
        "✎ calc.py  +2 -2",
    ]


def test_nothing_to_tell() -> None:
    """Prose alone is no digest."""
    assert digest(ReadView("s"), Since([entry("prose", "text")], None)) is None


@pytest.mark.parametrize(
    ("then", "now", "told"),
    [(1.0, 1.42, ["$ 0.42"]), (None, 1.42, []), (1.42, None, []), (2.0, 1.0, []), (1.0, 1.0, [])],
)
def test_cost_is_told_only_if_both_ends_are_known(
    then: float | None, now: float | None, told: list[str]
) -> None:
    """It is never guessed."""
    usage: Any = {} if now is None else {"total": {"cost_usd": now}}
    view = ReadView("s", entries=[entry("prose", "x")], usage=usage)
    made = digest(view, Since(view.entries, None), Place(cost_usd=then))
    assert [f"{line.mark} {line.text}" for line in (made.lines if made else ())] == told


def test_it_is_bounded() -> None:
    """However much happened; what is left out is counted."""
    entries = [edit(f"f{n}.py", "a", "b") for n in range(9)]
    entries += [entry("error", f"error {n}") for n in range(5)]
    entries += [bash(f"cmd {n}", "", "failure", exit_code=1) for n in range(5)]
    entries += [entry("diagnostic", f"q{n}", name="waiting") for n in range(5)]
    entries += [entry("commit", state="success"), bash("pytest", "1 passed in 1.0s")]
    told = lines(entries, usage={"total": {"cost_usd": 3}})
    assert len(told) <= MAX_LINES
    assert "  +4 earlier questions" in told
    assert "  +4 earlier errors" in told
    assert "  +4 earlier failed commands" in told
    assert "  +6 more files  +6 -6" in told


def test_how_long_the_reader_was_away() -> None:
    """Where it is known."""
    view = ReadView("s", entries=[entry("commit", state="success")])
    heads = [digest(view, Since(view.entries, None), None, away) for away in (None, 0.2, 754.0)]
    assert [head.heading for head in heads if head] == [
        "while you were away",
        "while you were away",
        "while you were away · 12 min",
    ]


def test_a_file_that_was_written_says_so() -> None:
    """What was in it before nobody knows."""
    args = {"file_path": "x", "content": "a\nb\n"}
    wrote = entry("tool", name="Write", args=args, state="success")
    assert lines([wrote]) == ["✎ x  +2 · written as a whole"]


@pytest.mark.parametrize("text", ATTACKS)
def test_hostile_texts_are_made_safe(text: str) -> None:
    """Questions, errors, commands, paths and names."""
    entries = [
        entry("diagnostic", text, name="waiting"),
        entry("error", text),
        bash(text + "x", text, "failure"),
        edit(text + "x", "a", "b"),
        entry("code", text, name=text, state="failure"),
    ]
    for line in lines(entries, directory=text):
        assert line.isprintable(), line


STEPS = st.lists(
    st.sampled_from(["done", "failed", "error", "ask", "edit a", "edit b", "cmd", "ok", "test"]),
    max_size=25,
)


@given(STEPS, st.data())
def test_at_every_cut_it_counts_what_came_after(steps: list[str], data: st.DataObject) -> None:
    """As a plain count of the events after the cursor."""
    view, cut = ReadView("s"), data.draw(st.integers(0, len(steps)))
    place, position = place_in(view), -1

    def run(step: str) -> None:
        if step in ("done", "failed"):
            made = entry("commit", state="success" if step == "done" else "failure")
        elif step == "error":
            made = entry("error", "e")
        elif step == "ask":
            made = entry("diagnostic", "q", name="waiting")
        elif step.startswith("edit"):
            made = edit(step[-1], "a", "b\nc")
        elif step == "test":
            made = bash("pytest", "2 passed, 1 failed in 0.1s")
        else:
            made = bash("ls", "", "failure" if step == "cmd" else "success")
        view.entries.append(made)

    for number, step in enumerate(steps):
        if number == cut:
            place, position = place_in(view), view.entries[-1].position if view.entries else -1
        run(step)
    after = steps[cut:]
    if cut == len(steps):
        position = view.entries[-1].position if view.entries else -1
        place = place_in(view)
    found = since(view, place, position)
    assert found is not None
    count = tally(view, found, place)
    assert len(count.done) == after.count("done")
    assert len(count.failed) == after.count("failed")
    assert len(count.errors) == after.count("error")
    assert len(count.questions) == after.count("ask")
    assert len(count.commands) == after.count("cmd")
    assert [result.failed for _, result in count.tests] == [1] * after.count("test")
    assert {path: (file.added, file.deleted) for path, file in count.files.items()} == {
        name: (2 * after.count(f"edit {name}"), after.count(f"edit {name}"))
        for name in "ab"
        if f"edit {name}" in after
    }
