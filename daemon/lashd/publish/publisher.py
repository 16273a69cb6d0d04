"""Publishes into a session without slowing the program down: an outbox, and a thread behind it.

`publish` makes the event JSON, encodes it and lets it wait (`lashd.publish.inbox`): no I/O, and no
lock that anything holds for long. Its thread (`lashd.publish.worker`) does the rest: it folds what
waits into the publisher's own view, numbers it, and sends it.
"""

from __future__ import annotations

import atexit
import os
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal, Self

import msgspec

from lashd import paths
from lashd.clock import now_ms
from lashd.cursor import SessionRevision, check_session_id
from lashd.errors import RequestRefused
from lashd.protocol.outbox import Outbox
from lashd.publish.agent import AgentSession
from lashd.publish.bounds import MAX_HELD, MAX_ID, MAX_LABEL
from lashd.publish.connection import PublisherState, SharedState
from lashd.publish.values import flag
from lashd.publish.where import where_here
from lashd.publish.worker import PublisherThread
from lashd.session.draft import Draft
from lashd.session.events import (
    AnyTurnEvent,
    Committed,
    Payload,
    SessionChanged,
    SessionChangeKind,
    SessionOutcome,
    TurnActivity,
    TurnEvent,
    UnknownTurnEvent,
)
from lashd.session.facts import exit_code_of
from lashd.session.jsonable import plain_text
from lashd.session.outgoing import outgoing, payload_of, time_of
from lashd.session.row import Where, where_from_wire
from lashd.session.view import ReadView

if TYPE_CHECKING:
    from types import TracebackType

_TURN_EVENTS = (TurnEvent, UnknownTurnEvent)
EXIT_FLUSH = 2.0
"""Seconds that the end of the program waits for a publisher that was not closed."""


