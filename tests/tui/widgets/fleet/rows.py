"""A small fleet in every state, at a time that stands still."""

from __future__ import annotations

from lashd.events import SessionOutcome
from lashd.view import Doing, PlanCount, Retry, SessionRow
from lashtui.saved.session_key import SessionKey

NOW = 1_700_000_000_000
"""Unix milliseconds, as in tests of whole screens."""
HOME = "/home/me"


def ago(seconds: float) -> int:
    """The Unix milliseconds of then."""
    return NOW - round(seconds * 1000)


ASKS = SessionRow(
    session_id="web-13",
    state="waiting",
    waiting_for="Bash: may I run `git push --force-with-lease origin main`?",
    waiting_since=ago(250),
    turn_started_at=ago(724),
    updated_at=ago(250),
    directory=f"{HOME}/web",
    agent="claude",
    usage={
        "total": {"input_tokens": 120_000, "output_tokens": 9_000, "cost_usd": 0.31},
        "context": {"used": 82_000, "size": 200_000},
    },
    publishers=1,
)
FAILED = SessionRow(
    session_id="web-05",
    state="idle",
    outcome=SessionOutcome.FAILURE,
    error="provider answered 529: overloaded",
    updated_at=ago(560),
    directory=f"{HOME}/web",
    agent="claude",
)
STUCK = SessionRow(
    session_id="ingest-07",
    state="running",
    doing=Doing("Bash", "npm run e2e -- --headed", ago(2700)),
    quiet_since=ago(2700),
    turn_started_at=ago(2768),
    updated_at=ago(2700),
    directory="/srv/projects/ingest",
    agent="codex",
    usage={"total": {"cost_usd": 12.5}},
)
RETRYING = SessionRow(
    session_id="web-29",
    state="running",
    retry=Retry(2, 5, ago(540)),
    quiet_since=ago(600),
    error="rate limited",
    updated_at=ago(600),
    turn_started_at=ago(652),
    directory=f"{HOME}/web",
)
READS = SessionRow(
    session_id="api-00",
    state="running",
    doing=Doing("Read", "src/module_887.py", ago(12)),
    plan=PlanCount(3, 5),
    turn_started_at=ago(1490),
    updated_at=ago(0),
    directory=f"{HOME}/api",
    agent="claude",
    started_at=ago(3000),
)
WRITES = SessionRow(
    session_id="api-01",
    phase="writing",
    state="running",
    last_line="I have read the module. Now the tests of the parser are next",
    turn_started_at=ago(70),
    updated_at=ago(1),
    directory=f"{HOME}/api",
    started_at=ago(4000),
)
WAITS_TO_RETRY = SessionRow(
    session_id="api-02",
    state="running",
    retry=Retry(1, 3, NOW + 8000),
    error="connection reset",
    turn_started_at=ago(90),
    updated_at=ago(4),
    started_at=ago(5000),
)
IDLE = SessionRow(
    session_id="docs", state="idle", last_line="All tests pass.", updated_at=ago(190), turn_index=1
)
ENDED = SessionRow(
    session_id="lint",
    state="ended",
    outcome=SessionOutcome.SUCCESS,
    last_line="0 errors",
    updated_at=ago(7200),
)
EXITED = SessionRow(
    session_id="build",
    state="ended",
    outcome=SessionOutcome.FAILURE,
    error="make: *** [all] Error; exited with code 2",
    updated_at=ago(30),
)
LOST = SessionRow(
    session_id="gone", state="ended", outcome=SessionOutcome.CUT_OFF, updated_at=ago(30)
)
STOPPED = SessionRow(
    session_id="stopped", state="ended", outcome=SessionOutcome.CANCELLED, updated_at=ago(30)
)
ALL = (
    *(ASKS, FAILED, STUCK, RETRYING, READS, WRITES),
    *(WAITS_TO_RETRY, IDLE, ENDED, EXITED, LOST, STOPPED),
)


def fleet_of(*rows: SessionRow) -> dict[SessionKey, SessionRow]:
    """These rows, of this machine."""
    return {SessionKey("", row.session_id): row for row in rows}
