"""Every command on a terminal and beside it, where names, paths and agents' words are hostile.

What a terminal gets is read byte by byte, and by an emulator whose other cells must stay.
"""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lashd.daemon import EmbeddedDaemon
from lashd.events import Waiting
from lashd.publish.publisher import Publisher
from tests.hostile import ODD, RAW, assert_plain, assert_styled, hostile
from tests.tui.daemons import PATIENCE, publisher
from tests.tui.producers.goldens import CAPTURES

from .cli import Cli
from .hostile_session import NAME, publish
from .pseudo_terminal import Pty, in_pty
from .terminal import Place, needs_tmux, terminal

pytestmark = pytest.mark.timeout(120)

COLUMNS, ROWS = 120, 900
"""A screen on which nothing scrolls away."""
WATCH_OWN = re.compile(rb"\x1b\[(?:\?(?:1049|25|7|2026)[hl]|[HJK]|[0-9;]*m)")
"""What `ls --watch` means to say to a terminal."""
EVIL_PART = hostile("part").replace("/", "").replace("\0", "")[:60]
"""A name of a file or directory, as the system allows it."""


@pytest.fixture
def place(tmp_path: Path, daemon: EmbeddedDaemon) -> Place:
    """An environment with a daemon."""
    here = Place(tmp_path)
    here.env["LASHTUI_SOCKET"] = daemon.socket_path
    return here


@pytest.fixture
def agent(daemon: EmbeddedDaemon) -> Iterator[Publisher]:
    """The session whose every field is hostile; it waits."""
    words = {key: hostile(f"{key}-words") for key in ("title", "agent", "directory")}
    with publisher(daemon.socket_path, NAME, **words) as opened:
        publish(opened)
        opened.publish(Waiting(hostile("asks-now")))
        assert opened.flush(PATIENCE)
        yield opened


def shown_by(place: Place, *words: str) -> tuple[str, Pty]:
    """What a command writes to a terminal between two lines of ours, and the terminal."""
    script = 'printf "BEFORE\\n"; lashtui "$@"; printf "AFTER\\n"'
    with in_pty(["sh", "-c", script, "sh", *words], place.env, COLUMNS, ROWS) as terminal:
        assert terminal.wait(reading=True) == 0
        whole = terminal.output.decode("utf-8")  # strict
        before, _, rest = whole.partition("BEFORE\r\n")
        shown, _, after = rest.rpartition("AFTER\r\n")
        assert (before, after) == ("", "")
        lines = [line.rstrip() for line in terminal.screen if line.strip()]
    assert lines[0] == "BEFORE"
    assert lines[-1] == "AFTER"
    last = max(y for y, row in terminal._screen.buffer.items() if row[0].data == "A")
    for y in (0, last):
        cell = terminal._screen.buffer[y][0]
        assert (cell.fg, cell.bg, cell.bold, cell.reverse) == ("default", "default", False, False)
    assert terminal._screen.title == terminal._screen.icon_name == ""
    return shown.replace("\r\n", "\n"), terminal


@pytest.mark.parametrize(
    "words",
    [("show", NAME), ("attach", NAME, "--format", "text", "--until", "waiting")],
    ids=["show", "attach"],
)
@pytest.mark.parametrize("colour", [True, False])
def test_a_transcript_on_a_terminal_is_text_with_colours(
    place: Place, agent: Publisher, words: tuple[str, ...], colour: bool
) -> None:
    """Of a command's text its colours and links stay, and end with each line; nothing else does."""
    if not colour:
        place.env["NO_COLOR"] = "1"
    shown, _ = shown_by(place, *words)
    assert "styled-words" in shown
    assert "asks-now" in shown
    if colour:
        assert_styled(shown)
        assert "\x1b[" in shown
    else:
        assert_plain(shown)


def test_tables_on_a_terminal_are_text(place: Place, agent: Publisher) -> None:
    """Each session has one line, as wide as the terminal at most."""
    shown, terminal = shown_by(place, "ls")
    assert_styled(shown)
    (row,) = [line for line in terminal.screen if "asks-now" in line]
    assert "waiting" in row
    assert len(shown.splitlines()) == 2


def test_a_table_that_stays_keeps_to_its_rows(place: Place, agent: Publisher) -> None:
    """Nothing but its own sequences; the row below the table is empty."""
    with in_pty(["lashtui", "ls", "--watch"], place.env, 100, 12) as watch:
        watch.see("asks-now")
        lines = [line.rstrip() for line in watch.screen]
        at = next(n for n, line in enumerate(lines) if "asks-now" in line)
        assert lines[at + 1 : -1] == [""] * len(lines[at + 1 : -1])
        assert watch._screen.title == ""
        os.kill(watch.pid, signal.SIGINT)
        assert watch.wait(reading=True) == 0
    assert_plain(WATCH_OWN.sub(b"", watch.output).decode().replace("\r\n", "\n"))


def test_what_is_found_is_told_as_text(cli: Cli, daemon: EmbeddedDaemon, tmp_path: Path) -> None:
    """Paths, directories and titles of files that anybody may have written."""
    folder = tmp_path / ".claude" / "projects" / EVIL_PART
    folder.mkdir(parents=True)
    first, *rest = (
        (CAPTURES / "claude_transcript" / "cc_files.stdout.jsonl").read_text().splitlines()
    )
    record = {**json.loads(first), "cwd": f"/{hostile('cwd-words')}"}
    lines = [json.dumps(record), *(_moved(line) for line in rest)]
    (folder / "a3142cd4-e7b4-4442-a568-f3e248302560.jsonl").write_text("\n".join(lines) + "\n")
    for words in (("discover", "--once", str(folder)), ("up", "--once"), ("discover", "--once")):
        done = cli.run(*words)
        assert done.code == 0, done
        assert_plain(done.out)
        assert_plain(done.err)
    told = cli.run("discover", "--once", str(folder))
    assert "cwd-words" in told.out + told.err
    assert_plain(cli.run("ls").out)


