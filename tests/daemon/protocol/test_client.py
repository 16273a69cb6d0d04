"""The client's half of a connection."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.errors import ProtocolViolation, RequestRefused, VersionMismatch
from lashd.protocol.client import (
    ClientConnection,
    pack,
    refusal,
    require_feature,
    unpack,
    version_verdict,
)
from lashd.protocol.framing import HEADER_BYTES, frame
from lashd.wire_limits import MAX_FRAME_BYTES

HELLO = {"type": "hello", "protocol": 1, "version": "0.1.0", "incarnation": 3, "pid": 4}


def greeted(**options: Any) -> ClientConnection:
    """A connection after the handshake."""
    core = ClientConnection(**options)
    core.receive(pack(HELLO))
    return core


class TestRecords:
    """Bytes to records."""

    @settings(max_examples=100)
    @given(st.lists(st.text(max_size=20), max_size=8), st.integers(1, 9))
    def test_gives_the_records_however_the_bytes_are_cut(self, texts: list[str], cut: int) -> None:
        """The cuts between reads don't matter."""
        records = [{"type": "x", "text": text} for text in texts]
        data = b"".join(map(pack, records))
        core = greeted()

        got = [
            record
            for start in range(0, len(data), cut)
            for record in core.receive(data[start : start + cut])
        ]

        assert records == got

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"\xc1",
            b"\x93\x01\x02",
            msgpack.packb([1]),
            msgpack.packb({"a": 1}),
            msgpack.packb({"type": 5}),
            b"\x81\xa4type\xa1\xff",
            b"\x91" * 3000 + b"\x01",
        ],
    )
    def test_refuses_a_malformed_record(self, body: bytes) -> None:
        """Not msgpack, no map, no type, no UTF-8, nested without end."""
        with pytest.raises(ProtocolViolation):
            greeted().receive(frame(body))

    def test_suspects_another_program_before_the_hello_only(self) -> None:
        """A wrong socket shows with the first bytes."""
        too_long = (MAX_FRAME_BYTES + 1).to_bytes(4, "big")
        with pytest.raises(ProtocolViolation, match="of another program"):
            ClientConnection().receive(too_long)
        with pytest.raises(ProtocolViolation, match=r"are allowed here$"):
            greeted().receive(too_long)

    def test_quotes_what_a_talkative_login_says(self) -> None:
        """Of another machine: the number of bytes that its first letters make says nothing."""
        words = (
            r"^ssh://box says 'Welcome \?to box' instead of a daemon's hello; its shell's start-up"
        )
        with pytest.raises(ProtocolViolation, match=words):
            ClientConnection(where="ssh://box").receive(b"Welcome \x1bto box\nmore\n")

    @settings(max_examples=100)
    @given(st.binary(max_size=64))
    def test_raises_nothing_but_the_documented_error(self, data: bytes) -> None:
        """Whatever a wrong peer says."""
        try:
            greeted().receive(data)
        except ProtocolViolation:
            pass


class TestPack:
    """Messages to bytes."""

    @pytest.mark.parametrize("value", [object(), "\ud800", 2**70])
    def test_refuses_what_msgpack_cannot_carry(self, value: Any) -> None:
        """With our own error, whatever msgpack raises."""
        with pytest.raises(ProtocolViolation, match="can't be sent"):
            pack({"type": "x", "value": value})


class TestHandshake:
    """Hello, and what may come instead."""

    def test_gives_the_records_after_the_hello(self) -> None:
        """The hello itself is kept apart."""
        core = ClientConnection()

        assert core.receive(pack(HELLO) + pack({"type": "pong"})) == [{"type": "pong"}]
        assert core.hello == HELLO

    def test_says_its_version_first(self) -> None:
        """The greeting is a hello with protocol and version."""
        core = ClientConnection(version="1.2", protocol=1)

        assert unpack(core.greeting()[HEADER_BYTES:]) == {
            "type": "hello",
            "protocol": 1,
            "version": "1.2",
            "features": ["taken", "follow"],
        }

    @pytest.mark.parametrize(
        ("protocol", "advice"),
        [(2, "upgrade lashtui"), (0, "lashtui daemon stop"), (None, "lashtui daemon stop")],
    )
    def test_another_protocol_is_a_mismatch_that_says_who_must_do_what(
        self, protocol: int | None, advice: str
    ) -> None:
        """The older end must change."""
        with pytest.raises(VersionMismatch, match=advice) as caught:
            ClientConnection().receive(pack({**HELLO, "protocol": protocol}))

        assert f"protocol {protocol}" in str(caught.value)
        assert "0.1.0" in str(caught.value)

    @pytest.mark.parametrize(
        ("protocol", "advice"),
        [(2, "upgrade lashtui here and start it"), (0, "upgrade lashtui at ssh://box, and there")],
    )
    def test_of_another_machine_it_is_said_where(self, protocol: int, advice: str) -> None:
        """A daemon that is restarted here would be the wrong one."""
        core = ClientConnection(where="ssh://box")
        with pytest.raises(VersionMismatch, match=advice) as caught:
            core.receive(pack({**HELLO, "protocol": protocol}))
        assert str(caught.value).startswith("the daemon at ssh://box is version")
        with pytest.raises(VersionMismatch, match="can't `x`; upgrade lashtui at ssh://box, and"):
            require_feature(HELLO, "x", "ssh://box")

    def test_a_bad_version_error_is_a_mismatch_too(self) -> None:
        """A daemon that refuses our hello before it says its own."""
        error = {"type": "error", "code": "bad_version", "message": "no", "protocol": 5}

        with pytest.raises(VersionMismatch, match="protocol 5"):
            ClientConnection().receive(pack(error))

    def test_a_bad_version_error_of_the_same_protocol_gives_its_message(self) -> None:
        """Then the daemon knows better why."""
        error = {"type": "error", "code": "bad_version", "message": "too odd", "protocol": 1}

        with pytest.raises(VersionMismatch, match="too odd"):
            ClientConnection().receive(pack(error))

    def test_a_full_daemon_refuses(self) -> None:
        """With the code that it gives."""
        error = {"type": "error", "code": "limit", "message": "512 connections"}

        with pytest.raises(RequestRefused, match="512") as caught:
            ClientConnection().receive(pack(error))

        assert caught.value.code == "limit"

    def test_anything_else_is_no_daemon_of_ours(self) -> None:
        """Another program's socket."""
        with pytest.raises(ProtocolViolation, match="another program"):
            ClientConnection().receive(pack({"type": "welcome"}))


def test_the_same_protocol_gives_no_verdict() -> None:
    """Whatever the versions are."""
    assert version_verdict(1, "0.0.1", 1, "99") is None


def test_a_refusal_has_a_message_even_where_the_daemon_gave_none() -> None:
    """The code stands in for it."""
    assert refusal({"type": "error", "code": "limit"}).message == "limit"
    assert refusal({"type": "error"}).code == "bad_request"
