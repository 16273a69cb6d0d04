"""Ctrl-Z, fg and bg: a command under `lashtui run` is the shell's job, as without it."""

from __future__ import annotations

import os
import re
import shutil
import signal
from collections.abc import Iterator

import pytest

from tests.integration.terminal import Place, Terminal, needs_tmux, place, terminal
from tests.waiting import wait_until

pytestmark = needs_tmux

SHELLS = {"bash": "bash --norc --noprofile", "zsh": "zsh -f", "dash": "dash -i"}

SCREEN = """\
import os, signal, sys, termios, tty
how = sys.argv[1]
saved = termios.tcgetattr(0)
def draw():
    tty.setraw(0) if how == "key" else tty.setcbreak(0)
    os.write(1, b"\\x1b[?1049h\\x1b[2J\\x1b[Hdrawn")
def leave():
    os.write(1, b"\\x1b[?1049l")
    termios.tcsetattr(0, termios.TCSADRAIN, saved)
def stop(*_):
    leave()
    os.write(1, b"put away\\r\\n")
    if how == "key":
        os.kill(os.getpid(), signal.SIGSTOP)
    else:
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.kill(0, signal.SIGTSTP)
        signal.signal(signal.SIGTSTP, stop)
    draw()
if how == "signal":
    signal.signal(signal.SIGTSTP, stop)
draw()
while (key := os.read(0, 1)) != b"q":
    if key == b"\\x1a":
        stop()
    else:
        os.write(1, b" key " + key)
leave()
sys.exit(5)
"""
"""A program with a screen: `key` reads Ctrl-Z itself and stops alone, `signal` catches SIGTSTP."""


@pytest.fixture
def here() -> Iterator[Place]:
    """A home with the program in it, and a daemon: one that a command starts might come too late to
    be stopped at the end.
    """
    with place() as home:
        assert home.lashtui("daemon", "start").returncode == 0
        (home.root / "screen.py").write_text(SCREEN)
        yield home


def shell_of(name: str) -> str:
    """The command of an interactive shell without anybody's settings."""
    if shutil.which(name) is None and "LASHTUI_REQUIRE_TMUX" not in os.environ:
        pytest.skip(f"{name} is not installed")
    return SHELLS[name]


def wait_stopped(shell: Terminal, times: int = 1) -> None:
    """The shell has said so many times that a job has stopped."""
    wait_until(
        lambda: len(re.findall("(?i)stopped|suspended", shell.screen())) >= times, shell.screen
    )


def wait_prompt(shell: Terminal) -> None:
    """The shell waits for a command; what was typed before belonged to somebody else."""
    wait_until(lambda: shell.screen().rstrip().endswith("$"), shell.screen)


def answers(shell: Terminal, word: str) -> None:
    """The shell has its prompt, in its own modes: it runs what is typed."""
    wait_prompt(shell)
    shell.type(f"echo {word[:1]}''{word[1:]}", enter=True)
    shell.wait_for(word)


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize("words", ["cat", "cat | cat", "--pty cat | cat"])
def test_a_command_that_knows_nothing_of_it(here: Place, name: str, words: str) -> None:
    """Ctrl-Z gives the shell back, fg the command, with its input; the exit code is the command's.

    In a pipeline the whole job stops.
    """
    options, _, rest = words.partition("cat")
    command = f"lashtui run {options} -s s -- sh -c 'echo ready; exec cat'{rest}"
    with terminal(here, f"cd; stty -a > before; {command}", shell=shell_of(name)) as shell:
        shell.wait_match(r"(?m)^ready")
        shell.type("first", enter=True)
        shell.wait_match(r"first\s+first")
        for turn in range(2):
            shell.press("C-z")
            wait_stopped(shell, turn + 1)
            answers(shell, f"between{turn}")
            shell.type("fg", enter=True)
            shell.wait_match(rf"between{turn}\n(.*\n)*.*(lashtui run|continued)")
            shell.type(f"again{turn}", enter=True)
            shell.wait_match(rf"again{turn}\s+again{turn}")
        shell.press("C-d")
        answers(shell, "after")
        wait_prompt(shell)
        shell.type("stty -a > after; cmp before after && echo s''ame", enter=True)
        shell.wait_for("same")


