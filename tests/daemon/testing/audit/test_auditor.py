"""The auditor says nothing of true notes, and finds each kind of breach that is planted in them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lashd.testing.audit.auditor import Auditor
from lashd.testing.audit.marks import Record, mark
from lashd.testing.audit.report import Violation
from tests.daemon.testing.audit.notes import Scene, busy_scene

EVENT = "turn_activity"


def events(scene: Scene, name: str) -> list[Record]:
    return scene.records(name, EVENT)


def drop(scene: Scene, name: str, record: Record) -> None:
    del scene.notes[scene.index(name, record)]


def repeat(scene: Scene, name: str, record: Record) -> None:
    index = scene.index(name, record)
    scene.notes.insert(index, scene.notes[index])


def swap(scene: Scene, name: str, one: Record, other: Record) -> None:
    first, second = scene.index(name, one), scene.index(name, other)
    notes = scene.notes
    notes[first], notes[second] = notes[second], notes[first]


def moved(cursor: str, by: int) -> str:
    """A cursor some events further."""
    prefix, revision, position, session = cursor.split(":", 3)
    return f"{prefix}:{revision}:{int(position) + by}:{session}"


def marked(record: Record, name: str, number: int) -> bool:
    return mark(name, number) in record["activity"].get("text", "")


# -- plants: each spoils true notes in one way ----------------------------------------------------


def an_event_is_missing(scene: Scene) -> None:
    drop(scene, "a", events(scene, "a")[7])


def an_event_comes_twice(scene: Scene) -> None:
    repeat(scene, "a", events(scene, "a")[7])


def two_events_are_swapped(scene: Scene) -> None:
    swap(scene, "a", events(scene, "a")[7], events(scene, "a")[8])


def an_older_event_comes_again(scene: Scene) -> None:
    notes = scene.notes
    notes.insert(
        scene.index("a", events(scene, "a")[9]), notes[scene.index("a", events(scene, "a")[3])]
    )


def another_event_has_the_cursor(scene: Scene) -> None:
    events(scene, "b")[4]["activity"]["format"] = "plain"


def a_text_is_changed_for_all(scene: Scene) -> None:
    for name in "abcd":
        for record in events(scene, name):
            if marked(record, "p1", 4):
                record["activity"]["text"] += "!"


def an_event_lands_again_behind(scene: Scene) -> None:
    ours = events(scene, "a")
    later = next(record for record in ours if marked(record, "p2", 8))
    for record in (later, *(r for r in events(scene, "b") if r["cursor"] == later["cursor"])):
        record["activity"]["text"] = next(r for r in ours if marked(r, "p2", 6))["activity"]["text"]


def an_event_that_nobody_sent(scene: Scene) -> None:
    events(scene, "a")[-1]["activity"]["text"] = mark("p1", 900)


def a_refused_event_is_there(scene: Scene) -> None:
    scene.records("p1", "ack")[-1]["refused"].append({"number": 3, "reason": "no"})


def a_refusal_of_what_comes_later(scene: Scene) -> None:
    scene.records("p1", "ack")[0]["refused"].append({"number": 14, "reason": "no"})


def an_acknowledged_event_is_nowhere(scene: Scene) -> None:
    # The store lost it before it had a number, so that nobody sees a hole.
    for name in "ab":
        for record in events(scene, name):
            if marked(record, "p2", 5):
                record["activity"]["text"] = "something else"


def an_ack_of_what_was_never_sent(scene: Scene) -> None:
    scene.records("p1", "ack")[-1]["last"] = 99


def an_ack_is_taken_back(scene: Scene) -> None:
    scene.records("p1", "ack")[-1]["last"] = 1


def a_gap_without_its_snapshot(scene: Scene) -> None:
    drop(scene, "c", scene.records("c", "observation")[0])


def a_snapshot_without_its_gap(scene: Scene) -> None:
    drop(scene, "c", scene.records("c", "gap")[0])


def a_snapshot_in_the_middle(scene: Scene) -> None:
    snapshot = scene.notes[scene.index("b", scene.records("b", "observation")[0])]
    scene.notes.insert(scene.index("b", events(scene, "b")[3]), snapshot)


def a_gap_after_a_gap(scene: Scene) -> None:
    repeat(scene, "c", scene.records("c", "gap")[0])


def a_gap_without_a_reason(scene: Scene) -> None:
    scene.records("c", "gap")[0]["reason"] = "overslept"


def a_gap_with_wrong_counts(scene: Scene) -> None:
    scene.records("c", "gap")[0]["skipped"] += 1


def a_gap_with_more_lost_than_skipped(scene: Scene) -> None:
    scene.records("c", "gap")[0]["lost"] = 10_000


def a_gap_from_elsewhere(scene: Scene) -> None:
    gap = scene.records("c", "gap")[0]
    gap["requested_cursor"] = moved(gap["requested_cursor"], -1)


def a_gap_that_goes_back(scene: Scene) -> None:
    gap, snapshot = scene.records("c", "gap")[0], scene.records("c", "observation")[0]
    for record in (gap, snapshot):
        record["cursor"] = moved(gap["requested_cursor"], -2)
    gap["latest_cursor"] = gap["cursor"]
    gap["skipped"], gap["lost"] = -2, -2


def a_snapshot_of_elsewhere(scene: Scene) -> None:
    snapshot = scene.records("c", "observation")[0]
    snapshot["cursor"] = moved(snapshot["cursor"], -1)


def a_snapshot_lacks_an_entry(scene: Scene) -> None:
    del scene.records("d", "observation")[0]["read_view"]["entries"][2]


def a_snapshot_has_an_entry_too_many(scene: Scene) -> None:
    entries = scene.records("d", "observation")[0]["read_view"]["entries"]
    entries.append(dict(entries[-1]))


def a_snapshot_has_another_state(scene: Scene) -> None:
    scene.records("d", "observation")[0]["read_view"]["state"] = "waiting"


def two_snapshots_at_one_cursor(scene: Scene) -> None:
    (snapshot,) = scene.records("d", "observation")
    other = dict(snapshot, read_view={**snapshot["read_view"], "title": "another"})
    scene.notes += [
        ("e", "attaching", ()),
        ("e", "received", ({**scene.records("d", "attached")[0]},)),
        ("e", "received", (other,)),
    ]


def a_snapshot_that_is_none(scene: Scene) -> None:
    scene.records("d", "observation")[0]["read_view"] = {"entries": 5}


def a_snapshot_of_another_session(scene: Scene) -> None:
    scene.records("d", "observation")[0]["read_view"]["session_id"] = "t"


def an_event_of_another_session(scene: Scene) -> None:
    events(scene, "a")[5]["session_id"] = "t"


def a_revision_that_falls(scene: Scene) -> None:
    events(scene, "a")[1]["revision"] = 5


def a_start_at_another_cursor(scene: Scene) -> None:
    attached = scene.records("c", "attached")[1]
    attached["cursor"] = moved(attached["cursor"], 1)


def a_snapshot_for_a_cursor(scene: Scene) -> None:
    scene.records("c", "attached")[1]["served"] = "snapshot"


def synced_elsewhere(scene: Scene) -> None:
    synced = scene.records("a", "synced")[0]
    synced["cursor"] = moved(synced["cursor"], 1)


def synced_twice(scene: Scene) -> None:
    repeat(scene, "a", scene.records("a", "synced")[0])


def more_after_the_end(scene: Scene) -> None:
    last = events(scene, "b")[-1]
    end = {"type": "end", "cursor": events(scene, "b")[-2]["cursor"], "reason": "stopped"}
    scene.notes.insert(scene.index("b", last), ("b", "received", (end,)))


def an_event_without_a_cursor(scene: Scene) -> None:
    events(scene, "a")[5]["cursor"] = None


def a_number_with_two_events(scene: Scene) -> None:
    sent = next(
        index
        for index, (name, method, arguments) in enumerate(scene.notes)
        if name == "p1"
        and method == "sent"
        and arguments[0]["type"] == "append"
        and arguments[0]["events"]
    )
    first = scene.notes[sent][2][0]
    other = {**first, "events": [{"type": "user_message", "text": mark("p1", first["first"])}]}
    scene.notes.insert(sent + 1, ("p1", "sent", (other,)))


PLANTS: list[tuple[Callable[[Scene], None], str, str]] = [
    (an_event_is_missing, "hole", "no gap for 1 missing event between"),
    (an_event_comes_twice, "duplicate", "twice"),
    (two_events_are_swapped, "order", "after"),
    (an_older_event_comes_again, "order", "after"),
    (another_event_has_the_cursor, "disagreement", "different events at"),
    (a_text_is_changed_for_all, "content", "event 4 of publisher p1 with another text"),
    (an_event_lands_again_behind, "duplicate", "event 6 of publisher p2 is in session s twice"),
    (an_event_that_nobody_sent, "content", "event 900 of publisher p1, which was never sent"),
    (a_refused_event_is_there, "acknowledgement", "event 3 of publisher p1 was refused, and is"),
    (a_refusal_of_what_comes_later, "acknowledgement", "the same acknowledgement goes up to"),
    (an_acknowledged_event_is_nowhere, "loss", "event 5 of publisher p2, acknowledged at"),
    (an_ack_of_what_was_never_sent, "acknowledgement", "`ack` says that publisher p1 sent"),
    (an_ack_is_taken_back, "acknowledgement", "took back acknowledged events"),
    (a_gap_without_its_snapshot, "gap", "where `observation` was due"),
    (a_snapshot_without_its_gap, "gap", "a snapshot without its reason"),
    (a_snapshot_in_the_middle, "gap", "that no gap explains"),
    (a_gap_after_a_gap, "gap", "a second gap where the snapshot of the first was due"),
    (a_gap_without_a_reason, "gap", "a gap for the reason 'overslept'"),
    (a_gap_with_wrong_counts, "gap", "events that says"),
    (a_gap_with_more_lost_than_skipped, "gap", "10000 events lost of"),
    (a_gap_from_elsewhere, "gap", "got a gap that begins at"),
    (a_gap_that_goes_back, "order", "went back from"),
    (a_snapshot_of_elsewhere, "snapshot", "after a gap that ends at"),
    (a_snapshot_lacks_an_entry, "snapshot", "not what the events before it make: "),
    (a_snapshot_lacks_an_entry, "snapshot", "acknowledged before it"),
    (a_snapshot_has_an_entry_too_many, "duplicate", "twice"),
    (a_snapshot_has_another_state, "snapshot", "state differs"),
    (two_snapshots_at_one_cursor, "snapshot", "got different snapshots at"),
    (a_snapshot_that_is_none, "snapshot", "can't be read"),
    (a_snapshot_of_another_session, "snapshot", "a snapshot of session t"),
    (an_event_of_another_session, "content", "an event of session t"),
    (a_revision_that_falls, "order", "got revision 0 after revision 5"),
    (a_start_at_another_cursor, "order", "asked to start at"),
    (a_snapshot_for_a_cursor, "gap", "asked for the events after a cursor and got a snapshot"),
    (synced_elsewhere, "order", "got `synced`"),
    (synced_twice, "protocol", "got `synced` twice"),
    (more_after_the_end, "protocol", "after `end`"),
    (an_event_without_a_cursor, "protocol", "an event without a cursor"),
    (a_number_with_two_events, "content", "sent two different events as number"),
]


@pytest.mark.parametrize(("plant", "kind", "words"), PLANTS)
def test_a_planted_breach_is_found(plant: Callable[[Scene], None], kind: str, words: str) -> None:
    """Each is told in a sentence of its kind."""
    scene = busy_scene()
    plant(scene)
    found = scene.audit()

    assert any(one.kind == kind and words in str(one) for one in found), "\n".join(map(str, found))


def test_true_notes_have_no_violations() -> None:
    """Replays, snapshots, gaps, refusals and several publishers are all as promised."""
    scene = busy_scene()

    assert scene.audit() == []
    assert scene.records("c", "gap")
    assert scene.records("p1", "ack")[-1]["last"] == 18


def test_a_gap_does_not_hide_that_the_reader_went_on_elsewhere() -> None:
    """Without lashd's views the streams are judged all the same."""
    scene = busy_scene()
    a_snapshot_lacks_an_entry(scene)
    assert scene.audit(views=False) == []

    an_event_is_missing(scene)
    assert [one.kind for one in scene.audit(views=False)][:1] == ["hole"]


