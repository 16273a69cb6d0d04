"""How a link, or a line of a file, is opened. Pure: it is told what there is.

An agent wrote what is opened. No shell sees it, and it is no program's option: an address begins
with its scheme and a path with a slash. Addresses of files are opened in the editor like any path,
because what a desktop opens a file with may run it.
"""

from __future__ import annotations

import os.path
import shlex
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from lashtui.process.clipboards import is_remote
from lashtui.text.links import is_link

_GO_TO: Final = frozenset({"code", "code-insiders", "codium", "cursor", "windsurf"})
"""Editors that are told a line by `--goto path:line`."""
_COLON: Final = frozenset({"hx", "helix", "subl", "zed"})
"""Those that take `path:line`."""


class Command(msgspec.Struct, frozen=True):
    """What to run."""

    argv: tuple[str, ...]
    is_editor: bool = False
    """It gets the terminal."""


def way_to_browse(
    environ: Mapping[str, str],
    find: Callable[[str], str | None],
    platform: str,
    address: str,
) -> Command | str:
    """The program that opens `address`; a few words if there is none.

    `find` is `shutil.which`, `platform` `sys.platform`.
    """
    if not is_link(address) or address.lower().startswith("file:"):
        return "not an address of the web"
    if is_remote(environ):
        return "no browser over ssh"
    if platform == "darwin":
        return Command(("open", address)) if find("open") else "open is not installed"
    if environ.get("WSL_DISTRO_NAME") and find("wslview"):
        return Command(("wslview", address))
    if not (environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY")):
        return "no display here"
    return Command(("xdg-open", address)) if find("xdg-open") else "xdg-open is not installed"


def way_to_edit(
    environ: Mapping[str, str], find: Callable[[str], str | None], path: str, line: int
) -> Command | str:
    """The editor on `path`, which is absolute, at `line`; a few words if there is none."""
    name = next((n for n in ("VISUAL", "EDITOR") if environ.get(n, "").strip()), "")
    if not name:
        return _editor("vi", f"+{line}", path) if find("vi") else "$EDITOR is not set"
    try:
        words = shlex.split(environ[name])
    except ValueError:
        words = []
    if not words or find(words[0]) is None:
        return f"${name} is no program"
    program = os.path.basename(words[0])
    if program in _GO_TO:
        return _editor(*words, "--goto", f"{path}:{line}")
    if program in _COLON:
        return _editor(*words, f"{path}:{line}")
    return _editor(*words, f"+{line}", path)


def _editor(*argv: str) -> Command:
    return Command(argv, is_editor=True)
