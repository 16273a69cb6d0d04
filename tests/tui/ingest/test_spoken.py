"""By which id an agent calls its session."""

from __future__ import annotations

import pytest

from lashtui.ingest.spoken import MAX_LINES, SpokenId
from tests.tui.producers.goldens import CAPTURES

IDS = {
    ("claude", "claude"),
    ("codex", "codex_exec"),
    ("gemini", "gemini"),
    ("opencode", "opencode"),
    ("qwen", "qwen"),
    ("pi", "pi"),
}


@pytest.mark.parametrize(("agent", "folder"), sorted(IDS))
def test_it_says_it_early(agent: str, folder: str) -> None:
    """In one of the first lines of each recording, however they are cut."""
    for path in (CAPTURES / folder).glob("tool*.stdout.jsonl"):
        spoken = SpokenId(agent)
        data = path.read_bytes()
        for start in range(0, len(data), 100):
            spoken.feed(data[start : start + 100])
        assert len(spoken.id) > 20


def test_what_is_no_record() -> None:
    """Is passed over, and only for a while."""
    spoken = SpokenId("claude")
    spoken.feed(b'warning\n[1]\n{"session_id":7}\n{"session_id":"a"}\n{"session_id":"b"}\n')
    assert spoken.id == "a"
    spoken = SpokenId("claude")
    spoken.feed(b"\n" * MAX_LINES + b'{"session_id":"a"}\n')
    assert not spoken.id
