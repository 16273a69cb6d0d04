"""What is copied arrives in a real tmux as it comes, to the character."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from lashd.events import AssistantProseDelta, Committed, ToolCallCompleted, ToolCallStarted
from tests.tui.daemons import PATIENCE, publisher
from tests.waiting import wait_until

from .terminal import Place, Terminal, needs_tmux, terminal

pytestmark = [needs_tmux, pytest.mark.timeout(120)]

IN_TMUX = 'TMUX="$TMUX" TMUX_PANE="$TMUX_PANE" bash --norc --noprofile'
COMMAND = "grep -rn 'naïve  \"quotes\"' ."
OUTPUT = (
    "a.py:3:\tnaïve 'one'  \n\n  b.py:7:   \"two\" 中文 \U0001f642 $HOME `x` \\n\n"
    + "\n".join(f"line {number}: {'long ' * 60}end" for number in range(60))
)
CODE = "def f(x):\n\tif x:\n        return 'é'  # trailing  \n\n    return {\"a\": x}"
PROSE = f"Before, some code:\n\n```sh\necho first\n```\n\nand\n\n```python\n{CODE}\n```\n\nafter"


@pytest.fixture
def window(tmp_path: Path) -> Iterator[tuple[Terminal, Place]]:
    """The app on a session of a call and a message with code, in a tmux as it comes."""
    with ExitStack() as stack:
        here = Place(tmp_path)
        daemon = stack.enter_context(EmbeddedDaemon())
        here.env["LASHTUI_SOCKET"] = daemon.socket_path
        agent = stack.enter_context(publisher(daemon.socket_path, "my build"))
        done = {"outcome": {"status": "success", "payload": OUTPUT}}
        agent.publish(ToolCallStarted("Bash", {"command": COMMAND}), correlation_id="t")
        agent.publish(ToolCallCompleted("Bash", None, done), correlation_id="t")
        agent.publish(AssistantProseDelta(PROSE), correlation_id="p")
        agent.publish(Committed())
        assert agent.flush(PATIENCE)
        opened = stack.enter_context(terminal(here, "lashtui attach 'my build'", shell=IN_TMUX))
        opened.wait_for("● connected", "after", "Bash")
        yield opened, here


def copies(window: Terminal, key: str, text: str) -> None:
    """Press `key`: what arrives is `text`, to the character."""
    window.type(key)
    wait_until(lambda: window.copied() == text, lambda: f"{text!r}; copied: {window.copied()!r}")


def test_a_call_and_a_code_block_arrive_as_they_are(window: tuple[Terminal, Place]) -> None:
    """Tabs, trailing spaces, quotes, wide characters: of a call its output, then all of it."""
    opened, _ = window
    opened.type("T")
    copies(opened, "c", OUTPUT)
    opened.wait_for("copied the output (63 lines)")
    copies(opened, "c", f"Bash\ncommand: {COMMAND}\n{OUTPUT}")
    opened.type("j")
    copies(opened, "C", CODE)
    copies(opened, "c", PROSE)


def test_the_copied_command_goes_on_from_here(window: tuple[Terminal, Place]) -> None:
    """It has the cursor that the reader is at, and a shell can run it as it is."""
    opened, here = window
    with Client(here.env["LASHTUI_SOCKET"]) as client:
        (session,) = client.list()
    words = ["lashtui", "attach", "my build", "--format", "json", "--cursor", session["cursor"]]
    copies(opened, "Y", shlex.join(words))
    shown = here.lashtui(*words[1:], "--no-follow")
    assert shown.returncode == 0
    assert "observation" not in shown.stdout


def test_without_tmux_the_terminal_is_asked(window: tuple[Terminal, Place]) -> None:
    """Whether it takes the text can't be known, and is not claimed."""
    opened, _ = window
    opened.take_copies()
    opened.type("q")
    opened.wait_for("detached from")
    opened.type("clear; TMUX= lashtui attach 'my build'", enter=True)
    opened.wait_for("● connected", "after", "Bash")
    copies(opened, "c", PROSE)
    opened.wait_for("sent the entry (17 lines) to the terminal's clipboard")
