"""What calls printed, in words."""

from __future__ import annotations

import pytest

from lashtui.render.tool_text import value_text
from lashtui.stream.lines import compact
from lashtui.text.output import last_lines, output_text


@pytest.mark.parametrize(
    ("output", "text"),
    [
        (None, ""),
        ("text\n", "text"),
        ({"outcome": {"status": "success", "stdout": "a\n", "stderr": "b"}}, "a\nb"),
        ({"outcome": {"status": "failure"}}, ""),
        ({"outcome": {"status": "success", "payload": "a\n"}}, "a"),
        ({"outcome": {"status": "success", "payload": None}}, ""),
        ({"outcome": {"status": "success", "payload": {"output": "a", "diff": "--- b"}}}, "a"),
        (
            {"outcome": {"status": "failure", "message": "exit code 3", "payload": "a"}},
            "exit code 3\na",
        ),
        (
            {"outcome": {"status": "failure", "payload": None, "message": "a\nb", "code": "1"}},
            'a\nb\n{\n  "code": "1"\n}',
        ),
        ([{"type": "text", "text": "one"}, {"type": "text", "text": "two"}], "one\ntwo"),
        ({"content": [{"type": "text", "text": "inner"}]}, "inner"),
        ({"output": "x", "error": None}, "x"),
        ({"outcome": {"status": "success", "payload": ""}}, ""),
        ({"outcome": {"status": "failure", "message": "", "exit_code": 1}}, ""),
        ({"outcome": {"status": "success", "stdout": "a"}, "stderr": "b", "exit_code": 0}, "a\nb"),
        ({"outcome": {"status": "success", "payload": "a"}, "output": "a\n"}, "a"),
        ({"outcome": {"status": "success"}, "note": 1, "ok": True}, '{\n  "note": 1\n}'),
        (7, "7"),
        ({"files": 2}, '{\n  "files": 2\n}'),
    ],
)
def test_output_is_its_own_text_where_it_has_one(output: object, text: str) -> None:
    """Else JSON."""
    assert output_text(output) == text


def test_what_is_not_understood_is_shown_whole() -> None:
    """A key that we don't know is not left out."""
    assert "surprise" in output_text({"text": "a", "surprise": 1})
    beside = output_text({"outcome": {"status": "success"}, "stderr": "b", "surprise": 1})
    assert "surprise" in beside
    assert '"b"' in beside
    deep: object = "x"
    for _ in range(3000):
        deep = [deep]
    assert output_text(deep)


def test_the_last_lines_say_how_many_stand_before_them() -> None:
    """Blank lines at the end are no lines."""
    assert last_lines("a\nb\nc\nd\n\n", 2) == (["c", "d"], 2)
    assert last_lines("a\nb", 2) == (["a", "b"], 0)
    assert last_lines(None, 2) == ([], 0)
    assert last_lines("\n", 2) == ([], 0)


PICTURE = {
    "anthropic": {
        "type": "image",
        "source": {"type": "base64", "media_type": "image/png", "data": "QUFB" * 4096},
    },
    "mcp": {"type": "image", "mimeType": "image/png", "data": "QUFB" * 4096},
    "openai": {
        "type": "image_url",
        "image_url": {"url": f"data:image/png;base64,{'QUFB' * 4096}"},
    },
    "responses": {
        "type": "input_image",
        "image_url": f"data:image/png;base64,{'QUFB' * 4096}",
    },
}


@pytest.mark.parametrize("form", PICTURE)
def test_a_picture_is_named_instead_of_its_bytes(form: str) -> None:
    """Whatever it is in: alone, among texts, in an outcome, or within any other value."""
    block, named = PICTURE[form], "[image: image/png, 12 KiB]"
    assert output_text(block) == named
    assert output_text([{"type": "text", "text": "seen"}, block]) == f"seen\n{named}"
    assert output_text({"content": [block]}) == named
    assert output_text({"outcome": {"status": "success", "payload": [block]}}) == named
    assert (
        output_text({"shot": {"of": block}}) == f'{{\n  "shot": {{\n    "of": "{named}"\n  }}\n}}'
    )
    assert value_text([block]) == f'[\n  "{named}"\n]'
    assert compact(block) == named


def test_bytes_with_a_middle_left_out_have_no_known_size() -> None:
    """Their type is still known; a text document and a map that only looks alike stay as they
    are."""
    source = {"type": "base64", "media_type": "image/png", "data": "QUFB…(9 left out)…QUFB"}
    assert output_text({"type": "image", "source": source}) == "[image: image/png]"
    assert "hello" in output_text({"type": "document", "source": {"type": "text", "data": "hello"}})
    assert output_text({"type": "image", "width": 3}).startswith("{")
