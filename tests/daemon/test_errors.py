"""The errors, as the module's docstring draws them."""

from __future__ import annotations

import re

from lashd import errors


def drawn_parents() -> dict[str, str]:
    """Each error's parent in the docstring's tree."""
    parents: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.match(r"( {4}[ |+-]*)([A-Z]\w+)", line)
        if found is None:
            continue
        depth = (len(found[1]) - 4) // 4
        del path[depth:]
        if path:
            parents[found[2]] = path[-1]
        path.append(found[2])
    return parents


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    """A user decides by it what to catch."""
    drawn = drawn_parents()
    classes = {
        name: value.__bases__[0].__name__
        for name, value in vars(errors).items()
        if isinstance(value, type) and value is not errors.LashdError
    }

    assert drawn == classes