class Publisher(AgentSession):
    """Publishes events into one session; never blocks and never raises into the agent.

    `turn`, `user`, `prose`, `tool` and others are an agent's own vocabulary; `publish` accepts any
    event.

    It connects and reconnects in the background. Events wait in an outbox (8192 events, 8 MiB)
    until the daemon has acknowledged them, so each is stored once. When the outbox overflows, the
    oldest unsent events are dropped and the daemon gets this publisher's view, so that the snapshot
    stays complete; with `overflow="block"` `publish` waits instead.

    As a context manager it ends the session unless `end` was called: with success, with failure
    after an exception, cancelled after an interrupt.

    Args:
        session_id: 1 to 256 bytes of UTF-8 without control characters.
        socket_path: where the daemon listens; `lashd.paths.socket_path()` by default.
        title, agent, directory: shown with the session.
        revision: the revision that a new session starts at.
        where: where the agent runs, so that a person finds it: a map with `host`, `pid`, `tty` and
            `tmux` (`socket` and `pane`), each of which may be missing. By default it is here, in
            this process; None says nothing.
        exclusive: be refused while another publisher is connected to the session.
        start_daemon: start a daemon if none is running; also after it was lost, but not after it
            was stopped.
        overflow: what to do when the outbox is full.
        on_warning: called with one sentence, from any thread; must not call this publisher.

    With a name, a revision or a socket path that can't be used it is `refused` from the start: it
    warns, and ignores what is published.
    """

    def __init__(
        self,
        session_id: str,
        *,
        socket_path: str | os.PathLike[str] | None = None,
        title: str | None = None,
        agent: str | None = None,
        directory: str | None = None,
        revision: int | None = None,
        where: Where | Mapping[str, Any] | Literal["here"] | None = "here",
        exclusive: bool = False,
        start_daemon: bool = True,
        overflow: Literal["drop", "block"] = "drop",
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        name, problem = _name_of(session_id)
        super().__init__(name)
        asked = plain_text(overflow, MAX_ID)
        self._overflow: Literal["drop", "block"] = "block" if asked == "block" else "drop"
        self._on_warning = on_warning
        self._ended = False
        self._pid = os.getpid()
        about: dict[str, Any] = {
            "title": None if title is None else plain_text(title, MAX_LABEL),
            "agent": None if agent is None else plain_text(agent, MAX_ID),
            "directory": None if directory is None else plain_text(directory, MAX_LABEL),
        }
        path, first = "", 0
        try:
            path = paths.socket_path(socket_path)
            if revision is not None:
                about["revision"] = first = SessionRevision(revision).n
        except Exception as error:
            problem = problem or plain_text(str(error), MAX_LABEL)
        message: dict[str, Any] = {key: value for key, value in about.items() if value is not None}
        message |= {"type": "open", "session_id": name, "publisher_id": self.publisher_id}
        place, wrong = _place_of(where)
        if place is not None:
            message["where"] = place
        if flag(exclusive):
            message["exclusive"] = True
        draft = Draft(
            name,
            prefix=self.publisher_id[:6],
            now_ms=now_ms,
            title=about["title"],
            agent=about["agent"],
            directory=about["directory"],
            revision=first,
        )
        self._shared = SharedState(path, message, draft, Outbox(self._overflow))
        self._thread: PublisherThread | None = None
        self._at_exit = _close_at_exit(self)
        if problem is None:
            try:
                may_start = flag(start_daemon)
                thread = PublisherThread(self._shared, start_daemon=may_start, warn=self.warn)
                thread.start()
                self._thread = thread
            except (OSError, RuntimeError) as error:  # no descriptors or no threads left
                problem = str(error)
        if asked != self._overflow:
            self.warn(f"session `{name}`: overflow is `drop` or `block`, not `{asked}`: it drops")
        if wrong is not None:
            self.warn(f"session `{name}` does not say where it runs: {wrong}")
        if problem is not None:
            self._shared.refusal = RequestRefused("bad_request", problem)
            self._shared.set_state("refused")
            self.warn(f"session `{name}` is not published: {problem}")

    # -- publishing -------------------------------------------------------------------------------

    def publish(
        self,
        event: Payload | AnyTurnEvent | Mapping[str, Any],
        *,
        id: str = "",  # noqa: A002
        correlation_id: str | None = None,
        parent: str | None = None,
        at: int | None = None,
    ) -> None:
        """Publish a payload, or a turn event with these ids.

        Args:
            event: a turn event, any payload, or a map as the wire has them; the ids apply to a turn
                event only.
            id: the activity's id; made up if empty.
            correlation_id: the entry that it belongs to; None continues the open entry of its kind.
            parent: id of the tool call that it belongs under.
            at: when it happened, in Unix milliseconds; now by default, and if it is in the future.

        Anything else, and what can't be sent, costs a warning.
        """
        revision = None
        try:
            if isinstance(event, _TURN_EVENTS):
                payload: Payload = TurnActivity(id, correlation_id, event, parent)
            elif isinstance(event, Mapping):
                payload, when, revision = payload_of(event)
                at = when if at is None else at
                if isinstance(payload, TurnActivity):
                    own_id, correlation = id or payload.id, correlation_id or payload.correlation_id
                    parent = parent or payload.parent
                    payload = TurnActivity(own_id, correlation, payload.event, parent)
            elif isinstance(event, Payload):
                payload = event
            else:
                self.warn(f"{type(event).__name__} is not an event")
                return
        except Exception as error:  # of any kind: the values are the program's own
            self._cant_send(error)
            return
        self._put(payload, at, revision)

    def commit(
        self,
        revision: int | None = None,
        read_view: ReadView | dict[str, Any] | None = None,
        *,
        at: int | None = None,
    ) -> None:
        """End the turn, at Unix milliseconds `at` or now.

        A read view replaces what the session shows; one that is too large for an event is left out.
        """
        self.pending_calls.close()
        wire = read_view.to_wire() if isinstance(read_view, ReadView) else read_view
        self._put(Committed(wire), at, revision)

    def end(
        self,
        outcome: SessionOutcome
        | Literal["success", "failure", "cancelled", "cut_off"]
        | None = SessionOutcome.SUCCESS,
        exit_code: int | None = None,
        *,
        at: int | None = None,
    ) -> None:
        """End the session, at Unix milliseconds `at` or now. Publishing to it again reopens it.

        `outcome`: None where nobody can know it.
        """
        known = None
        try:
            known = SessionOutcome(outcome) if outcome is not None else None
        except Exception as error:  # of any kind: the value is the program's own
            self.warn(plain_text(str(error), MAX_LABEL))
        changed = SessionChanged(SessionChangeKind.ENDED, known, exit_code_of(exit_code))
        self._put(changed, at, None)

    # -- state ------------------------------------------------------------------------------------

    def turn_state(self) -> tuple[str, int]:
        """The session's state as published here, and the number of turns committed."""
        if os.getpid() != self._pid:
            return "ended", 0
        with self._up_to_date() as shared:
            view = shared.draft.view
            return view.state, view.turn_index

    @property
    def turn_failed(self) -> bool:
        """Whether the turn fails if it ends now; before anything is said in it, the last turn's.

        A turn fails by an `error` that no word of the agent follows; see `lashd.outcome`.
        """
        if os.getpid() != self._pid:
            return False
        with self._up_to_date() as shared:
            return shared.draft.turn_failed

    def failure(self) -> str | None:
        """The message of the error by which the turn fails if it ends here; None if it doesn't."""
        if os.getpid() != self._pid:
            return None
        with self._up_to_date() as shared:
            return shared.draft.failure

    @property
    def state(self) -> PublisherState:
        """connecting, live, lost (and reconnecting), refused or closed."""
        if os.getpid() != self._pid:
            return "closed"
        with self._shared.changed:
            return self._shared.state

    @property
    def refusal(self) -> RequestRefused | None:
        """Why the daemon refused this publisher, in state `refused`."""
        return self._shared.refusal

    def wait_open(self, timeout: float | None = None) -> bool:
        """Wait until the daemon accepts events; False if it doesn't within `timeout` seconds."""
        if os.getpid() != self._pid:
            return False
        shared = self._shared
        with shared.changed:
            final = ("live", "refused", "closed")
            shared.changed.wait_for(lambda: shared.state in final, timeout)
            return shared.state == "live"

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything published is acknowledged; False on a timeout or a refusal."""
        if os.getpid() != self._pid:
            return False
        with self._up_to_date() as shared:
            self._wake(urgent=True)
            shared.changed.wait_for(
                lambda: shared.is_flushed or shared.state in ("refused", "closed"), timeout
            )
            return shared.is_flushed

    def close(self, timeout: float = 5.0) -> bool:
        """Flush for up to `timeout` seconds, then disconnect; True if everything was acknowledged.

        This doesn't end the session. If the flush fails, there is no goodbye either, and the daemon
        treats the publisher as lost. If no daemon was ever reached, it doesn't wait for one.
        """
        return self._close(timeout, goodbye=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end_with(kind)
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        from anyio import CancelScope, to_thread

        self._end_with(kind)
        with CancelScope(shield=True):
            await to_thread.run_sync(self.close)

    # -- inside -----------------------------------------------------------------------------------

    def _put(self, payload: Payload, at: int | None, revision: int | None) -> None:
        if os.getpid() != self._pid:
            return  # in a forked child: the thread and the connection are the parent's
        if self.held and (isinstance(payload, TurnActivity) or _ends(payload)):
            held, self.held = self.held, deque(maxlen=MAX_HELD)
            while held:
                event, parent, when = held.popleft()
                self._put(TurnActivity("", None, event, parent), when, None)
        shared = self._shared
        if not shared.takes_events:
            return
        try:
            sent = outgoing(payload, time_of(at, now_ms()), revision)
        except Exception as error:  # as above
            self._cant_send(error)
            return
        if self._overflow == "block":
            self._wait_for_room(len(sent.body))
        shared.inbox.add(sent)
        self._ended = _ends(payload)
        if shared.inbox.holds_too_much:
            with shared.changed:
                shared.gather()
            self._give_warnings()
        self._wake(urgent=shared.inbox.holds_much)

    def _wake(self, *, urgent: bool) -> None:
        if self._thread is not None:
            self._thread.wake(urgent=urgent)

    def _cant_send(self, error: Exception) -> None:
        self.warn(f"an event that can't be sent: {plain_text(error, 500)}")

    def _wait_for_room(self, size: int) -> None:
        """Until the outbox can hold what waits and `size` more bytes."""
        shared = self._shared

        def has_room() -> bool:
            return shared.outbox.fits(shared.inbox.size + size, len(shared.inbox) + 1)

        with shared.changed:
            shared.changed.wait_for(lambda: has_room() or not shared.takes_events)

    @contextmanager
    def _up_to_date(self) -> Iterator[SharedState]:
        """The shared state, under its lock, with all that was published."""
        shared = self._shared
        with shared.changed:
            shared.gather()
            yield shared
        self._give_warnings()

    def _give_warnings(self) -> None:
        for warning in self._shared.take_warnings():
            self.warn(warning)

    def _close(self, timeout: float, *, goodbye: bool) -> bool:
        atexit.unregister(self._at_exit)
        if os.getpid() != self._pid:
            return False
        deadline = time.monotonic() + timeout
        with self._up_to_date() as shared:
            shared.changed.wait_for(
                lambda: (
                    shared.is_flushed or shared.unreachable or shared.state in ("refused", "closed")
                ),
                timeout,
            )
            flushed = shared.is_flushed
            if flushed and goodbye:
                shared.goodbye = True
            else:
                shared.hang_up = True
            if shared.state not in ("refused", "closed"):
                self._wake(urgent=True)
        if self._thread is not None and not self._thread.join(
            max(0.5, deadline - time.monotonic())
        ):
            with shared.changed:
                shared.hang_up = True
                self._wake(urgent=True)
            self._thread.join(0.5)
        shared.set_state("closed")
        return flushed

    def _end_with(self, kind: type[BaseException] | None) -> None:
        if self._ended:
            return
        if kind is None:
            self.end(SessionOutcome.SUCCESS)
        elif issubclass(kind, Exception):
            self.end(SessionOutcome.FAILURE)
        else:
            self.end(SessionOutcome.CANCELLED)

    def warn(self, sentence: str) -> None:
        """Call `on_warning`; never raises."""
        if self._on_warning is None:
            return
        try:
            self._on_warning(sentence)
        except Exception:
            # A broken callback must not stop the agent or the thread.
            self._on_warning = None


def _place_of(
    where: Where | Mapping[str, Any] | Literal["here"] | None,
) -> tuple[dict[str, Any] | None, str | None]:
    """`where` as `open` has it, and what is wrong with it."""
    if where is None:
        return None, None
    if isinstance(where, str) and where == "here":
        return _own_place(), None
    try:
        given = msgspec.to_builtins(where) if isinstance(where, Where) else dict(where)
        known = where_from_wire(given)
        return (None if known is None else msgspec.to_builtins(known)), None
    except Exception as error:  # of any kind: the values are the program's own
        return None, plain_text(str(error), MAX_LABEL)


def _own_place() -> dict[str, Any] | None:
    """Where this process runs; None if that can't be said, which is no fault of the program's."""
    try:
        known = where_from_wire(where_here(os.getpid()))
        place: dict[str, Any] | None = msgspec.to_builtins(known)
        return place
    except Exception:
        return None


def _name_of(session_id: object) -> tuple[str, str | None]:
    """A name that a session can have, and what is wrong with the one that was given."""
    if not isinstance(session_id, str):
        return "unnamed", f"a session id is text, not {type(session_id).__name__}"
    try:
        return check_session_id(str.__str__(session_id)), None
    except ValueError as error:
        return "unnamed", str(error)


def _ends(payload: Payload) -> bool:
    return isinstance(payload, SessionChanged) and payload.is_end


def _close_at_exit(publisher: Publisher) -> Callable[[], None]:
    """Flush at the end of the program, without a goodbye: the outcome is not known."""
    reference = weakref.ref(publisher)

    def close() -> None:
        alive = reference()
        if alive is not None:
            alive._close(EXIT_FLUSH, goodbye=False)  # noqa: SLF001

    atexit.register(close)
    return close
