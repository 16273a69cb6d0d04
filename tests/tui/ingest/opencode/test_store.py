"""Who answers in a session of opencode, by its own store."""

from __future__ import annotations

import json
import sqlite3
from typing import TYPE_CHECKING

from lashtui.ingest.opencode.store import store_path, who_answers

if TYPE_CHECKING:
    from pathlib import Path


def test_the_store_knows_who_answers(tmp_path: Path) -> None:
    """The first answer of this run; anything else about the store is no knowledge."""
    path = store_path({"XDG_DATA_HOME": str(tmp_path)})
    assert path == f"{tmp_path}/opencode/opencode.db"
    assert store_path({"HOME": "/h"}) == "/h/.local/share/opencode/opencode.db"
    assert who_answers(path, "s", 0) is None
    (tmp_path / "opencode").mkdir()
    store = sqlite3.connect(path)
    assert who_answers(path, "s", 0) is None
    store.execute("CREATE TABLE message (session_id, time_created, data)")
    rows = [
        ("s", 1, {"role": "assistant", "agent": "old", "modelID": "m"}),
        ("t", 5, {"role": "assistant", "agent": "other", "modelID": "m"}),
        ("s", 5, {"role": "user"}),
        ("s", 6, {"role": "assistant", "agent": "build", "modelID": "m"}),
        ("s", 7, {"role": "assistant", "agent": "later", "modelID": "m"}),
        ("u", 5, {"role": "assistant", "agent": 5}),
        ("v", 5, [1]),
    ]
    for session, at, data in rows:
        store.execute("INSERT INTO message VALUES (?, ?, ?)", (session, at, json.dumps(data)))
    store.execute("INSERT INTO message VALUES ('w', 5, 'no JSON')")
    store.commit()
    assert who_answers(path, "s", 5) == ("build", "m")
    assert [who_answers(path, each, 0) for each in "uvwx"] == [None] * 4
    store.close()
    (tmp_path / "opencode" / "opencode.db").write_bytes(b"no store")
    assert who_answers(path, "s", 0) is None
