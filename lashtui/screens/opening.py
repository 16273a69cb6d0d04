"""Finds out how what was chosen from the list of links is opened, here and now."""

from __future__ import annotations

import asyncio
import os
import sys
from shutil import which
from typing import TYPE_CHECKING

from lashtui.process.files import find_file, path_of_address
from lashtui.process.opening import Command, way_to_browse, way_to_edit
from lashtui.text.sanitize import safe_line

if TYPE_CHECKING:
    from lashtui.reading.references import Reference


async def way_to_open(
    reference: Reference, *, directory: str | None, elsewhere: str
) -> Command | str:
    """The command, or a few words on why there is none.

    Args:
        reference: what is to be opened.
        directory: the session's.
        elsewhere: the agent's machine, if it is another one.
    """
    path = reference.path
    if not path and reference.text.lower().startswith("file:"):
        path = path_of_address(reference.text, elsewhere or os.uname().nodename)
        if not path:
            return "a file of another machine"
    if not path:
        return way_to_browse(os.environ, which, sys.platform, reference.text)
    if elsewhere:
        return f"the file is on {safe_line(elsewhere, 60)}"
    # Not in the loop: a disk may be far away.
    found, why = await asyncio.to_thread(find_file, path, directory)
    return way_to_edit(os.environ, which, found, reference.line) if found else why
