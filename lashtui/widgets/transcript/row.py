"""One row of the transcript: an entry or a divider, its height, and its lines once it was seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.feed.divider import Divider
from lashtui.render.entry import TEXTUAL, is_compact, is_foldable

if TYPE_CHECKING:
    from lashd.view import Entry
    from lashtui.render.styles import Line
    from lashtui.render.text_doc import TextDoc
    from lashtui.widgets.transcript.digest_row import DigestRow
    from lashtui.widgets.transcript.inside import Inside


class Row:
    """One entry or divider of the transcript."""

    # Defaults of the class, not of each instance: ten thousand rows are made at once.
    seq = 0
    """Counts rows ever added: index = seq - seq of the first row."""
    depth = 0
    turn = 0
    """Number of the turn that this prompt begins; 0 for all others."""
    failed = False
    """Something went wrong in its entry."""
    lead = 0
    """Lines above its own: a blank one, and the label."""
    label: Line | None = None
    """Names the subagent that it is of, where the row above is of another."""
    height = 1
    """In lines, `lead` included; an estimate until it is drawn."""
    dirty = False
    """Its entry changed since its lines were made."""
    doc: TextDoc | None = None
    lines: list[Line] | None = None
    unfolded: bool | None = None
    """What the reader chose; None: the default for its kind."""
    used = 0
    """The renderer's turn in which it was last wanted."""
    version = 0
    """Counts how often it was drawn."""
    hidden = False
    """The reader's filter leaves it out."""
    pinned = False
    """`lines` are what was shown when the reader held the view, and older than the entry."""
    digest: DigestRow | None = None
    """It says what happened while the reader was away."""
    stands_in_for: Row | None = None
    """A divider that is shown only while the filter hides this row, which it is inside of."""
    inside: Inside | None = None
    """A divider in the middle of its text."""
    seen_chars = 0
    """Characters of its text when the reader last saw it."""

    def __init__(self, key: str, entry: Entry | None, divider: Divider | None = None) -> None:
        """`key` is the entry's id; a divider has one that no entry can have."""
        self.key = key
        self.entry = entry
        self.divider = divider

    @property
    def folded(self) -> bool:
        """Whether it shows only its first lines."""
        entry = self.entry
        if entry is None or not is_foldable(entry):
            return False
        if self.unfolded is not None:
            return not self.unfolded
        if self.inside is not None:
            return False  # what is new is not hidden
        return entry.kind != "reasoning" or entry.settled or entry.ended_at is not None

    def folds_at(self, line: int) -> bool:
        """Whether a click on this line of it folds or unfolds it: its first, or its fold's note."""
        if self.entry is None or not is_foldable(self.entry):
            return False
        return line == self.lead or (self.folded and line == self.height - 1)

    def has_grown(self) -> bool:
        """Whether its text grew since the last call, or since it was drawn."""
        entry = self.entry
        if entry is None or entry.kind not in TEXTUAL or entry.ended_at is not None:
            return False
        length = entry.cut_chars + len(entry.text or "")
        grown, self.seen_chars = length > self.seen_chars, length
        return grown

    @property
    def is_live(self) -> bool:
        """Whether more text may come."""
        entry = self.entry
        open_text = entry is not None and entry.kind in TEXTUAL and entry.ended_at is None
        return open_text and entry is not None and not entry.settled

    @property
    def is_readable(self) -> bool:
        """Whether it says something: a divider or a commit is only a rule between entries."""
        return self.entry is not None and self.entry.kind != "commit"

    @property
    def is_stop(self) -> bool:
        """Whether it is one of those that the reader goes through."""
        return self.digest is not None or self.is_readable

    @property
    def is_reasoning(self) -> bool:
        """Whether it shows what the model thought."""
        return self.entry is not None and self.entry.kind == "reasoning"

    @property
    def compact(self) -> bool:
        """Whether it may stand directly under another compact row."""
        if self.digest is not None:
            return True
        return self.entry is not None and is_compact(self.entry)
