"""Conversations are drawn by a source: whole frames, of every kind of message."""

from __future__ import annotations

import random
from collections import Counter

import msgspec

from lashd.errors import ProtocolViolation
from lashd.protocol.framing import FrameDecoder
from lashd.testing.conversations import Conversations
from lashd.testing.hostile import Kind

FLOODS = (Kind.FLOODS, Kind.HALF_SENT)


class _Head(msgspec.Struct):
    type: str


head = msgspec.msgpack.Decoder(_Head).decode


def types(conversations: Conversations, count: int = 2_000) -> Counter[str]:
    """How many messages of each type are said."""
    said: Counter[str] = Counter()
    for _ in range(count):
        frames = FrameDecoder()
        frames.receive_data(conversations.next().data)
        try:
            while (body := frames.next_frame(2**24)) is not None:
                said[head(body).type] += 1
        except (ProtocolViolation, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            pass
    return said


def test_all_that_a_client_can_say_is_said() -> None:
    """But `stop`, which would end the run."""
    said = types(Conversations(random.Random(1), FLOODS))

    for kind in (
        "hello", "list", "status", "show", "cursor", "remove", "ping", "attach", "follow",
        "open",
        "restore", "append", "close",
    ):  # fmt: skip
        assert said[kind] > 10, kind
    assert not said["stop"]


def test_a_source_draws_the_same_again() -> None:
    """A finding is repeated by its seed."""
    one, other = (Conversations(random.Random(4), FLOODS) for _ in range(2))

    assert [one.next() for _ in range(50)] == [other.next() for _ in range(50)]


def test_cursors_of_the_daemon_are_asked_about() -> None:
    """As they are, and changed; so many are kept and no more."""
    conversations = Conversations(random.Random(1))
    for n in range(1_000):
        conversations.note_cursor(f"lashsc1:0:{n}:known")

    assert len(conversations.cursors) == 300
    asked = [conversations.cursor() for _ in range(300)]
    assert any(cursor in conversations.cursors for cursor in asked)
    assert any(cursor not in conversations.cursors for cursor in asked)


def test_floods_and_half_sent_messages_come_only_if_asked() -> None:
    """They are megabytes."""
    quiet = Conversations(random.Random(1), FLOODS)
    assert max(len(quiet.next().data) for _ in range(1_000)) < 2**20

    loud = Conversations(random.Random(1))
    drawn = [loud.next() for _ in range(3_000)]
    assert any(one.flood for one in drawn)
    assert sum(len(one.data) > 2**20 and not one.flood for one in drawn) > 20
