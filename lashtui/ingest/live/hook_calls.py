"""What agents tell the hooks that `lashtui hooks install` has put into their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lashd.clock import now_ms
from lashd.errors import LashdError
from lashtui.hooks.agents import AGENTS
from lashtui.hooks.spool import Spool
from lashtui.ingest.sink import Sign, State
from lashtui.ingest.transcripts import Key
from lashtui.producers.fields import text_of

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from lashtui.hooks.agents import HookedAgent
    from lashtui.ingest.live.place import Place

STEP: Final = 20
"""Milliseconds between looks at what the system has reported: lines come ten times a second."""
TICK: Final = 5000
"""Milliseconds between looks without a report, in case that one was lost."""


class HookCalls:
    """The source of one agent's calls, for the sessions that its files tell."""

    def __init__(self, agent: HookedAgent, environment: Mapping[str, str]) -> None:
        self.name = f"{agent.title}'s hooks"
        self._agent = agent
        self._spool = Spool(agent.place(environment))

    def run(self, place: Place, stop: threading.Event) -> None:
        """Hand out calls until `stop`."""
        from watchfiles import watch

        try:
            with self._spool as spool:
                changes = watch(
                    spool.folder,
                    watch_filter=None,
                    debounce=4 * STEP,
                    step=STEP,
                    rust_timeout=TICK,
                    yield_on_timeout=True,
                    stop_event=stop,
                    raise_interrupt=False,
                    recursive=False,
                )
                for _ in changes:
                    for call in spool.read():
                        self._tell(place, call)
        except (LashdError, OSError) as problem:
            place.warn(f"what {self.name} are told can't be read: {problem}")

    def _tell(self, place: Place, call: dict[str, object]) -> None:
        session = text_of(call, "session_id")
        if not session:
            return
        key, at = Key(self._agent.name, session), now_ms()
        place.hooked(key, call, at)
        if text_of(call, "hook_event_name") in self._agent.ends:
            place.sign(key, Sign(State.ENDED, at=at))


def hook_calls(environment: Mapping[str, str]) -> list[HookCalls]:
    """Those of all agents."""
    return [HookCalls(each, environment) for each in AGENTS.values()]
