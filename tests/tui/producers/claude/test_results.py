"""Results of calls, of tools here and of those that run at the provider."""

from __future__ import annotations

from typing import Any

import pytest

from lashtui.producers.claude.results import outcome_of
from lashtui.text.patch import read_unified


def outcome(content: Any, kind: str = "tool_result", rich: Any = None, **fields: Any) -> Any:
    """A result in lash's shape."""
    block = {"type": kind, "tool_use_id": "t", "content": content, **fields}
    return outcome_of(block, rich, None)["outcome"]


def test_hits_of_a_search_are_titles_and_addresses() -> None:
    """One a line, without what only the provider reads."""
    hits = [
        {"type": "web_search_result", "title": t, "url": f"https://x/{t}", "encrypted_content": "z"}
        for t in ("a", "b")
    ]
    told = outcome(hits, "web_search_tool_result")
    assert told == {"status": "success", "payload": "a  https://x/a\nb  https://x/b"}


@pytest.mark.parametrize("tool", ["web_search", "web_fetch", "code_execution", "new_tool"])
def test_an_error_of_the_provider_is_a_failure(tool: str) -> None:
    """Its code is what it says."""
    error = {"type": f"{tool}_tool_result_error", "error_code": "max_uses_exceeded"}
    told = outcome(error, f"{tool}_tool_result")
    assert told == {"status": "failure", "message": "max_uses_exceeded"}


@pytest.mark.parametrize("kind", ["code_execution", "bash_code_execution"])
def test_code_that_ended_with_an_error_is_a_failure(kind: str) -> None:
    """The exit code decides; what was printed is there."""
    ran = {"type": f"{kind}_result", "stdout": "out\n", "stderr": "err", "return_code": 2}
    told = outcome(ran, f"{kind}_tool_result")
    assert told == {"status": "failure", "message": "out\nerr", "exit_code": 2}
    told = outcome({**ran, "return_code": 0}, f"{kind}_tool_result")
    assert told == {"status": "success", "payload": "out\nerr"}
    silent = outcome({**ran, "stdout": "", "stderr": ""}, f"{kind}_tool_result")
    assert silent == {"status": "failure", "message": "exit code 2", "exit_code": 2}


def test_a_fetched_page_is_its_address_and_text() -> None:
    """As far as it is text."""
    source = {"type": "text", "media_type": "text/plain", "data": "Words."}
    page = {"type": "document", "source": source, "title": "Page"}
    fetched = {"type": "web_fetch_result", "url": "https://x", "content": page}
    assert outcome(fetched, "web_fetch_tool_result")["payload"] == "Page  https://x\nWords."


def test_a_result_of_an_unknown_shape_is_told_as_it_is() -> None:
    """Nothing is lost of it but what is encrypted."""
    told = outcome(
        {"type": "new_result", "answer": 42, "encrypted_content": "z"}, "new_tool_result"
    )
    assert told == {"status": "success", "payload": {"answer": 42}}


def test_tools_that_were_found_are_named() -> None:
    """A search among tools gives references."""
    found = {"type": "x", "tool_references": [{"type": "tool_reference", "tool_name": "Bash"}]}
    assert outcome(found, "tool_search_tool_result")["payload"] == "[tool_reference: Bash]"


def test_an_interrupted_call_is_cancelled() -> None:
    """Not failed, though the program marks it as an error."""
    said = "[Request interrupted by user for tool use]"
    told = outcome(said, is_error=True, rich=f"Error: {said}")
    assert told == {"status": "cancelled", "message": "Interrupted by the user."}


def test_an_edit_says_what_it_has_changed() -> None:
    """In the line's own copy: with the numbers of the file's lines."""
    hunk = {"oldStart": 7, "oldLines": 2, "newStart": 7, "newLines": 2, "lines": [" a", "-b", "+c"]}
    rich = {"filePath": "x", "structuredPatch": [hunk]}
    diff = "--- x\n+++ x\n@@ -7,2 +7,2 @@\n a\n-b\n+c\n"
    payload = {"output": "updated", "diff": diff}
    assert outcome("updated", rich=rich) == {"status": "success", "payload": payload}
    (edit,) = read_unified(diff, "x")
    assert (edit.added, edit.deleted, edit.rough) == (1, 1, "")
    broken: Any
    for broken in ([], [{}], [{**hunk, "lines": [3]}], [{**hunk, "oldStart": None}], "x", None):
        told = outcome("updated", rich={**rich, "structuredPatch": broken})
        assert told == {"status": "success", "payload": "updated"}
    failed = outcome("not found", rich=rich, is_error=True)
    assert failed == {"status": "failure", "message": "not found"}
