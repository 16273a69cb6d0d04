"""Which version of an agent a command starts: an older one complains of events that it lacks."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

ASK_FOR: Final = 1.0
"""Seconds that the answer may take; it takes hundredths, and the agent is started after it."""
_NUMBERS: Final = re.compile(rb"\b(\d{1,6})\.(\d{1,6})\.(\d{1,6})\b")
_DIRECT: Final = ("env",)
"""What may stand before the agent's name; a runner of packages would take seconds."""

Version = tuple[int, ...]


def version_of(words: Sequence[str], within: float = ASK_FOR) -> Version | None:
    """The version of the agent that these words start, without any arguments; None: not known.

    Args:
        words: the command.
        within: seconds for the answer.
    """
    if len(words) > 1 and words[0] not in _DIRECT:
        return None
    try:
        asked = subprocess.run(
            [*words, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=within,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    found = _NUMBERS.search(asked.stdout[:1000])
    return tuple(map(int, found.groups())) if found is not None else None


def written(version: Version) -> str:
    """As people write it."""
    return ".".join(map(str, version))
