"""Error messages: the sentence inside the JSON."""

from __future__ import annotations

import pytest

from lashtui.producers.error_text import MAX_PARSED, plain_message


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("it broke", "it broke"),
        ('{"error":{"code":400,"message":"bad request"}}', "bad request"),
        ('{"message":"bad request"}', "bad request"),
        ('{"error":"bad request"}', "bad request"),
        ('[API Error: {"error":{"message":"bad"}}]', "[API Error: bad]"),
        ('{"error":{"code":400}}', '{"error":{"code":400}}'),
        ("a {brace} b", "a {brace} b"),
        ("}{", "}{"),
        ("", ""),
    ],
)
def test_the_message_inside_is_found(text: str, plain: str) -> None:
    """Anything else stays as it is."""
    assert plain_message(text) == plain


def test_a_huge_message_is_not_parsed() -> None:
    """Whatever it holds."""
    huge = '{"message":"' + "x" * MAX_PARSED + '"}'
    assert plain_message(huge) == huge
