"""Which live sources there are."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lashtui.ingest.live.source import Source


def live_sources(environment: Mapping[str, str]) -> list[Source]:
    """All of them, for the agents that keep their things where `environment` says."""
    from lashtui.homes import home_of
    from lashtui.ingest.live.claude_sessions import ClaudeSessions
    from lashtui.ingest.live.codex.source import CodexServer
    from lashtui.ingest.live.hook_calls import hook_calls
    from lashtui.ingest.live.opencode import OpencodeServers

    return [
        CodexServer(home_of("codex", environment)),
        ClaudeSessions(environment),
        OpencodeServers(environment),
        *hook_calls(environment),
    ]
