"""`lashtui hooks`: let an agent tell us more, by its own settings."""

from __future__ import annotations

import os
import sys

from lashd.address import is_remote
from lashtui.cli.parsing import Parser, no_tail, socket_of
from lashtui.diagnostics import leave, say, warn
from lashtui.exit_codes import ExitCode
from lashtui.text.sanitize import safe_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

    from lashtui.hooks.agents import HookedAgent
    from lashtui.hooks.install import Installed

DESCRIPTION = """\
Add hooks to an agent's own settings, so that `discover` and `up` see more of the
sessions that you run in its screen: of Claude Code each line as it is written, and
a question as soon as it is asked; of gemini-cli its questions, and when it leaves.
All else in the settings stays as it is, and `uninstall` gives them back as they
were. While nothing listens, the hooks do nothing. The agent is not slowed: it
doesn't wait, or for a few milliseconds.
"""

EXAMPLES = """\
examples:
  lashtui hooks install claude          asks first
  lashtui hooks install claude --yes    for scripts
  lashtui hooks status claude           exit code 1 if they are not there
  lashtui hooks uninstall claude
  lashtui hooks install gemini

changes ~/.claude/settings.json ($CLAUDE_CONFIG_DIR) or ~/.gemini/settings.json.
`lashtui run -- claude` needs none of this: it adds the hooks for that one run.
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The three verbs."""
    from lashtui.cli.parsing import add_global_options
    from lashtui.hooks.agents import AGENTS

    verbs = parser.add_subparsers(
        dest="verb", metavar="VERB", required=True, parser_class=Parser, prog=parser.prog
    )
    for name, summary in (
        ("install", "add them to the agent's settings"),
        ("uninstall", "remove them, and what belongs to them"),
        ("status", "show whether they are there, and who listens"),
    ):
        verb = verbs.add_parser(name, help=summary, description=summary.capitalize() + ".")
        verb.add_argument("agent", metavar="AGENT", choices=tuple(AGENTS), help=", ".join(AGENTS))
        if name != "status":
            verb.add_argument("--yes", action="store_true", help="don't ask")
        add_global_options(verb)


def run(args: argparse.Namespace) -> int:
    """Install, remove or show them."""
    no_tail(args)
    if is_remote(socket_of(args)):
        leave(ExitCode.USAGE, "`hooks` changes settings of its own machine: run it there")
    from lashtui.hooks.agents import AGENTS
    from lashtui.hooks.install import HooksError, look

    agent = AGENTS[args.agent]
    try:
        there = look(agent, os.environ)
        if args.verb == "status":
            return _show(agent, there)
        return (
            _install(agent, there, args) if args.verb == "install" else _remove(agent, there, args)
        )
    except HooksError as problem:
        leave(ExitCode.FAILURE, str(problem))


def _install(agent: HookedAgent, there: Installed, args: argparse.Namespace) -> int:
    from lashtui.hooks.install import install

    if there.is_complete:
        say(f"{there.settings} has the hooks already")
        _warn(there)
        return ExitCode.DONE
    _check_version(agent)
    say(f"-- {agent.title} will run a small program for {_listed(tuple(agent.events))}")
    say(
        f"   so that `lashtui discover` shows {agent.adds}; all else in its settings stays as it is"
    )
    if not _agreed(f"add these hooks to {there.settings}?", args):
        return ExitCode.FAILURE
    install(agent, os.environ)
    say(
        f"added; sessions that begin from now on have them (`lashtui hooks uninstall {agent.name}`)"
    )
    _warn(there)
    return ExitCode.DONE


def _check_version(agent: HookedAgent) -> None:
    """Refuse where the agent is too old for the hooks, and would say so at each of its starts."""
    from lashtui.hooks.version import version_of, written

    version = version_of([agent.name]) if agent.since else None
    if version is not None and version < agent.since:
        needed = f"{written(agent.since)} or newer is needed"
        leave(ExitCode.FAILURE, f"{agent.title} here is version {written(version)}; {needed}")


def _remove(agent: HookedAgent, there: Installed, args: argparse.Namespace) -> int:
    from lashtui.hooks.install import uninstall

    if not there.events:
        say(f"{there.settings} has no hooks of lashtui")
    elif not _agreed(f"remove the hooks of lashtui from {there.settings}?", args):
        return ExitCode.FAILURE
    uninstall(agent, os.environ)
    if there.events:
        left = agent.program(os.environ)
        say(f"removed; {left} stays for sessions that run, and does nothing")
    return ExitCode.DONE


def _show(agent: HookedAgent, there: Installed) -> int:
    if not there.events:
        state = "not installed"
    elif there.is_complete:
        state = f"installed for {_listed(there.events)}"
    else:
        state = f"incomplete: `lashtui hooks install {agent.name}` mends them"
    readers = ", ".join(f"process {number}" for number in there.readers) or "nobody"
    for name, value in (
        ("agent", agent.title),
        ("settings", there.settings),
        ("hooks", state),
        ("read by", readers),
    ):
        sys.stdout.write(f"{name:<9} {safe_line(value)}\n")
    _warn(there)
    return ExitCode.DONE if there.is_complete else ExitCode.FAILURE


def _warn(there: Installed) -> None:
    if there.is_disabled:
        warn(f'"disableAllHooks" in {there.settings} turns all hooks off')


def _agreed(question: str, args: argparse.Namespace) -> bool:
    """Whether the user wants it; only asked where somebody can answer."""
    if args.yes:
        return True
    if not (os.isatty(0) and os.isatty(2)):
        leave(ExitCode.USAGE, f"nothing was changed: {question} Without a terminal, say --yes")
    sys.stderr.write(f"{safe_line(question)} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() in ("y", "yes"):
        return True
    say("nothing was changed")
    return False


def _listed(events: tuple[str, ...]) -> str:
    return f"{len(events)} of its events ({', '.join(events)})"
