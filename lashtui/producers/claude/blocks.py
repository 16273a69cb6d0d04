"""Which row a piece of Claude's text belongs to, so that each text is in the view once.

Text comes as deltas with a block index and again as a whole line without one; a subagent's lines
stand inside its parent's open block; a failed attempt is streamed again under a new message id;
and after a cut connection the agent asks for the rest, and may get the beginning again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashd.events import AssistantProseDelta, ReasoningDelta
from lashtui.producers.claude.shown import Shown

if TYPE_CHECKING:
    from lashtui.producers.dedupe import Text, Texts

MAX_MESSAGES = 256
"""Messages whose blocks are still told apart."""
MAX_ROWS = 1024
"""Streamed blocks of one message that are told apart."""
MAX_UNMATCHED = 64
"""Whole blocks of one message that deltas may still come for."""
MAX_ECHO = 256 * 1024
"""Characters of a cut text that its repetition is recognised by."""


class _Message:
    """The blocks of one message of one agent."""

    __slots__ = ("before", "id", "open", "parent", "rows", "said", "stopped", "unmatched", "wholes")

    def __init__(self, message_id: str, parent: str | None) -> None:
        self.id = message_id
        self.parent = parent
        self.rows: dict[int, str] = {}
        """Keys of streamed blocks by index."""
        self.open: list[tuple[Text, str]] = []
        """Streamed blocks whose whole line has not come yet, in their order."""
        self.before: dict[str, str] = {}
        """What rows said that this message goes on with: it stays, whatever becomes of this one."""
        self.stopped: set[str] = set()
        """Keys of streamed blocks that were told to have ended."""
        self.unmatched: list[tuple[Text, str]] = []
        """Whole lines that came without deltas: late deltas of theirs are theirs."""
        self.wholes = 0
        self.said: set[tuple[Text, int]] = set()
        """Kinds and hashes of its whole blocks."""

    def key(self, place: str) -> str:
        prefix = f"{self.parent}/" if self.parent else ""
        return f"{prefix}{self.id}:{place}"


class _Echo:
    """A text that was cut; what comes next repeats it or goes on from it."""

    __slots__ = ("held", "key", "message", "text")

    def __init__(self, key: str, text: str) -> None:
        self.key = key
        self.text = text
        self.message = ""
        """Id of the message that answers for the cut one, once it has begun."""
        self.held = ""
        """Deltas that may yet be a repetition."""


class Blocks:
    """Claude's texts, streamed and whole, to rows."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._messages: dict[tuple[str | None, str], _Message] = {}
        self._current: dict[str | None, _Message] = {}
        self._last: tuple[str, str] | None = None
        """The agent's own prose, row and text, if it is the last thing that came of it."""
        self._echo: _Echo | None = None
        self.spoke = False
        """The agent itself said anything in this turn."""
        self.shown = Shown(texts)
        """What a screen showed of the agent's own prose before it came here."""

    def start_message(self, parent: str | None, message_id: str) -> None:
        """A streamed message begins. One that never ended before it was a failed attempt."""
        before = self._current.get(parent)
        if before is not None and before.id != message_id:
            self.withdraw_unfinished(parent)
        if parent is None:
            self._last = None
        self._current[parent] = self._message(parent, message_id)
        if len(self._current) > MAX_MESSAGES:
            del self._current[next(iter(self._current))]

    def end_message(self, parent: str | None) -> None:
        """The streamed message has ended, its whole lines may still come."""
        self._current.pop(parent, None)

    def withdraw_unfinished(self, parent: str | None) -> None:
        """The streamed message has failed: blocks of it that did not end are taken back."""
        message = self._current.pop(parent, None)
        if message is not None:
            lost = [key for _, key in message.open if key not in message.stopped]
            self._withdraw(message, lost)
            message.open = [(event, key) for event, key in message.open if key not in lost]

    def current_id(self, parent: str | None) -> str:
        """Id of the message that is being streamed."""
        message = self._current.get(parent)
        return message.id if message is not None else ""

    def delta(
        self, parent: str | None, message_id: str, index: int, text: str, event: Text
    ) -> None:
        """More of a streamed block."""
        message = self._messages.get((parent, message_id)) or self._message(parent, message_id)
        key = message.rows.get(index)
        if key is None:
            key = self._row(message, index, event)
        if event is AssistantProseDelta and parent is None:
            self.spoke = True
            if self._echo is not None and self._echo.message in ("", message_id):
                self._echo_delta(message, index, self._echo, text)
                return
        self._texts.delta(key, text, event, parent)

    def stop(self, parent: str | None, message_id: str, index: int) -> None:
        """A streamed block has ended."""
        message = self._messages.get((parent, message_id))
        if message is not None and index in message.rows:
            message.stopped.add(message.rows[index])

    def whole(
        self,
        parent: str | None,
        message_id: str,
        text: str,
        event: Text,
        *,
        cumulative: bool = False,
    ) -> None:
        """A whole block: the next one of its kind in its message.

        `cumulative`: it came with others, as programs do that repeat a message while it grows.
        """
        message = self._message(parent, message_id)
        mark = (event, hash(text))
        if cumulative and mark in message.said:
            return
        if len(message.said) < MAX_UNMATCHED:
            message.said.add(mark)
        is_own_prose = event is AssistantProseDelta and parent is None
        shown = self.shown.settle(text) if is_own_prose else None
        if parent is None and not is_own_prose and text:
            # Thoughts are not shown, and come with the message that followed on them.
            self.shown.take_back()
        key = shown or self._match(message, event, text)
        echo = self._echo if is_own_prose else None
        if echo is not None and echo.message in ("", message_id):
            self._echo = None
            if shown is not None:
                self._texts.withdraw([shown])
            key, text = self._echo_whole(echo, text)
        elif text:
            self._texts.final(key, text, event, parent)
        else:
            self._texts.close(key)
        if is_own_prose and text:
            self.spoke = True
            self._last = (key, text)
        elif parent is None:
            self._last = None

    def no_thought(self, parent: str | None, message_id: str, text: str) -> None:
        """This block, whole, was streamed as a thought, and is none."""
        message = self._messages.get((parent, message_id))
        for place, (event, key) in enumerate(message.open if message is not None else ()):
            if event is ReasoningDelta and text.startswith(self._texts.emitted(key)):
                assert message is not None
                del message.open[place]
                self._texts.withdraw([key])
                break
        if parent is None:
            self.shown.take_back()

    def cut(self) -> None:
        """The agent lost its connection within its newest text; it asks for the rest of it."""
        message = self._current.get(None)
        for event, key in message.open if message is not None else ():
            if event is AssistantProseDelta and self._texts.emitted(key):
                self._last = (key, self._texts.emitted(key))
                self._texts.close(key)
        self.end_message(None)
        if self._last is not None and len(self._last[1]) < MAX_ECHO:
            self._echo = _Echo(*self._last)

    def abandon(self, parent: str | None, message_id: str, first: int) -> None:
        """The streamed message was cut: its blocks from index `first` on are withdrawn.

        Blocks before it stay; what follows may repeat them, and goes on from them.
        """
        self._current.pop(parent, None)
        message = self._messages.get((parent, message_id))
        if message is None:
            return
        lost = [key for index, key in message.rows.items() if index >= first]
        kept = [(kind, key) for kind, key in message.open if key not in lost]
        message.open = kept
        self._withdraw(message, lost)
        if parent is not None:
            return
        for kind, key in kept:
            told = self._texts.emitted(key)
            self._last = (key, told) if told and kind is AssistantProseDelta else None
            self._texts.close(key)
        self.cut()

    def _withdraw(self, message: _Message, keys: list[str]) -> None:
        """Take these rows back, but for what they said before this message."""
        begun = [key for key in keys if self._texts.emitted(key)]
        self._texts.withdraw(keys)
        for key in begun:
            told = message.before.pop(key, "")
            if told:
                self._texts.reopen(key, "")
                self._texts.final(key, told)
                self._last = (key, told)
                self._echo = _Echo(key, told)

    def withdraw_from(self, parent: str | None, message_id: str, first: int) -> None:
        """The program discarded an attempt: its streamed blocks, from index `first` on."""
        message = self._messages.get((parent, message_id))
        if message is None:
            return
        lost = [key for index, key in message.rows.items() if index >= first]
        self._texts.take_back(lost)
        message.open = [(kind, key) for kind, key in message.open if key not in lost]
        if self._last is not None and self._last[0] in lost:
            self._last = None

    def withdraw_copy(self, of: str) -> None:
        """An error follows that the newest prose says too: it was no word of the agent's."""
        if self._last is not None and self._last[1].strip() == of:
            self._texts.take_back([self._last[0]])
            self._last = None

    def uncut(self) -> None:
        """What follows is no rest of a cut text: a tool call, what a person says."""
        self._echo = self._last = None

    def end_turn(self) -> None:
        """A turn of the agent itself has ended."""
        self.uncut()
        self.spoke = False
        self._current.pop(None, None)

    # --------------------------------------------------------------------------------------------

    def _message(self, parent: str | None, message_id: str) -> _Message:
        message = self._messages.get((parent, message_id))
        if message is None:
            message = self._messages[parent, message_id] = _Message(message_id, parent)
            if len(self._messages) > MAX_MESSAGES:
                del self._messages[next(iter(self._messages))]
        return message

    def _row(self, message: _Message, index: int, event: Text) -> str:
        if len(message.rows) >= MAX_ROWS:
            message.rows.clear()
            message.stopped.clear()
            del message.open[: -MAX_ROWS // 2]
        for place, (kind, key) in enumerate(message.unmatched):
            if kind is event:
                del message.unmatched[place]
                message.rows[index] = key
                return key
        key = message.rows[index] = message.key(str(index))
        message.open.append((event, key))
        return key

    def _match(self, message: _Message, event: Text, text: str) -> str:
        """The streamed block that a whole one is a copy of: the first that it goes on from."""
        for streamed in (message, self._messages.get((message.parent, ""))):
            if streamed is None:  # the one without an id: its start was lost
                continue
            places = [place for place, (kind, _) in enumerate(streamed.open) if kind is event]
            told = [self._texts.emitted(streamed.open[place][1]) for place in places]
            fitting = [at for at, said in zip(places, told, strict=True) if text.startswith(said)]
            if fitting or (places and streamed is message):
                return streamed.open.pop((fitting or places)[0])[1]
        key = message.key(f"whole-{message.wholes}")
        message.wholes += 1
        message.unmatched.append((event, key))
        if len(message.unmatched) > MAX_UNMATCHED:
            del message.unmatched[0]
        return key

    def _echo_delta(self, message: _Message, index: int, echo: _Echo, text: str) -> None:
        echo.message = message.id
        echo.held += text
        if len(echo.held) < len(echo.text) and echo.text.startswith(echo.held):
            return
        self._echo = None
        repeats = echo.held.startswith(echo.text)
        told = echo.text if repeats else ""
        own = message.rows[index]
        message.rows[index] = echo.key
        message.before[echo.key] = echo.text
        message.open = [(kind, echo.key if key == own else key) for kind, key in message.open]
        self._texts.reopen(echo.key, told)
        self._texts.delta(echo.key, echo.held[len(told) :], AssistantProseDelta)

    def _echo_whole(self, echo: _Echo, text: str) -> tuple[str, str]:
        if echo.text.startswith(text):
            return echo.key, echo.text
        repeats = text.startswith(echo.text)
        self._texts.reopen(echo.key, echo.text if repeats else "")
        self._texts.final(echo.key, text)
        return echo.key, text if repeats else echo.text + text
