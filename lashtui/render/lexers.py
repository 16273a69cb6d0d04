"""Which language names have syntax colours, and Pygments' lexers for them, mended where they hang.

Any text can name any language. Of Pygments' 600 lexers many can be made to compute for hours by a
line of text; those here were searched for such sources, and their slow rules are mended. Left out:
Lisps, batch, vim and reStructuredText (rules that hang), http (hands its body to any lexer at all),
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
"""Names of one language a line; the first is Pygments' own."""
LEXERS: Final = {name: row.split()[0] for row in _LANGUAGES for name in row.split()}
"""Pygments' name for every name that has colours, in lower case."""

PIECEMEAL: Final = frozenset({"console", "make", "pycon"})
"""Lexers that take in the whole source before their first token."""

_INNER: Final = {"console": "bash", "docker": "bash"}
"""Lexers that hand parts to another one, which is to be mended too."""
_NEVER_BACK: Final = (("])*", "])*+"),)
"""A repeated choice of two that take the same, as `([0-7]+|[^'])*`: each character would double the
ways to try. What follows in the rule can't begin inside of it."""
_COMMENTS: Final = (
    (r"(?:[&*\s])+", r"(?:[&*\s])++"),
    (r"(?:.|(?<=\\)\n)*", r"(?:.|(?<=\\)\n)*+"),
    (r"\s*)*)", r"\s*+)*+)"),
)
"""C's white space and comments within the head of a function."""
_SHELL: Final = (*_NEVER_BACK, (r"\\?(\w+)", r"\\?(\w++)"))
"""And the word that ends a here-document, which was looked for with each of its beginnings."""
_METHODS: Final = ((r"\s+)+?)", r"\s+){1,9}?)"),)
"""Words before the name of a method: any number of them was read at each line."""
_MENDS: Final[dict[str, tuple[tuple[str, str], ...]]] = {
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
"""Replacements in the rules of a lexer, so that none is tried in more ways than one."""


@lru_cache(maxsize=len(_LANGUAGES))
def lexer(name: str) -> Any | None:
    """Pygments' lexer of a name that is a value of LEXERS; None where an older one has none.

    To load the first costs 25 ms, each other up to 30, most of them 5.
    """
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    if name in _INNER:
        lexer(_INNER[name])
    # Markdown would hand its code blocks to any lexer they name.
    options = {"handlecodeblocks": False} if name == "markdown" else {}
    try:
        found = get_lexer_by_name(name, **options)
    except ClassNotFound:
        return None
    _mend(found, _MENDS.get(name, ()))
    return found


def _mend(found: Any, mends: tuple[tuple[str, str], ...]) -> None:
    """Replace the rules of the class of `found` for the whole process: other lexers use it too."""
    for rules in found._tokens.values() if mends else ():  # noqa: SLF001  # nothing else has them
        for number, (match, *rest) in enumerate(rules):
            rule = getattr(match, "__self__", None)
            if isinstance(rule, re.Pattern):
                pattern = rule.pattern
                for slow, quick in mends:
                    pattern = pattern.replace(quick, slow).replace(slow, quick)
                if pattern != rule.pattern:
                    rules[number] = (re.compile(pattern, rule.flags).match, *rest)
