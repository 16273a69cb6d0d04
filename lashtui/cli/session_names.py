"""Which session a command is about: the only one, or a suggestion for a mistyped name."""

from __future__ import annotations

from lashtui.diagnostics import CommandError, leave
from lashtui.exit_codes import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from lashd.client.blocking import Client

    T = TypeVar("T")

MAX_COMPARED = 1000
"""Names compared with a mistyped one: a daemon's default limit of sessions."""


def only_session(client: Client, *, wait: bool = False) -> str:
    """The only session that the daemon has.

    Args:
        client: asks the daemon.
        wait: the caller would wait for a session that doesn't exist yet.

    Raises:
        CommandError: there are none or several.
    """
    names = [str(session["session_id"]) for session in client.list()]
    if len(names) == 1:
        return names[0]
    if wait and not names:
        leave(ExitCode.USAGE, "there are no sessions yet: name the one to wait for")
    if not names:
        leave(ExitCode.NO_SESSION, "there are no sessions; `lashtui run -- COMMAND` starts one")
    shown = ", ".join(names[:8]) + (" and more" if len(names) > 8 else "")
    raise CommandError(ExitCode.USAGE, f"{len(names)} sessions are running; name one: {shown}")


def ask(client: Client, session: str, request: Callable[[], T]) -> T:
    """The result of a request about `session`.

    Raises:
        CommandError: there is no such session; the message suggests what to do.
    """
    from lashd.errors import RequestRefused

    try:
        return request()
    except RequestRefused as refusal:
        if refusal.code != "no_session":
            raise
        leave(ExitCode.NO_SESSION, f"{refusal.message}; {suggestion(client, session)}")


def suggestion(client: Client, session: str) -> str:
    """What to do about a session that doesn't exist: a similar name, or how to list them."""
    from difflib import get_close_matches

    from lashd.errors import LashdError

    try:
        names = [str(each["session_id"]) for each in client.list()[:MAX_COMPARED]]
    except LashdError:
        names = []
    near = get_close_matches(session, names, 1)
    return f"did you mean `{near[0]}`?" if near else "`lashtui ls` lists them"
