"""The client's half of a connection: frames to records, the handshake, the verdict on versions.

Pure, and cheap to import: plain maps with `msgpack`, no schema. The daemon's replies and the
stream of an attached connection are such maps (`daemon/PROTOCOL.md`).
"""

from __future__ import annotations

import msgpack

from lashd._version import __version__
from lashd.errors import ProtocolViolation, RequestRefused, VersionMismatch
from lashd.wire_limits import MAX_FRAME_BYTES, PROTOCOL_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Record = dict[str, Any]
    """One message of the daemon, `type` among its keys."""
    Decode = Callable[[memoryview], object]
    """Reads the msgpack of one message; raises ValueError or TypeError where it is none."""

PREFIX_BYTES = 4


def pack(message: Record) -> bytes:
    """One frame.

    Raises:
        ProtocolViolation: the message holds what msgpack can't carry, or is too large for a frame.
    """
    try:
        body: bytes = msgpack.packb(message)
    except (TypeError, ValueError, OverflowError) as error:  # surrogates are a ValueError
        raise ProtocolViolation(f"a message can't be sent: {error}") from None
    return frame(body)


def frame(body: bytes) -> bytes:
    """One frame around a message that is encoded already.

    Raises:
        ProtocolViolation: it is too large.
    """
    if len(body) > MAX_FRAME_BYTES:
        raise ProtocolViolation(
            f"a message of {len(body)} bytes is over the limit of {MAX_FRAME_BYTES}"
        )
    return len(body).to_bytes(PREFIX_BYTES, "big") + body


unpack: Decode = msgpack.unpackb
"""The decoder that starts fast. `lashd.client.decode` has one for who reads much."""


class FrameReader:
    """Bytes in, records out, however the bytes are cut."""

    def __init__(self, max_frame: int = MAX_FRAME_BYTES, *, decode: Decode = unpack) -> None:
        self._max_frame = max_frame
        self._decode = decode
        self._buffer = bytearray()

    @property
    def partial(self) -> bool:
        """True while the head of a frame waits for its rest."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[Record]:
        """The records that `data` completes.

        A frame's length is checked before its body is awaited, so that a wrong peer can't make
        us hold more than one frame's limit.

        Raises:
            ProtocolViolation: what came is no sequence of frames. Records before it are lost,
                as the connection is.
        """
        buffer = self._buffer
        buffer += data
        records: list[Record] = []
        start, end = 0, len(buffer)
        with memoryview(buffer) as view:
            while end - start >= PREFIX_BYTES:
                body = start + PREFIX_BYTES
                stop = body + int.from_bytes(view[start:body], "big")
                if stop - body > self._max_frame:
                    raise ProtocolViolation(
                        f"the daemon announced a frame of {stop - body} bytes, over the limit of"
                        f" {self._max_frame}; is this the socket of another program?"
                    )
                if stop > end:
                    break
                records.append(self._record(view[body:stop]))
                start = stop
        del buffer[:start]
        return records

    def _record(self, body: memoryview) -> Record:
        try:
            record = self._decode(body)
        except (ValueError, TypeError) as error:  # msgpack's own errors are ValueErrors
            raise ProtocolViolation(f"the daemon sent no message: {error}") from None
        if not isinstance(record, dict) or not isinstance(record.get("type"), str):
            raise ProtocolViolation("the daemon sent something without a type")
        return record


class ClientConnection:
    """The handshake and what comes after it. One for each connection.

    The caller sends `greeting()` first; it need not wait for the answer before it sends its first
    message, as the daemon handles both in order. All that is received goes to `receive`.
    """

    def __init__(
        self,
        *,
        version: str = __version__,
        protocol: int = PROTOCOL_VERSION,
        decode: Decode = unpack,
    ) -> None:
        self._version = version
        self._protocol = protocol
        self._frames = FrameReader(decode=decode)
        self.hello: Record | None = None
        """The daemon's hello, once it came."""

    def greeting(self) -> bytes:
        """The frame that goes first."""
        return pack({"type": "hello", "protocol": self._protocol, "version": self._version})

    def receive(self, data: bytes) -> list[Record]:
        """The records after the hello that `data` completes.

        Raises:
            VersionMismatch: the daemon speaks another protocol.
            RequestRefused: it wants no connection now (`limit`).
            ProtocolViolation: it is no daemon of ours, or broke the protocol.
        """
        records = self._frames.feed(data)
        if self.hello is not None or not records:
            return records
        first = records[0]
        self._check_hello(first)
        self.hello = first
        return records[1:]

    def _check_hello(self, first: Record) -> None:
        if first["type"] == "error" and first.get("code") != "bad_version":
            raise refusal(first)
        if first["type"] not in ("hello", "error"):
            raise ProtocolViolation(
                f"the daemon began with `{first['type']}` instead of a hello;"
                " is this the socket of another program?"
            )
        verdict = version_verdict(
            first.get("protocol"), str(first.get("version", "?")), self._protocol, self._version
        )
        if verdict is not None:
            raise VersionMismatch(verdict)
        if first["type"] == "error":
            raise VersionMismatch(str(first.get("message", "the daemon refused our version")))


def refusal(record: Record) -> RequestRefused:
    """The exception that an `error` record stands for."""
    code = str(record.get("code", "bad_request"))
    return RequestRefused(code, str(record.get("message", code)))


def version_verdict(
    theirs: object, their_version: str, ours: int = PROTOCOL_VERSION, our_version: str = __version__
) -> str | None:
    """None if both ends speak the same protocol, else one sentence: who must do what."""
    if theirs == ours:
        return None
    both = (
        f"the daemon is version {their_version} (protocol {theirs}),"
        f" this program is version {our_version} (protocol {ours})"
    )
    if isinstance(theirs, int) and theirs > ours:
        return f"{both}: this program is too old, upgrade lashtui and start it again"
    return (
        f"{both}: the daemon is too old, restart it with `lashtui daemon stop` and"
        " `lashtui daemon start` (its publishers carry their sessions over)"
    )