def test_cursors_of_another_store_are_compared_as_text() -> None:
    """They can't be ordered; that two readers disagree about what follows one is still found."""

    def stream(auditor: Auditor, name: str, *cursors: str) -> None:
        reader = auditor.reader(name, "s")
        for cursor in cursors:
            reader.received(
                {"type": "committed", "session_id": "s", "revision": 0, "cursor": cursor}
            )

    auditor = Auditor(views=False)
    stream(auditor, "a", "c1", "c2", "c3", "c4")
    stream(auditor, "b", "c2", "c3")
    assert auditor.finish() == []

    stream(auditor, "c", "c1", "c3")
    (found,) = auditor.finish()
    assert found.kind == "disagreement"
    assert str(found).startswith("after c1 of session s some readers got the event at c2, and c")


def test_memory_is_bounded() -> None:
    """Beyond what is kept nothing is compared, and nothing false is said."""
    scene = busy_scene()

    assert scene.audit(keep=3) == []


def test_violations_are_bounded() -> None:
    """A broken store breaks the promise with every event; the rest is counted."""
    auditor = Auditor(max_violations=2)
    reader = auditor.reader("r", "s")
    for n in range(10):
        cursor = f"lashsc1:0:{n * 2}:s"
        reader.received({"type": "committed", "session_id": "s", "revision": 0, "cursor": cursor})

    assert len(auditor.finish()) == 2
    assert auditor.report.more == 7
    assert auditor.events == 10


