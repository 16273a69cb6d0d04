"""Text as an attacker would write it, and the proof that none of it drives a terminal.

The proof reads bytes that went to a terminal: it knows each sequence that the app may write, and
fails for any other, wherever it came from.
"""

from __future__ import annotations

import base64
import re
from collections import Counter
from dataclasses import dataclass, field

ATTACKS = (
    "\x1b]52;c;TEVBSw==\x07",  # writes the clipboard
    "\x1b]0;LEAK\x07",  # sets the title
    "\x1b]2;LEAK\x1b\\",
    "\x1b]8;;https://leak.example/\x1b\\",  # all that follows is a link
    "\x1b]9;LEAK\x07",  # notifies
    "\x1b]777;notify;LEAK;LEAK\x1b\\",
    "\x1b]1337;File=LEAK:TEVBSw==\x07",
    "\x1b[?25l\x1b[?7h",  # hides the cursor, wraps lines
    "\x1b[?1049l\x1b[2J\x1b[1;1H",  # leaves the app's screen, clears the other
    "\x1b[38;5;199;5;9m",  # blinks in pink
    "\x1b[99;7H",  # moves to a row that is not there
    "\x1b[6n\x1b[c\x1b[21t",  # makes the terminal type
    "\x1bP$qm\x1b\\\x1bP+q544e\x1b\\",
    "\x1b_GLEAK\x1b\\\x1b^LEAK\x1b\\\x1bXLEAK\x1b\\",
    "\x1bc\x1b7\x1b8\x1b(0\x1b#8\x1bZ",  # resets, draws lines for letters
    "\x9b31m\x9b2J\x9d0;LEAK\x9c\x90LEAK\x9c\x9eLEAK\x9c\x9fLEAK\x9c\x85\x84\x8d",
    "\x07\x08\x08\x08\x7f\r\x0b\x0c\x00\x05\x0e\x0f",
    "\u202e\u202d\u202a\u202b\u202c\u2066\u2067\u2068\u2069\u200e\u200f\u061c",
    "\u2028\u2029",
    "\x1b]4;1;#000000\x07\x1b]10;#000000\x07\x1b]104\x07",  # changes colours for good
    "\x1b]7;kitty-shell-cwd://leak/\x07\x1b]133;A\x07\x1b]50;CursorShape=1\x07",  # a shell's marks
    " \x1bPtmux;\x1b\x1b]52;c;TEVBSw==\x07\x1b\\",  # through tmux, to the terminal around it
    "\x1bP0;1;0q#0;2;0;0;0#0!9~\x1b\\\x1b_Gf=24,s=1,v=1;TEVB\x1b\\",  # pictures
    "\x1b[5i\x1b[8;1;1t\x1b[2;3r\x1b[?69h\x1b[1;2s",  # prints, resizes, sets margins
    "\x1b[>4;2m\x1b[=1u\x1b[?1003h\x1b[?2004l",  # keyboard and mouse
    "\x1b\x1b[\x1b]0;LEAK",  # begun, and never ended
)
"""Each does something to some terminal. They carry a marker, and no line break."""

ODD = (
    "o" + "\u0301\u0489" * 20,  # a flood of marks
    "a\u200b\u200c\u200d\u2060\ufeff\u034f\u180e\ufff9",  # no width at all
    "\U000e0001\U000e004c\U000e0045\U000e0041\U000e004b\U000e007f",  # words that nobody sees
    "\u2764\ufe0f\u2764\ufe0e\U000e0100\U0001f3f4\U0001f468\u200d\U0001f469",
    "\ufdfd\U00012031\u2e3b\u3164\u115f\uff21",  # wider than they count
)
"""Text that drives no terminal, whose width is hard to know."""

RAW = (
    b"\xc0\x9b]0;LEAK\x07",  # an escape character in two bytes, where one will do
    b"\xe0\x80\x9b[2J\xf0\x80\x80\x9b[2J",
    b"\x9b31m\x9d0;LEAK\x9c",  # C1 as terminals without UTF-8 have it
    b"\xc2\x9b31m\xc2\x9d0;LEAK\xc2\x9c",
    b"\xed\xa0\x80\xed\xb0\x80\xf5\x80\x80\x80\xff\xfe\xc2",
)
"""Bytes that are no text, or not where one looks."""


def hostile(word: str) -> str:
    """`word`, and behind it everything that could hurt."""
    return word + "".join(ATTACKS + ODD) + "."


