"""What type checkers see of `lashd`: `python -m tests.daemon.face_stub` writes `__init__.pyi`.

At run time the package imports its names lazily, which no checker can follow.
"""

from __future__ import annotations

from pathlib import Path

import lashd

STUB = Path(lashd.__path__[0]) / "__init__.pyi"


def stub() -> str:
    """The text of the stub: one import for each name in the package's table."""
    lines = [
        "# Made by `python -m tests.daemon.face_stub`; don't edit.",
        "# ruff: noqa: I001",
        "",
        "from lashd._version import __version__ as __version__",
    ]
    homes: dict[str, tuple[str, ...]] = vars(lashd)["_HOMES"]
    for home, names in homes.items():
        for name in names:
            source = home.removesuffix(f".{name}")
            lines.append(f"from {source} import {name} as {name}")
    lines += ["", "__all__ = [", *(f'    "{name}",' for name in lashd.__all__), "]", ""]
    return "\n".join(lines)


if __name__ == "__main__":
    STUB.write_text(stub())
