"""Log records in a session."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from lashd.publish.logging import SessionHandler
from tests.daemon.publish.fake_session import FakeSession


@pytest.fixture(name="session")
def _session() -> FakeSession:
    return FakeSession()


@pytest.fixture(name="log")
def _log(session: FakeSession) -> Iterator[logging.Logger]:
    """A logger of an agent, whose records go into the session."""
    logger = logging.getLogger("agent.tools")
    logger.setLevel(logging.DEBUG)
    logger.propagate = False
    logger.addHandler(SessionHandler(session))
    yield logger
    logger.handlers.clear()


def test_records_are_diagnostics_and_errors(session: FakeSession, log: logging.Logger) -> None:
    """By their level; below the handler's they are none."""
    with session.turn("x"):
        log.debug("unseen")
        log.info("reading %s", "a.py")
        log.warning("slow")
        log.error("failed")
        session.prose("went on")

    assert [
        (row.kind, row.text or row.output) for row in session.entries("diagnostic", "error")
    ] == [
        ("diagnostic", {"level": "INFO", "logger": "agent.tools", "message": "reading a.py"}),
        ("diagnostic", {"level": "WARNING", "logger": "agent.tools", "message": "slow"}),
        ("error", "failed"),
    ]
    assert session.view.outcome == "success"


def test_an_exception_is_shown_in_a_line(session: FakeSession, log: logging.Logger) -> None:
    """Its type and message."""
    with session.turn("x"):
        try:
            raise KeyError("k")
        except KeyError:
            log.exception("lookup")

    assert session.entries("error")[0].text == "lookup: KeyError: 'k'"


def test_records_of_a_call_belong_under_it(session: FakeSession, log: logging.Logger) -> None:
    """With the time they were made."""
    with session.turn("x"), session.tool("t") as call:
        log.info("in")

    row = session.entries("diagnostic")[0]
    assert row.parent == call.id
    assert (row.started_at or 0) > 1_600_000_000_000


def test_records_between_turns_begin_none(session: FakeSession, log: logging.Logger) -> None:
    """They wait for the next."""
    log.info("idle")

    assert session.view.state == "idle"
    assert len(session.held) == 1


def test_the_level_of_errors_can_be_chosen(session: FakeSession) -> None:
    """An agent whose errors are everyday."""
    handler = SessionHandler(session, "DEBUG", error_level=logging.CRITICAL)
    with session.turn("x"):
        handler.handle(logging.LogRecord("a", logging.ERROR, "f", 1, "no %s", (1,), None))

    assert session.entries("error") == []
    assert session.entries("diagnostic")[0].output["message"] == "no 1"


class Hostile:
    """Can't be printed."""

    def __str__(self) -> str:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("message", "args"),
    [("%d", ("text",)), ("%s %s", (1,)), (Hostile(), ()), ("%s", (Hostile(),)), ("x" * 10**6, ())],
    ids=range(5),
)
def test_nothing_raises(session: FakeSession, message: Any, args: tuple[Any, ...]) -> None:
    """Arguments that don't fit, things that can't be printed, messages without end."""
    with session.turn("x"):
        record = logging.LogRecord("a", logging.INFO, "f", 1, message, args, None)
        assert SessionHandler(session).handle(record)

    row = session.entries("diagnostic")[0]
    assert len(str(row.output)) < 10_000


def test_a_filter_that_raises_passes_nothing(session: FakeSession, log: logging.Logger) -> None:
    """And breaks nothing; one that refuses is obeyed."""

    def broken(record: logging.LogRecord) -> bool:
        raise RuntimeError("no")

    handler = log.handlers[0]
    handler.addFilter(broken)
    with session.turn("x"):
        log.info("a")
        handler.removeFilter(broken)
        handler.addFilter(lambda record: record.levelno > logging.INFO)
        log.info("b")
        log.warning("c")

    assert [row.output["message"] for row in session.entries("diagnostic")] == ["c"]


def test_it_ignores_the_records_that_publishing_causes(log: logging.Logger) -> None:
    """From a publisher that logs what it publishes, or from lashd's own loggers."""

    class Loud(FakeSession):
        def publish(self, *args: Any, **kwargs: Any) -> None:
            log.info("publishing")
            super().publish(*args, **kwargs)

    loud = Loud()
    log.handlers[:] = [SessionHandler(loud)]
    loud.user("x")
    log.info("y")
    ours = logging.getLogger("lashd.publish")
    ours.addHandler(log.handlers[0])
    ours.error("z")
    ours.handlers.clear()

    assert [row.output["message"] for row in loud.entries("diagnostic")] == ["y"]
    assert len(loud.held) == 1
    assert loud.entries("error") == []


def test_a_publisher_that_raises_is_not_heard_of(log: logging.Logger) -> None:
    """Whatever it is."""

    class Broken(FakeSession):
        def turn_state(self) -> tuple[str, int]:
            raise RuntimeError("no")

    log.handlers[:] = [SessionHandler(Broken())]
    log.info("x")
    log.handlers[:] = [SessionHandler()]
    log.info("nobody is watched")


def test_threads_log_at_once(session: FakeSession, log: logging.Logger) -> None:
    """Without waiting for one another's records."""
    lock = threading.Lock()
    publish = session.publish

    def locked(*args: Any, **kwargs: Any) -> None:
        with lock:
            publish(*args, **kwargs)

    session.publish = locked  # type: ignore[method-assign]

    def work() -> None:
        for number in range(50):
            log.info("n %d", number)

    with session.turn("x"):
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(session.entries("diagnostic")) == 200
