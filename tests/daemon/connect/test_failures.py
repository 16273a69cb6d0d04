"""Each failure of a connection says what happened and what to do."""

from __future__ import annotations

import errno

import pytest

from lashd.connect.failures import closed, explain, lost, no_answer, stopped_answering


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TimeoutError(), "the daemon at /s does not accept connections: it hangs or is overloaded"),
        (OSError(errno.EAGAIN, "x"), "the daemon at /s does not accept connections"),
        (OSError(errno.ENOENT, "x"), "no daemon is running at /s"),
        (OSError(errno.ECONNREFUSED, "x"), "start one with `lashtui daemon start`"),
        (OSError(errno.EACCES, "x"), "no permission to connect to /s"),
        (OSError(errno.ENOTSOCK, "x"), "/s is not a daemon's socket"),
        (OSError(errno.EIO, "bad luck"), "can't connect to the daemon at /s: bad luck"),
    ],
)
def test_an_error_of_connecting_is_explained(error: OSError, sentence: str) -> None:
    """By what a person can do about it, not by its number."""
    assert sentence in explain(error, "/s")


def test_the_loss_of_a_connection_says_at_which_socket() -> None:
    """A user may have several daemons."""
    assert str(no_answer("/s", 3.0)) == "the daemon at /s did not answer within 3 s"
    assert str(stopped_answering("/s")) == "the daemon at /s stopped answering"
    assert str(closed("/s")) == "the daemon at /s closed the connection"
    assert str(lost("/s")) == "the connection to the daemon at /s was lost"
    assert str(lost("/s", OSError(errno.EIO, "bad luck"))).endswith("was lost: bad luck")
