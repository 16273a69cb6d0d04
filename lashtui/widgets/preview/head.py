"""The head of a preview: who the session is, where it stands and where it runs. Pure.

Everything in it is in the list's row: it is there before anything of the session was asked for.
"""

from __future__ import annotations

from textual.content import Content

from lashd.view import SessionRow
from lashtui.feed.fleet.rows import since, standing
from lashtui.render.fit import fit_path
from lashtui.render.styles import TEXT, Line
from lashtui.render.wrap import wrap_plain
from lashtui.text.duration import duration_clock, duration_short
from lashtui.text.sanitize import safe_line
from lashtui.text.standing import state_word
from lashtui.theme import STANDING_STYLES

MAX_NAME = 60
"""Cells of the session's name."""
MAX_CHARS = 500
"""Characters of each other text: more than the widest screen shows."""
MAX_PLACE = 4
"""Lines of where to answer: a path of a usual depth, in the narrowest preview."""
_MUTED = "$foreground 70%"


def head_lines(
    row: SessionRow,
    now_ms: int,
    width: int,
    *,
    name: str = "",
    host: str = "",
    place: str = "",
    home: str = "",
    unseen_ms: int | None = None,
) -> list[Content]:
    """Its lines, at most `width` cells each; where to answer has lines of its own and is not cut.

    `name`: what the person calls the session. `place`: where it runs, or where to answer it;
    neutralised. `home`: the directory that `~` stands for. `unseen_ms`: for how long nothing was
    heard of its host; None while it is followed.
    """
    own = safe_line(row.session_id, MAX_NAME)
    title = f"{safe_line(name, MAX_NAME)} · {own}" if name else own
    if host:
        title = f"{safe_line(host, MAX_NAME)}:{title}"
    state = _state(row, now_ms)
    if unseen_ms is not None:
        state = Content.styled(f"? unseen {duration_short(unseen_ms / 1000)}", _MUTED)
    left = Content.assemble((title, "bold"), "  ", state)
    plan = f"plan {row.plan.done}/{row.plan.total}" if row.plan is not None else ""
    lines = [_two_ends(left, Content.styled(plan, _MUTED), width)]
    if row.title:
        lines.append(Content.styled(safe_line(row.title, MAX_CHARS), _MUTED))
    if row.mirror is not None and row.mirror.foreign_at is not None:
        ago = duration_short(max(0, now_ms - row.mirror.foreign_at) / 1000)
        words = f"kept out {ago} ago: something that its home did not write"
        lines.append(Content.styled(words, STANDING_STYLES["failed"]))
    known, answer = [row.agent, row.model], list[Content]()
    facts = [safe_line(each, MAX_NAME) for each in known if each]
    asks = standing(row) == "needs you"
    if place and asks:
        answer = [_plain(line) for line in wrap_plain(place, max(1, width), TEXT)][:MAX_PLACE]
    elif place:
        facts.append(place)
    elif row.directory:
        facts.append(fit_path(safe_line(row.directory, MAX_CHARS), max(8, width // 2), home))
    if facts:
        lines.append(Content.styled(" · ".join(facts), _MUTED))
    lines += answer
    return [line.truncate(max(1, width), ellipsis=True) for line in lines]


def _plain(line: Line) -> Content:
    return Content.styled("".join(text for text, _ in line).rstrip(), _MUTED)


def _state(row: SessionRow, now_ms: int) -> Content:
    place = standing(row)
    mark, words = state_word(place, row.state, row.outcome)
    if place == "needs you":
        words = f"{words} for you"
    began = row.turn_started_at if place == "working" else since(row)
    took = _clock(began, now_ms) if place in ("needs you", "quiet", "working") else ""
    text = f"{mark} {words} {took}".rstrip()
    return Content.styled(f" {text} " if place == "needs you" else text, STANDING_STYLES[place])


def _clock(then: int | None, now_ms: int) -> str:
    return "" if then is None else duration_clock(max(0, now_ms - then) / 1000)


def _two_ends(left: Content, right: Content, width: int) -> Content:
    """What must be seen on the right; the left is cut for it."""
    if not right.cell_length:
        return left
    room = width - right.cell_length - 2
    if room < 10:
        return left
    return left.truncate(room, ellipsis=True, pad=True).append("  ").append(right)
