"""Records of a format's own words, put together anyhow: read or refused, never more than that."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lashd.events import SessionOutcome
from tests.tui.producers.goldens import PRODUCERS, cases, produce, view_of, wire_of

ONE_WAY = [agent for agent in PRODUCERS if agent not in ("acp", "codex_appserver")]
MOST = 400
"""Words of a format that are tried; its commonest are among the first."""
MAX_SENTENCE = 500
"""Characters of what a reader says of what it can't use: one line for a person."""


@cache
def words_of(agent: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The keys of a format's records, and the short texts in them."""
    keys: dict[str, None] = {}
    texts: dict[str, None] = {}

    def look(value: Any) -> None:
        if isinstance(value, dict):
            keys.update(dict.fromkeys(value))
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)
        elif isinstance(value, str) and len(value) < 60:
            texts[value] = None

    for case in cases(agent):
        for line in case.data.split(b"\n"):
            try:
                look(json.loads(line.removeprefix(b"data: ")))
            except ValueError:
                continue
    return tuple(list(keys)[:MOST]), tuple(list(texts)[:MOST])


def records_of(agent: str) -> st.SearchStrategy[dict[str, Any]]:
    """Any records of these words."""
    keys, texts = words_of(agent)
    plain = st.one_of(
        st.sampled_from(texts),
        st.none(),
        st.booleans(),
        st.integers(-3, 2**60),
        st.floats(allow_nan=False),
    )
    value = st.recursive(
        plain,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(st.sampled_from(keys), inner, max_size=6),
        ),
        max_leaves=12,
    )
    return st.dictionaries(st.sampled_from(keys), value, min_size=1, max_size=8)


@pytest.mark.parametrize("agent", ONE_WAY)
@settings(max_examples=12, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_records_are_read_or_refused(agent: str, data: st.DataObject) -> None:
    """Whole ones between broken ones; cut anywhere they give the same; nothing is left running."""
    (whole, *_) = cases(agent)
    own = whole.data.split(b"\n")
    lines = []
    for record in data.draw(st.lists(records_of(agent), min_size=1, max_size=8)):
        before = data.draw(st.sampled_from(own))
        kind = data.draw(st.sampled_from(own))
        try:
            base = json.loads(kind)
        except ValueError:
            base = {}
        base = base if isinstance(base, dict) else {}
        lines += [before, json.dumps({**base, **record}).encode()]
    text = b"\n".join(lines) + b"\n"
    producer = PRODUCERS[agent]()
    produced = produce(producer, [text], SessionOutcome.CUT_OFF)
    for sentence in producer.take_warnings():
        assert sentence.isprintable(), sentence
        assert len(sentence) <= MAX_SENTENCE
    view = view_of(produced, ended=False)
    assert [row.name for row in view.entries if row.state == "running"] == []
    assert view.state in ("idle", "running")
    at = data.draw(st.integers(0, len(text)))
    again = produce(PRODUCERS[agent](), [text[:at], text[at:]], SessionOutcome.CUT_OFF)
    assert wire_of(again) == wire_of(produced)
