"""A session's name that nobody has: which one may have been meant."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lashtui.diagnostics import leave
from lashtui.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lashd.client.blocking import Client

MAX_COMPARED = 1000
"""Names that are looked through: a daemon's default bound of sessions."""


@contextmanager
def named(client: Client, session: str) -> Iterator[None]:
    """A request about `session`, whose refusal says what can be done.

    Raises:
        CommandError: there is no such session.
    """
    from lashd.errors import RequestRefused

    try:
        yield
    except RequestRefused as refusal:
        if refusal.code != "no_session":
            raise
        leave(ExitCode.NO_SESSION, f"{refusal.message}; {_hint(client, session)}")


def _hint(client: Client, session: str) -> str:
    from difflib import get_close_matches

    from lashd.errors import LashdError

    try:
        names = [str(each["session_id"]) for each in client.list()[:MAX_COMPARED]]
    except LashdError:
        names = []
    near = get_close_matches(session, names, 1)
    return f"did you mean `{near[0]}`?" if near else "`lashtui ls` lists them"
