"""The fleet in a stock tmux: every agent on one screen, and nobody who waits is missed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial

import pytest

from lashd.clock import now_ms
from lashd.events import AssistantProseDelta, Committed, Error, ToolCallStarted, UserMessage
from lashd.events import Waiting as Asked
from lashd.publish.publisher import Publisher
from tests.tui.daemons import PATIENCE, publisher
from tests.waiting import wait_until

from .terminal import Place, Terminal, needs_tmux, place, terminal

pytestmark = [needs_tmux, pytest.mark.timeout(150)]

AGENTS = 30
QUESTION = (
    "The migration locks the table of orders for about forty seconds, and the nightly export reads"
    " from it until half past four. Shall I run it now, wait for the export, or split it into"
    " batches of a thousand rows and let it take until noon?"
)
PROMPT = r"(?m)^\$$"


@contextmanager
def fleet(here: Place) -> Iterator[dict[str, Publisher]]:
    """A daemon with thirty agents: two ask, one has failed, three are done, the rest work."""
    assert here.lashtui("daemon", "start").returncode == 0
    with ExitStack() as stack:
        agents = {}
        for number in range(AGENTS):
            name = f"agent-{number:02}"
            agent = stack.enter_context(publisher(str(here.socket), name, agent="Codex"))
            agent.publish(UserMessage(f"do the task {number}"), at=now_ms() - 600_000)
            agents[name] = agent
        for name, minutes, question in (("agent-20", 8, QUESTION), ("agent-07", 2, "push it?")):
            agents[name].publish(Asked(question), at=now_ms() - minutes * 60_000)
        agents["agent-13"].publish(Error("529 overloaded"))
        agents["agent-13"].publish(Committed())
        for name, minutes in (("agent-03", 1), ("agent-04", 2), ("agent-05", 3)):
            then = now_ms() - minutes * 60_000
            said = AssistantProseDelta("all of it is done")
            agents[name].publish(said, correlation_id="p", at=then)
            agents[name].publish(Committed(), at=then)
        for agent in agents.values():
            if agent.session_id not in ASIDE:
                args = {"command": "make check"}
                agent.publish(ToolCallStarted("shell", args), correlation_id="t")
            assert agent.flush(PATIENCE)
        yield agents


ASIDE = ("agent-20", "agent-07", "agent-13", "agent-03", "agent-04", "agent-05")
COUNTED = ("‼ 2 need you", "✗ 1 failed", "● 24 working", "✓ 3 done")


@contextmanager
def opened(columns: int = 120, rows: int = 36) -> Iterator[tuple[Terminal, dict[str, Publisher]]]:
    """`lashtui`, with the fleet on its screen."""
    with place() as here, fleet(here) as agents, terminal(here, "lashtui", columns, rows) as window:
        window.wait_for(*COUNTED, "30 sessions", "▌")
        yield window, agents


def cursor(window: Terminal) -> str:
    """The line with the cursor; empty if it isn't on the screen."""
    return next((line for line in window.screen().splitlines() if line.startswith("▌")), "")


def at(window: Terminal, *texts: str) -> None:
    """Wait until the cursor is at the line that has all of `texts`."""
    wait_until(
        lambda: all(text in cursor(window) for text in texts),
        lambda: f"the cursor at {texts}:\n{window.screen()}",
    )


def read(window: Terminal, *texts: str) -> None:
    """Wait until `texts` stand on the screen, wherever their lines are broken."""
    wait_until(
        lambda: all(text in " ".join(window.screen().split()) for text in texts),
        lambda: f"{texts} on the screen:\n{window.screen()}",
    )


def test_the_demo_says_at_once_who_needs_a_person() -> None:
    """Thirty scripted agents: the one that waits longest is chosen; its question stands in full."""
    with place() as here:
        socket = here.root / "run" / "lashtui" / "fleet-30" / "s"
        with terminal(here, "lashtui demo --fleet 30", 90, 30) as window:
            window.wait_for("‼ 3 need you", "✗ 3 failed", "30 sessions")
            window.wait_match(r"\A.*\n.*\n NEEDS YOU 3 *\n▌‼ waiting 18m ")
            window.press("Enter")
            read(window, "Approve this plan?", "5. run everything and tidy up")
            window.press("Escape")
            at(window, "‼ waiting 18m")
            window.type("q")
            window.wait_for("the demo is still running - come back: lashtui demo --fleet 30")
            window.type("clear; lashtui demo --fleet 30", enter=True)
            window.wait_for("need you", "30 sessions")
            window.type("q")
            window.wait_match(PROMPT)
        stopped = here.lashtui("--socket", str(socket), "daemon", "stop")
        assert stopped.returncode == 0, stopped.stderr


def test_who_waits_longest_is_on_top_and_esc_comes_back_to_the_same_line() -> None:
    """Enter opens, with the question in full; Esc comes back to the line one came from."""
    with opened(90, 30) as (window, _agents):
        at(window, "‼ waiting 8m", "agent-20")
        window.press("Enter")
        window.wait_for("‼ waiting for you 8")
        read(window, QUESTION)
        window.press("Escape")
        at(window, "agent-20")
        window.press("Down", "Down")
        at(window, "✗", "agent-13")
        before = window.screen().splitlines().index(cursor(window))
        window.press("Enter")
        window.wait_for("do the task 13", "529 overloaded", "s Sessions")
        window.press("Escape")
        at(window, "✗", "agent-13")
        assert window.screen().splitlines().index(cursor(window)) == before


