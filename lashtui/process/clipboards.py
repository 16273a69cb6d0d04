"""Which programs put a text where a person pastes from. Pure: it is told what there is.

Inside tmux that is tmux's own buffer, which tmux passes on to the terminal's clipboard; on a
desktop the clipboard itself. A program says whether it took the text. Where there is none, the
terminal is asked by an escape sequence, which nobody answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

import msgspec

from lashd.publish.where import tmux_socket

if TYPE_CHECKING:
    from typing import TypeAlias

    Command: TypeAlias = tuple[str, ...]

_WAYLAND: Final[Command] = ("wl-copy", "--type", "text/plain;charset=utf-8")
_X11: Final[tuple[Command, ...]] = (
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
)


class Ways(msgspec.Struct, frozen=True):
    """Commands that read a text from their standard input."""

    tmux: Command = ()
    """Empty if we are not in tmux."""
    desktop: tuple[Command, ...] = ()
    """Each does the same; the first that works is enough."""


def ways_to_copy(
    environ: Mapping[str, str], find: Callable[[str], str | None], platform: str
) -> Ways:
    """The ways there are; `find` is `shutil.which`, `platform` `sys.platform`."""
    socket = tmux_socket(environ)
    tmux: Command = ()
    if socket and find("tmux"):
        tmux = ("tmux", "-S", socket, "load-buffer", "-w", "-")
    desktop: list[Command] = []
    # Over ssh a Mac's clipboard is that of the other machine; a display may well be forwarded.
    if platform == "darwin" and not is_remote(environ):
        desktop.append(("pbcopy",))
    if environ.get("WAYLAND_DISPLAY"):
        desktop.append(_WAYLAND)
    if environ.get("DISPLAY"):
        desktop.extend(_X11)
    return Ways(tmux, tuple(command for command in desktop if find(command[0])))


def is_remote(environ: Mapping[str, str]) -> bool:
    """Whether the person sits at another machine."""
    return bool(environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"))