@pytest.mark.parametrize("name", SHELLS)
@pytest.mark.parametrize("how", ["key", "signal"])
def test_a_program_with_a_screen(here: Place, name: str, how: str) -> None:
    """It puts its screen away before the shell is back, and draws again after fg."""
    command = f"lashtui run -s s -- python3 screen.py {how}"
    with terminal(here, f"cd; stty -a > before; {command}", shell=shell_of(name)) as shell:
        shell.wait_for("drawn")
        shell.type("a")
        shell.wait_for("key a")
        for turn in range(2):
            shell.press("C-z")
            shell.wait_for("put away")
            wait_stopped(shell, turn + 1)
            answers(shell, f"between{turn}")
            shell.resize(100 + turn, 30)
            shell.type("fg", enter=True)
            shell.wait_for("drawn")
            shell.type("b")
            shell.wait_for("key b")
        shell.type("q")
        shell.wait_gone("drawn")
        wait_prompt(shell)
        shell.type("echo c''ode $?", enter=True)
        shell.wait_for("code 5")
        # The window has another size; everything else is as it was.
        shell.type(
            "stty -a | grep -v rows > after; grep -v rows before | cmp - after && echo s''ame",
            enter=True,
        )
        shell.wait_for("same")


@pytest.mark.parametrize("name", SHELLS)
def test_a_program_with_a_screen_in_the_background(here: Place, name: str) -> None:
    """It must not draw over the shell: as without us, it stops again until it is in front."""
    command = "lashtui run -s s -- python3 screen.py signal"
    with terminal(here, f"cd; {command}", shell=shell_of(name)) as shell:
        shell.wait_for("drawn")
        shell.press("C-z")
        shell.wait_for("put away")
        wait_stopped(shell)
        shell.type("clear; bg", enter=True)
        shell.wait_gone("put away")
        wait_prompt(shell)

        def has_stopped() -> bool:
            shell.type("clear; jobs", enter=True)
            wait_prompt(shell)
            return re.search("(?i)stopped|suspended", shell.screen()) is not None

        wait_until(has_stopped)
        answers(shell, "between")
        assert "drawn" not in shell.screen()
        shell.type("fg", enter=True)
        shell.wait_for("drawn")
        shell.type("aq")
        shell.wait_gone("drawn")
        wait_prompt(shell)
        shell.type("echo c''ode $?", enter=True)
        shell.wait_for("code 5")


@pytest.mark.parametrize("name", SHELLS)
def test_a_job_started_in_the_background(here: Place, name: str) -> None:
    """Brought to the front, it gets what is typed."""
    with terminal(here, "lashtui run -s s -- cat &", shell=shell_of(name)) as shell:
        answers(shell, "first")
        shell.type("fg", enter=True)
        shell.wait_match(r"first\n(.*\n)*.*lashtui run")
        shell.type("typed", enter=True)
        shell.wait_match(r"typed\s+typed")
        shell.press("C-c")
        answers(shell, "after")


@pytest.mark.parametrize("name", SHELLS)
def test_signals_to_the_command_and_to_the_job(here: Place, name: str) -> None:
    """SIGSTOP to the command stops the job; SIGCONT to the job continues it; SIGTERM ends it."""
    script = "sh -c 'echo pid $$ > pid; echo ready; exec cat'"
    with terminal(here, f"cd; lashtui run -s s -- {script}", shell=shell_of(name)) as shell:
        shell.wait_match(r"(?m)^ready")
        shell.type("first", enter=True)
        shell.wait_match(r"first\s+first")
        pid = int((here.root / "pid").read_text().split()[1])
        os.kill(pid, signal.SIGSTOP)
        wait_stopped(shell)
        shell.type("kill -CONT %1; fg", enter=True)
        shell.wait_match(r"fg\n(.*\n)*.*lashtui run")
        shell.type("second", enter=True)
        shell.wait_match(r"second\s+second")
        shell.press("C-z")
        shell.wait_match(r"second(.*\n)*.*(?i:stopped|suspended)")
        shell.type("kill %1; fg; echo f''inished", enter=True)
        shell.wait_for("finished")
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"))
