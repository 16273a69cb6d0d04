"""The content of Claude's messages and results: a text, or a list of blocks. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.producers.fields import map_of, text_of
from lashtui.text.media import media, size_of_base64

if TYPE_CHECKING:
    from lashd.protocol.records import Record


def content_text(content: object) -> str:
    """A content as text: its text blocks; hits by title and address; others by kind and size."""
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(
        block if isinstance(block, str) else _block_text(block)
        for block in blocks
        if isinstance(block, str | dict)
    )


def _block_text(block: Record) -> str:
    if isinstance(block.get("text"), str):
        return text_of(block, "text")
    address = text_of(block, "url") or text_of(block, "source")
    if address:
        title = text_of(block, "title") or text_of(map_of(block, "content"), "title")
        head = f"{title}  {address}" if title else address
        inside = _document(map_of(block, "content")) or content_text(block.get("content"))
        return f"{head}\n{inside}" if inside else head
    document = _document(block)
    if document:
        return document
    source = map_of(block, "source")
    name = text_of(block, "title") or text_of(source, "url") or text_of(block, "tool_name")
    size = size_of_base64(source.get("data")) or None
    return media(text_of(block, "type") or "block", text_of(source, "media_type"), size, name)


def _document(block: Record) -> str:
    """The text of a document that holds it as such."""
    source = map_of(block, "source")
    is_text = source.get("type") == "text" and block.get("type") == "document"
    return text_of(source, "data") if is_text else ""