def _moved(line: str) -> str:
    """A record as of a session in a hostile directory."""
    record = json.loads(line)
    return json.dumps({**record, "cwd": f"/{hostile('cwd-words')}"} if "cwd" in record else record)


def test_hooks_of_a_hostile_directory_are_told_as_text(cli: Cli, tmp_path: Path) -> None:
    """The path that a person is asked about, the state, and what was done."""
    config = tmp_path / EVIL_PART
    config.mkdir()
    cli.environment["CLAUDE_CONFIG_DIR"] = str(config)
    yes = "--yes"
    for words in (("status", "claude"), ("install", "claude", yes), ("uninstall", "claude", yes)):
        done = cli.run("hooks", *words)
        assert done.code == (words[0] == "status"), done
        assert_plain(done.out)
        assert_plain(done.err)
    (config / "settings.json").write_bytes(b"{" + RAW[0])
    refused = cli.run("hooks", "install", "claude", "--yes")
    assert refused.code
    assert_plain(refused.err)


@pytest.mark.parametrize("form", ["codex", "opencode-sse", "jsonl", "text", "auto", "lash"])
def test_warnings_about_an_input_are_text(cli: Cli, daemon: EmbeddedDaemon, form: str) -> None:
    """Junk, kinds that nobody knows, and other sessions' names."""
    word = hostile("junk-words")
    records: list[object] = [
        {"type": word, "kind": word, "text": word, "properties": {"sessionID": word}},
        {"type": "session.idle", "properties": {"sessionID": word}},
        {"type": "message.updated", "properties": {"sessionID": word, "info": {"id": word}}},
        {"type": "turn_activity", "activity": {"type": word, word: word}},
        {"type": "item.completed", "item": {"type": word, "id": word}},
        {"protocol_version": word, "type": "committed", "outcome": word},
    ]
    data = "".join(json.dumps(each) + "\n" for each in records).encode()
    data += word.encode() + b"\n" + b"\n".join(RAW) + b"\n{" + RAW[0] + b"}\n"
    done = cli.run("publish", "junk", "--format", form, data=data)
    assert_plain(done.out)
    assert_plain(done.err)
    for words in (("show", "junk"), ("attach", "junk", "--format", "text", "--no-follow")):
        shown = cli.run(*words)
        assert_plain(shown.out)
        assert_plain(shown.err)


def test_raw_bytes_of_a_command_are_text_to_who_watches(
    cli: Cli, daemon: EmbeddedDaemon, place: Place
) -> None:
    """Overlong and invalid UTF-8, 8-bit controls and odd widths, as a command prints them."""
    data = b"begin-words\n" + b"\n".join(RAW) + "\n".join(ODD).encode() + b"\nend-words\n"
    code = f"import os; os.write(1, {data!r})"
    with cli.start("run", "--session", "raw", "--", sys.executable, "-c", code) as running:
        out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out) == (0, data)  # the user's own command: nothing is changed
    assert_plain(err.decode())
    shown = cli.run("show", "raw")
    assert "begin-words" in shown.out
    assert "end-words" in shown.out
    assert_plain(shown.out)
    on_terminal, _ = shown_by(place, "show", "raw")
    assert_styled(on_terminal)


def test_what_taps_and_refusals_say_is_text(cli: Cli, daemon: EmbeddedDaemon) -> None:
    """Names that a person has mistyped or pasted, cursors, and programs that are not there."""
    evil = hostile("evil-words").replace("\0", "")
    for words in (
        ("tap", "--format", "acp", "--", f"/nowhere/{evil}"),
        ("run", "--", f"/nowhere/{evil}"),
        ("attach", evil, "--format", "text", "--no-follow"),
        ("show", evil),
        ("rm", evil),
        ("cursor", evil),
        ("cursor", f"lashsc1:0:1:{NAME}"),
        ("ls", "--state", evil),
        ("publish", evil, "--format", "text"),
        ("discover", "--once", f"/nowhere/{evil}"),
        ("completion", evil),
        ("hooks", "install", evil),
        ("--socket", f"/nowhere/{evil}", "ls"),
        ("--socket", f"/nowhere/{evil}", "daemon", "status"),
        ("--socket", f"/nowhere/{evil}", "up", "--stop"),
    ):
        done = cli.run(*words)
        assert_plain(done.out)
        assert_plain(done.err)
        assert done.code or words[0] in ("publish", "--socket"), words


@needs_tmux
def test_a_terminal_that_obeys_all_of_it_has_nothing_to_obey(
    place: Place, agent: Publisher
) -> None:
    """tmux takes titles, clipboards, screens and answers to questions: none of them comes."""
    commands = ("ls", f"show {NAME}", f"attach {NAME} --format text --until waiting")
    lines = "; ".join(f"lashtui {each}" for each in commands)
    with terminal(place, f"echo BEFORE; {lines}; echo DO''NE", 100, 50) as window:
        window.take_copies()
        window.wait_match(r"\nDONE\n\$\s*\Z")  # and nothing is typed behind it
        assert "BEFORE" in window.history()
        assert "LEAK" not in window.title()
        assert window.copied() == ""
