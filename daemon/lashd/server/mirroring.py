"""The shell of a mirror: a daemon's, whose hub is filled from an engine."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

import anyio

from lashd._version import __version__
from lashd.clock import default_clock, now_ms
from lashd.cursor import MAX_INCARNATION
from lashd.hub.hub import Hub
from lashd.limits import DaemonLimits
from lashd.server.listen import bind
from lashd.server.server import Server, that_fit

if TYPE_CHECKING:
    from lashd.relay.mirror import MirrorOptions


async def serve_mirror(
    socket_path: str | os.PathLike[str],
    *,
    options: MirrorOptions,
    limits: DaemonLimits | None = None,
    ready: Callable[[], None] | None = None,
    stop: anyio.Event | None = None,
    idle_exit: float | None = None,
) -> None:
    """As `server.serve`, of another machine's sessions.

    Raises:
        LifecycleError: it can't listen there, or, once it did, can't any more.
    """
    from lashd.relay.mirror import HomeState, Mirror

    state = HomeState(options)
    with bind(socket_path) as bound:

        def make_hub(incarnation: int, limits: DaemonLimits) -> Hub:
            return Hub(
                clock=default_clock,
                now_ms=now_ms,
                incarnation=incarnation,
                limits=limits,
                version=__version__,
                pid=os.getpid(),
                socket=bound.path,
                mirror=state,
            )

        # Until the home's is known; nobody has a cursor of it.
        hub = make_hub(secrets.randbelow(MAX_INCARNATION) + 1, that_fit(limits or DaemonLimits()))
        server = Server(hub, stop or anyio.Event(), idle_exit=idle_exit)
        mirror = Mirror(options, state, server, hub, make_hub)
        async with anyio.create_task_group() as group:
            group.start_soon(mirror.run)
            await server.run(bound, ready)
            group.cancel_scope.cancel()
        if server.failure is not None:
            raise server.failure
