"""`lashtui demo`: hands over to the demo, which has a daemon of its own and its own options."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.cli.parsing import no_tail
from lashtui.demo.command import DESCRIPTION, EXAMPLES, configure
from lashtui.demo.command import run as play

if TYPE_CHECKING:
    import argparse

__all__ = ["DESCRIPTION", "EXAMPLES", "configure", "run"]


def run(args: argparse.Namespace) -> int:
    """Play it."""
    no_tail(args)
    return int(play(args))
