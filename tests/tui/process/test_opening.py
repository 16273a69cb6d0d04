"""How a link, or a line of a file, is opened."""

from __future__ import annotations

import shlex
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashtui.process.opening import Command, way_to_browse, way_to_edit

URL = "https://a.example/x?y=1&z=$(reboot);ls"
DESKTOP = {"DISPLAY": ":0"}


def browse(
    environ: Mapping[str, str], url: str = URL, platform: str = "linux", installed: str = "xdg-open"
) -> Command | str:
    """The way where these programs are installed."""
    return way_to_browse(environ, lambda name: name if name in installed else None, platform, url)


def edit(environ: Mapping[str, str], installed: str = "vi vim code hx emacsclient") -> object:
    """The editor's arguments, or why there is none."""
    known = installed.split()
    way = way_to_edit(environ, lambda name: name if name in known else None, "/a b/c.py", 7)
    return way.argv if isinstance(way, Command) else way


def test_an_address_is_one_argument_of_the_desktops_program() -> None:
    """Whatever stands in it: no shell reads it."""
    assert browse(DESKTOP) == Command(("xdg-open", URL))
    assert browse({"WAYLAND_DISPLAY": "w"}) == Command(("xdg-open", URL))
    assert browse({}, platform="darwin", installed="open") == Command(("open", URL))
    wsl = browse({"WSL_DISTRO_NAME": "u"}, installed="wslview")
    assert wsl == Command(("wslview", URL))


def test_where_nothing_can_be_opened_it_says_why() -> None:
    """Over ssh the browser would open before nobody."""
    assert browse({}) == "no display here"
    assert browse(DESKTOP, installed="") == "xdg-open is not installed"
    assert browse({**DESKTOP, "SSH_CONNECTION": "1 2 3 4"}) == "no browser over ssh"
    assert browse({"SSH_TTY": "/dev/pts/1"}, platform="darwin") == "no browser over ssh"


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "file:///tmp/x.desktop",
        "vscode://x",
        "-a",
        "",
        "https://a b",
        "http://a\n",
    ],
)
def test_no_other_scheme_is_opened(url: str) -> None:
    """Files neither: what a desktop opens one with may run it."""
    assert browse(DESKTOP, url) == "not an address of the web"


@given(url=st.text(max_size=40))
def test_of_any_text_only_addresses_are_opened(url: str) -> None:
    """And those as they are."""
    way = browse(DESKTOP, url)
    if isinstance(way, Command):
        assert way.argv == ("xdg-open", url)
        assert url.lower().startswith(("http://", "https://", "mailto:"))
        assert url.isprintable()


def test_the_editor_of_the_environment_at_the_line() -> None:
    """$VISUAL before $EDITOR, with its own options; each editor as it is told a line."""
    assert edit({"EDITOR": "vim"}) == ("vim", "+7", "/a b/c.py")
    assert edit({"VISUAL": "emacsclient -nw", "EDITOR": "vim"}) == (
        *("emacsclient", "-nw", "+7", "/a b/c.py"),
    )
    assert edit({"VISUAL": " ", "EDITOR": "code --wait"}) == (
        *("code", "--wait", "--goto", "/a b/c.py:7"),
    )
    assert edit({"EDITOR": "hx"}) == ("hx", "/a b/c.py:7")
    assert edit({}) == ("vi", "+7", "/a b/c.py")


def test_without_an_editor_it_says_so() -> None:
    """One line names the variable."""
    assert edit({}, "") == "$EDITOR is not set"
    assert edit({"EDITOR": "nowhere -x"}) == "$EDITOR is no program"
    assert edit({"VISUAL": "'unclosed"}) == "$VISUAL is no program"
    assert shlex.split("vim") == ["vim"]
