"""The `lashtui` command: decides on the verb first, then builds and imports that verb's alone.

A scripted command pays for what it uses: an app's imports cost ten times what `ls` needs.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from lashd.server.stdio import hold_standard_descriptors
from lashtui.cli.parsing import Parser, add_global_options
from lashtui.diagnostics import discard_stdout, error, failure_of
from lashtui.exit_codes import ExitCode

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

COMMANDS = {
    "attach": "watch a session: the app, or a stream for scripts",
    "ls": "list the sessions",
    "show": "print a session's snapshot",
    "run": "run a command and publish its output",
    "tap": "stand between an editor and its agent, and publish a copy",
    "discover": "publish the agents' sessions that are on this machine",
    "publish": "publish events from stdin into a session",
    "rm": "forget a session",
    "cursor": "say what a cursor can still do",
    "daemon": "run, start, stop the daemon, or tell about it",
    "demo": "a scripted session in the app",
    "completion": "print the completion script of a shell",
}

EXAMPLES = """\
examples:
  lashtui demo                                   look around, nothing to set up
  lashtui discover                               the agents' sessions on this machine
  lashtui run -- claude -p 'Fix the tests'       run an agent, watched
  lashtui run -s build -- make                   or any command
  lashtui                                        pick a session and watch it
  lashtui attach build                           watch that one
  lashtui attach build --format json | jq .      the same for a script
  my-agent --json | lashtui publish review       publish what an agent prints

`lashtui COMMAND --help` tells more about each command.
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit code."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    hold_standard_descriptors()
    try:
        return _guarded(lambda: _dispatch(arguments))
    finally:
        _flush()


def _guarded(call: Callable[[], int]) -> int:
    try:
        return call()
    except SystemExit as leaving:  # argparse: help, version, usage errors
        return leaving.code if isinstance(leaving.code, int) else ExitCode.USAGE
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        discard_stdout()
        return ExitCode.DONE
    except Exception as problem:
        failure = failure_of(problem)
        if failure is None:
            raise
        if failure.message:
            error(failure.message)
        return failure.code


def _dispatch(arguments: list[str]) -> int:
    if "_ARGCOMPLETE" in os.environ:
        from lashtui.cli.completion import complete

        complete(build_parser(set(COMMANDS)))
    head, tail = _cut(arguments)
    verb = _verb(head)
    args = build_parser({verb} if verb in COMMANDS else set()).parse_args(head)
    if args.command is None:
        from lashtui.cli.app import open_picker

        return open_picker(args)
    args.tail = tail
    return int(module_of(args.command).run(args))


def build_parser(verbs: set[str]) -> Parser:
    """The parser of `verbs`; of all commands, without their options, if it is none.

    Making thirteen parsers to use one costs a command 7 ms.
    """
    parser = Parser(
        prog="lashtui",
        description="Watch AI agents' sessions live in the terminal. Without a command: the app.",
        epilog=EXAMPLES,
    )
    add_global_options(parser, default=None)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    for name, summary in COMMANDS.items():
        if verbs and name not in verbs:
            continue
        sub = commands.add_parser(name, help=summary, description=summary.capitalize() + ".")
        add_global_options(sub)
        if name in verbs:
            module = module_of(name)
            sub.description, sub.epilog = module.DESCRIPTION, module.EXAMPLES
            module.configure(sub)
    return parser


def module_of(verb: str) -> ModuleType:
    """The module of a command: DESCRIPTION, EXAMPLES, configure(parser), run(args) -> int."""
    from importlib import import_module

    return import_module(f"lashtui.cli.{verb}")


def _verb(arguments: list[str]) -> str | None:
    skip = False
    for argument in arguments:
        if skip:
            skip = False
        elif argument == "--socket":
            skip = True
        elif not argument.startswith("-"):
            return argument
    return None


def _cut(arguments: list[str]) -> tuple[list[str], list[str] | None]:
    """(ours, what stands after the first `--`): argparse's own rules for it differ by version."""
    if "--" not in arguments:
        return arguments, None
    place = arguments.index("--")
    return arguments[:place], arguments[place + 1 :]


def _flush() -> None:
    """A reader that closed our pipe makes the flush at exit fail; that is no news for anybody."""
    try:
        sys.stdout.flush()
    except (BrokenPipeError, ValueError, AttributeError):
        discard_stdout()
    except OSError as problem:
        error(f"can't write to stdout: {problem.strerror or problem}")
        discard_stdout()


if __name__ == "__main__":
    sys.exit(main())
