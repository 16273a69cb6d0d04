"""Standard descriptors that a command was started without. Imports nothing but `os`."""

from __future__ import annotations

import os


def hold_standard_descriptors() -> None:
    """Where stdin, stdout or stderr is closed, keep its number taken.

    Else the next pipe or socket gets it: what is meant for the user goes there, and libuv aborts
    when it closes one. Use fails as it should: what holds stdin can't be read, what holds the
    others can't be written. Children don't get them.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_WRONLY if number == 0 else os.O_RDONLY)
