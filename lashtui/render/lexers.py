"""Which language names have syntax colours, and Pygments' lexers for them, patched where they hang.

A message can name any language, and one line can make many of Pygments' 600 lexers compute for
hours. The lexers listed here were searched for such input, and their slow rules are patched. Left
out: Lisps, batch, vim and reStructuredText (rules that hang), http (passes its body to any lexer),
Scala and Julia (100 ms to load).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, Final

_LANGUAGES: Final = (
    "awk gawk",
    "bash sh shell zsh ksh",
    "c h",
    "clojure clj",
    "cmake",
    "console shell-session",
    "cpp c++ cc cxx hpp",
    "csharp cs c#",
    "css",
    "dart",
    "docker dockerfile",
    "elixir ex exs",
    "erlang erl",
    "fish",
    "fsharp f# fs",
    "go golang",
    "graphql gql",
    "groovy gradle",
    "haskell hs",
    "html htm svelte",
    "ini cfg",
    "java",
    "javascript js mjs cjs node",
    "json jsonc jsonl ndjson jsonlines",
    "json5",
    "jsx",
    "kotlin kt kts",
    "latex tex",
    "less",
    "lua",
    "make makefile mk",
    "markdown md",
    "nginx",
    "nix",
    "objective-c objc",
    "ocaml ml",
    "perl pl",
    "php",
    "powershell pwsh ps1",
    "properties",
    "protobuf proto",
    "pycon",
    "pytb",
    "python py python3 py3 pyi",
    "r",
    "ruby rb",
    "rust rs",
    "scss",
    "solidity",
    "sql postgresql postgres psql mysql sqlite",
    "swift",
    "terraform tf hcl",
    "toml",
    "tsx",
    "typescript ts mts cts",
    "vue",
    "xml svg",
    "yaml yml",
    "zig",
)
"""The names of one language per line; the first is Pygments' own."""
LEXERS: Final = {name: row.split()[0] for row in _LANGUAGES for name in row.split()}
"""Pygments' name for each name (in lower case) that has colours."""

_FILES: Final = {
    "dockerfile": "docker",
    "containerfile": "docker",
    "makefile": "make",
    "gnumakefile": "make",
    "cmakelists.txt": "cmake",
    ".bashrc": "bash",
    ".zshrc": "bash",
    ".gitconfig": "ini",
}
"""Files whose whole name tells their language."""


def language_of(path: str) -> str:
    """The language of a file by its name: a key of LEXERS, or empty."""
    name = path.replace("\\", "/").rpartition("/")[2].lower()
    if name in _FILES:
        return _FILES[name]
    _, dot, ending = name.rpartition(".")
    return ending if dot and ending in LEXERS else ""


PIECEMEAL: Final = frozenset({"console", "make", "pycon"})
"""Lexers that read the whole source before their first token."""

_INNER: Final = {"console": "bash", "docker": "bash"}
"""Lexers that pass parts to another one, which must be patched too."""
_NEVER_BACK: Final = (("])*", "])*+"),)
"""A repeated choice whose branches overlap, such as `([0-7]+|[^'])*`: each character would double
the ways to try. What follows in the rule can't begin inside it, so a possessive match is safe."""
_COMMENTS: Final = (
    (r"(?:[&*\s])+", r"(?:[&*\s])++"),
    (r"(?:.|(?<=\\)\n)*", r"(?:.|(?<=\\)\n)*+"),
    (r"\s*)*)", r"\s*+)*+)"),
)
"""White space and comments within the head of a C function."""
_SHELL: Final = (*_NEVER_BACK, (r"\\?(\w+)", r"\\?(\w++)"))
"""Also the word that ends a here-document, which was retried with each of its prefixes."""
_METHODS: Final = ((r"\s+)+?)", r"\s+){1,9}?)"),)
"""Modifiers before the name of a method, of which each line was tried for any number."""
_PATCHES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "bash": _SHELL,
    "c": _COMMENTS,
    "cpp": _COMMENTS,
    "csharp": _METHODS,
    "fish": _SHELL,
    "groovy": _METHODS,
    "java": _METHODS,
    "objective-c": _COMMENTS,
    "perl": _NEVER_BACK,
    "php": _NEVER_BACK,
}
"""Replacements in the rules of each lexer, so that no rule backtracks exponentially."""


@lru_cache(maxsize=len(_LANGUAGES))
def lexer(name: str) -> Any | None:
    """Pygments' lexer for a value of LEXERS; None if an older Pygments lacks it.

    Loading the first takes 25 ms, each other one up to 30, most of them 5.
    """
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    if name in _INNER:
        lexer(_INNER[name])
    # The Markdown lexer would pass code blocks to any lexer that they name.
    options = {"handlecodeblocks": False} if name == "markdown" else {}
    try:
        found = get_lexer_by_name(name, **options)
    except ClassNotFound:
        return None
    _patch(found, _PATCHES.get(name, ()))
    return found


def _patch(found: Any, patches: tuple[tuple[str, str], ...]) -> None:
    """Patch the rules of the class of `found`, for the whole process: other lexers use it too."""
    for rules in found._tokens.values() if patches else ():  # noqa: SLF001  # there is no public access
        for number, (match, *rest) in enumerate(rules):
            rule = getattr(match, "__self__", None)
            if isinstance(rule, re.Pattern):
                pattern = rule.pattern
                for slow, quick in patches:
                    pattern = pattern.replace(quick, slow).replace(slow, quick)
                if pattern != rule.pattern:
                    rules[number] = (re.compile(pattern, rule.flags).match, *rest)
