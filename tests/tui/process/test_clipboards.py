"""Which programs put a text where a person pastes from."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from lashtui.process.clipboards import Ways, ways_to_copy

ALL = ("tmux", "pbcopy", "wl-copy", "xclip", "xsel")
NAMES = ("TMUX", "DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION", "SSH_TTY")


def ways(
    environ: Mapping[str, str], installed: tuple[str, ...] = ALL, platform: str = "linux"
) -> Ways:
    """The ways where these programs are installed."""
    return ways_to_copy(environ, lambda name: name if name in installed else None, platform)


def programs(found: Ways) -> list[str]:
    """The names of the desktop's."""
    return [command[0] for command in found.desktop]


def test_in_tmux_its_own_server_takes_the_text() -> None:
    """It passes it on to the terminal too, whatever `set-clipboard` says."""
    found = ways({"TMUX": "/tmp/tmux-1/default,12,0"})
    assert found == Ways(("tmux", "-S", "/tmp/tmux-1/default", "load-buffer", "-w", "-"))
    assert ways({"TMUX": "/tmp/t,1,0"}, ()) == Ways()


def test_the_desktops_programs_where_there_is_a_display() -> None:
    """Those of the display there is, Wayland's first; only what is installed."""
    assert programs(ways({})) == []
    assert programs(ways({"DISPLAY": ":0"})) == ["xclip", "xsel"]
    assert programs(ways({"DISPLAY": ":0"}, ("xsel", "wl-copy"))) == ["xsel"]
    both = {"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0", "TMUX": "/t,1,0"}
    assert programs(ways(both)) == ["wl-copy", "xclip", "xsel"]
    assert ways(both).tmux


def test_a_macs_clipboard_is_its_own() -> None:
    """Whoever came by ssh pastes elsewhere."""
    assert programs(ways({}, platform="darwin")) == ["pbcopy"]
    assert programs(ways({"SSH_CONNECTION": "1 2 3 4"}, platform="darwin")) == []
    assert programs(ways({"SSH_TTY": "/dev/pts/1"}, platform="darwin")) == []


@given(
    environ=st.dictionaries(st.sampled_from(NAMES), st.text(max_size=5)),
    installed=st.lists(st.sampled_from(ALL)),
    platform=st.sampled_from(("linux", "darwin", "freebsd14")),
)
def test_only_what_is_installed_is_run(
    environ: dict[str, str], installed: list[str], platform: str
) -> None:
    """In any surroundings; and nothing where there is neither tmux nor a display nor a Mac."""
    found = ways(environ, tuple(installed), platform)
    assert {command[0] for command in (found.tmux, *found.desktop) if command} <= set(installed)
    if platform != "darwin" and not any(environ.get(name) for name in NAMES[:3]):
        assert found == Ways()