BIDI = "\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069"
_UNSEEN = re.compile(f"[\x00-\x08\x0b-\x1f\x7f-\x9f{BIDI}]")
_TOKEN = re.compile(
    "(?P<csi>\x1b\\[[0-?]*[ -/]*[@-~])"
    "|\x1b\\](?P<osc>[^\x00-\x1f\x7f-\x9f]*)(?:\x07|\x1b\\\\)"
    "|(?P<control>[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f])"
    "|(?P<text>[^\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]+)"
)
_CSI = re.compile(
    "\x1b\\[(?:"
    "[0-9;]*m"  # colours
    "|(?P<row>[0-9]+);(?P<column>[0-9]+)H"
    # Modes: cursor, line wrap, mouse, focus, alternate screen, paste, atomic paints, resizes.
    r"|\?(?P<mode>7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)[hl]"
    r"|\?(?:2026|2048)\$p"
    "|>[0-9]+u|<u"  # kitty's keys
    "|2[23];2t"  # the title is put aside, and back
    ")"
)
_ADDRESS = re.compile("(?:https?|file|mailto):", re.IGNORECASE)
_OSC = re.compile("(?P<kind>2|8|22|9|52|777);(?P<rest>.*)")
OWN_TITLE = re.compile("|.* · lashtui|lashtui(?: · ‼ [0-9,]+ needs? you)?")
OWN_NOTICE = re.compile("(?:notify;)?lashtui[; ].*")


@dataclass
class Written:
    """What a terminal was told."""

    text: str = ""
    """Everything that was printed, sequences left out."""
    titles: list[str] = field(default_factory=list)
    links: set[str] = field(default_factory=set)
    notices: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)
    bells: int = 0
    modes: Counter[str] = field(default_factory=Counter)


def read_terminal(data: bytes, columns: int, rows: int) -> Written:
    """Read what the app wrote to a terminal of this size.

    Raises:
        AssertionError: it has something that the app never means.
    """
    raw = data.decode("utf-8")  # strict: no byte above 0x7f stands alone
    for attack in ATTACKS:
        assert attack not in raw, f"an attack came through: {attack!r}"
    assert not re.search(f"[\x80-\x9f{BIDI}]", raw), "C1, or what reorders a line"
    written, parts, place = Written(), [], 0
    while place < len(raw):
        token = _TOKEN.match(raw, place)
        assert token is not None, f"no sequence of ours: {raw[place : place + 60]!r}"
        place = token.end()
        if (text := token["text"]) is not None:
            parts.append(text)
        elif (csi := token["csi"]) is not None:
            _read_csi(csi, columns, rows, written)
        elif (osc := token["osc"]) is not None:
            _read_osc(osc, written)
        else:
            assert token["control"] == "\x07", f"control character {token['control']!r}"
            written.bells += 1
    written.text = "".join(parts)
    return written


def _read_csi(csi: str, columns: int, rows: int, written: Written) -> None:
    known = _CSI.fullmatch(csi)
    assert known is not None, f"not a sequence of the app: {csi!r}"
    if known["row"]:
        assert int(known["row"]) <= rows
        assert int(known["column"]) <= columns + 1
    if known["mode"]:
        written.modes[csi[2:]] += 1


def _read_osc(osc: str, written: Written) -> None:
    known = _OSC.fullmatch(osc)
    assert known is not None, f"not an OSC of the app: {osc!r}"
    kind, rest = known["kind"], known["rest"]
    if kind == "2":
        assert OWN_TITLE.fullmatch(rest), rest
        written.titles.append(rest)
    elif kind == "8":
        target = rest.partition(";")[2]
        assert not target or _ADDRESS.match(target), rest
        assert target.isascii(), rest
        written.links.add(target)
    elif kind in ("9", "777"):
        assert OWN_NOTICE.fullmatch(rest), rest
        written.notices.append(rest)
    elif kind == "52":
        where, _, coded = rest.partition(";")
        assert where == "c"
        copied = base64.b64decode(coded, validate=True).decode()
        assert_plain(copied)
        written.copied.append(copied)


def assert_plain(text: str) -> None:
    """Text for people: printable, lines and tabs apart; no sequence at all."""
    found = _UNSEEN.search(text)
    assert found is None, repr(text[max(0, found.start() - 40) : found.end() + 40])


_STYLE = re.compile("\x1b\\[[0-9;]*m|\x1b\\]8;;(?P<target>[!-~]*)\x1b\\\\")


def assert_styled(text: str) -> None:
    """Text for people with colours and links, which end with each line; nothing else is in it."""
    for line in text.split("\n"):
        link = style = ""
        for found in _STYLE.finditer(line):
            target = found["target"]
            if target is None:
                style = found.group()
            else:
                link = target
                assert not link or _ADDRESS.match(link), line
        assert not link, f"a link does not end: {line!r}"
        assert style in ("", "\x1b[0m", "\x1b[m"), f"colours don't end: {line!r}"
    assert_plain(_STYLE.sub("", text))
