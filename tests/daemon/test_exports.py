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
from tests.daemon.face_stub import STUB, stub

ROOT = Path(__file__).parents[2]
HEAVY = ("asyncio", "anyio", "msgspec", "textual", "dataclasses", "typing", "inspect", "rich")
"""What a scripted attach can't afford."""


HOME_OF: dict[str, str] = vars(lashd)["_HOME_OF"]
LASH_NAMES = [
    "SessionRevision",
    "SessionCursor",
    "SessionCursorError",
    "MalformedCursor",
    "WrongSession",
    "SessionObservation",
    "SessionObservationEvent",
    "TurnActivity",
    "Committed",
    "AgentFrameSwitched",
    "QueueChanged",
    "ProcessChanged",
    "SessionQueueEventKind",
    "SessionProcessEventKind",
    "LiveReplayGap",
    "LiveReplayGapReason",
    "LiveReplayStoreError",
    "StoreError",
    "SubscriberLagged",
    "SubscriptionClosed",
    "LiveReplayStore",
    "Replayed",
    "Gap",
    "Subscribed",
    "LiveReplaySubscription",
    "InMemoryLiveReplayStore",
    "InMemoryLiveReplayStoreConfig",
    "SessionHost",
    "ObservationReplayed",
    "ObservationGap",
    "ObservationSubscribed",
]


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


def test_what_is_advertised_fits_on_a_screen() -> None:
    """`help(lashd)` shows a dozen names; its text says where the others are."""
    assert len(lashd.__all__) <= 12
    assert lashd.__all__ == sorted(lashd.__all__)
    assert set(lashd.__all__) <= {*HOME_OF, "__version__"}
    for module in ("events", "view", "store", "daemon", "errors", "limits"):
        assert f"`lashd.{module}`" in str(lashd.__doc__)


@pytest.mark.parametrize(("name", "home"), HOME_OF.items())
def test_every_public_name_can_be_imported(name: str, home: str) -> None:
    """It is the one that its own module has."""
    if home.endswith(f".{name}"):
        assert getattr(lashd, name) is import_module(home)
    else:
        assert getattr(lashd, name) is getattr(import_module(home), name)


def test_type_checkers_see_the_same_names() -> None:
    """The stub is made from the table: `python -m tests.daemon.face_stub` after a change of it."""
    assert STUB.read_text() == stub()


@pytest.mark.parametrize("name", LASH_NAMES)
def test_the_names_of_lash_can_be_imported_from_the_package(name: str) -> None:
    """Code written for its vocabulary needs one import."""
    assert getattr(lashd, name).__name__ == name


def test_every_turn_event_and_payload_is_public() -> None:
    """The vocabulary is complete."""
    from lashd import events

    classes = {*events.TURN_EVENTS.values(), *events.PAYLOADS.values()}

    assert {kind.__name__ for kind in classes} <= set(HOME_OF)


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
    """As in any module."""
    with pytest.raises(AttributeError, match="nonsense"):
        _ = lashd.nonsense  # type: ignore[attr-defined]


def test_dir_lists_the_public_names() -> None:
    """For people at a prompt."""
    assert set(HOME_OF) <= set(dir(lashd))


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
