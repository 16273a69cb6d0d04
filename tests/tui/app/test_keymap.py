"""Remapped keys."""

from __future__ import annotations

import pytest
from textual.app import App
from textual.binding import Binding
from textual.screen import Screen

from lashd.errors import ConfigError
from lashtui.app.app import LashApp
from lashtui.app.keymap import actions_of, check_keys
from lashtui.settings import AppSettings


class Whole(App[None]):
    """Stands for the app."""

    BINDINGS = [Binding("q", "leave", "Leave", id="app.leave")]  # noqa: RUF012


class Part(Screen[None]):
    """A screen with two keys for one action, and one without an id."""

    BINDINGS = [  # noqa: RUF012
        Binding("end,G", "follow", "Live", id="part.follow"),
        Binding("b", "side", "Side", id="part.side"),
        Binding("z", "nothing", "Nothing"),
    ]


class Other(Screen[None]):
    """Another screen."""

    BINDINGS = [Binding("b", "back", "Back", id="other.back")]  # noqa: RUF012


ACTIONS = actions_of((Whole, Part, Other))


def test_actions_are_those_with_an_id() -> None:
    """With all their keys."""
    assert set(ACTIONS) == {"app.leave", "part.follow", "part.side", "other.back"}
    assert ACTIONS["part.follow"].keys == ("end", "G")


def test_good_keys_pass() -> None:
    """Also a swap, and the same key on two screens."""
    keys = {"part.follow": "ctrl+l, b, ctrl+alt+l", "part.side": "end,?"}
    assert check_keys(keys, ACTIONS, "c") == {
        "part.follow": "ctrl+l,b,alt+ctrl+l",
        "part.side": "end,question_mark",
    }


@pytest.mark.parametrize(
    "key",
    ["ä", "ß", "§", "°", "€", "ж", "ctrl+ö", "section_sign", "euro_sign", "ctrl+slash", "f24"],
)
def test_what_some_keyboard_has_is_a_key(key: str) -> None:
    """By its character or by its name."""
    assert check_keys({"part.follow": key}, ACTIONS, "c")


@pytest.mark.parametrize(
    ("keys", "parts"),
    [
        ({"part.folow": "l"}, ["part.folow = 'l'", "did you mean part.follow?"]),
        ({"part.follow": "b"}, ["key 'b'", "part.follow", "part.side"]),
        ({"part.follow": "q"}, ["key 'q'", "app.leave", "part.follow"]),
        ({"app.leave": "b"}, ["key 'b'", "app.leave"]),
        ({"part.follow": "x", "part.side": "x"}, ["key 'x'", "part.follow", "part.side"]),
        ({"part.follow": "l,,"}, ["'' is not a key"]),
        ({"part.follow": "escpae"}, ["'escpae' is not a key; did you mean escape?"]),
        ({"part.follow": "control+l"}, ["'control+l' is not a key; did you mean ctrl+l?"]),
        ({"part.follow": "ctrl+ctrl+a"}, ["'ctrl+ctrl+a' is not a key; did you mean ctrl+a?"]),
        ({"part.follow": "ctrl+banana"}, ["'ctrl+banana' is not a key; keys are", "pageup"]),
        ({"part.follow": "banana"}, ["'banana' is not a key; keys are"]),
        ({"part.follow": "🍌"}, ["'🍌' is not a key; keys are"]),
        ({"part.follow": "alt+pgdn"}, ["did you mean alt+pagedown?"]),
        ({"part.follow": "F5"}, ["'F5' is not a key; did you mean f5?"]),
        ({"part.follow": "escape"}, ["'escape' has a fixed meaning"]),
        ({"part.follow": "l, down"}, ["'down' has a fixed meaning"]),
    ],
)
def test_bad_keys_are_named(keys: dict[str, str], parts: list[str]) -> None:
    """An unknown id with what was probably meant; a clash with both its meanings."""
    with pytest.raises(ConfigError) as caught:
        check_keys(keys, ACTIONS, "/c.toml")
    assert str(caught.value).startswith("/c.toml: ")
    for part in parts:
        assert part in str(caught.value)


def test_the_app_its_screens_and_panels_can_have_other_keys() -> None:
    """One of each is taken; an action that nothing binds is refused with what may be meant."""
    keys = {
        "app.help": "H",
        "session.follow": "L,end",
        "fleet.open": "f9",
        "panel.fold": "x",
    }
    LashApp("/no.sock", settings=AppSettings(keys=keys, file="c.toml"))
    with pytest.raises(ConfigError, match=r"c\.toml.*app\.help"):
        LashApp("/no.sock", settings=AppSettings(keys={"app.hlep": "h"}, file="c.toml"))
