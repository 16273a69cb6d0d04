"""How to come back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lashd.client.blocking import Client
from lashd.daemon import EmbeddedDaemon
from lashd.limits import DaemonLimits, StoreLimits
from lashtui.app.detach_message import TOO_FAR_BACK, ask_resumable, detach_message, resumable_words
from lashtui.feed.state import FeedState
from tests.tui.daemons import publisher, say


def test_line_can_be_pasted() -> None:
    """Names and paths are quoted for the shell; nothing in them drives the terminal."""
    assert detach_message("build", None) == "detached from build - come back: lashtui attach build"
    assert detach_message("my job", "/tmp/a b") == (
        "detached from my job - come back: lashtui --socket '/tmp/a b' attach 'my job'"
    )
    assert detach_message("x\u202ey", None).endswith("attach x$'\\xe2\\x80\\xae'y")
    assert detach_message("-x", None) == "detached from -x - come back: lashtui"


def test_what_is_gone_is_not_advised_to_come_back_to() -> None:
    """The command would only fail: there is no such session."""
    said = detach_message("build", None, gone=True)
    assert said == "left build; it is no longer on the daemon"


LIMITS = {"limits": {"store": {"max_age": 120.0}}}


@pytest.mark.parametrize(
    ("report", "rate", "words"),
    [
        ({"room_events": 2048, "room_seconds": None}, 1.0, "2 min"),
        ({"room_events": 2048, "room_seconds": 97.3}, 1.0, "90 s"),
        ({"room_events": 2048, "room_seconds": None}, 100.0, "20 s"),
        ({"room_events": 8, "room_seconds": None}, 2.0, "4 s"),
    ],
)
def test_the_shorter_of_age_and_count_is_said(
    report: dict[str, object], rate: float, words: str
) -> None:
    """What trims first decides."""
    said = resumable_words({"resumable": True, **report}, LIMITS, rate)
    assert said == f"resumable for about {words} at the present rate"


def test_a_reader_far_behind_is_told_what_comes() -> None:
    """Whoever came back to an old session and stayed where they had left is behind its history:
    that is no reason to say nothing."""
    said = resumable_words({"resumable": False, "reason": "trimmed"}, LIMITS, 5.0)
    assert said == "what you have not read can't be replayed any more; a snapshot shows it"


async def test_a_reader_who_stays_where_they_left_is_still_there() -> None:
    """They have not been at the live end since they came back: the cursor that counts is the saved
    one, however old the session is."""
    limits = replace(DaemonLimits(), store=StoreLimits(max_events_per_session=5))
    with EmbeddedDaemon(limits=limits) as daemon, publisher(daemon.socket_path) as opened:
        say(opened, "words", "a")
        with Client(daemon.socket_path) as client:
            saved = client.list()[0]["cursor"]
            state = FeedState("build")
            state.resume_from(saved, None)
            state.connection.opened()
            state.connection.synced()
            assert state.read_to is None
            assert await ask_resumable(daemon.socket_path, state) == ""  # at the end, and no rate
            for n in range(20):
                say(opened, f"row {n}", f"r{n}")
            assert await ask_resumable(daemon.socket_path, state) == TOO_FAR_BACK


def test_without_events_only_the_clock_trims() -> None:
    """There is no present rate, and at the end of the session nothing to lose."""
    report = {"resumable": True, "room_events": 2000, "room_seconds": 57.0}
    assert resumable_words(report, LIMITS, 0.0) == "resumable for about 50 s"
    assert resumable_words({**report, "room_seconds": None}, LIMITS, 0.0) == ""


def test_an_unknown_period_is_left_out() -> None:
    """A gap already, or an older daemon whose report has less in it."""
    assert resumable_words({"resumable": False, "room_events": 5}, LIMITS, 1.0) == ""
    assert resumable_words({"resumable": True}, {}, 1.0) == ""
    assert detach_message("b", None, "resumable for about 9 s at the present rate").startswith(
        "detached from b (resumable for about 9 s at the present rate) - come back: "
    )
