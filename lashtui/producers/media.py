"""What stands in a text for a picture, a sound or a file: kind, type and size, not its bytes."""

from __future__ import annotations

from lashd.text import short


def media(kind: str, mime: str = "", size: int | None = None, name: str = "") -> str:
    """`[image: a.png, image/png, 12 KB]`: what is not known is left out."""
    told = (short(name, 200), short(mime, 100), byte_count(size) if size is not None else "")
    known = ", ".join(filter(None, told))
    return f"[{short(kind, 40)}: {known}]" if known else f"[{short(kind, 40)}]"


def media_of_url(kind: str, url: str, mime: str = "", name: str = "") -> str:
    """The same of a `data:` URL, whose size is known, or of any other, which is its name."""
    if not url.startswith("data:"):
        return media(kind, mime, None, name or url)
    head, _, data = url.partition(",")
    told = head.removeprefix("data:").removesuffix(";base64")
    return media(kind, mime or told, size_of_base64(data) if "base64" in head else len(data), name)


def size_of_base64(data: object) -> int | None:
    """The bytes that base64 text stands for; None where there is none."""
    if not isinstance(data, str) or not data:
        return None
    return max(0, len(data) * 3 // 4 - data[-2:].count("="))


def byte_count(size: int) -> str:
    """`512 bytes`, `12 KB`, `3.4 MB`."""
    if size < 1024:
        return "1 byte" if size == 1 else f"{size} bytes"
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} KB"
    return f"{size / (1024 * 1024):.1f} MB"
