"""Whether an agent's terminal is a pane that we can go to."""

from __future__ import annotations

import pytest

from lashd.view import Tmux, Where
from lashtui.process.panes import GoThere, way_to

SOCKET = "/tmp/tmux-1000/default"
INSIDE = {"TMUX": f"{SOCKET},4242,0"}


def test_a_pane_of_our_tmux_is_brought_to_the_front() -> None:
    """The client to its session, the window, the pane; by our own socket."""
    way = way_to(INSIDE, Where(host="box", tmux=Tmux(SOCKET, "%12")), "box")
    assert isinstance(way, GoThere)
    assert " ".join(way.argv) == (
        f"tmux -S {SOCKET} switch-client -t %12 ; select-window -t %12 ; select-pane -t %12"
    )
    assert isinstance(
        way_to(INSIDE, Where(tmux=Tmux("/tmp//tmux-1000/default", "%0")), "b"), GoThere
    )
    odd = way_to({"TMUX": "/tmp/a,b/d,1,0"}, Where(tmux=Tmux("/tmp/a,b/d", "%12")), "box")
    assert isinstance(odd, GoThere)
    assert odd.argv[:3] == ("tmux", "-S", "/tmp/a,b/d")


@pytest.mark.parametrize(
    ("environ", "where", "why"),
    [
        (INSIDE, None, "where it runs is not known"),
        (INSIDE, Where(), "its terminal is not known"),
        (INSIDE, Where(pid=7), "its terminal is not known (pid 7)"),
        (INSIDE, Where(tty="/dev/pts/7"), "its terminal is pts/7, not a pane of tmux"),
        (INSIDE, Where(host="far", tty="/dev/pts/7"), "its terminal is pts/7 on far, not here"),
        ({}, Where(tmux=Tmux(SOCKET, "%1")), "its terminal is tmux pane %1; you are not in tmux"),
        (
            INSIDE,
            Where(tmux=Tmux("/tmp/other", "%1")),
            "its terminal is tmux pane %1 of another tmux server",
        ),
    ],
)
def test_why_it_cannot_be_done(environ: dict[str, str], where: Where | None, why: str) -> None:
    """The reason names the terminal, so that a person finds it."""
    assert way_to(environ, where, "box") == why


def test_a_directory_is_a_place_too() -> None:
    """Where no more is known than that."""
    home = {**INSIDE, "HOME": "/home/me"}
    assert (
        way_to(home, None, "box", "/home/me/api") == "it runs in ~/api; its terminal is not known"
    )


@pytest.mark.parametrize(
    "pane",
    ["", "%", "12", "%1; kill-server", "%1\n", "%-1", "%" + "9" * 10, "-t", "%١", "%1 %2", "; %1"],
)
def test_nothing_but_a_panes_id_gets_into_a_command(pane: str) -> None:
    """The id comes from whoever publishes."""
    assert way_to(INSIDE, Where(tmux=Tmux(SOCKET, pane)), "box") == (
        "its pane of tmux has no valid id"
    )


def test_an_agent_chooses_no_socket() -> None:
    """One that names another server's, or words of a command, is only compared with ours."""
    for socket in ("", SOCKET + ";kill-server", "-S", SOCKET + "/../x", "/tmp/evil\n" + SOCKET):
        assert isinstance(way_to(INSIDE, Where(tmux=Tmux(socket, "%1")), "box"), str)
    assert isinstance(way_to({"TMUX": ""}, Where(tmux=Tmux("", "%1")), "box"), str)
