"""Changes to a person's JSON leave the rest of it as it was written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashtui.hooks.json_text import added, parse, plain, removed

FILES = [
    "{}",
    "{}\n",
    '{"a": 1}',
    '{"a":1,"b":[1,2]}\n',
    '{\n  "a": 1\n}\n',
    '{\n\t"a": {\n\t\t"b": [\n\t\t\t1\n\t\t]\n\t}\n}',
    '{\r\n    "a": 1\r\n}\r\n',
    '// mine\n{\n  "a": 1, // one\n  /* two */ "b": 2\n}\n',
    '{\n  "a": 1,\n  "b": 2,\n}\n',
]


@pytest.mark.parametrize("text", FILES)
def test_what_is_added_and_removed_leaves_no_trace(text: str) -> None:
    """All that the user wrote, and how, is there as before."""
    more = added(text, parse(text), "ours", {"deep": [1, {"x": "y"}]})
    tree = parse(more)

    assert plain(tree) == {**plain(parse(text)), "ours": {"deep": [1, {"x": "y"}]}}  # type: ignore[dict-item]
    back = removed(more, tree, len(tree.items) - 1)
    assert back == text or (back.replace(",", "") == text.replace(",", "") and "," in text)


def test_what_is_added_looks_like_the_rest() -> None:
    """The same indent, and the same ends of lines."""
    text = '{\r\n\t"a": 1\r\n}\r\n'

    assert added(text, parse(text), "b", {"c": 2}) == (
        '{\r\n\t"a": 1,\r\n\t"b": {\r\n\t\t"c": 2\r\n\t}\r\n}\r\n'
    )


def test_one_line_stays_one_line() -> None:
    """Who keeps a file on one line gets it back on one line."""
    assert added('{"a":1}', parse('{"a":1}'), "b", [2]) == '{"a":1, "b": [2]}'


@pytest.mark.parametrize(
    "text", ["", "{", '{"a"}', '{"a": }', '{"a": 1} x', "{'a': 1}", '{"a": 1 "b": 2}', "[" * 999]
)
def test_what_is_no_json_is_refused(text: str) -> None:
    """Nothing is guessed about a file that its agent could not read either."""
    with pytest.raises(ValueError, match=r"valid JSON|deeply"):
        parse(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    ),
    st.sampled_from([None, 1, 2, "\t"]),
)
def test_json_is_read_as_json(value: object, indent: int | str | None) -> None:
    """Whatever is written, and however, is read as the same."""
    assert plain(parse(json.dumps(value, indent=indent))) == value
