"""What Claude Code's screen shows of an answer while it is written, which hooks are told by lines.

The transcript has each block of it again when it is finished, under another id. So a row that was
begun here is settled by the block that goes on from it; where the block came first, what is shown
of it later is a copy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashtui.producers.dedupe import bounded

if TYPE_CHECKING:
    from lashtui.producers.dedupe import Texts

MAX_OPEN: Final = 16
"""Shown messages whose block has not come; there is one, and those of failed attempts."""
MAX_DONE: Final = 1024
"""Shown messages of which nothing more is told."""
MAX_WHOLE: Final = 8
"""Blocks that came before they were shown; a short one is shown when its message is whole."""
MAX_HELD: Final = 64
"""Pieces that are held for a turn to begin: some seconds' worth, and its line is late by less."""
MAX_COMPARED: Final = 64 * 1024
"""Characters of such a block that are compared."""


class Shown:
    """Messages by the ids that hooks are told, which stand for nothing elsewhere."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._next: dict[str, int] = {}
        """Open messages in their order, and the piece that comes next of each."""
        self._done: dict[str, None] = {}
        self._whole: list[str] = []
        self._held: list[tuple[str, int, str]] = []
        """Pieces of messages that nobody may have begun yet: the turn's first line comes late."""

    def piece(self, message_id: str, index: int, text: str, *, may_begin: bool) -> None:
        """A piece of a message. `may_begin`: the agent may be saying something new now."""
        if message_id in self._done:
            return
        expected = self._next.get(message_id)
        if expected is None:
            if not may_begin and len(self._held) < MAX_HELD and not self._is_copy(text):
                self._held.append((message_id, index, text))
                return
            if index != 0 or not may_begin or self._is_copy(text):
                bounded(self._done, message_id, MAX_DONE)
                return
            if len(self._next) >= MAX_OPEN:
                self._close(next(iter(self._next)))
            expected = 0
        elif index < expected:
            return  # the same call twice
        if index > expected:  # one is lost: the block has it
            self._next[message_id] = -1
        if self._next.get(message_id) == -1:
            return
        self._next[message_id] = expected + 1
        self._texts.delta(_key(message_id), text)

    def begin(self) -> None:
        """The agent may say something now: what was held is that."""
        held, self._held = self._held, []
        for message_id, index, text in held:
            self.piece(message_id, index, text, may_begin=True)

    def settle(self, text: str) -> str | None:
        """The row that this whole block of the agent's own goes on from; None: none does."""
        said = {each: self._texts.emitted(_key(each)) for each in self._next}
        fitting = [each for each, begun in said.items() if begun and _fits(text, begun)]
        if not fitting:
            self._whole.append(text[:MAX_COMPARED])
            del self._whole[:-MAX_WHOLE]
            return None
        # Blocks come in the order in which they were shown, but for attempts that failed.
        same = [each for each in fitting if said[each].strip() == text.strip()]
        chosen = (same or fitting[-1:])[0]
        before = list(self._next)[: list(self._next).index(chosen)]
        self._withdraw(before)
        self._close(chosen)
        return _key(chosen)

    def take_back(self) -> None:
        """What was shown and has no block yet is no part of the turn, or comes after another."""
        self._withdraw(list(self._next))

    def forget(self) -> None:
        """Something new begins: what is said now may be said as before."""
        self._whole.clear()

    def _is_copy(self, text: str) -> bool:
        for whole in self._whole:
            if _fits(whole, text):
                self._whole.remove(whole)
                return True
        return False

    def _withdraw(self, messages: list[str]) -> None:
        self._texts.withdraw([_key(each) for each in messages])
        for each in messages:
            self._close(each)

    def _close(self, message_id: str) -> None:
        del self._next[message_id]
        bounded(self._done, message_id, MAX_DONE)


def _key(message_id: str) -> str:
    return f"shown:{message_id}"


def _fits(whole: str, begun: str) -> bool:
    """Whether a text begins like this; the screen leaves out empty lines around it."""
    return whole.lstrip().startswith(begun.strip())
