"""What stands in a text for a picture, a sound or a file: kind, type and size, not its bytes."""

from __future__ import annotations

from lashd.short import short

_KINDS = ("image", "input_image", "image_url", "document", "audio", "input_audio", "file")
"""Types of the blocks that hold bytes, as Anthropic, OpenAI, MCP and ACP call them."""
_MAX_DEPTH = 12
"""Levels that are searched for such blocks: agents' results have a few."""


def media(kind: str, mime: str = "", size: int | None = None, name: str = "") -> str:
    """`[image: a.png, image/png, 12 KiB]`: what is not known is left out."""
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
    if not isinstance(data, str) or not data or not data.isascii():
        return None  # of bytes whose middle was left out, with a mark, the size is not known
    return max(0, len(data) * 3 // 4 - data[-2:].count("="))


def without_bytes(value: object, depth: int = 0) -> object:
    """`value` with `[image: image/png, 12 KiB]` in place of each block that holds bytes."""
    if depth >= _MAX_DEPTH:
        return value
    if isinstance(value, dict):
        return _media_of_block(value) or {
            key: without_bytes(each, depth + 1) for key, each in value.items()
        }
    if isinstance(value, list):
        return [without_bytes(each, depth + 1) for each in value]
    if isinstance(value, str) and value.startswith("data:") and ";base64," in value[:200]:
        return media_of_url(_kind_of(value[5:].partition(";")[0]), value)
    return value


def _media_of_block(block: dict[str, object]) -> str:
    """What stands for a block that holds bytes; empty for any other map."""
    kind = block.get("type")
    if isinstance(block.get("blob"), str):  # a resource of MCP's
        mime, name = _text(block, "mimeType"), _text(block, "uri")
        return media("file", mime, size_of_base64(block["blob"]), name)
    if kind not in _KINDS:
        return ""
    for key in ("image_url", "source", "input_audio", "file", "data"):
        found = block.get(key)
        told = found if isinstance(found, dict) else block
        url = told.get("url") or told.get("file_data")
        if key == "image_url" and isinstance(found, str):
            url = found
        mime = _text(told, "media_type") or _text(told, "mimeType") or _text(block, "mime_type")
        name = _text(block, "title") or _text(told, "filename")
        word = _kind_of(mime) if mime else str(kind).removeprefix("input_").removesuffix("_url")
        if isinstance(url, str) and url:
            return media_of_url(word, url, mime, name)
        data = told.get("data")
        if isinstance(data, str) and told.get("type") != "text":
            return media(word, mime, size_of_base64(data), name)
    return ""


def _kind_of(mime: str) -> str:
    kind = mime.partition("/")[0]
    return kind if kind in ("image", "audio", "video") else "file"


def _text(of: dict[str, object], key: str) -> str:
    found = of.get(key)
    return found if isinstance(found, str) else ""


def byte_count(size: int) -> str:
    """`512 bytes`, `12 KiB`, `3.4 MiB`."""
    if size < 1024:
        return "1 byte" if size == 1 else f"{size} bytes"
    if size < 1024 * 1024:
        return f"{size / 1024:.0f} KiB"
    return f"{size / (1024 * 1024):.1f} MiB"
