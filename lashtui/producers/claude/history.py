"""Lines of a transcript that repeat its history, or leave a part of it behind.

Each line names the one before it. A prompt whose line follows an earlier one than the newest
prompt's leaves what lies between behind. A prompt that was said before and is followed by a message
that was there before is part of a copy with new ids.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashd.text import short
from lashtui.producers.claude.content import content_text
from lashtui.producers.claude.marks import is_interruption, said_in
from lashtui.producers.dedupe import MAX_KEY, bounded
from lashtui.producers.fields import map_of, text_of

if TYPE_CHECKING:
    from lashd.protocol.records import Record

MAX_LINES = 65_536
"""Lines remembered by their ids."""
MAX_PROMPTS = 4096
"""Prompts whose beginning is remembered."""
MAX_HELD = 256
"""Lines held back because they may be a copy; a copy has an answer after a few."""
_BETWEEN: Final = ("queue-operation", "attachment")
"""Lines that tell of prompts too, which stay behind a prompt that is held back."""
MAX_NAMED = 80
"""Characters of a prompt that say which one it was."""


class History:
    """What a file has told so far, as far as later lines may repeat or abandon it."""

    def __init__(self) -> None:
        self._place: dict[str, int] = {}
        """By the id of a line: how many prompts there were before it ended."""
        self._prompts = 0
        self._starts: dict[int, str] = {}
        """How the newest prompts begin, by their number."""
        self._root: str | None = None
        """Session of the first prompt, if nothing came before it."""
        self._said: dict[str, None] = {}
        self._answered: dict[str, None] = {}
        """Ids of messages."""
        self._held: list[Record] = []

    def note(self, record: Record) -> None:
        """A line that says nothing, but others may name it."""
        uuid = record.get("uuid")
        if not isinstance(uuid, str) or len(uuid) > MAX_KEY:
            return
        if record.get("isSidechain") is not True:
            self._place[uuid] = self._prompts
            if len(self._place) > MAX_LINES:
                del self._place[next(iter(self._place))]

    def take(self, record: Record, *, is_prompt: bool) -> list[Record]:
        """The lines that are to be read now, copies left out."""
        kind = record.get("type")
        if record.get("isSidechain") is True or kind not in ("user", "assistant"):
            if self._held and kind in _BETWEEN and len(self._held) < MAX_HELD:
                self._held.append(record)
                return []
            released = self.release() if kind == "system" else []
            self.note(record)
            return [*released, record]
        message_id = text_of(map_of(record, "message"), "id")
        if self._held and message_id and message_id in self._answered:
            held, self._held = [*self._held, record], []
            for each in held:
                self.note(each)
            # The queue's own lines have no ids, and are in no copy.
            return [*(each for each in held if each.get("type") == "queue-operation"), record]
        if message_id:
            bounded(self._answered, message_id, MAX_LINES)
        text = content_text(map_of(record, "message").get("content"))
        was_said = is_prompt and bounded(self._said, _mark(record, text), MAX_LINES)
        if (was_said or (self._held and is_interruption(text))) and len(self._held) < MAX_HELD:
            self._held.append(record)
            return []
        released = self.release()
        self.note(record)
        return [*released, record]

    def release(self) -> list[Record]:
        """What was held back is no copy."""
        released, self._held = self._held, []
        for each in released:
            self.note(each)
        return released

    def gone_back(self, record: Record) -> str | None:
        """Note a prompt. Where it abandons others: how the first of them begins.

        None: it follows on what came last.
        """
        self._prompts += 1
        parent, session = record.get("parentUuid"), text_of(record, "sessionId")
        place: int | None = None
        if isinstance(parent, str):
            place = self._place.get(parent)
        elif parent is None and "parentUuid" in record:
            if self._prompts == 1:
                self._root = session
            elif self._root is not None and self._root == session:
                place = 0
        abandoned = None
        if place is not None and place < self._prompts - 1:
            abandoned = self._starts.get(place + 1, "")
        said = said_in(record)
        self._starts[self._prompts] = short(said[0].text, MAX_NAMED) or "" if said else ""
        if len(self._starts) > MAX_PROMPTS:
            del self._starts[next(iter(self._starts))]
        self.note(record)
        return abandoned

    def forget_root(self) -> None:
        """The history was made shorter: lines without one before them are no first ones."""
        self._root = None


def _mark(record: Record, text: str) -> str:
    return f"{text_of(record, 'sessionId')} {hash(text)}"
