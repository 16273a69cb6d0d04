"""Which session a command is about: the only one, or a suggestion for a mistyped name."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from lashtui.diagnostics import CommandError, leave
from lashtui.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lashd.client.blocking import Client

MAX_COMPARED = 1000
"""Names compared with a mistyped one: a daemon's default limit of sessions."""


def only_session(client: Client, *, wait: bool = False) -> str:
    """The one session that there is.

    Raises:
        CommandError: there is none, or there are several.
    """
    names = [str(session["session_id"]) for session in client.list()]
    if len(names) == 1:
        return names[0]
    if wait and not names:
        leave(ExitCode.USAGE, "there is no session yet: name the one to wait for")
    if not names:
        leave(ExitCode.NO_SESSION, "there is no session; `lashtui run -- COMMAND` makes one")
    shown = ", ".join(names[:8]) + (" and more" if len(names) > 8 else "")
    raise CommandError(ExitCode.USAGE, f"which session? there are {len(names)}: {shown}")


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
