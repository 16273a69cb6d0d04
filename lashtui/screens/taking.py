"""What a reader takes out of a transcript: copies, links, an export; and the notes that say so."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from textual.message import Message

from lashd.view import ReadView
from lashtui.process.clipboards import ways_to_copy
from lashtui.process.tools import copy_by, start_tool
from lashtui.reading.copying import (
    attach_command,
    bounded,
    call_part,
    code_blocks,
    copied_message,
    entry_text,
)
from lashtui.reading.export import file_name, markdown
from lashtui.reading.references import Reference, references
from lashtui.saved.atomic import write_new_file
from lashtui.saved.session_key import SessionKey
from lashtui.screens.opening import way_to_open
from lashtui.screens.paint_screen import PaintScreen
from lashtui.text.awaited import is_question
from lashtui.text.sanitize import safe_line
from lashtui.widgets.keys import key_of
from lashtui.widgets.status_line import StatusLine
from lashtui.widgets.transcript.transcript import Transcript


class TakingScreen(PaintScreen):
    """Base of the screens that have a Transcript and a StatusLine."""

    @dataclass
    class EditWanted(Message):
        """A person has chosen a line of a file: the editor is to have the terminal."""

        argv: tuple[str, ...]

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self.elsewhere = ""
        """The agent's machine, if it is known to be another one."""
        self._copied: str | None = None
        """Id of the call whose output was copied last."""
        self._copied_block: tuple[str, int] | None = None
        """Id of the entry whose code block was copied last, and which of its blocks that was."""

    # -- what the screen is asked ------------------------------------------------------------------

    def read_view(self) -> ReadView | None:
        """The view that the transcript shows."""
        raise NotImplementedError

    def read_cursor(self) -> str | None:
        """The cursor up to which the transcript goes."""
        return None

    def read_key(self) -> SessionKey:
        """The session of the view."""
        raise NotImplementedError

    @property
    def transcript(self) -> Transcript:
        """The transcript."""
        return self.query_one(Transcript)

    def _show_note(self, text: str) -> None:
        """Say what was done, or why not, in the status line, where it covers nothing."""
        for line in self.query(StatusLine):
            line.show_note(text)

    def _key(self, action: str) -> str:
        return key_of(self, action, "?")

    # -- copying -------------------------------------------------------------------------------

    def copy_text(self, what: str, text: str, hint: str = "") -> None:
        """Copy `text`, as much of it as a clipboard takes, and say so."""
        kept, left_out = bounded(text)

        def said(arrived: bool) -> str:
            words = copied_message(what, kept, left_out, arrived=arrived)
            return words if left_out else words + hint

        self._deliver(kept, said)

    def _deliver(self, text: str, said: Callable[[bool], str]) -> None:
        """Bring `text` to the clipboard. `said(arrived)` is shown; the newest copy alone counts."""
        # The app's, not the screen's: it goes on where the screen is left at once.
        bring = self._bring(text, said)
        self.app.run_worker(bring, name="copy", group="copy", exclusive=True)

    async def _bring(self, text: str, said: Callable[[bool], str]) -> None:
        arrived = await copy_by(ways_to_copy(os.environ, which, sys.platform), text)
        if not arrived:
            self.app.copy_to_clipboard(text)
        if self.is_attached:
            self._show_note(said(arrived))

    def action_copy_entry(self) -> None:
        """Copy what the current entry says; of a call its change or output, the second time all."""
        entry = self.transcript.mark_current()
        text = entry_text(entry) if entry is not None else ""
        if entry is None or not text:
            self._show_note("there is nothing to copy here")
            return
        what, part = call_part(entry)
        if part and self._copied != entry.id:
            self._copied = entry.id
            key = self._key("copy_entry")
            self.copy_text(what, part, f"; {key} again: the call")
            return
        self._copied = None
        if is_question(entry):
            what = "question"
        elif entry.format is not None:  # what a command printed
            what = "output"
        else:
            what = "call" if entry.kind == "tool" else "entry"
        self.copy_text(f"the {what}", text)

    def action_copy_code(self) -> None:
        """Copy the last code block of the current entry, and each further time the one before."""
        entry = self.transcript.mark_current()
        blocks = code_blocks(entry) if entry is not None else []
        if entry is None or not blocks:
            self._copied_block = None
            self._show_note("this entry has no code block")
            return
        key, at = self._copied_block or ("", 0)
        at = (at if key == entry.id else len(blocks)) - 1
        at = at if 0 <= at < len(blocks) else len(blocks) - 1
        self._copied_block = (entry.id, at)
        if len(blocks) == 1:
            self.copy_text("the code block", blocks[at])
            return
        again = f"; {self._key('copy_code')} again: the one before" if at else ""
        self.copy_text(f"code block {at + 1} of {len(blocks)}", blocks[at], again)

    def action_copy_selection(self) -> None:
        """Copy what is selected."""
        text = self.get_selected_text()
        if text:
            self.copy_text("the selection", text)
        else:
            copy, detach = self._key("copy_entry"), self._key("detach")
            self._show_note(f"nothing is selected: {copy} copies the entry, {detach} detaches")

    def action_copy_command(self) -> None:
        """Copy the command by which a script continues from here."""
        if self.read_view() is None:
            return
        socket = getattr(self.app, "socket_option", None)
        host, name = self.read_key()
        command = attach_command(name, self.read_cursor(), socket, host)
        shown = safe_line(command)
        self._deliver(
            command,
            lambda arrived: f"{'copied' if arrived else 'sent to the clipboard'}: {shown}",
        )

    # -- links ---------------------------------------------------------------------------------

    def action_links(self) -> None:
        """List what the marked entry, or else what is in view, links to."""
        from lashtui.screens.links import LinksScreen

        marked = self.transcript.marked
        found = references([marked] if marked is not None else [])
        found = found or references(self.transcript.entries_in_view())
        if found:
            self.app.push_screen(LinksScreen(found, self._open_reference, self._copy_instead))
        else:
            self._show_note("no links here")

    def _open_reference(self, reference: Reference) -> None:
        self.app.run_worker(self._open(reference), name="open", group="open", exclusive=True)

    async def _open(self, reference: Reference) -> None:
        """Open it; where that can't be done, copy it and say why."""
        view = self.read_view()
        directory = view.directory if view is not None else None
        way = await way_to_open(reference, directory=directory, elsewhere=self.elsewhere)
        if isinstance(way, str):
            self._copy_instead(reference, f"{way}; ")
        elif way.is_editor:
            self.post_message(self.EditWanted(way.argv))
        else:
            failed = await start_tool(way.argv)
            if self.is_attached:
                self._show_note(failed or f"opened {safe_line(reference.text)}")

    def _copy_instead(self, reference: Reference, why: str = "") -> None:
        text = reference.text
        self._deliver(
            text, lambda arrived: why + copied_message("the link", text, 0, arrived=arrived)
        )

    def action_export(self) -> None:
        """Write the transcript as Markdown into the current directory."""
        view = self.read_view()
        if view is None:
            self._show_note("there is nothing to export yet")
            return
        try:
            text = markdown(view, self.read_cursor())
            name = file_name(view.session_id, time.time())
            path = write_new_file(Path.cwd(), name, text.encode("utf-8", "replace"))
        except OSError as error:
            reason = safe_line(error.strerror or str(error))
            self.notify(f"not exported: {reason}", severity="error", markup=False)
        else:
            self._show_note(f"exported to {safe_line(str(path))}")
