"""Bare addresses in a text become links."""

from __future__ import annotations

from collections.abc import Sequence

from lashtui.render.styles import Run
from lashtui.text.links import find_links


def linked(runs: Sequence[Run], attrs: int = 0) -> list[Run]:
    """`runs` of one paragraph, the addresses in them linked, and shown with these attributes too.

    What is a link already stays one.
    """
    text = "".join([" " * len(piece) if style.link else piece for piece, style in runs])
    links = find_links(text)
    if not links:
        return list(runs)
    out: list[Run] = []
    at = number = 0
    for piece, style in runs:
        start, stop = at, at + len(piece)
        while at < stop:
            while number < len(links) and links[number][1] <= at:
                number += 1
            begin, end, target = links[number] if number < len(links) else (stop, stop, "")
            is_link = begin <= at
            until = min(stop, end if is_link else begin)
            look = style._replace(link=target, attrs=style.attrs | attrs) if is_link else style
            out.append((piece[at - start : until - start], look))
            at = until
    return out
