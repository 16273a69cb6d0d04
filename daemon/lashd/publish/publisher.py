"""Publishes into a session without slowing the program down: an outbox, and a thread behind it.

`publish` folds the event into the publisher's own view, numbers it and adds it to the outbox, under
a lock and without I/O. `lashd.publish.worker` does the rest in its thread.
"""

from __future__ import annotations

import atexit
import os
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, Self

from lashd import paths
from lashd.clock import now_ms
from lashd.cursor import check_session_id
from lashd.errors import InvalidEvent, RequestRefused
from lashd.protocol.outbox import Outbox
from lashd.publish.agent import AgentSession
from lashd.publish.bounds import MAX_HELD
from lashd.publish.connection import PublisherState, SharedState
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
from lashd.session.view import ReadView

if TYPE_CHECKING:
    from types import TracebackType

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
        exclusive: be refused while another publisher is connected to the session.
        start_daemon: start a daemon if none is running; also after it was lost, but not after it
            was stopped.
        overflow: what to do when the outbox is full.
        on_warning: called with one sentence, from any thread; must not call this publisher.

    Raises:
        ValueError: a bad session id or revision.
        LifecycleError: the socket path is not usable.
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
        exclusive: bool = False,
        start_daemon: bool = True,
        overflow: Literal["drop", "block"] = "drop",
        on_warning: Callable[[str], None] | None = None,
    ) -> None:
        super().__init__(check_session_id(session_id))
        self._overflow = overflow
        self._on_warning = on_warning
        self._ended = False
        self._warned_of_drops = False
        self._pid = os.getpid()
        about: dict[str, Any] = {
            "title": title,
            "agent": agent,
            "directory": directory,
            "revision": revision,
        }
        message: dict[str, Any] = {key: value for key, value in about.items() if value is not None}
        message |= {"type": "open", "session_id": session_id, "publisher_id": self.publisher_id}
        if exclusive:
            message["exclusive"] = True
        draft = Draft(
            session_id,
            prefix=self.publisher_id[:6],
            now_ms=now_ms,
            title=title,
            agent=agent,
            directory=directory,
            revision=revision,
        )
        self._shared = SharedState(paths.socket_path(socket_path), message, draft, Outbox(overflow))
        self._thread = PublisherThread(self._shared, start_daemon=start_daemon, warn=self.warn)
        self._at_exit = _close_at_exit(self)
        self._thread.start()

    # -- publishing -------------------------------------------------------------------------------

    def publish(
        self,
        event: Payload | AnyTurnEvent,
        *,
        id: str = "",  # noqa: A002
        correlation_id: str | None = None,
        parent: str | None = None,
        at: int | None = None,
    ) -> None:
        """Publish a payload, or a turn event with these ids.

        Args:
            event: a turn event, or any payload; the ids apply to a turn event only.
            id: the activity's id; made up if empty.
            correlation_id: the entry that it belongs to; None continues the open entry of its kind.
            parent: id of the tool call that it belongs under.
            at: when it happened, in Unix milliseconds; now by default, and if it is in the future.

        Raises:
            TypeError: `event` is not an event.
        """
        if isinstance(event, TurnEvent | UnknownTurnEvent):
            event = TurnActivity(id, correlation_id, event, parent)
        elif not isinstance(event, Payload):
            raise TypeError(f"{type(event).__name__} is not an event")
        self._put(event, at, None)

    def commit(
        self,
        revision: int | None = None,
        read_view: ReadView | dict[str, Any] | None = None,
        *,
        at: int | None = None,
    ) -> None:
        """End the turn, at Unix milliseconds `at` or now.

        A read view replaces what the session shows.
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
        known = SessionOutcome(outcome) if outcome is not None else None
        changed = SessionChanged(SessionChangeKind.ENDED, known, exit_code)
        self._put(changed, at, None)

    # -- state ------------------------------------------------------------------------------------

    def turn_state(self) -> tuple[str, int]:
        """The session's state as published here, and the number of turns committed."""
        if os.getpid() != self._pid:
            return "ended", 0
        with self._shared.changed:
            view = self._shared.draft.view
            return view.state, view.turn_index

    @property
    def turn_failed(self) -> bool:
        """Whether the turn fails if it ends now; before anything is said in it, the last turn's.

        A turn fails by an `error` that no word of the agent follows; see `lashd.outcome`.
        """
        if os.getpid() != self._pid:
            return False
        with self._shared.changed:
            return self._shared.draft.turn_failed

    def failure(self) -> str | None:
        """The message of the error by which the turn fails if it ends here; None if it doesn't."""
        if os.getpid() != self._pid:
            return None
        with self._shared.changed:
            return self._shared.draft.failure

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
        shared = self._shared
        with shared.changed:
            shared.changed.wait_for(
                lambda: self._flushed() or shared.state in ("refused", "closed"), timeout
            )
            return self._flushed()

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
        warning = None
        with shared.changed:
            if self._overflow == "block":
                shared.changed.wait_for(
                    lambda: shared.outbox.fits(1) or shared.state in ("refused", "closed")
                )
            if shared.state in ("refused", "closed") or shared.hang_up or shared.goodbye:
                return
            try:
                body = shared.draft.take(
                    payload, shared.outbox.next_number, at=at, revision=revision
                )
            except InvalidEvent as error:
                warning = str(error)
            else:
                shared.outbox.add(body)
                self._ended = _ends(payload)
                warning = self._dropping()
                self._thread.wake()
        if warning is not None:
            self.warn(warning)

    def _dropping(self) -> str | None:
        """A warning when dropping begins; once until everything is delivered again."""
        outbox = self._shared.outbox
        if not outbox.dropped:
            self._warned_of_drops = self._warned_of_drops and len(outbox) > 1
            return None
        if self._warned_of_drops:
            return None
        self._warned_of_drops = True
        return (
            f"session `{self.session_id}`: the daemon accepts events too slowly or not at all; the"
            " oldest are dropped, the session's view stays complete"
        )

    def _flushed(self) -> bool:
        # If nothing was published, it is still the session's creation that is acknowledged.
        return self._shared.outbox.is_acknowledged and self._shared.state in ("live", "closed")

    def _close(self, timeout: float, *, goodbye: bool) -> bool:
        atexit.unregister(self._at_exit)
        if os.getpid() != self._pid:
            return False
        deadline = time.monotonic() + timeout
        shared = self._shared
        with shared.changed:
            shared.changed.wait_for(
                lambda: (
                    self._flushed() or shared.unreachable or shared.state in ("refused", "closed")
                ),
                timeout,
            )
            flushed = self._flushed()
            if flushed and goodbye:
                shared.goodbye = True
            else:
                shared.hang_up = True
            if shared.state not in ("refused", "closed"):
                self._thread.wake()
        if not self._thread.join(max(0.5, deadline - time.monotonic())):
            with shared.changed:
                shared.hang_up = True
                self._thread.wake()
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