def test_a_name_is_used_once() -> None:
    """Two publishers of one mark could not be told apart."""
    auditor = Auditor()
    auditor.publisher("p", "s")
    with pytest.raises(ValueError, match="already"):
        auditor.publisher("p", "s")


# -- what is no violation -------------------------------------------------------------------------


def restarted(**more: Any) -> tuple[Scene, list[Violation]]:
    """A publisher and a reader that live through a restart of the daemon."""
    scene = Scene()
    publisher, reader = scene.publisher("p1", **more), scene.reader("a")
    lines = [scene.line(publisher), scene.line(reader)]
    for text in ("one", "two", "three"):
        publisher.say(text)
        for line in lines:
            line.exchange()
    scene.start(8)
    publisher.say("four")
    lines[0].send()
    for line in lines:
        line.lose()
    lines = [scene.line(publisher), scene.line(reader)]
    publisher.say("five")
    for line in lines:
        line.exchange()
    return scene, scene.audit()


def test_a_restored_session_is_whole() -> None:
    """What was before the restart is in the snapshot, and what was under way comes once."""
    scene, found = restarted()

    assert found == []
    (gap,) = scene.records("a", "gap")
    assert gap["reason"] == "unavailable"


def test_a_restore_that_was_thrown_away_is_found() -> None:
    """`restored` promises that the view was taken."""
    scene, _ = restarted()
    (snapshot,) = scene.records("a", "observation")
    del snapshot["read_view"]["entries"][0]

    assert any("without event" in str(one) for one in scene.audit())


