"""The `[app]` table."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from lashd.errors import ConfigError
from lashtui import settings
from lashtui.settings import AppSettings, NotifySettings, parse


def test_nothing_given_is_the_default() -> None:
    """An empty table changes nothing."""
    assert parse({}, "config.toml") == AppSettings()


def test_the_example_of_the_module_is_valid() -> None:
    """What the docstring shows can be written so."""
    example = (settings.__doc__ or "").split("::", 1)[1]
    table = tomllib.loads(example)["app"]

    parsed = parse(table, "c.toml")

    assert parsed == AppSettings(
        theme="nord",
        keys={"session.follow": "end,l"},
        notify=NotifySettings(
            "unfocused", ("bell", "osc9"), settings.OCCASIONS, ("./tell-me", "now")
        ),
        reduced_motion=True,
        mouse=False,
        side_panel=False,
        preview=False,
        side_by_side=False,
        title=False,
        file="c.toml",
    )


@pytest.mark.parametrize(
    ("table", "parts"),
    [
        ({"them": "nord"}, ["unknown key them in [app]", "did you mean theme?"]),
        ({"mouse": 10**5000}, ["mouse = (too large to show) in [app]"]),
        ({"notify": {"when": 10**5000}}, ["when = (too large to show) in [app.notify]"]),
        ({"theme": 3}, ["theme = 3 in [app]", "a quoted string"]),
        ({"mouse": "no"}, ["mouse = 'no' in [app]", "true or false"]),
        ({"notify": True}, ["notify = True", "[app.notify]"]),
        ({"notify": {"when": "focussed"}}, ["when = 'focussed' in [app.notify]", "unfocused"]),
        ({"notify": {"how": "bell"}}, ["how = 'bell'", "list"]),
        ({"notify": {"how": ["osc8"]}}, ["how = 'osc8'", "did you mean 'osc9'?"]),
        ({"notify": {"on": [["x"]]}}, ["on = ['x']", "turn-end"]),
        ({"notify": {"on": ["wating"]}}, ["on = 'wating'", "did you mean 'waiting'?"]),
        ({"notify": {"command": "say hi"}}, ["command = 'say hi'", "list of quoted strings"]),
        ({"notify": {"command": []}}, ["command = []", "list of quoted strings"]),
        ({"notify": {"command": ["say", 3]}}, ["command = ['say', 3]", "list of quoted strings"]),
        ({"notify": {"command": ["a\0b"]}}, ["command = ", "list of quoted strings"]),
        ({"notify": {"command": [" "]}}, ["command = [' ']", "begins with a program"]),
        ({"keys": {"app.help": ""}}, ["app.help = ''", "[app.keys]"]),
        ({"keys": {f"k{n}": "a" for n in range(201)}}, ["201 keys"]),
    ],
)
def test_wrong_values_are_named_with_file_and_key(table: dict[str, Any], parts: list[str]) -> None:
    """One sentence names the file, the key, the value, and what would be right."""
    with pytest.raises(ConfigError) as caught:
        parse(table, "/home/me/config.toml")

    message = str(caught.value)
    assert message.startswith("/home/me/config.toml: ")
    assert "\n" not in message
    for part in parts:
        assert part in message
