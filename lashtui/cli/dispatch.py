"""Which command the arguments name; only that one's module is imported and its options are built.

A scripted command pays for what it uses: the app's imports cost ten times what `ls` needs.
"""

from __future__ import annotations

import os

from lashtui.cli.parsing import Parser, add_global_options

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

PROGRAM = "lashtui"

COMMANDS = {
    "attach": "watch a session, in the app or as a stream",
    "ls": "list the sessions",
    "show": "print a session's snapshot",
    "run": "run a command and publish its output",
    "tap": "run between an editor and its agent, and publish a copy",
    "up": "find, publish and follow all agents on this machine",
    "discover": "publish the agents' sessions on this machine",
    "hooks": "let an agent tell more, by hooks in its settings",
    "publish": "publish events from stdin into a session",
    "rm": "remove sessions",
    "cursor": "check whether a cursor can still be resumed",
    "daemon": "run, start or stop the daemon, or show its status",
    "demo": "play a scripted session in the app",
    "completion": "print a shell's completion script",
}

EXAMPLES = """\
examples:
  lashtui demo                                   look around, nothing to set up
  lashtui up                                     find the agents on this machine
  lashtui run -- claude -p 'Fix the tests'       run an agent and publish it
  lashtui run -s build -- make                   or any command
  lashtui                                        all sessions on one screen
  lashtui attach build                           watch that one
  lashtui attach build --format json | jq .      the same, for scripts
  my-agent --json | lashtui publish review       publish what an agent prints

`lashtui COMMAND --help` describes a command.
"""


def dispatch(arguments: list[str]) -> int:
    """Run the command that `arguments` name; its exit code."""
    if "_ARGCOMPLETE" in os.environ:
        from lashtui.cli.completion import complete

        complete(build_parser(set(COMMANDS)))
    head, tail = _cut(arguments)
    verb = _verb(head)
    args = build_parser({verb} if verb in COMMANDS else set()).parse_args(head)
    if args.command is None:
        from lashtui.cli.app import open_fleet

        return open_fleet(args)
    args.tail = tail
    return int(module_of(args.command).run(args))


def build_parser(verbs: set[str]) -> Parser:
    """The parser with the options of `verbs`; with none, it only lists the commands.

    Building thirteen parsers to use one costs a command 7 ms.
    """
    parser = Parser(
        prog=PROGRAM,
        description="Watch AI agents' sessions live in the terminal. Without a command: the app.",
        epilog=EXAMPLES,
    )
    add_global_options(parser, default=None)
    commands = parser.add_subparsers(
        dest="command", metavar="COMMAND", title="commands", prog=PROGRAM
    )
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
        elif argument in ("--socket", "--host"):
            skip = True
        elif not argument.startswith("-"):
            return argument
    return None


def _cut(arguments: list[str]) -> tuple[list[str], list[str] | None]:
    """(before, after) the first `--`; argparse's own rules for it differ between versions."""
    if "--" not in arguments:
        return arguments, None
    place = arguments.index("--")
    return arguments[:place], arguments[place + 1 :]
