"""The client's half of a connection: the handshake, the verdict on versions, frames to records.

Pure, and cheap to import: plain maps with `msgpack`, no schema. The daemon's replies and the
stream of an attached connection are such maps (`daemon/PROTOCOL.md`).
"""

from __future__ import annotations

import msgpack

from lashd._version import __version__
from lashd.errors import ProtocolViolation, RequestRefused, VersionMismatch
from lashd.protocol.framing import FrameDecoder, frame
from lashd.wire_limits import FEATURES, MAX_FRAME_BYTES, PROTOCOL_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from lashd.protocol.records import Record

    Decode = Callable[[bytes], object]
    """Decodes the msgpack of one message; raises ValueError or TypeError where it is malformed."""


def pack(message: Record) -> bytes:
    """The frame of one message.

    Raises:
        ProtocolViolation: the message holds what msgpack can't carry, or is too large for a frame.
    """
    try:
        body: bytes = msgpack.packb(message)
    except (TypeError, ValueError, OverflowError) as error:  # surrogates are a ValueError
        raise ProtocolViolation(f"a message can't be sent: {error}") from None
    return frame(body)


unpack: Decode = msgpack.unpackb
"""The decoder that starts fast. `lashd.client.decode` has one for heavy readers."""


_RESTARTED = "restart it with `lashtui daemon stop` and `lashtui daemon start`"
_STRANGER = "; is this the socket of another program?"
MAX_QUOTED = 60
"""Characters of what another machine says instead of a hello: enough to recognise it."""


class ClientConnection:
    """The handshake and what comes after it. One for each connection.

    The caller sends `greeting()` first. It may send its first message right behind: the daemon
    handles both in order. Everything received goes to `receive`.
    """

    def __init__(
        self,
        *,
        version: str = __version__,
        protocol: int = PROTOCOL_VERSION,
        decode: Decode = unpack,
        where: str = "",
    ) -> None:
        """`where`: the machine that the daemon is on, for complaints; empty: this one."""
        self._where = where
        self._version = version
        self._protocol = protocol
        self._decode = decode
        self._frames = FrameDecoder()
        self.hello: Record | None = None
        """The daemon's hello, once received."""

    def greeting(self) -> bytes:
        """The frame to send first: our hello."""
        hello = {"type": "hello", "protocol": self._protocol, "version": self._version}
        return pack({**hello, "features": list(FEATURES)})

    def receive(self, data: bytes) -> list[Record]:
        """The records after the hello that `data` completes.

        Raises:
            VersionMismatch: the daemon speaks another protocol.
            RequestRefused: the daemon has no room for another connection (`limit`).
            ProtocolViolation: the peer is not lashd, or broke the protocol. Records that came
                along with the offending bytes are lost, as the connection is.
        """
        self._frames.receive_data(data)
        if self.hello is not None:
            return self._records()
        try:
            records = self._records()
        except ProtocolViolation as error:
            if self._where:
                raise ProtocolViolation(talkative(self._where, data)) from None
            raise ProtocolViolation(f"{error}{_STRANGER}") from None
        if records:
            self._check_hello(records[0])
            self.hello = records[0]
        return records[1:]

    def _records(self) -> list[Record]:
        records = []
        while (body := self._frames.next_frame(MAX_FRAME_BYTES)) is not None:
            records.append(self._record(body))
        return records

    def _record(self, body: bytes) -> Record:
        try:
            record = self._decode(body)
        except (ValueError, TypeError) as error:  # msgpack's own errors are ValueErrors
            raise ProtocolViolation(f"the daemon sent a malformed message: {error}") from None
        if not isinstance(record, dict) or not isinstance(record.get("type"), str):
            raise ProtocolViolation("the daemon sent a message without a type")
        return record

    def _check_hello(self, first: Record) -> None:
        if first["type"] == "error" and first.get("code") != "bad_version":
            raise refusal(first)
        if first["type"] not in ("hello", "error"):
            raise ProtocolViolation(
                f"the daemon began with `{first['type']}` instead of a hello{_STRANGER}"
            )
        verdict = version_verdict(
            first.get("protocol"),
            str(first.get("version", "?")),
            self._protocol,
            self._version,
            self._where,
        )
        if verdict is not None:
            raise VersionMismatch(verdict)
        if first["type"] == "error":
            raise VersionMismatch(str(first.get("message", "the daemon refused our version")))


def talkative(where: str, data: bytes) -> str:
    """What to do where another machine begins with something else than the daemon's hello."""
    line = data.decode("utf-8", "replace").strip().partition("\n")[0].strip()[:MAX_QUOTED]
    said = "".join(each if each.isprintable() else "?" for each in line)
    return (
        f"{where} says {said!r} instead of a daemon's hello; its shell's start-up files must print"
        " nothing where there is no terminal"
    )


def refusal(record: Record) -> RequestRefused:
    """The exception that an `error` record stands for."""
    code = str(record.get("code", "bad_request"))
    return RequestRefused(code, str(record.get("message", code)))


def version_verdict(
    theirs: object,
    their_version: str,
    ours: int = PROTOCOL_VERSION,
    our_version: str = __version__,
    where: str = "",
) -> str | None:
    """None if both ends speak the same protocol, else one sentence: who must do what, and `where`
    if the daemon is on another machine."""
    if theirs == ours:
        return None
    both = (
        f"{_the_daemon(where)} is version {their_version} (protocol {theirs}),"
        f" this program is version {our_version} (protocol {ours})"
    )
    if isinstance(theirs, int) and theirs > ours:
        here = " here" if where else ""
        return f"{both}: this program is too old; upgrade lashtui{here} and start it again"
    if where:
        return f"{both}: the daemon is too old; {_upgraded(where)}"
    return f"{both}: the daemon is too old; {_RESTARTED}, and start again what publishes to it"


def _the_daemon(where: str) -> str:
    return f"the daemon at {where}" if where else "the daemon"


def _upgraded(where: str) -> str:
    return (
        f"upgrade lashtui at {where}, and there restart it with `lashtui daemon stop` and"
        " `lashtui daemon start`"
    )


def require_feature(hello: Record, feature: str, where: str = "") -> None:
    """Check that the daemon of this `hello`, at `where`, can do what not all of its protocol can.

    Raises:
        VersionMismatch: it can't; the message says what to do.
    """
    features = hello.get("features")
    if isinstance(features, list) and feature in features:
        return
    way = _upgraded(where) if where else _RESTARTED
    raise VersionMismatch(
        f"{_the_daemon(where)} is version {hello.get('version', '?')}, this program is version"
        f" {__version__}: the daemon is older and can't `{feature}`; {way}"
        " (publishers restore their sessions)"
    )
