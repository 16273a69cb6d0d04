"""What the commands' parsers share: one-line errors, common options, checked values."""

from __future__ import annotations

import argparse
import os
import sys

from lashtui import __version__
from lashtui.diagnostics import CommandError, error
from lashtui.exit_codes import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, NoReturn


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Keeps the layout of examples, and knows the terminal's width.

    argparse makes a formatter for each option that it is given, and each would import `shutil`,
    with all its compression modules, to ask for the width.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=columns() - 2)


def columns() -> int:
    """The terminal's width, as `shutil.get_terminal_size` finds it."""
    text = os.environ.get("COLUMNS", "")
    found = int(text) if text.isascii() and text.isdigit() else 0
    if found == 0:
        try:
            found = os.get_terminal_size(1).columns
        except OSError:
            pass
    return found or 80


class Parser(argparse.ArgumentParser):
    """Errors take one line, which says where to find help."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", HelpFormatter)
        options.setdefault("allow_abbrev", False)  # new options must not break scripts
        super().__init__(**options)

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """A wrong word gets what was probably meant, or all that there is to choose from."""
        if action.choices is None or value in action.choices:
            return
        from difflib import get_close_matches

        choices = list(map(str, action.choices))
        near = get_close_matches(str(value), choices, 1)
        hint = f"did you mean {near[0]}?" if near else f"choose from {', '.join(choices)}"
        is_command = action.dest == "command"
        what = "a command" if is_command else "a choice"
        message = f"{str(value)!r} is not {what}; {hint}"
        raise argparse.ArgumentError(None if is_command else action, message)

    def error(self, message: str) -> NoReturn:
        """Exit code 2 and one line."""
        error(f"{message} (see `{self.prog} --help`)")
        raise SystemExit(int(ExitCode.USAGE))


def add_global_options(
    parser: argparse.ArgumentParser, default: str | None = argparse.SUPPRESS
) -> None:
    """`--socket`, `--host` and `--version`, before or after the command."""
    parser.add_argument(
        "--socket",
        metavar="PATH",
        default=default,
        help="the daemon's socket (default: $LASHTUI_SOCKET, or in the user's runtime directory)",
    )
    complete_with(
        parser.add_argument(
            "--host",
            metavar="HOST",
            default=default,
            help="the machine: a name of config.toml, ssh://[user@]host[:port] or unix:PATH"
            " (default: $LASHTUI_HOST, or this one)",
        ),
        complete_host,
    )
    parser.add_argument("--version", action="version", version=f"lashtui {__version__}")


def positive_seconds(text: str) -> float:
    """A number of seconds above 0."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < 1e9:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive number of seconds")
    return value


def duration(text: str) -> float:
    """The seconds of a duration such as `90s` or `7d`."""
    from lashtui.text.duration import parse_duration

    try:
        return parse_duration(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def count(text: str) -> int:
    """A non-negative integer."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise argparse.ArgumentTypeError(f"{text!r} is not a non-negative integer")
    return int(text)


def session_id(text: str) -> str:
    """A valid session name."""
    from lashd.cursor import check_session_id

    try:
        return check_session_id(text)
    except ValueError as problem:
        raise argparse.ArgumentTypeError(str(problem)) from None


def add_session(parser: argparse.ArgumentParser, *flags: str, **options: Any) -> None:
    """A session's name, with completion from those that the daemon has."""
    options.setdefault("metavar", "SESSION")
    complete_with(parser.add_argument(*flags, type=session_id, **options), complete_session)


def complete_with(action: argparse.Action, completer: Callable[..., list[str]]) -> None:
    """Complete an argument by what `completer` gives for its beginning."""
    action.completer = completer  # type: ignore[attr-defined]


def add_format(parser: argparse.ArgumentParser, **options: Any) -> None:
    """`--format` of an input: any format that has a producer."""
    from lashtui.producers import FORMATS

    parser.add_argument("--format", metavar="FORMAT", choices=("auto", *FORMATS), **options)


def add_publishing_options(parser: argparse.ArgumentParser) -> None:
    """The options of every command that publishes."""
    parser.add_argument("--title", help="the session's title, shown in lists and in the app")
    parser.add_argument("--agent", help="the agent's name, shown with the title")
    parser.add_argument("--no-start", action="store_true", help="don't start a daemon")


def complete_list(choices: Iterable[str], prefix: str) -> list[str]:
    """The lists that begin with `prefix`, whose last part is completed from `choices`."""
    before, comma, part = prefix.rpartition(",")
    given = before.split(",")
    left = (each for each in choices if each not in given)
    return [f"{before}{comma}{each}" for each in left if each.startswith(part)]


def complete_session(prefix: str, parsed_args: argparse.Namespace, **_: object) -> list[str]:
    """The session names that begin with `prefix`; none if no daemon answers quickly."""
    from lashd.errors import LashdError
    from lashd.paths import address_of_host, socket_path
    from lashtui.listing.hosts import lists_of

    host = getattr(parsed_args, "host", None)
    try:
        given = getattr(parsed_args, "socket", None)
        path = address_of_host(host) if host else socket_path(given)
    except LashdError:
        return []
    rows = lists_of({"": path}, COMPLETE_WITHIN)[0]
    names = [str(row["session_id"]) for row in rows]
    return [name for name in names if name.startswith(prefix)]


COMPLETE_WITHIN = 2.0
"""Seconds for the names of sessions: a person has pressed Tab, perhaps for another machine's."""


def complete_host(prefix: str, **_: object) -> list[str]:
    """The configured hosts that begin with `prefix`; none if the configuration is invalid."""
    from lashd.errors import LashdError
    from lashd.paths import configured_hosts

    try:
        return [name for name in configured_hosts() if name.startswith(prefix)]
    except LashdError:
        return []


_ASKING = ("ls", "show", "cursor", "rm", "daemon")
"""A person waits for these, and nothing else is on the terminal: ssh may ask for a password."""


def socket_of(args: argparse.Namespace) -> str:
    """The address of the daemon: its socket's path, or another machine's.

    Raises:
        CommandError: a socket can't have this path, or the configuration is invalid.
    """
    from lashd.address import is_remote
    from lashd.errors import LashdError
    from lashd.paths import address_of_host, socket_path

    host = getattr(args, "host", None)
    if host is not None and args.socket is not None:
        raise CommandError(ExitCode.USAGE, "use --host or --socket, not both")
    try:
        found = socket_path(args.socket) if host is None else address_of_host(host)
    except LashdError as problem:
        raise CommandError(ExitCode.USAGE, str(problem)) from None
    if is_remote(found) and args.command in _ASKING and sys.stdin.isatty():
        from lashd.connect.dialled import Questions

        Questions.allowed = True
    return found


def no_tail(args: argparse.Namespace) -> None:
    """Refuse arguments after `--`, for commands that take none."""
    if args.tail:
        raise CommandError(ExitCode.USAGE, f"{args.command} takes nothing after --")
