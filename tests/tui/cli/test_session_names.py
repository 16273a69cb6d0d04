"""What is said of a session's name that nobody has."""

from __future__ import annotations

from typing import Any

import pytest

from lashd.errors import ConnectionFailed, RequestRefused
from lashtui.cli.session_names import ask
from lashtui.diagnostics import CommandError


class Sessions:
    """A client that knows these names; None: it is cut off."""

    def __init__(self, names: list[str] | None) -> None:
        self.names = names

    def list(self) -> list[dict[str, Any]]:
        """All of them."""
        if self.names is None:
            raise ConnectionFailed("gone")
        return [{"session_id": name} for name in self.names]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["build", "tests"], "no `biuld`; did you mean `build`?"),
        (["tests"], "no `biuld`; `lashtui ls` lists them"),
        ([], "no `biuld`; `lashtui ls` lists them"),
        (None, "no `biuld`; `lashtui ls` lists them"),
    ],
)
def test_the_name_that_was_meant(names: list[str] | None, said: str) -> None:
    """The one that is nearest, else where to find them."""
    client: Any = Sessions(names)

    def request() -> None:
        raise RequestRefused("no_session", "no `biuld`")

    with pytest.raises(CommandError) as caught:
        ask(client, "biuld", request)
    assert (caught.value.code, caught.value.message) == (4, said)


def test_other_refusals_are_left_alone() -> None:
    """They say what is wrong themselves."""
    client: Any = Sessions(["a"])

    def request() -> None:
        raise RequestRefused("session_busy", "busy")

    with pytest.raises(RequestRefused):
        ask(client, "a", request)
