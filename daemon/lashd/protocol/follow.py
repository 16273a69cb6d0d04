"""What a follower of the list does about a lost connection; see `lashd.protocol.reconnect`.

`following` is handed over once in a follower's life; a later one becomes `reconnected`. Each of
them is followed by its own `synced`: after `served: snapshot` only what came in between is there.
"""

from __future__ import annotations

from lashd.protocol.reconnect import Resumable
from lashd.protocol.requests import follow

TYPE_CHECKING = False
if TYPE_CHECKING:
    from lashd.protocol.reconnect import Backoff
    from lashd.protocol.records import Record

_PASSED_ON = frozenset(("session", "session_removed", "synced", "end"))


class ResumableFollow(Resumable):
    """One follower's progress in the list."""

    feature = "follow"

    def __init__(self, *, after: str | None = None, backoff: Backoff) -> None:
        super().__init__(backoff)
        self.position = after
        """Where to resume: everything up to here was handed over."""
        self._is_following = False

    def request_message(self) -> Record:
        """What to send after the handshake."""
        return follow(self.position)

    def receive(self, records: list[Record]) -> list[Record]:
        """The records to hand over, in order; an `error` is the last of them."""
        out: list[Record] = []
        for record in records:
            kind = record["type"]
            if kind == "error":
                self._on_error(record)
                break
            if kind == "following":
                self.state = "catching up"
                out.append({**record, "type": "reconnected"} if self._is_following else record)
                self._is_following = True
            elif kind in _PASSED_ON:
                out.append(record)
            else:
                continue  # a pong, or a later version's
            self.position = record.get("position", self.position)
            if kind == "synced":
                self.state = "live"
            elif kind == "end":
                self.ended = record
                self.state = "ended"
                break
        return out

    def _place(self) -> Record:
        return {"position": self.position}
