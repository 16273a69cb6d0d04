"""What `ls` reads of a record."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.listing.row import Row, chosen
from lashtui.listing.words import SORTS
from lashtui.text.state_names import STATES

from .listed import ALL, DONE, FAILED, IDLE, NOW, QUIET, RUNNING, WAITING, ago, record


def names(records: list[dict[str, Any]], states: set[str] | None, sort: str = "state") -> list[str]:
    """The sessions that are chosen, in order."""
    rows = chosen(map(Row, records), None if states is None else frozenset(states), sort)
    return [row.session_id for row in rows]


@pytest.mark.parametrize(
    ("fields", "word"),
    [
        (WAITING, "waiting"),
        (FAILED, "failed"),
        (QUIET, "quiet"),
        (RUNNING, "running"),
        (IDLE, "idle"),
        (DONE, "done"),
        (record(state="ended", outcome="failure"), "failed"),
        (record(state="ended", outcome="cut_off"), "failed"),
        (record(state="ended", outcome="cancelled"), "cancelled"),
        (record(state="ended"), "ended"),
        (record(state="of a later\x1b[m version"), "of a later version"),
    ],
)
def test_a_state_is_a_word(fields: dict[str, Any], word: str) -> None:
    """The one that stands in the table; an unknown outcome is not called a success."""
    assert Row(fields).word == word


def test_a_mirrors_session_whose_home_is_gone_is_unseen_since_then() -> None:
    """It is never called idle, or at work."""
    mirror = {"home": "box", "last_seen_at": 7_000, "foreign_at": None}
    row = Row({"session_id": "s", "state": "idle", "updated_at": 1_000, "mirror": mirror})
    assert (row.word, row.since) == ("unseen", 7_000)
    assert Row({"state": "idle", "mirror": {**mirror, "last_seen_at": None}}).word == "idle"


def test_the_most_urgent_come_first() -> None:
    """Needs you, failed, quiet, running, done: the order of the app."""
    assert names(ALL, None) == ["waits", "fails", "stuck", "works", "idles", "over"]


@pytest.mark.parametrize(
    ("states", "found"),
    [
        ({"waiting"}, ["waits"]),
        ({"failed", "quiet"}, ["fails", "crash", "stuck"]),
        ({"running"}, ["works"]),
        ({"idle"}, ["idles"]),
        ({"done"}, ["over", "gone"]),
        ({"ended"}, ["crash", "over", "gone"]),
        ({"ended", "idle"}, ["crash", "idles", "over", "gone"]),
        (set(STATES), ["waits", "fails", "crash", "stuck", "works", "idles", "over", "gone"]),
    ],
)
def test_states_choose(states: set[str], found: list[str]) -> None:
    """By the table's words; `ended` for those that have, however they did."""
    more = [
        record("crash", state="ended", outcome="cut_off", updated_at=ago(50)),
        record("gone", state="ended", updated_at=ago(500)),
    ]
    assert names([*ALL, *more], states) == found


@pytest.mark.parametrize(
    ("sort", "more", "less"),
    [
        ("name", {"session_id": "a"}, {"session_id": "b"}),
        ("last", {"updated_at": 20}, {"updated_at": 10}),
        ("turn", {"turn_started_at": 10}, {"turn_started_at": 20}),
        ("quiet", {"updated_at": 10}, {"updated_at": 20}),
        ("cost", {"usage": {"total": {"cost_usd": 2}}}, {"usage": {"total": {"cost_usd": 1.5}}}),
        (
            "context",
            {"usage": {"context": {"used": 5, "size": 10}}},
            {"usage": {"context": {"used": 9, "size": 100}}},
        ),
        ("directory", {"directory": "/a"}, {"directory": "/b"}),
        ("agent", {"agent": "a"}, {"agent": "b"}),
    ],
)
def test_every_key_sorts(sort: str, more: dict[str, Any], less: dict[str, Any]) -> None:
    """Latest, longest and largest first, texts by the alphabet; what is unknown comes last."""
    unknown = record("~", updated_at=None)
    rows = [unknown, record(**{"session_id": "x", **less}), record(**{"session_id": "y", **more})]
    found = chosen(map(Row, rows), None, sort)
    assert [row.record for row in found] == [rows[2], rows[1], unknown]


def test_turns_are_sorted_by_what_is_shown() -> None:
    """What a session that is at no turn says of its last one doesn't count."""
    rows = [
        record("old", state="ended", turn_started_at=1),
        record("now", state="running", turn_started_at=9),
    ]
    assert [row.session_id for row in chosen(map(Row, rows), None, "turn")] == ["now", "old"]


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (WAITING, "Bash: git push --force origin main"),
        (record(state="waiting"), "waits for you"),
        (FAILED, "529 overloaded"),
        (record(state="ended", outcome="cut_off"), "cut off: its publisher is gone"),
        (record(state="ended", outcome="failure", last_line="oh"), "oh"),
        (record(state="ended", outcome="failure", exit_code=3, last_line="oh"), "exit 3 · oh"),
        (record(state="ended", outcome="failure", exit_code=3), "exit 3"),
        (record(state="ended", outcome="failure", exit_code=3, error="no disk"), "no disk"),
        (RUNNING, "3/5 Read src/a.py"),
        (QUIET, "Bash npm run e2e"),
        (record(doing={"name": "Bash"}, last_line="no"), "Bash"),
        (record(last_line="I look at it."), "I look at it."),
        (record(plan={"done": 0, "total": 4}, last_line="So:"), "0/4 So:"),
        (
            record(retry={"attempt": 2, "max_attempts": 5, "due_at": NOW + 9000}),
            "retry 2 of 5 in 9s",
        ),
        (
            record(
                retry={"attempt": 2, "due_at": ago(600)}, quiet_since=ago(630), error="rate limited"
            ),
            "retry 2, 10m overdue: rate limited",
        ),
        (record(retry={"attempt": None}), "retry"),
        (record(retry={"due_at": NOW + 1000}), "retry in 1s"),
        (DONE, "All done."),
        (record(last_line="a\x1b[2J\nb\x07" + "c" * 9999), "a b" + "c" * 4092 + "…"),
    ],
)
def test_what_is_to_be_known_now(fields: dict[str, Any], told: str) -> None:
    """The question, the error, the retry, the tool, or what it said last: one safe line."""
    assert Row(fields).what(NOW) == told


@pytest.mark.parametrize("value", [None, "x", 1.5, True, float("nan"), [], {}, {"used": "x"}])
def test_a_record_of_another_form_is_still_a_row(value: object) -> None:
    """A daemon of another version may send anything: it is unknown then."""
    keys = ("usage", "doing", "retry", "plan", "updated_at", "quiet_since", "error", "outcome")
    row = Row({"session_id": "s", "state": "running", **dict.fromkeys(keys, value)})
    assert row.cost is row.context_share is None
    assert isinstance(row.what(NOW), str)
    assert chosen([row, row], None, "state")
    Row({})


def test_all_keys_are_known() -> None:
    """Those that the command offers."""
    for sort in SORTS:
        chosen([Row(WAITING), Row(DONE)], None, sort)
