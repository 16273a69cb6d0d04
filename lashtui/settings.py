"""The `[app]` table of config.toml as typed settings. Pure: a table in, settings or an error out.

::

    [app]
    theme = "nord"             # the palette (ctrl+p) lists them
    reduced_motion = true      # no animation
    mouse = false              # the terminal does the selecting
    side_panel = false         # start without side panels
    preview = false            # start without the preview beside the fleet
    side_by_side = false       # start with changes in one column
    title = false              # don't set the terminal's title

    [app.keys]                 # keys by action id; README.md lists the ids
    "session.follow" = "end,l"

    [app.notify]
    when = "unfocused"         # or "always", "never"
    how = ["bell", "osc9"]     # and "osc777"
    on = ["waiting", "failed", "quiet", "error", "turn-end", "gap"]
    command = ["./tell-me", "now"]   # run as well; it finds what happened in LASHTUI_TEXT
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal

import msgspec

from lashd.config import shown
from lashd.errors import ConfigError

Occasion = Literal["waiting", "failed", "quiet", "error", "turn-end", "gap"]
Means = Literal["bell", "osc9", "osc777"]
When = Literal["unfocused", "always", "never"]

OCCASIONS: tuple[Occasion, ...] = ("waiting", "failed", "quiet", "error", "turn-end", "gap")
"""The most urgent first. The first three are heard of for every session of the daemon, the others
for those in tabs: of thirty agents one wants to know who is stuck, not each turn's end."""
MEANS: tuple[Means, ...] = ("bell", "osc9", "osc777")
WHEN: tuple[When, ...] = ("unfocused", "always", "never")
MAX_ARGUMENTS = 64
"""Of the command; a script takes what is longer."""
MAX_KEYS = 200
"""Remapped bindings; there are fewer actions than that."""


class NotifySettings(msgspec.Struct, frozen=True):
    """When and how the terminal notifies the user of what happened."""

    when: When = "unfocused"
    """`unfocused`: a terminal that has not reported its focus counts as not focused."""
    how: tuple[Means, ...] = ("bell",)
    on: tuple[Occasion, ...] = OCCASIONS
    command: tuple[str, ...] = ()
    """Program and arguments, run without a shell; empty for none."""


class AppSettings(msgspec.Struct, frozen=True):
    """The user's settings of the app."""

    theme: str | None = None
    """None: chosen by what the terminal reports about itself."""
    keys: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Keys, separated by commas, by binding id."""
    notify: NotifySettings = msgspec.field(default_factory=NotifySettings)
    reduced_motion: bool = False
    mouse: bool = True
    side_panel: bool = True
    preview: bool = True
    side_by_side: bool = True
    title: bool = True
    file: str = "config.toml"
    """The file they come from, for messages."""


def parse(table: Mapping[str, Any], file: str) -> AppSettings:
    """The settings in `table`; errors name `file`.

    Raises:
        ConfigError: an unknown key or an invalid value; the message names file, key and value.
    """
    reader = _Reader(file, "app", table)
    reader.known(
        (
            *("theme", "keys", "notify", "reduced_motion", "mouse"),
            *("side_panel", "preview", "side_by_side", "title"),
        )
    )
    notify = _Reader(file, "app.notify", reader.table("notify"))
    notify.known(("when", "how", "on", "command"))
    keys = _Reader(file, "app.keys", reader.table("keys"))
    if len(keys.given) > MAX_KEYS:
        raise ConfigError(f"{file}: [app.keys] has {len(keys.given)} keys; the limit is {MAX_KEYS}")
    return AppSettings(
        theme=reader.text("theme"),
        keys={name: keys.text(name) or "" for name in keys.given},
        notify=NotifySettings(
            when=notify.one("when", WHEN, "unfocused"),
            how=notify.some("how", MEANS, ("bell",)),
            on=notify.some("on", OCCASIONS, OCCASIONS),
            command=notify.words("command", MAX_ARGUMENTS),
        ),
        reduced_motion=reader.switch("reduced_motion", False),
        mouse=reader.switch("mouse", True),
        side_panel=reader.switch("side_panel", True),
        preview=reader.switch("preview", True),
        side_by_side=reader.switch("side_by_side", True),
        title=reader.switch("title", True),
        file=file,
    )


def no_such(file: str, table: str, key: str, value: object, known: Sequence[str]) -> ConfigError:
    """The error for a value that is not one of `known`; suggests a close match."""
    near = get_close_matches(value if isinstance(value, str) else shown(value), known, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"choose from {', '.join(known)}"
    return ConfigError(f"{file}: {key} = {shown(value)} in [{table}] is unknown; {hint}")


class _Reader:
    """One table of the file."""

    def __init__(self, file: str, name: str, given: Mapping[str, Any]) -> None:
        self.file, self.name, self.given = file, name, given

    def known(self, keys: Sequence[str]) -> None:
        for key in self.given:
            if key not in keys:
                near = get_close_matches(key, keys, 1)
                hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(keys)}"
                raise ConfigError(f"{self.file}: unknown key {key} in [{self.name}]; {hint}")

    def table(self, key: str) -> Mapping[str, Any]:
        value = self.given.get(key, {})
        if not isinstance(value, dict):
            raise ConfigError(
                f"{self.file}: {key} = {shown(value)} in [{self.name}] must be a table,"
                f" [{self.name}.{key}]"
            )
        return value

    def text(self, key: str) -> str | None:
        value = self.given.get(key)
        if value is None and key not in self.given:
            return None
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, value, "a quoted string")
        return value

    def switch(self, key: str, default: bool) -> bool:
        value = self.given.get(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return value

    def one(self, key: str, known: Sequence[Any], default: Any) -> Any:
        value = self.given.get(key, default)
        if value not in known:
            raise no_such(self.file, self.name, key, value, known)
        return value

    def some(self, key: str, known: Sequence[Any], default: Sequence[Any]) -> tuple[Any, ...]:
        value = self.given.get(key, list(default))
        if not isinstance(value, list):
            raise self._wrong(key, value, f"a list of {', '.join(known)}")
        for item in value:
            if item not in known:
                raise no_such(self.file, self.name, key, item, known)
        return tuple(dict.fromkeys(value))

    def words(self, key: str, most: int) -> tuple[str, ...]:
        """A program and its arguments; empty if nothing is given."""
        if key not in self.given:
            return ()
        value = self.given[key]
        good = isinstance(value, list) and 0 < len(value) <= most
        if not good or not all(isinstance(word, str) and "\0" not in word for word in value):
            raise self._wrong(key, value, 'a list of quoted strings, ["program", "argument"]')
        if not value[0].strip():
            raise self._wrong(key, value, "a list that begins with a program")
        return tuple(value)

    def _wrong(self, key: str, value: object, wanted: str) -> ConfigError:
        return ConfigError(f"{self.file}: {key} = {shown(value)} in [{self.name}] must be {wanted}")
