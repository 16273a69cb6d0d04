"""The daemon's side of a connection: which message is taken when, and what ends it."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.protocol.framing import HEADER, FrameDecoder, frame
from lashd.protocol.messages import (
    Append,
    Attach,
    ClientMessage,
    Close,
    ErrorCode,
    Follow,
    Hello,
    InspectCursor,
    List,
    Open,
    Ping,
    Remove,
    Restore,
    Show,
    Status,
    Stop,
    encode_message,
)
from lashd.protocol.server import MAX_BYTES, TRANSITIONS, ServerConnection, State
from tests.daemon.hub.hub_harness import unpack

EXAMPLES: dict[type[ClientMessage], ClientMessage] = {
    type(message): message
    for message in (
        Hello(1),
        List(),
        Status(),
        Ping(),
        Stop(),
        Show("s"),
        InspectCursor("c"),
        Remove("s"),
        Attach("s"),
        Follow(),
        Open("s", "p"),
        Restore(msgspec.Raw(b"\x80"), 0),
        Append(1, []),
        Close(),
    )
}

WAY_TO: dict[State, list[ClientMessage]] = {
    State.HELLO: [],
    State.READY: [Hello(1)],
    State.STREAMING: [Hello(1), Attach("s")],
    State.PUBLISHING: [Hello(1), Open("s", "p")],
}


def wire(*messages: ClientMessage | dict[str, Any]) -> bytes:
    return b"".join(frame(encode_message(message)) for message in messages)


def connection_in(state: State) -> ServerConnection:
    """A connection that was brought to `state`."""
    connection = ServerConnection({"protocol": 1})
    connection.receive_data(wire(*WAY_TO[state]))
    while connection.next_message() is not None:
        pass
    connection.data_to_send()
    assert connection.state is state
    return connection


def sent(connection: ServerConnection) -> list[dict[str, Any]]:
    decoder = FrameDecoder()
    for data in connection.data_to_send():
        decoder.receive_data(data)
    records = []
    while (body := decoder.next_frame(2**31)) is not None:
        records.append(unpack(body))
    return records


@pytest.mark.parametrize("state", WAY_TO, ids=lambda state: state.value)
@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
def test_the_table_is_the_law(state: State, kind: type[ClientMessage]) -> None:
    """Each message in each state: taken, with the state after it, or an error and the end."""
    connection = connection_in(state)
    connection.receive_data(wire(EXAMPLES[kind]))
    message = connection.next_message()
    after = TRANSITIONS[state].get(kind)
    if after is None:
        assert message is None
        assert connection.closed
        (error,) = sent(connection)
        assert error["code"] == "bad_request"
        assert state.value in error["message"]
    else:
        assert connection.state is after
        assert message == (None if kind is Hello else EXAMPLES[kind])
        assert sent(connection) == []


def test_a_refused_message_changes_nothing() -> None:
    """The connection is in the state it was in before, and usable."""
    for state in (State.READY, State.PUBLISHING):
        for kind in TRANSITIONS[state]:
            connection = connection_in(state)
            connection.receive_data(wire(EXAMPLES[kind]))
            assert connection.next_message() is not None
            connection.refuse(ErrorCode.LIMIT, "no", more=3)
            assert connection.state is state
            assert sent(connection) == [
                {"type": "error", "code": "limit", "message": "no", "more": 3}
            ]


@pytest.mark.parametrize("protocol", [0, 2, 99])
def test_both_sides_learn_both_versions(protocol: int) -> None:
    """So that each can say who has to upgrade."""
    connection = ServerConnection({"protocol": 1, "version": "d"})
    connection.receive_data(wire(Hello(protocol, "c"), Ping()))
    assert connection.next_message() is None
    hello, error = sent(connection)
    assert (hello["type"], hello["protocol"]) == ("hello", 1)
    assert (error["code"], error["protocol"]) == ("bad_version", 1)
    assert f"client {protocol} (version c)" in error["message"]
    assert connection.closed


def test_nothing_is_read_after_the_end() -> None:
    """What a peer sends after its error has no effect, and costs no memory."""
    connection = connection_in(State.READY)
    connection.receive_data(wire({"type": "nope"}, Ping()))
    assert connection.next_message() is None
    assert len(sent(connection)) == 1
    connection.receive_data(wire(Ping()))
    assert connection.next_message() is None
    assert connection.buffered == 0
    connection.refuse(ErrorCode.LIMIT, "more")
    assert sent(connection) == []


@pytest.mark.parametrize("state", WAY_TO, ids=lambda state: state.value)
def test_each_state_has_its_own_bound(state: State) -> None:
    """A frame over it is refused by its header; one at the bound is waited for."""
    connection = connection_in(state)
    connection.receive_data(HEADER.pack(MAX_BYTES[state] + 1))
    assert connection.next_message() is None
    assert sent(connection)[0]["code"] == "bad_request"
    connection = connection_in(state)
    connection.receive_data(HEADER.pack(MAX_BYTES[state]))
    assert connection.next_message() is None
    assert not connection.closed


def test_a_large_restore_may_follow_its_open_in_one_piece() -> None:
    """The bound is that of the state in which the message is reached."""
    connection = connection_in(State.READY)
    connection.receive_data(
        wire(Open("s", "p"), Restore(msgspec.Raw(msgspec.msgpack.encode({"x": "y" * 100_000})), 1))
    )
    assert isinstance(connection.next_message(), Open)
    assert isinstance(connection.next_message(), Restore)


@settings(max_examples=100)
@given(st.lists(st.sampled_from(list(EXAMPLES.values())), max_size=8), st.data())
def test_the_cut_of_the_bytes_makes_no_difference(
    messages: list[ClientMessage], data: st.DataObject
) -> None:
    """Messages sent at once or in pieces are the same messages."""
    stream = wire(Hello(1), *messages)

    def run(sizes: list[int]) -> tuple[list[ClientMessage], list[dict[str, Any]], State]:
        connection, rest, taken = ServerConnection({"protocol": 1}), stream, []
        for size in [*sizes, len(stream)]:
            connection.receive_data(rest[:size])
            rest = rest[size:]
            while (message := connection.next_message()) is not None:
                taken.append(message)
        return taken, sent(connection), connection.state

    assert run(data.draw(st.lists(st.integers(1, 9), max_size=60))) == run([])


@settings(max_examples=200)
@given(st.binary(max_size=100), st.sampled_from(list(WAY_TO)))
def test_arbitrary_bytes_give_messages_or_one_documented_error(data: bytes, state: State) -> None:
    """In every state."""
    connection = connection_in(state)
    connection.receive_data(data)
    while connection.next_message() is not None:
        pass
    records = sent(connection)
    assert len(records) == (1 if connection.closed else 0)
    for record in records:
        assert record["code"] in ("bad_request", "bad_version")
