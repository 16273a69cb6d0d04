"""The seal of what is in the engine: it says who wrote it, and where it belongs.

With a key that only the home and its mirrors have, nobody else can make one, the engine's operator
included. Without a key it only tells apart what another program wrote by mistake.
"""

from __future__ import annotations

from hashlib import blake2b
from hmac import compare_digest

from lashd.relay.secret import read_secret

SEAL_BYTES = 16
MAX_KEY_BYTES = 64
"""What the hash takes."""
MIN_KEY_BYTES = 16


class Sealer:
    """Makes and checks seals for one home."""

    def __init__(self, home: str, key: bytes = b"") -> None:
        self._keyed = blake2b(digest_size=SEAL_BYTES, key=key, person=b"lashtui relay 1")
        self._add(self._keyed, home.encode())

    def seal(self, data: bytes, *place: str | int) -> bytes:
        """The seal of `data` at its place: what it is, whose, and where it stands."""
        state = self._keyed.copy()
        for part in place:
            self._add(state, str(part).encode())
        state.update(data)
        return state.digest()

    def holds(self, seal: bytes | None, data: bytes, *place: str | int) -> bool:
        """Whether `seal` is that of `data` at its place."""
        return seal is not None and compare_digest(seal, self.seal(data, *place))

    @staticmethod
    def _add(state: blake2b, part: bytes) -> None:
        state.update(len(part).to_bytes(4, "big") + part)


def read_key(path: str) -> bytes:
    """The key in a file.

    Raises:
        OSError: it can't be read.
        ValueError: it is no key, or no secret.
    """
    key = read_secret(path, MAX_KEY_BYTES)
    if len(key) < MIN_KEY_BYTES:
        raise ValueError(
            f"the key in {path} must have {MIN_KEY_BYTES} to {MAX_KEY_BYTES} bytes in one line"
        )
    return key