def test_without_a_restore_the_past_may_be_gone() -> None:
    """It is said in the session; what comes after it is judged."""
    _, found = restarted(restores=False)

    assert found == []


def test_what_was_under_way_may_come_again_after_a_removal() -> None:
    """The session is created again, and what its publisher knew of it is restored."""
    scene = Scene()
    publisher, reader = scene.publisher("p1"), scene.reader("a")
    line = scene.line(publisher)
    publisher.say("one")
    line.exchange()
    publisher.say("two")
    line.send()
    line.lose()
    scene.line(reader)
    sessions = scene.hub.sessions
    sessions.remove(sessions.by_id["s"])
    scene.line(publisher)
    scene.line(scene.reader("b"))

    assert scene.audit() == []
    landed = [record for record in events(scene, "b") if marked(record, "p1", 2)]
    assert landed[0] not in events(scene, "a")


def test_what_was_acknowledged_before_a_removal_is_in_no_snapshot_after_it() -> None:
    """Another publisher creates a session of that name: it is a new one."""
    scene = Scene()
    publisher, other = scene.publisher("p1"), scene.publisher("p2")
    line = scene.line(publisher)
    publisher.say("one")
    line.exchange()
    line.lose()
    sessions = scene.hub.sessions
    sessions.remove(sessions.by_id["s"])
    other.say("two")
    scene.line(other).exchange()
    scene.line(scene.reader("a", start="snapshot"))

    assert scene.audit() == []


