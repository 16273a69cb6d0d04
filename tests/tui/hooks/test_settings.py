"""Our hooks in an agent's settings, among those of the user."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lashtui.hooks.agents import CLAUDE
from lashtui.hooks.settings import are_disabled, events_with, with_hooks, without_hooks

PROGRAM = "/home/me/.local/state/lashtui/hooks/claude-hook"
OTHERS = """\
{
  "model": "opus",
  "hooks": {
    "Stop": [
      { "hooks": [ { "type": "command", "command": "make" } ] }
    ],
    "PreToolUse": [{"matcher": "Bash", "hooks": []}]
  },
  "env": {"A": "b"}
}
"""


def hooks_of(text: str, event: str) -> list[Any]:
    """The groups of an event."""
    groups = json.loads(text)["hooks"][event]
    assert isinstance(groups, list)
    return groups


def test_those_of_the_user_stay() -> None:
    """Ours come after theirs, in a group of their own."""
    text = with_hooks(OTHERS, CLAUDE, PROGRAM)

    assert hooks_of(text, "Stop")[0] == {"hooks": [{"type": "command", "command": "make"}]}
    assert hooks_of(text, "Stop")[1]["hooks"][0]["command"] == PROGRAM
    assert hooks_of(text, "PreToolUse") == [{"matcher": "Bash", "hooks": []}]
    assert sorted(events_with(text, PROGRAM)) == sorted(CLAUDE.events)


def test_the_agent_waits_for_the_text_alone() -> None:
    """Claude Code goes on beside all other hooks, so a slow disk doesn't delay a question."""
    text = with_hooks("{}\n", CLAUDE, PROGRAM)

    awaited = {
        event for event in CLAUDE.events if not hooks_of(text, event)[0]["hooks"][0].get("async")
    }
    assert awaited == {"MessageDisplay"}


@pytest.mark.parametrize("text", [OTHERS, '{"a": 1}', '{\n\t"hooks": {\n\t\t"Stop": []\n\t}\n}'])
def test_without_them_it_is_what_it_was(text: str) -> None:
    """What was there before comes back byte by byte, but for lists that were empty."""
    back = without_hooks(with_hooks(text, CLAUDE, PROGRAM), PROGRAM)

    assert back == text or json.loads(text)["hooks"] == {"Stop": []}


def test_twice_is_once() -> None:
    """A second time changes nothing."""
    once = with_hooks(OTHERS, CLAUDE, PROGRAM)

    assert with_hooks(once, CLAUDE, PROGRAM) == once


def test_a_hook_that_the_user_put_beside_ours_stays() -> None:
    """Only our own goes, whatever was added to its group."""
    settings = json.loads(with_hooks("{}", CLAUDE, PROGRAM))
    own = {"type": "command", "command": "mine"}
    settings["hooks"]["Stop"][0]["hooks"].append(own)

    assert json.loads(without_hooks(json.dumps(settings), PROGRAM)) == {
        "hooks": {"Stop": [{"hooks": [own]}]}
    }


@pytest.mark.parametrize("text", ["[]", '{"hooks": 1}', '{"hooks": {"Stop": {}}}'])
def test_settings_of_another_shape_are_refused(text: str) -> None:
    """They are the user's; what can't be understood isn't changed."""
    with pytest.raises(ValueError, match="is not"):
        with_hooks(text, CLAUDE, PROGRAM)


def test_hooks_that_are_turned_off_are_known() -> None:
    """Then ours do nothing, and the user should know."""
    assert are_disabled('{"disableAllHooks": true}')
    assert not are_disabled("{}")
    assert are_disabled('{"hooksConfig": {"enabled": false}}')
    assert not are_disabled('{"hooksConfig": {"enabled": true}}')
    assert not are_disabled('{"hooksConfig": 3}')
