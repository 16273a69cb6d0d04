"""Inline Markdown (emphasis, code, links) of one block as runs, parsed within bounds."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, Protocol

from lashtui.render.linked import linked
from lashtui.render.styles import BOLD, ITALIC, STRIKE, UNDERLINE, Run, TextStyle
from lashtui.render.wrap import cap_marks
from lashtui.text.links import is_link
from lashtui.text.sanitize import safe_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

MAX_BRACKETS: Final = 300
"""Opening brackets in a block up to which links are parsed: each unclosed one makes the parser scan
the rest, and a few thousand would stop the app for seconds."""
MAX_INLINE_MARKS: Final = 1000
"""Characters of a block that might begin or end something inline; with more of them the block is
shown verbatim. Each costs some 10 microseconds whenever the open block is drawn; a page of text has
about fifty."""
_NOTHING = re.compile(r"[^\\`*_~\[<&]*")
"""Text without anything inline: links, images and hard breaks also begin with one of these, except
breaks made of two spaces."""
MARK: Final = re.compile(r"[\\`*_~\[<&]")
"""What may begin or end something inline."""
_SPACES = re.compile(r"\s+")
_OPEN: Final = {"em_open": ITALIC, "strong_open": BOLD, "s_open": STRIKE}
_CLOSE: Final = {"em_close": ITALIC, "strong_close": BOLD, "s_close": STRIKE}


def safe_link(href: object) -> str:
    """`href` if it may become a terminal's hyperlink, else nothing."""
    return href if isinstance(href, str) and is_link(href) else ""


def _flat(text: str) -> str:
    """`text` as one safe line. Character references such as `&rlm;` are characters by now."""
    return _SPACES.sub(" ", safe_text(text))


class Parsers(Protocol):
    """A function that returns parsers."""

    def __call__(self, *, links: bool) -> MarkdownIt:
        """One that parses links, or one that leaves them verbatim."""
        ...


def add_inline(tokens: Sequence[Token], parsers: Parsers) -> list[Token]:
    """`tokens` of blocks with their inline content parsed."""
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


def inline_runs(token: Token, base: TextStyle) -> list[Run]:
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
            runs.append((cap_marks(text), TextStyle("inline", attrs, link)))
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
                # An address that does not become a link is at least shown.
                runs.append((f" ({target[:200]})", TextStyle("muted", attrs)))
            link = target = ""
            attrs &= ~UNDERLINE | base.attrs
            continue
        elif kind == "image":
            text = f"[image: {_flat(child.content)}]"
        else:
            text = _flat(child.content)
        if text:
            runs.append((cap_marks(text), TextStyle(tone, attrs, link)))
            shown += text
    return linked(runs, UNDERLINE)
