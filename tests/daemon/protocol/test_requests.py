"""Requests are messages of the protocol, and a refusal is an exception."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest

from lashd.errors import ConnectionFailed, RequestRefused
from lashd.protocol import requests
from lashd.protocol.messages import decode_message

REQUESTS: list[dict[str, Any]] = [
    requests.LIST,
    requests.STATUS,
    requests.STOP,
    requests.PING,
    requests.show("s"),
    requests.inspect_cursor("c"),
    requests.remove("s", force=True),
]


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda each: each["type"])
def test_each_request_is_a_message_that_the_daemon_reads(request_: dict[str, Any]) -> None:
    """With each field where it belongs."""
    message = decode_message(msgpack.packb(request_))

    fields = {key: value for key, value in request_.items() if key != "type"}
    assert {key: getattr(message, key) for key in fields} == fields


def test_a_reply_is_returned() -> None:
    """As it came."""
    assert requests.reply_or_raise(requests.PING, {"type": "pong"}) == {"type": "pong"}


def test_an_error_is_raised_with_its_code_and_message() -> None:
    """The code is for programs, the message for people."""
    error = {"type": "error", "code": "no_session", "message": "there is no session `s`"}
    with pytest.raises(RequestRefused, match="there is no session") as caught:
        requests.reply_or_raise(requests.show("s"), error)
    assert caught.value.code == "no_session"


def test_the_goodbye_of_a_daemon_is_no_reply() -> None:
    """One that stops says so to whoever is connected; only who asked for it has an answer."""
    goodbye = {"type": "stopping"}
    assert requests.reply_or_raise(requests.STOP, goodbye) == goodbye
    with pytest.raises(ConnectionFailed, match="the daemon stopped"):
        requests.reply_or_raise(requests.STATUS, goodbye)
