"""Remapped keys: checked before the app starts, against every binding that has an id. Pure.

Textual ignores an unknown id, and of two clashing bindings silently lets the later one win.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from textual.app import App
from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import KEY_NAME_REPLACEMENTS, Keys

from lashd.errors import ConfigError
from lashtui.widgets.textual_private import key_name

FIXED = frozenset(
    ("escape", "up", "down", "left", "right", "pageup", "pagedown", "home", "tab", "shift+tab")
)
"""Keys that scroll, lead back and move between panels: they always go to the focused widget."""
LISTED = ("fleet.", "list.")
"""How ids of lists' actions begin, which may have the fixed keys."""
_MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")
_NAMES = frozenset(key.value for key in Keys) | frozenset(KEY_NAME_REPLACEMENTS.values())
_EXAMPLES = "end, pageup, space, f5 and question_mark"
_PLAIN_NAMES = sorted(
    {name for name in _NAMES if "+" not in name and name[0].isalpha()} | {"question_mark"}
)
_OTHER_NAMES = {"esc": "escape", "return": "enter", "pgup": "pageup", "pgdn": "pagedown"}
_OTHER_MODIFIERS = {"control": "ctrl", "option": "alt", "cmd": "super", "command": "super"}
"""What other programs call them."""


@dataclass(frozen=True, slots=True)
class Action:
    """One action that a key can be bound to."""

    id: str
    keys: tuple[str, ...]
    what: str
    place: str
    """The class that binds it."""
    everywhere: bool
    """Bound by the app: works on each screen."""


def actions_of(classes: Iterable[type[DOMNode]]) -> dict[str, Action]:
    """The actions with an id that these classes bind, in their order."""
    found: dict[str, Action] = {}
    for each in classes:
        declared: list[BindingType] = list(each.__dict__.get("BINDINGS", ()))
        for binding in Binding.make_bindings(declared):
            if binding.id is None:
                continue
            before = found.get(binding.id)
            keys = (*(before.keys if before else ()), binding.key)
            what = binding.tooltip or binding.description
            found[binding.id] = Action(binding.id, keys, what, each.__name__, issubclass(each, App))
    return found


def check_keys(keys: Mapping[str, str], actions: Mapping[str, Action], file: str) -> dict[str, str]:
    """The keymap for Textual.

    Raises:
        ConfigError: an unknown id, something that is not a key, or a key bound to two actions.
    """
    for name, wanted in keys.items():
        if name not in actions:
            near = get_close_matches(name, actions, 1)
            hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(actions)}"
            raise ConfigError(f"{file}: {name} = {wanted!r} in [app.keys] is not an action; {hint}")
        for key in wanted.split(","):
            if not _is_key(key.strip()):
                raise ConfigError(
                    f"{file}: {name} = {wanted!r} in [app.keys]: {key!r} is not a key;"
                    f" {_meant(key.strip())}"
                )
            fixed = _full(key) in FIXED and not name.startswith(LISTED)
            if fixed and _full(key) not in actions[name].keys:
                why = f"{key.strip()!r} has a fixed meaning"
                raise ConfigError(f"{file}: {name} = {wanted!r} in [app.keys]: {why}")
    tidy = {name: ",".join(map(_full, wanted.split(","))) for name, wanted in keys.items()}
    taken: dict[tuple[str, str], str] = {}
    for action in actions.values():
        given = tidy[action.id].split(",") if action.id in tidy else action.keys
        for key in map(_full, given):
            for scope in _scopes(action, actions):
                other = taken.setdefault((scope, key), action.id)
                # The defaults may overlap on purpose; keys that the user chose may not.
                if other != action.id and (other in tidy or action.id in tidy):
                    raise ConfigError(
                        f"{file}: key {key!r} in [app.keys] is bound to two actions:"
                        f" {other} and {action.id}"
                    )
    return tidy


def _scopes(action: Action, actions: Mapping[str, Action]) -> set[str]:
    """Where the action's keys work."""
    return {other.place for other in actions.values()} if action.everywhere else {action.place}


def _full(key: str) -> str:
    """The key as in Textual's events: `?` is `question_mark`, `ctrl+alt+a` `alt+ctrl+a`."""
    *modifiers, name = key.strip().split("+") if len(key.strip()) > 1 else [key.strip()]
    return "+".join([*sorted(modifiers), key_name(name) if len(name) == 1 else name])


def _is_key(key: str) -> bool:
    *modifiers, name = _full(key).split("+")
    known = all(part in _MODIFIERS for part in modifiers)
    if not known or len(set(modifiers)) < len(modifiers):
        return False
    if len(name) == 1:
        return _is_typed(name)
    return name in _NAMES or _is_character_name(name)


def _meant(key: str) -> str:
    """What was probably meant by something that is not a key, else what keys there are."""
    *modifiers, name = key.split("+")
    words = [_near(part, _MODIFIERS, _OTHER_MODIFIERS.get(part.lower())) for part in modifiers]
    last = name if _is_key(name) else _near(name, _PLAIN_NAMES, _OTHER_NAMES.get(name.lower()))
    meant = "+".join([*dict.fromkeys(filter(None, words)), last]) if last and all(words) else ""
    if meant and _is_key(meant):
        return f"did you mean {meant}?"
    return f"keys are characters, names such as {_EXAMPLES}, and these behind ctrl+, alt+ or shift+"


def _near(word: str, known: Iterable[str], other: str | None) -> str:
    near = get_close_matches(word.lower(), known, 1, 0.7)
    return other or (near[0] if near else "")


def _is_character_name(name: str) -> bool:
    """Whether it names a character that a keyboard may have: no picture is on one."""
    try:
        character = unicodedata.lookup(name.replace("_", " "))
    except KeyError:
        return False
    return _is_typed(character)


def _is_typed(character: str) -> bool:
    """Beyond Latin 1, with its `°` and `§`, keyboards have letters and signs, but no pictures."""
    return character.isprintable() and (
        character <= "\xff"
        or unicodedata.category(character)[0] in "LNP"
        or unicodedata.category(character) == "Sc"
    )
