"""What a follower of the list does about lost connections."""

from __future__ import annotations

from typing import Any

from lashd.protocol.follow import ResumableFollow
from lashd.protocol.reconnect import Backoff


def make(after: str | None = None) -> ResumableFollow:
    """A follower with a random source that always gives the same number."""
    return ResumableFollow(after=after, backoff=Backoff(lambda: 0.5))


def at(n: int) -> str:
    """A position."""
    return f"lashl1:7:{n}"


def following(n: int, served: str) -> dict[str, Any]:
    """What a stream begins with."""
    return {"type": "following", "position": at(n), "served": served}


def row(name: str, n: int) -> dict[str, Any]:
    """A row."""
    return {"type": "session", "position": at(n), "session": {"session_id": name}}


def synced(n: int) -> dict[str, Any]:
    """What comes after all that was missed."""
    return {"type": "synced", "position": at(n)}


def state_of(follow: ResumableFollow) -> str:
    """Its state now."""
    return follow.state


def test_the_first_request_is_after_what_the_caller_has() -> None:
    """Nothing, or a position from before."""
    assert make().request_message() == {"type": "follow", "after": None}
    assert make(at(3)).request_message() == {"type": "follow", "after": at(3)}


def test_it_resumes_after_the_last_record_and_says_so() -> None:
    """The second `following` is `reconnected`, and its `synced` comes as well."""
    follow = make()
    follow.connected(0.0)
    first = [following(0, "snapshot"), row("a", 0), synced(4), row("a", 5)]
    assert follow.receive(first) == first
    assert state_of(follow) == "live"
    assert follow.lost("gone", 1.0) == {
        "type": "disconnected",
        "position": at(5),
        "reason": "gone",
        "retry_in": 0.1,
    }
    assert state_of(follow) == "lost"
    assert follow.request_message()["after"] == at(5)
    follow.connected(2.0)
    assert follow.receive([following(5, "replay")]) == [
        {"type": "reconnected", "position": at(5), "served": "replay"}
    ]
    assert state_of(follow) == "catching up"
    assert follow.receive([synced(6)]) == [synced(6)]
    assert state_of(follow) == "live"


def test_a_snapshot_that_was_cut_off_is_asked_for_again() -> None:
    """The daemon's positions see to it: until `synced` they stand for nothing read."""
    follow = make(at(3))
    follow.receive([following(0, "snapshot"), row("a", 0)])
    assert follow.request_message()["after"] == at(0)


def test_a_refusal_ends_it() -> None:
    """With the daemon's code and its sentence."""
    follow = make("x")
    follow.receive([{"type": "error", "code": "malformed_position", "message": "no"}])
    assert follow.refused is not None
    assert follow.refused.code == "malformed_position"
    assert state_of(follow) == "ended"


def test_a_mirror_that_was_started_again_is_asked_again() -> None:
    """It will know its home soon; one that was never followed refuses."""
    refusal = {"type": "error", "code": "no_home", "message": "nothing yet"}
    follow = make()
    follow.connected(0.0)
    follow.receive([following(0, "snapshot"), synced(4)])
    follow.lost("gone", 1.0)
    follow.connected(2.0)
    assert follow.receive([refusal]) == []
    assert (follow.put_off, follow.refused) == ("nothing yet", None)
    first = make()
    first.connected(0.0)
    assert first.receive([refusal]) == []
    assert first.refused is not None


def test_an_end_is_handed_over_and_nothing_after_it() -> None:
    """The daemon stops."""
    follow = make()
    end = {"type": "end", "position": at(4), "reason": "stopped"}
    assert follow.receive([end, row("a", 5)]) == [end]
    assert follow.ended == end


def test_a_pong_and_what_a_later_version_sends_are_not_handed_over() -> None:
    """Both are nothing of the list."""
    assert make().receive([{"type": "pong"}, {"type": "later", "position": at(9)}]) == []
