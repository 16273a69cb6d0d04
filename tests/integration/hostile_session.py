"""A session in which every field that an app shows has hostile text, behind a word of its own."""

from __future__ import annotations

import re

from lashd.events import (
    AgentFrameSwitched,
    AssistantProseDelta,
    CodeBlockCompleted,
    CodeBlockStarted,
    Committed,
    Error,
    JsonValue,
    ProcessChanged,
    QueueChanged,
    ReasoningDelta,
    RetryStatus,
    RuntimeDiagnostic,
    SessionProcessEventKind,
    SessionQueueEventKind,
    SubmittedValue,
    ToolCallCompleted,
    ToolCallStarted,
    ToolValue,
    UnknownTurnEvent,
    Usage,
    UserMessage,
)
from lashd.publish.publisher import Publisher
from tests.hostile import BIDI, hostile
from tests.tui.daemons import PATIENCE

NAME = "evil\u202e\u2066name"
"""A session's id may have no control characters; these are none."""
OTHER = "other\u202d\u2067name"

MARKDOWN = "\n".join(
    (
        hostile("# prose-heading"),
        "",
        hostile("prose-words") + " **" + hostile("prose-bold") + "** `" + hostile("tick") + "`",
        "",
        f"[{hostile('prose-link')}](https://example.org/{hostile('href')})",
        f"<https://example.org/{hostile('auto')}> [safe-link](https://example.org/safe)",
        '[js-link](javascript:alert) [titled](https://example.org/t "' + hostile("title") + '")',
        "![" + hostile("prose-image") + "](https://example.org/i.png)",
        "",
        hostile("- prose-item"),
        "",
        hostile("> prose-quote"),
        "",
        "| head | " + hostile("prose-cell") + " |",
        "|---|---|",
        "| a | b |",
        "",
        "```" + hostile("python"),
        hostile("fenced_words"),
        "```",
        "",
        "<div " + hostile("prose-html") + ">",
        "",
        "&#27;]0;LEAK&#7; &#x9b;31m &#x202e; prose-entities",
        "",
    )
)


def publish(agent: Publisher) -> None:
    """All of it, in a turn that runs."""
    nested = {hostile("args-key"): [hostile("args-value"), {"deep": hostile("args-deep")}]}
    output = {"outcome": {"status": "failure", "message": hostile("output-words")}}
    agent.publish(UserMessage(hostile("user-words") + "\n" + hostile("user-second")))
    agent.publish(ReasoningDelta(hostile("reasoning-words")), correlation_id="r")
    agent.publish(AssistantProseDelta(MARKDOWN), correlation_id="p")
    # Deltas may split a sequence anywhere.
    for character in hostile("split-words"):
        agent.publish(AssistantProseDelta(character), correlation_id="s")
    agent.publish(AssistantProseDelta(hostile("plain-words"), "plain"), correlation_id="v")
    agent.publish(AssistantProseDelta(hostile("styled-words"), "ansi"), correlation_id="w")
    styled: JsonValue = {
        "outcome": {"status": "failure", "payload": hostile("styled-output"), "format": "ansi"}
    }
    agent.publish(ToolCallCompleted("shell", None, styled, "styled"))
    agent.publish(ToolCallStarted(hostile("tool-name"), nested), correlation_id="t")
    agent.publish(ToolCallCompleted(hostile("tool-name"), nested, output), correlation_id="t")
    diff = hostile("--- a\n+++ b\n@@ -1 +1 @@\n-diff-old\n+diff-new")
    agent.publish(
        ToolCallCompleted("edit", {"path": hostile("edit-path")}, diff), correlation_id="d"
    )
    agent.publish(
        CodeBlockStarted(hostile("python"), hostile("code-words") + "\nsecond = 1\nthird = 1"),
        correlation_id="c",
    )
    agent.publish(
        CodeBlockCompleted(
            output=hostile("code-output"), error=hostile("code-error"), success=False
        ),
        correlation_id="c",
    )
    agent.publish(RetryStatus(3.0, 1, 5, hostile("retry-words")))
    agent.publish(ToolValue(hostile("value-name"), hostile("value-words")))
    agent.publish(SubmittedValue({hostile("submitted-key"): hostile("submitted-words")}))
    agent.publish(RuntimeDiagnostic(hostile("diagnostic-kind"), hostile("diagnostic-words")))
    agent.publish(UnknownTurnEvent("unknown_tag", {hostile("unknown-key"): hostile("unknown")}))
    agent.publish(AgentFrameSwitched(hostile("frame-words")))
    agent.publish(Error(hostile("error-words") + "\n" + hostile("error-second")))
    agent.publish(Committed())
    agent.publish(UserMessage("and on it goes"))
    items = [{"content": hostile("plan-words"), "status": hostile("plan-status")}]
    plan = [*items, {"step": hostile("plan-now"), "status": "in_progress"}, hostile("plan-text")]
    agent.publish(RuntimeDiagnostic("plan", {"items": plan}))
    queued = {
        hostile("queue-id"): {"text": hostile("queue-words"), "delivery": hostile("delivery")},
        hostile("queue-nameless"): {},
    }
    agent.publish(QueueChanged(SessionQueueEventKind.ENQUEUED, list(queued), queued))
    processes = {
        hostile("process-id"): {"label": hostile("process-words")},
        hostile("process-nameless"): {},
    }
    agent.publish(ProcessChanged(SessionProcessEventKind.STARTED, list(processes), processes))
    ended = {hostile("process-id"): {"signal": hostile("signal-name")}}
    agent.publish(ProcessChanged(SessionProcessEventKind.EXITED, list(ended), ended))
    agent.publish(Usage({hostile("counter"): 7, "input_tokens": 1200, "model": hostile("model")}))
    agent.publish(AssistantProseDelta(hostile("last-words")), correlation_id="z")
    assert agent.flush(PATIENCE)


def without_bidi(name: str) -> str:
    """A session's name as it may be shown."""
    return re.sub(f"[{BIDI}]", "", name)
