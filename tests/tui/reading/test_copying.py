"""What is copied, and the message about it."""

from __future__ import annotations

from typing import Any

from lashd.view import Entry
from lashtui.reading.copying import (
    MAX_BYTES,
    MAX_PARSED,
    attach_command,
    bounded,
    call_part,
    code_blocks,
    copied_message,
    entry_text,
)


def test_the_source_is_copied_not_what_is_drawn() -> None:
    """Markdown with its marks; a call with arguments and output; nothing that drives a terminal."""
    assert entry_text(Entry("prose", "p", 1, text="\n**bold** \x1b[31mred\n")) == "**bold** red"
    call = Entry("tool", "t", 1, name="Bash", args={"command": "ls"}, output={"stdout": "a\nb"})
    assert entry_text(call) == "Bash\ncommand: ls\na\nb"


def test_code_blocks() -> None:
    """Each fence, one within a longer one, one still open; the source of a code run."""

    def blocks(text: str) -> list[str]:
        return code_blocks(Entry("prose", "p", 1, text=text))

    assert blocks("```py\na\n```\ntext\n~~~\nb\nc\n~~~\n") == ["a", "b\nc"]
    assert blocks("````\n```\nin\n```\n````") == ["```\nin\n```"]
    assert blocks("```py\nnot closed") == ["not closed"]
    assert blocks("none") == blocks("```\n```") == []
    assert code_blocks(Entry("code", "c", 1, text="print()\n")) == ["print()"]


def test_code_blocks_are_those_that_are_drawn() -> None:
    """Within lists and quotes, without their marks and indentation; indented code; open ones."""

    def blocks(text: str) -> list[str]:
        return code_blocks(Entry("prose", "p", 1, text=text))

    assert blocks("- a\n\n    ```py\n    x\n      y\n    ```\n") == ["x\n  y"]
    assert blocks("1. a\n   ```sh\n   ls\n   ```\n") == ["ls"]
    assert blocks("> ```\n> quoted\n> ```\n") == ["quoted"]
    assert blocks("text\n\n    indented\n\n    more\n") == ["indented\n\nmore"]
    assert blocks("    from the start\n") == ["from the start"]
    assert blocks("- a\n  ```\n  not closed") == ["not closed"]
    output = {"stdout": "    no code\n```\nfenced\n```"}
    assert code_blocks(Entry("tool", "t", 1, name="x", output=output)) == ["fenced"]


def test_code_blocks_of_a_text_of_any_length() -> None:
    """What is too long to be parsed at a key's press is looked through for fences."""
    text = "- a\n" * MAX_PARSED + "\n```\nthe end\n```\n"
    assert code_blocks(Entry("prose", "p", 1, text=text)) == ["the end"]


def test_a_text_too_long_for_the_clipboard_is_cut() -> None:
    """At a whole character; the message says how much of it was copied."""
    text = "é" * MAX_BYTES
    kept, left_out = bounded(text)
    assert kept == "é" * (MAX_BYTES // 2)
    assert left_out == MAX_BYTES // 2
    said = copied_message("the entry", kept, left_out, arrived=True)
    assert said == f"copied the first {len(kept):,} of {MAX_BYTES:,} characters"


def test_the_message_says_what_is_known() -> None:
    """A program took the text, or a terminal was asked that does not answer."""

    def said(text: str, left_out: int = 0, *, arrived: bool) -> str:
        return copied_message("the output", text, left_out, arrived=arrived)

    assert said("a\nb", arrived=True) == "copied the output (2 lines)"
    assert said("abc", arrived=True) == "copied the output (3 characters)"
    assert said("a", arrived=False) == "sent the output (1 character) to the terminal's clipboard"
    whole = "sent the first 3 of 10 characters to the terminal's clipboard"
    assert said("abc", 7, arrived=False) == whole


def test_the_command_is_quoted_for_a_shell() -> None:
    """A session's name may hold anything."""
    command = attach_command("a b;rm", "lashsc2:1:2:3:a b;rm", "/x y")
    assert command == (
        "lashtui --socket '/x y' attach 'a b;rm' --format json --cursor 'lashsc2:1:2:3:a b;rm'"
    )
    # A name that would be an option: the cursor names it, too.
    command = attach_command("-x", "lashsc1:1:2:-x")
    assert command == "lashtui attach --format json --cursor lashsc1:1:2:-x"


def test_of_a_call_its_change_is_wanted_most() -> None:
    """A patch of what it changed, the text that it wrote, else what it said; never an attempt."""

    def part(name: str, args: object, output: object = "done", state: Any = "success") -> object:
        return call_part(Entry("tool", "t", 1, name=name, args=args, output=output, state=state))

    edit = {"file_path": "x", "old_string": "a\nb", "new_string": "a\nc"}
    patch = "*** Begin Patch\n*** Update File: x\n a\n-b\n+c\n*** End Patch"
    assert part("Edit", edit) == ("the patch", patch)
    diff = "--- x\n+++ x\n@@ -7,1 +7,1 @@\n-b\n+c"
    assert part("Edit", edit, {"diff": diff}) == ("the patch", diff)
    assert part("Write", {"file_path": "x", "content": "a\nb\n"}) == ("the new text", "a\nb")
    assert part("Edit", edit, "not found", "failure") == ("the output", "not found")
    assert part("Edit", edit, None, "running") == ("the output", "")
    assert part("Bash", {"command": "ls"}) == ("the output", "done")
    assert call_part(Entry("prose", "p", 1, text="words")) == ("", "")
