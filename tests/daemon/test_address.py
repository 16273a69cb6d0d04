"""Where a daemon is, as one text."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lashd.address import (
    MAX_NAME,
    check_host_name,
    host_address,
    is_remote,
    parse,
    shown,
    ssh_address,
)
from lashd.connect.dialled import command_of
from lashd.errors import LifecycleError


@pytest.mark.parametrize(
    ("address", "destination", "port", "command"),
    [
        ("ssh://box", "box", "", "lashtui"),
        ("ssh://me@box.example:2222", "me@box.example", "2222", "lashtui"),
        ("ssh://box?~/venv/bin/lashtui", "box", "", "~/venv/bin/lashtui"),
        ("ssh://[::1]:22", "::1", "22", "lashtui"),
        ("ssh://me@[fe80::1]", "me@[fe80::1]", "", "lashtui"),
    ],
)
def test_parts(address: str, destination: str, port: str, command: str) -> None:
    """What ssh takes, a port if one is given, and lashtui there."""
    found = parse(address)
    assert (found.destination, found.port, found.command) == (destination, port, command)
    assert ssh_address(address) == address


@pytest.mark.parametrize(
    "text",
    [
        "ssh://", "ssh://@", "ssh://@box", "ssh://-oProxyCommand=x", "ssh://me@-x", "ssh://a b",
        "ssh://a/b", "ssh://a\nb", "ssh://box?a\nb", "ssh://:22",
    ],
)  # fmt: skip
def test_no_host(text: str) -> None:
    """Nothing that ssh could take for an option or that isn't one word."""
    with pytest.raises(LifecycleError):
        parse(text)


@given(st.text(max_size=40), st.text(max_size=20))
@example("-oProxyCommand=touch /x", "lashtui")
@example("me@-x", "")
def test_whatever_is_given_is_one_word_for_ssh(destination: str, command: str) -> None:
    """After `--`, never an option; and the far command begins as it was configured."""
    try:
        address = ssh_address(destination, command or "lashtui")
        found = parse(address)
    except LifecycleError:
        return
    words = command_of(found, start=False, asks=False)
    assert words[-3] == "--"
    assert words[-2] == found.destination
    assert not found.destination.startswith("-")
    assert words[-1] == f"{found.command} daemon dial"
    assert is_remote(address)


def test_a_host_may_be_a_socket() -> None:
    """Of this machine: a second daemon, a mirror, a socket that something else forwards."""
    assert host_address("unix:/run/other.sock") == "/run/other.sock"
    assert host_address("box", "/opt/lashtui") == "ssh://box?/opt/lashtui"
    assert shown(host_address("box", "/opt/lashtui")) == "ssh://box"
    assert shown("/run/other.sock") == "/run/other.sock"
    with pytest.raises(LifecycleError, match="'unix:' has no path"):
        host_address("unix:")


@pytest.mark.parametrize("name", ["", "a b", "a/b", "\x1b[31m", "x" * (MAX_NAME + 1), "ä"])
def test_what_is_no_name(name: str) -> None:
    """It stands in a column and in front of sessions' names."""
    with pytest.raises(LifecycleError):
        check_host_name(name)
