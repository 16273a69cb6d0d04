"""When the feed reads its socket again."""

from __future__ import annotations

from lashtui.feed.pace import FRAME, MANY, wait_after


def test_a_live_session_is_read_once_a_frame() -> None:
    """After words have come, what follows them waits for the next frame."""
    assert wait_after(1, is_live=True) == FRAME
    assert wait_after(MANY - 1, is_live=True) == FRAME


def test_nobody_waits_for_history() -> None:
    """What was missed is read as fast as it comes."""
    assert wait_after(1, is_live=False) == 0


def test_the_daemon_never_waits_for_a_frame() -> None:
    """Where more comes than a frame takes, it is read on at once."""
    assert wait_after(MANY, is_live=True) == 0


def test_a_batch_of_nothing_puts_nothing_off() -> None:
    """It says that the connection's state has changed; the next record may be close behind."""
    assert wait_after(0, is_live=True) == 0
