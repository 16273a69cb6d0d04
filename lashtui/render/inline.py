"""Inline Markdown (emphasis, code, links) of one block as runs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from lashtui.render.look import BOLD, ITALIC, STRIKE, UNDERLINE, Look, Run
from lashtui.render.wrap import unpile
from lashtui.sanitize import safe_text

if TYPE_CHECKING:
    from markdown_it.token import Token

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


def inline_runs(token: Token, base: Look) -> list[Run]:
    """The runs of an `inline` token; hard breaks are newlines."""
    runs: list[Run] = []
    depth = {ITALIC: 0, BOLD: 0, STRIKE: 0}
    tone, attrs = base.tone, base.attrs
    link = ""
    shown = ""  # the text of the link so far
    target = ""
    for child in token.children or ():
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
