"""Reserves descriptors 0 to 2 where a command was started without them.

Imports nothing but `os`.
"""

from __future__ import annotations

import os


def hold_standard_descriptors() -> None:
    """Open a placeholder for stdin, stdout and stderr where one is closed.

    Otherwise the next pipe or socket gets its number, output meant for the user goes there, and
    libuv aborts when it closes one. Using a placeholder still fails, as it should: the one for
    stdin can't be read, those for the others can't be written. Children don't inherit them.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 0 else os.O_RDONLY)
