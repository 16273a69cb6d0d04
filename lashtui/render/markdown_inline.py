"""Inline Markdown (emphasis, code, links) of one block: found within bounds, and as runs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

from lashtui.render.styles import BOLD, ITALIC, STRIKE, UNDERLINE, Look, Run
from lashtui.render.wrap import unpile
from lashtui.text.sanitize import safe_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_BRACKETS: Final = 300
"""Opening brackets of a block in which links are looked for: each that is not closed has the rest
looked through, and a few thousand of them would stop the app for seconds."""
MAX_INLINE_MARKS: Final = 1000
"""Characters of a block that might begin or end something inline: more are all shown as written.
Each takes some 10 microseconds whenever the open block is drawn; a page of honest text has fifty.
"""
_NOTHING = re.compile(r"[^\\`*_~\[<&]*")
"""Text in which nothing is to be found: links, images and hard breaks too begin with one of these,
but for breaks by two spaces."""
MARK: Final = re.compile(r"[\\`*_~\[<&]")
"""What may begin or end something inline."""
_SPACES = re.compile(r"\s+")
_LINK = re.compile(r"https?://[!-~]{1,2000}", re.IGNORECASE)
_OPEN: Final = {"em_open": ITALIC, "strong_open": BOLD, "s_open": STRIKE}
_CLOSE: Final = {"em_close": ITALIC, "strong_close": BOLD, "s_close": STRIKE}


def safe_link(href: object) -> str:
    """`href` where a terminal may be told to open it, else nothing.

    Only http and https, and only printable ASCII: the address becomes part of an escape sequence.
    """
    return href if isinstance(href, str) and _LINK.fullmatch(href) else ""


def _flat(text: str) -> str:
    """`text` as one line. Its character references are characters now: `&rlm;` was none before."""
    return _SPACES.sub(" ", safe_text(text))


class Parsers(Protocol):
    """Where parsers come from."""

    def __call__(self, *, links: bool) -> MarkdownIt:
        """One that looks for links, or one that leaves them as written."""
        ...


def add_inline(tokens: Sequence[Token], parsers: Parsers) -> list[Token]:
    """`tokens` of blocks, with what is inline found in them."""
    from markdown_it.rules_core import StateCore, text_join

    parsed: list[Token] = []
    for token in tokens:
        if token.type != "inline":
            continue
        text = token.content
        if _NOTHING.fullmatch(text) and "  \n" not in text:
            token.children = [_text(text)] if text else []
        elif len(MARK.findall(text)) > MAX_INLINE_MARKS:
            token.children = [_text(text)]
        else:
            made = parsers(links=text.count("[") <= MAX_BRACKETS)
            token.children = []
            made.inline.parse(text, made, {}, token.children)
            parsed.append(token)
    if parsed:
        text_join(StateCore("", parsers(links=True), {}, parsed))
    return list(tokens)


def _text(content: str) -> Token:
    from markdown_it.token import Token

    return Token("text", "", 0, content=content)


def inline_runs(token: Token, base: Look) -> list[Run]:
    """The runs of an `inline` token; hard breaks are newlines."""
    if not token.children:
        return []
    runs: list[Run] = []
    depth = {ITALIC: 0, BOLD: 0, STRIKE: 0}
    tone, attrs = base.tone, base.attrs
    link = ""
    shown = ""  # the text of the link so far
    target = ""
    for child in token.children:
        kind = child.type
        if kind in ("text", "text_special"):
            text = _flat(child.content)
        elif kind == "softbreak":
            text = " "
        elif kind == "hardbreak":
            text = "\n"
        elif kind == "code_inline":
            text = _flat(child.content)
            runs.append((unpile(text), Look("inline", attrs, link)))
            shown += text
            continue
        elif kind in _OPEN:
            depth[_OPEN[kind]] += 1
            attrs |= _OPEN[kind]
            continue
        elif kind in _CLOSE:
            attr = _CLOSE[kind]
            depth[attr] -= 1
            if depth[attr] <= 0 and not base.attrs & attr:
                attrs &= ~attr
            continue
        elif kind == "link_open":
            target = str(child.attrs.get("href", ""))
            link, shown = safe_link(target), ""
            if link:
                attrs |= UNDERLINE
            continue
        elif kind == "link_close":
            if target and not link and target != shown:
                # Where it does not become a link it is at least told.
                runs.append((f" ({target[:200]})", Look("muted", attrs)))
            link = target = ""
            attrs &= ~UNDERLINE | base.attrs
            continue
        elif kind == "image":
            text = f"[image: {_flat(child.content)}]"
        else:
            text = _flat(child.content)
        if text:
            runs.append((unpile(text), Look(tone, attrs, link)))
            shown += text
    return runs