@pytest.mark.parametrize("cursor", [None, "lashsc1:0:4:s"])
def test_a_reader_that_still_waits_ends_where_it_asked(cursor: str | None) -> None:
    """The daemon stops, and never knew the session: it may ask again from there, or anew."""
    auditor = Auditor()
    reader = auditor.reader("r", "s")
    attached = {"type": "attached", "served": "replay", "cursor": "lashsc1:0:5:s"}
    end = {"type": "end", "reason": "stopped", "cursor": cursor}
    reader.attaching("lashsc1:0:5:s")
    reader.received(attached)
    reader.attaching("lashsc1:0:4:s")
    reader.received(end)
    assert auditor.finish() == []
    reader.attaching("lashsc1:0:5:s")
    reader.received(attached)
    reader.received(end)
    assert [violation.kind for violation in auditor.finish()] == ["order"]


def test_numbers_that_a_publisher_dropped_need_not_be_there() -> None:
    """A hole that was reported as one is none."""
    auditor = Auditor()
    publisher, reader = auditor.publisher("p", "s"), auditor.reader("r", "s")
    for number, position in ((1, 1), (4, 2)):
        event = {"type": "user_message", "text": mark("p", number)}
        publisher.sent({"type": "append", "first": number, "events": [event]})
        record = {"type": EVENT, "session_id": "s", "revision": 0, "activity": event}
        reader.received({**record, "cursor": f"lashsc1:0:{position}:s"})
    publisher.dropped(2, 3)

    assert auditor.finish() == []


def test_a_daemon_that_cannot_place_a_publisher_begins_again() -> None:
    """`opened.last` is null then, and numbers go on."""
    auditor = Auditor()
    publisher = auditor.publisher("p", "s")
    for number in (1, 2):
        event = {"type": "user_message", "text": mark("p", number)}
        publisher.sent({"type": "append", "first": number, "events": [event]})
        cursor = f"lashsc1:0:{number}:s"
        publisher.received({"type": "ack", "last": number, "cursor": cursor, "refused": []})
        publisher.received({"type": "opened", "last": None, "known": True, "cursor": cursor})

    assert auditor.finish() == []


def stopped_after(scene: Scene, ends_at: str) -> None:
    """Reader c is stopped by whoever started it, right after its first gap."""
    gap = scene.records("c", "gap")[0]
    place = scene.index("c", gap)
    end = {"type": "end", "reason": "interrupted", "cursor": gap[ends_at]}
    scene.notes[place + 1 :] = [
        ("c", "received", (end,)),
        *(note for note in scene.notes[place + 1 :] if note[0] != "c"),
    ]


def test_a_reader_may_be_stopped_between_a_gap_and_its_snapshot() -> None:
    """It ends where it stood before the gap; past it, its snapshot would be missing for good."""
    scene = busy_scene()
    stopped_after(scene, "requested_cursor")
    assert scene.audit() == []

    scene = busy_scene()
    stopped_after(scene, "cursor")
    assert any("got `end` at" in str(one) for one in scene.audit())
