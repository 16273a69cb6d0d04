"""config.toml."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lashd.config import Config, Host, load
from lashd.errors import ConfigError
from lashd.limits import DaemonLimits


def write(tmp_path: Path, text: str) -> Path:
    """A config.toml with this text."""
    path = tmp_path / "config.toml"
    path.write_text(text)
    return path


def test_without_a_file_everything_is_the_default(tmp_path: Path) -> None:
    """Nobody needs to write one."""
    assert load(tmp_path / "none.toml") == Config()


def test_bounds_settings_and_socket_are_taken(tmp_path: Path) -> None:
    """And the rest keeps its default."""
    config = load(
        write(
            tmp_path,
            """
            socket = "/x/s"
            [daemon]
            publisher_grace = 30
            [daemon.store]
            max_age = 600.5
            [daemon.view]
            max_entries = 99
            [quiet]
            tool = 1800
            [app]
            theme = "nord"
            """,
        )
    )

    assert config.socket == "/x/s"
    assert config.limits.publisher_grace == 30
    assert config.limits.store.max_age == 600.5
    assert config.limits.view.max_entries == 99
    assert config.limits.max_connections == DaemonLimits().max_connections
    assert (config.limits.quiet.model, config.limits.quiet.tool) == (120, 1800)
    assert config.app == {"theme": "nord"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("socket = 5", "socket = 5"),
        ("colour = 1", "unknown key colour"),
        ("[deamon]\n", "did you mean daemon"),
        ("[daemon]\nmax_conections = 5", "did you mean max_connections"),
        ("[daemon.store]\nmax_age = '5'", r"max_age = '5' in \[daemon.store\] must be a number"),
        ("[daemon.store]\nmax_age = 0", "above 0"),
        ("[daemon.store]\nmax_age = inf", "above 0"),
        ("[daemon.store]\nmax_age = nan", "above 0"),
        ("[daemon.store]\nmax_sessions = 1.5", "a whole number"),
        ("[daemon.store]\nmax_sessions = true", "a whole number"),
        ("[quiet]\nmodle = 5", "did you mean model"),
        ("[quiet]\nretry = -1", r"retry = -1 in \[quiet\] must be a number"),
        ("quiet = 3", "must be a table"),
        ("daemon = 3", "must be a table"),
        ("[daemon]\nstore = 3", "must be a table"),
        ("app = 3", "must be a table"),
        ("x = ", "not valid TOML"),
        ("x = " + "[" * 5000, "nested too deeply"),
        ("x = " + "9" * 5000, "too many digits"),
        ("app = 0x" + "f" * 5000, "too large to show"),
        ("[daemon]\nmax_connections = 0x" + "f" * 5000, "too large to show"),
        ("app = '" + "x" * 5000 + "'", "x… must be a table"),
    ],
)
def test_errors_name_file_key_and_value(tmp_path: Path, text: str, said: str) -> None:
    """So that a person finds the line."""
    path = write(tmp_path, text)

    with pytest.raises(ConfigError, match=said) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_what_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    """A directory, bytes that are no text, a file without end, a pipe that nobody writes to."""
    pipe = tmp_path / "p"
    os.mkfifo(pipe)
    binary = tmp_path / "b"
    binary.write_bytes(b"\xff")
    huge = tmp_path / "h"
    huge.write_bytes(b"#" * 2_000_000)

    for path, said in (
        (tmp_path, "can't read"),
        (binary, "not valid TOML"),
        (huge, "right file"),
        (pipe, "not a regular file"),
    ):
        with pytest.raises(ConfigError, match=said):
            load(path)


def test_hosts_by_name(tmp_path: Path) -> None:
    """What ssh takes, and lashtui there; or a socket here."""
    text = """
    [hosts.box]
    destination = "me@box:2222"
    command = "~/venv/bin/lashtui"
    [hosts.mirror]
    destination = "unix:/run/mirror.sock"
    """
    assert load(write(tmp_path, text)).hosts == {
        "box": Host("me@box:2222", "~/venv/bin/lashtui"),
        "mirror": Host("unix:/run/mirror.sock"),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[hosts.box]", "needs a destination"),
        ("[hosts.box]\ndestination = 5", "destination = 5 in .* is not text"),
        ('[hosts.box]\ndestination = ""', "destination = '' in .* is empty"),
        ('[hosts.box]\ndestination = "-oProxyCommand=x"', "is no host"),
        ('[hosts."a b"]\ndestination = "box"', "no name of a host"),
        ('[hosts.box]\ndestination = "box"\nport = 22', "unknown key port"),
        ("hosts = 5", "must be a table"),
    ],
)
def test_a_wrong_host_is_named(tmp_path: Path, text: str, words: str) -> None:
    """In one sentence, with the file."""
    with pytest.raises(ConfigError, match=words):
        load(write(tmp_path, text))
