"""`lashtui completion`: scripts for bash, zsh and fish, and the completions they ask for."""

from __future__ import annotations

import sys

from lashtui.cli.parsing import no_tail
from lashtui.exit_codes import ExitCode

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse

DESCRIPTION = """\
Print a shell's completion script. It completes commands, options and the names
of the running daemon's sessions.
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
    """Print the completions that the shell asks for, and exit."""
    import argcomplete

    argcomplete.autocomplete(parser, always_complete_options=False)
