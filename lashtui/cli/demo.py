"""`lashtui demo`: hands over to the demo, which has a daemon of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.cli.parsing import no_tail

if TYPE_CHECKING:
    import argparse

DESCRIPTION = """\
Watch a scripted, realistic session. It has a daemon of its own in a private
place: nothing to set up, nothing left behind. On a pipe it prints the stream as
text and ends.
"""

EXAMPLES = """\
examples:
  lashtui demo
  lashtui demo | less
"""


def configure(parser: argparse.ArgumentParser) -> None:
    """What follows the command is the demo's own."""
    parser.add_argument(
        "--speed",
        metavar="N",
        type=float,
        default=None,
        help="so many times as fast (default: 1)",
    )


def run(args: argparse.Namespace) -> int:
    """Run it."""
    no_tail(args)
    from lashtui.demo.command import main

    return int(main([] if args.speed is None else ["--speed", str(args.speed)]))
