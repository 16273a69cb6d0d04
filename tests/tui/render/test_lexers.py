"""Languages with syntax colours."""

from __future__ import annotations

import pytest
from pygments.lexer import Lexer

from lashtui.render.lexers import LEXERS, PIECEMEAL, language_of, lexer


def tokens(name: str, source: str) -> list[tuple[str, str]]:
    """Kind and text of each."""
    found = lexer(name)
    assert found is not None
    return [(str(kind), text) for _, kind, text in found.get_tokens_unprocessed(source)]


@pytest.mark.parametrize("name", sorted(LEXERS))
def test_every_name_has_a_lexer(name: str) -> None:
    """The installed Pygments knows all of them."""
    assert isinstance(lexer(LEXERS[name]), Lexer)


def test_names_are_lower_case() -> None:
    """As they are looked up; lexers that are fed piecemeal are among them."""
    assert all(name == name.lower() for name in LEXERS)
    assert set(LEXERS.values()) >= PIECEMEAL


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("bash", "$'" + r"\10" * 60),
        ("bash", '"' + r"\10" * 60),
        ("console", "$ $'" + r"\10" * 60),
        ("docker", "RUN $'" + r"\10" * 60),
        ("fish", '"' + r"\10" * 60),
        ("c", "int " + "//\\\n" * 60 + "!"),
        ("cpp", "int " + "//\\\n" * 60 + "!"),
        ("objective-c", "int " + "//\\\n" * 60 + "!"),
        ("perl", "s!" + r"@\\" * 60),
        ("php", "<?php\n<<<a" + "é" * 60),
    ],
)
def test_no_source_makes_a_lexer_hang(name: str, source: str) -> None:
    """Unpatched, each of these would take longer than a lifetime."""
    source += "\n"
    assert "".join(text for _, text in tokens(name, source)) == source


@pytest.mark.parametrize(
    ("name", "source", "token", "text"),
    [
        ("bash", r"x=$'a\'b\033[0m' y", "Token.Literal.String.Single", r"$'a\'b\033[0m'"),
        ("bash", 'echo "a $x \\" b"', "Token.Name.Variable", "$x"),
        ("bash", "cat <<'EOF'\nEOX\nEOF\nls", "Token.Literal.String", "<<'EOF'\nEOX\nEOF"),
        ("c", "int *f(int a) /* b */ // c \\\n d\n{ return 1; }", "Token.Name.Function", "f"),
        ("cpp", "a::b &f::g(int a)\n{ return 1; }", "Token.Name.Function", "f::g"),
        ("csharp", "  public static a f(c d) {}", "Token.Name.Function", "f"),
        ("groovy", "public static a f(c d) {}", "Token.Name.Function", "f"),
        ("java", "  public static final a<b> f(c d) {}", "Token.Name.Function", "f"),
        ("perl", r"$x =~ s!a\!b!c!g;", "Token.Literal.String.Regex", r"s!a\!b!c!g"),
        ("php", "<?php\n$a = <<<EOT\nb\nEOT;\n", "Token.Literal.String.Delimiter", "EOT"),
    ],
)
def test_patched_rules_still_match(name: str, source: str, token: str, text: str) -> None:
    """Ordinary code looks the same."""
    assert (token, text) in tokens(name, source)


def test_a_block_within_markdown_chooses_no_lexer() -> None:
    """It would have all of Pygments to choose from."""
    source = "```batch\nset /a x=1\n```\n"
    kinds = [kind for kind, text in tokens("markdown", source) if "set" in text]
    assert kinds == ["Token.Literal.String"]


def test_a_files_name_tells_its_language() -> None:
    """By its ending, or as a whole; any other has none."""
    assert language_of("/home/a/x.py") in LEXERS
    assert language_of("src\\Main.RS") == "rs"
    assert language_of("build/Dockerfile") == "docker"
    assert language_of("Makefile") == "make"
    for path in ("", "README", "x.unknown", ".", "dir.py/"):
        assert language_of(path) == ""
