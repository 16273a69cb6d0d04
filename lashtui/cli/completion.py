"""`lashtui completion`: scripts for bash, zsh and fish; and the answers that they ask for."""

from __future__ import annotations

import sys

from lashtui.cli.parsing import no_tail
from lashtui.exit_codes import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

DESCRIPTION = """\
Print the completion script of a shell. Commands, options and the names of
sessions are completed, those from the daemon that runs.
"""

EXAMPLES = """\
examples:
  eval "$(lashtui completion bash)"                 in ~/.bashrc
  eval "$(lashtui completion zsh)"                  in ~/.zshrc, after compinit
  lashtui completion fish > ~/.config/fish/completions/lashtui.fish
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """The shell."""
    parser.add_argument("shell", choices=("bash", "zsh", "fish"))


def run(args: argparse.Namespace) -> int:
    """Print the script."""
    no_tail(args)
    from argcomplete.shell_integration import shellcode

    sys.stdout.write(shellcode(["lashtui"], shell=args.shell))
    return ExitCode.DONE


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell and exit."""
    import argcomplete

    argcomplete.autocomplete(parser, always_complete_options=False)