def test_one_key_goes_from_one_that_waits_to_the_next() -> None:
    """`!`, from the fleet and from a session, in the order of who has waited longest."""
    with opened() as (window, _agents):
        window.press("G")
        at(window, "agent-05")
        window.type("!")
        window.wait_for("do the task 20", "s Sessions")
        window.type("!")
        window.wait_for("do the task 7", "push it?")
        window.type("!")
        window.wait_for("do the task 20", "The migration locks")


def test_a_question_that_comes_while_one_reads_elsewhere_is_heard_and_counted() -> None:
    """Another session is on the screen: the counter goes up, and tmux's bell flag is set."""
    with opened() as (window, agents):
        window.press("Enter")
        window.wait_for("do the task 20", "‼ 2 need you", "● connected")
        window.look_away()
        assert not window.has_rung()
        agents["agent-29"].publish(Asked("may I delete the branch?"))
        wait_until(window.has_rung)
        wait_until(lambda: window.title().startswith("‼3"), window.title)
        window.look_back()
        window.wait_for("‼ 3 need you", "do the task 20")
        window.press("Escape")
        window.wait_for("NEEDS YOU 3", "● 23 working", "may I delete the branch?")
        at(window, "agent-20")


def test_a_filter_narrows_the_list_and_esc_widens_it() -> None:
    """Words and fields; what is counted on top stays everybody."""
    with opened(90, 30) as (window, _agents):
        window.type("/")
        window.type("state:working agent-2")
        window.wait_for("9 of 30")
        window.wait_gone("NEEDS YOU")
        window.wait_for("‼ 2 need you", "agent-29", "agent-21")
        assert cursor(window)
        window.press("Enter")
        window.wait_for("⏎ Open")
        first = cursor(window)
        window.press("G")
        wait_until(lambda: cursor(window) not in ("", first), window.screen)
        last = cursor(window).split()[3]
        window.press("Escape")
        window.wait_for("NEEDS YOU 2", "30 sessions")
        at(window, last)


def is_drawn(window: Terminal, columns: int, rows: int) -> bool:
    """Whether the fleet fills a window of this size."""
    lines = window.screen().rstrip().splitlines()
    fits = len(lines) == rows and all(len(line) <= columns for line in lines)
    return fits and "need you" in lines[0] and "connected" in lines[-2]


def test_no_size_hides_the_cursor() -> None:
    """A window that is made smaller and larger again, with the cursor at the end of the list."""
    with opened(200, 60) as (window, _agents):
        window.press("G")
        at(window, "agent-05")
        window.press("k")
        at(window, "agent-04")
        for columns, rows in ((80, 24), (40, 12), (120, 36)):
            window.resize(columns, rows)
            wait_until(partial(is_drawn, window, columns, rows), window.screen)
            at(window, "agent-04")
        window.press("g")
        at(window, "‼ waiting")
        window.resize(40, 12)
        wait_until(partial(is_drawn, window, 40, 12), window.screen)
        at(window, "‼ waiting")


def test_the_preview_comes_at_120_columns_and_shows_the_whole_question() -> None:
    """And goes below; the list stays where it is."""
    with opened(119, 36) as (window, _agents):
        asked = "noon?"  # the question's last word, which no line of the list shows
        assert asked not in window.screen()
        window.resize(120, 36)
        window.wait_for(asked, "do the task 20")
        at(window, "agent-20")
        window.press("Down")
        window.wait_for("do the task 7")
        window.resize(119, 36)
        window.wait_gone("do the task 7")
        at(window, "agent-07")


def test_the_list_is_shown_as_of_then_while_the_daemon_is_gone() -> None:
    """kill -9: the rows stay and say how old they are; with a new daemon they are whole again."""
    with place() as here, fleet(here) as agents, terminal(here, "lashtui", 100, 40) as window:
        window.wait_for(*COUNTED, "30 sessions", "● connected")
        window.press("Down")
        at(window, "agent-07")
        os.kill(here.daemon_pid(), signal.SIGKILL)
        window.wait_for("30 sessions as of", "agent-20", "agent-07", "agent-13", "agent-29")
        window.wait_gone("● connected")
        at(window, "agent-07")
        assert here.lashtui("daemon", "start").returncode == 0
        for agent in agents.values():
            assert agent.wait_open(PATIENCE)
        window.type("r")
        window.wait_for(*COUNTED, "● connected", "‼ waiting 8m", "✗ 529", "make check")
        window.wait_gone("as of")
        at(window, "agent-07")
        agents["agent-07"].publish(Asked("and tag it?"))
        window.wait_for("and tag it?")


def test_leaving_says_how_to_come_back() -> None:
    """`q` in a session names it, in the words of a shell; there it is again."""
    with opened() as (window, _agents):
        window.press("Enter")
        window.wait_for("do the task 20", "s Sessions")
        window.type("q")
        window.wait_for("detached from agent-20", "come back: lashtui attach agent-20")
        window.type("clear; lashtui", enter=True)
        window.wait_for(*COUNTED)
        at(window, "agent-20")
        window.type("q")
        window.wait_match(PROMPT)
