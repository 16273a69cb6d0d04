"""The public names, and what asking for them costs."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

import lashd

ROOT = Path(__file__).parents[2]
HEAVY = ("asyncio", "anyio", "msgspec", "textual", "dataclasses", "typing", "inspect", "rich")
"""What a scripted attach can't afford."""


def imported_by(code: str) -> set[str]:
    """The modules that a fresh Python has loaded after `code`."""
    script = f"{code}\nimport sys; print(' '.join(sys.modules))"
    # -S and -I: what the site and the environment load is not ours.
    run = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {sys.path!r}\n{script}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(run.stdout.split())


def test_every_public_name_can_be_imported() -> None:
    """And is the thing of that name."""
    for name in lashd.__all__:
        assert getattr(lashd, name) is not None, name


def test_the_names_for_type_checkers_are_those_at_run_time() -> None:
    """Three lists that must say the same."""
    tree = ast.parse(Path(lashd.__file__ or "").read_text())
    guarded = next(node for node in tree.body if isinstance(node, ast.If))
    typed = {
        alias.name
        for node in guarded.body
        if isinstance(node, ast.ImportFrom) and node.module != "typing"
        for alias in node.names
    }

    assert typed == set(lashd._HOME_OF) | {"blocking"}
    assert set(lashd.__all__) == typed | {"__version__"}
    assert lashd.__all__ == sorted(lashd.__all__)


def test_each_error_of_the_package_is_public() -> None:
    """Whoever gets one must be able to name it."""
    from lashd import errors

    defined = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.LashdError)
    }

    assert defined <= set(lashd.__all__)


def test_every_turn_event_and_payload_is_public() -> None:
    """The vocabulary is the point."""
    from lashd.session import events

    classes = {*events.TURN_EVENTS.values(), *events.PAYLOADS.values()}

    assert {kind.__name__ for kind in classes} <= set(lashd.__all__)


@pytest.mark.parametrize(
    ("module", "unneeded"),
    [
        ("lashd.events", ("lashd.session.store", "lashd.session.fold", "asyncio")),
        ("lashd.view", ("lashd.session.store", "asyncio")),
        ("lashd.store", ("lashd.hub", "lashd.server", "asyncio", "socket")),
        ("lashd.text", ("lashd.session.store", "lashd.session.fold", "asyncio")),
        ("lashd.daemon", ("textual",)),
    ],
)
def test_a_documented_module_lists_its_names(module: str, unneeded: tuple[str, ...]) -> None:
    """And imports no more than they need."""
    found = import_module(module)

    assert all(hasattr(found, name) for name in found.__all__)
    assert not imported_by(f"import {module}") & set(unneeded)


def test_an_unknown_name_is_an_attribute_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match="nonsense"):
        _ = lashd.nonsense  # type: ignore[attr-defined]


def test_dir_lists_the_public_names() -> None:
    """For people at a prompt."""
    assert set(lashd.__all__) <= set(dir(lashd))


def test_the_version_is_the_projects() -> None:
    """The package, the commands and the distribution say the same."""
    from lashd._version import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert lashd.__version__ == __version__ == project["version"]


@pytest.mark.parametrize("module", ["lashd", "lashd.client.blocking", "lashd.errors"])
def test_a_script_pays_for_what_it_uses(module: str) -> None:
    """No event loop, no schema, no class machinery."""
    bare = imported_by("import socket, select, random, msgpack, time, os")
    extra = imported_by(f"import {module}") - bare

    assert not [name for name in extra if name.split(".")[0] in HEAVY]


def test_the_pure_protocol_imports_no_io() -> None:
    """Bytes and times in, bytes and decisions out."""
    for module in ("client", "reconnect", "outbox"):
        tree = ast.parse((ROOT / f"daemon/lashd/protocol/{module}.py").read_text())
        names = {
            alias.name if isinstance(node, ast.Import) else str(node.module)
            for node in ast.walk(tree)
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not names & {"asyncio", "anyio", "socket", "os", "time", "select", "threading"}
