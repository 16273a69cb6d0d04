"""Which addresses may become a terminal's hyperlinks."""

from __future__ import annotations

import pytest

from lashtui.render.markdown_inline import safe_link


@pytest.mark.parametrize("href", ["https://example.org", "HTTP://x/y?z=1#a", "http://[::1]:80/"])
def test_web_addresses_are_safe(href: str) -> None:
    """As they are."""
    assert safe_link(href) == href


@pytest.mark.parametrize(
    "href",
    [
        "",
        None,
        7,
        "javascript:x",
        "https://",
        "https://a b",
        "https://a\x1b\\",
        "https://a\u0430",
        "//x",
    ],
)
def test_all_others_are_not(href: object) -> None:
    """Other schemes, spaces, control characters, look-alike letters."""
    assert safe_link(href) == ""


def test_an_endless_address_is_none() -> None:
    """It would be sent to the terminal with every frame."""
    assert safe_link("https://" + "a" * 3000) == ""
