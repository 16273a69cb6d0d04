"""Views that no fold has made: whatever decodes can be folded into."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.session.entries import Entries
from lashd.session.events import Payload
from lashd.session.fold import Fold, fold
from lashd.session.repair import key_of, repair_entries
from lashd.session.view import Entry, ReadView

from .histories import histories
from .test_fold import event_at

times = st.none() | st.integers(0, 9)
odd_entries = st.builds(
    Entry,
    st.sampled_from(["prose", "prose", "reasoning", "tool", "code", "user", "retry", "commit"]),
    st.sampled_from(["", "a", "b", "c", "a#5", "a#5.1"]),
    st.integers(0, 9),
    times,
    times,
    st.booleans(),
    st.sampled_from([None, "a", "p" * 1000]),
    st.sampled_from([None, "a", "b", "k" * 1000]),
    st.none() | st.text(max_size=3),
    name=st.sampled_from([None, "", "a", "n" * 1000]),
    state=st.sampled_from([None, "running", "running", "success"]),
    output=st.sampled_from([None, "x", {"attempt": 1}]),
)
odd_views = st.builds(ReadView, st.just("s"), entries=st.lists(odd_entries, max_size=8))


@settings(max_examples=200, deadline=None)
@given(odd_views, histories)
def test_a_copy_of_an_odd_view_goes_on_like_the_original(
    view: ReadView, history: list[Payload]
) -> None:
    """At every cut, as for a view that was folded from its first event."""
    events = [event_at(n, payload) for n, payload in enumerate(history, 10)]
    folding = Fold(view.copy())
    views = [view]
    for event in events:
        folding.apply(event)
        views.append(folding.view.copy())

    for cut, seen in enumerate(views):
        assert fold(seen, *events[cut:]) == folding.view


@settings(max_examples=200, deadline=None)
@given(odd_views)
def test_a_view_in_order_stays_as_it_is(view: ReadView) -> None:
    """Ids are unique, one text is open at most, and each key runs once; a second look is idle."""
    repair_entries(view.entries)

    assert not repair_entries(view.entries)
    assert len({entry.id for entry in view.entries}) == len(view.entries)
    running = [key_of(entry) for entry in view.entries if entry.state == "running"]
    assert len(set(running)) == len(running)


@settings(max_examples=100, deadline=None)
@given(histories)
def test_what_a_fold_has_made_is_in_order(history: list[Payload]) -> None:
    """A restart changes no row of an honest publisher."""
    view = fold(ReadView("s"), *(event_at(n, each) for n, each in enumerate(history, 1)))

    assert not repair_entries(view.entries)


def test_thousands_of_rows_with_one_id_get_ids_of_their_own() -> None:
    """In a time that grows with their number alone; events still find them by that id."""
    view = ReadView("s", entries=[Entry("prose", "a", 5, ended_at=1) for _ in range(16_384)])
    entries = Entries(view)

    assert len({entry.id for entry in view.entries}) == 16_384
    assert max(len(entry.id) for entry in view.entries) < 20
    assert entries.find("prose", "a") is view.entries[-1]
