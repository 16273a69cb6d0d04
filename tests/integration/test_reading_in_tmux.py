"""Reading a session in a real terminal: search, jump, copy, resize, leave."""

from __future__ import annotations

import json
import re

import pytest

from tests.waiting import wait_until

from .terminal import Terminal, needs_tmux, place, terminal

pytestmark = [needs_tmux, pytest.mark.timeout(120)]


THERE = r"(?:● connected|○ ended)"
"""At this speed the demo may be over before one looks."""


def watch_demo(window: Terminal) -> None:
    """Wait until the demo's first turn is over."""
    window.wait_match(rf"turn 1[\s\S]*{THERE}")


def test_a_failed_call_is_found_and_its_output_copied() -> None:
    """From the footer and the help alone: jump to the error, copy it, see that it was copied."""
    with place() as here, terminal(here, "lashtui demo --speed 20") as window:
        watch_demo(window)
        window.type("e")
        window.wait_match(r"[✗] bash")
        window.type("c")
        window.wait_match(r"sent the output .* to the terminal's clipboard")


def test_search_finds_what_scrolled_away() -> None:
    """Typing searches at once, tells how many there are, and escape ends it."""
    with place() as here, terminal(here, "lashtui demo --speed 20") as window:
        window.wait_match(rf"turn 3[\s\S]*{THERE}")
        window.type("/")
        window.type("keywords")
        screen = window.wait_match(r"\d+ of \d+")
        assert "keywords" in screen
        window.press("Escape")
        wait_until(
            lambda: re.search(r"\d+ of \d+", window.screen()) is None,
            lambda: f"the search to end:\n{window.screen()}",
        )


@pytest.mark.parametrize("size", [(40, 12), (200, 60)])
def test_a_resized_terminal_is_filled_again(size: tuple[int, int]) -> None:
    """Name and connection stay in sight at any size."""
    with place() as here, terminal(here, "lashtui demo --speed 20") as window:
        watch_demo(window)
        window.resize(*size)
        window.wait_match(rf"\A ?demo[\s\S]*{THERE}")
        window.resize(120, 40)
        window.wait_match(rf"demo[\s\S]*PROCESSES[\s\S]*{THERE}")


def test_the_demo_goes_on_for_who_comes_back() -> None:
    """Detach says how, the same command does it, and what came meanwhile is marked."""
    with place() as here, terminal(here, "lashtui demo --speed 2") as window:
        window.wait_match(r"FAILED tests[\s\S]*● connected")
        window.press("q")
        window.wait_match(r"detached; the demo is still running - come back: lashtui demo")
        socket = str(here.root / "run" / "lashtui" / "demo" / "s")
        # Long before its end: a demo that has ended is started again by the same command.
        wait_until(
            lambda: "CHANGELOG.md" in here.lashtui("--socket", socket, "show", "demo").stdout,
            lambda: "the demo to go on",
        )
        window.type("lashtui demo", enter=True)
        window.wait_match(r"new since you left[\s\S]*● connected")
        window.press("q")


def test_a_fleet_goes_on_for_who_comes_back() -> None:
    """Many agents in one list; leaving says how to come back, and the same agents are there."""
    command = "lashtui demo --fleet 30"
    with place() as here, terminal(here, command, rows=70) as window:
        window.wait_for("api-login", "web-react-19", "billing-rounding")
        socket = str(here.root / "run" / "lashtui" / "fleet-30" / "s")
        first = here.lashtui("--socket", socket, "daemon", "status", "--format", "json").stdout
        window.press("C-q")
        window.wait_for("detached; the demo is still running - come back: lashtui demo --fleet 30")
        window.type(f"clear; {command}", enter=True)
        window.wait_for("api-login", "web-react-19", "billing-rounding")
        again = here.lashtui("--socket", socket, "daemon", "status", "--format", "json").stdout
        assert json.loads(first)["pid"] == json.loads(again)["pid"]
        assert json.loads(again)["sessions"] == 30
        window.press("C-q")
        here.lashtui("--socket", socket, "daemon", "stop")


def test_detaching_leaves_a_clean_terminal() -> None:
    """After q the shell's own screen is back and what is typed is echoed as it is."""
    with place() as here, terminal(here, "lashtui demo --speed 20") as window:
        watch_demo(window)
        window.press("q")
        window.wait_match(r"(?m)^\$$")
        window.type("echo clean-$((1+1))", enter=True)
        screen = window.wait_for("clean-2")
        assert "turn 1" not in screen


def test_no_color_is_no_color() -> None:
    """With NO_COLOR nothing has a colour of its own, the filter's menu neither."""
    with place() as here:
        with terminal(here, "lashtui demo --speed 20") as window:
            watch_demo(window)
            assert window.colours()
        here.env["NO_COLOR"] = "1"
        with terminal(here, "lashtui demo --speed 20") as window:
            window.wait_match(rf"turn 3[\s\S]*{THERE}")
            assert window.colours() == set()
            window.type("f")
            window.wait_for("esc close")
            assert window.colours() == set()
