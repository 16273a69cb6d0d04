"""The format of one record, by what it contains: keys come in any order, more with each release.

The names are those of `--format`. A first record that several formats share (a bare `error`)
proves none of them: the caller tries the next one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from lashd.protocol.records import Record

_CODEX_EXEC: Final = ("thread.", "turn.", "item.")
_APP_SERVER: Final = (
    "thread/",
    "turn/",
    "item/",
    "account/",
    "remoteControl/",
    "mcpServer/",
    "serverRequest/",
    "configWarning",
    "deprecationNotice",
    "rawResponseItem/",
)
_ROLLOUT: Final = {
    "session_meta",
    "event_msg",
    "response_item",
    "turn_context",
    "world_state",
    "token_usage_record",
    "compacted",
}
_ACP: Final = ("session/", "fs/", "terminal/", "_zed", "authenticate")
_CLAUDE: Final = {
    "stream_event",
    "control_request",
    "control_response",
    "control_cancel_request",
    "rate_limit_event",
    "keep_alive",
}
_TRANSCRIPT: Final = {
    "queue-operation",
    "file-history-snapshot",
    "last-prompt",
    "cost-state",
    "atis-latch",
    "tools-used",
    "attachment",
    "api-request",
    "api-request-shape",
    "api-request-blob",
    "permission-mode",
    "custom-title",
    "ai-title",
    "agent-name",
    "mode",
}
_OPENCODE_SSE: Final = (
    "message.part.",
    "message.updated",
    "message.removed",
    "session.",
    "server.",
    "permission.",
    "todo.",
    "pty.",
    "plugin.",
    "catalog.",
    "file.",
    "lsp.",
    "installation.",
    "shell.",
)
_PI: Final = {"agent_start", "turn_start", "message_update", "tool_execution_start", "agent_end"}
_PI_ENTRIES: Final = {"message", "model_change", "thinking_level_change", "session_info"}
_ANTHROPIC: Final = {
    "message_start",
    "content_block_start",
    "content_block_delta",
    "content_block_stop",
    "message_delta",
    "message_stop",
}
_OPENHANDS: Final = {
    "MessageEvent",
    "ActionEvent",
    "ObservationEvent",
    "SystemPromptEvent",
    "AgentErrorEvent",
    "ConversationErrorEvent",
}
_COPILOT: Final = ("session.", "user.", "assistant.", "tool.", "model.", "system.")
_CLAUDES_OWN: Final = {
    "uuid",
    "parent_tool_use_id",
    "tools",
    "mcp_servers",
    "claude_code_version",
    "num_turns",
    "total_cost_usd",
    "usage",
}
"""Keys that Claude Code writes and those that copy its stream don't."""
_LASH: Final = {"observation", "replay_cursor", "replay_gap", "message", "done"}


def format_of_record(record: Record) -> str | None:
    """The format that this record certainly or most likely belongs to; None if nothing says.

    A name of `FORMATS` or of `outline`, whose formats have no reader of their own; or acp,
    codex-exec or openai-responses.
    """
    if "jsonrpc" in record or isinstance(record.get("method"), str):
        return _json_rpc(record)
    kind = record.get("type")
    if "generationStatus" in record and "turnId" in record:
        return "vibe"
    if not isinstance(kind, str):
        return _untyped(record)
    for look in (_lash, _claude, _others, _codex, _opencode, _gemini_or_pi, _provider):
        name = look(record, kind)
        if name is not None:
            return name
    return None


def may_be_pi(record: Record) -> bool:
    """pi's stream and its files begin alike: the next record tells which it is."""
    return record.get("type") == "session" and "version" in record


def _json_rpc(record: Record) -> str | None:
    method = record.get("method")
    method = method if isinstance(method, str) else ""
    if "jsonrpc" not in record:
        known = method.startswith(_APP_SERVER) or method in ("initialize", "initialized", "error")
        return "codex-appserver" if known else None
    if method.startswith(_ACP):
        return "acp"
    params = record.get("params")
    result = record.get("result")
    if method == "initialize":
        return "acp" if isinstance(params, dict) and "protocolVersion" in params else None
    if isinstance(result, dict):
        known = "agentCapabilities" in result or "stopReason" in result or "authMethods" in result
        return "acp" if known else None
    return None


def _untyped(record: Record) -> str | None:
    if record.get("object") in ("chat.completion.chunk", "chat.completion"):
        return "openai-sse"
    choices = record.get("choices")
    if isinstance(choices, list) and (not choices or _has(choices[0], "delta")):
        return "openai-sse"
    result = record.get("result")
    if "id" in record and isinstance(result, dict) and "userAgent" in result:
        return "codex-appserver"
    if str(record.get("kind")) in _OPENHANDS and "source" in record:
        return "openhands"
    if "sessionId" in record and "projectHash" in record:
        return "gemini-transcript"
    if record.get("record_type") == "state" or {"id", "timestamp", "instructions"} <= record.keys():
        return "codex-rollout"  # of mid-2025
    return None


def _has(value: object, key: str) -> bool:
    return isinstance(value, dict) and key in value


def _lash(record: Record, kind: str) -> str | None:
    if "protocol_version" in record and ("cursor" in record or "activity" in record):
        return "lash"
    event = record.get("event")
    if kind == "observation" and _has(event, "type"):
        return "lash"
    if kind == "observation" and "read_view" in record:
        return "lash"
    if kind in _LASH and ("replay_cursor" in record or "gap" in record or "cursor" in record):
        return "lash"
    return None


def _claude(record: Record, kind: str) -> str | None:
    if "parentUuid" in record and (
        _has(record.get("message"), "parts") or "provenance" in record or "systemPayload" in record
    ):
        return "qwen-transcript"
    if "qwen_code_version" in record:
        return "qwen"
    if kind in _TRANSCRIPT and ("sessionId" in record or "snapshot" in record):
        return "claude-transcript"
    if kind == "summary" and "leafUuid" in record:
        return "claude-transcript"
    if "sessionId" in record and ("parentUuid" in record or "isSidechain" in record):
        return "claude-transcript"
    if kind in _CLAUDE and ("session_id" in record or "request_id" in record):
        return "claude"
    if kind == "system" and "subtype" in record and "session_id" in record:
        # Several begin with it; only qwen doesn't name its mode in camel case.
        if _is_cursor(record):
            return "cursor"
        return "qwen" if _is_qwen(record) else "claude"
    if kind == "tool_call" and "call_id" in record and isinstance(record.get("tool_call"), dict):
        return "cursor"
    if kind in ("assistant", "user") and "message" in record and "session_id" in record:
        if "timestamp_ms" in record and not record.keys() & _CLAUDES_OWN:
            return "cursor"
        return "qwen" if _is_qwen(record) else "claude"
    if kind == "result" and "session_id" in record and ("subtype" in record or "uuid" in record):
        return "claude"
    return None


def _is_cursor(record: Record) -> bool:
    is_first = record.get("subtype") == "init" and {"permissionMode", "model"} <= record.keys()
    return is_first and not record.keys() & _CLAUDES_OWN


def _is_qwen(record: Record) -> bool:
    if record.get("subtype") == "session_start":
        return "data" in record
    message = record.get("message")
    if isinstance(message, dict) and record.get("type") == "assistant":
        return "uuid" in record and message.get("id") == record["uuid"]
    return record.get("subtype") == "init" and "permission_mode" in record


def _codex(record: Record, kind: str) -> str | None:
    if kind in _ROLLOUT and "payload" in record:
        return "codex-rollout"
    if kind.startswith(_CODEX_EXEC) and not {"properties", "part"} & record.keys():
        return "codex-exec"
    return None


def _opencode(record: Record, kind: str) -> str | None:
    if "sessionID" in record and ("part" in record or "error" in record):
        return "opencode"
    if "properties" in record and kind.startswith(_OPENCODE_SSE):
        return "opencode-sse"
    if "data" in record and "created" in record and kind.startswith(_OPENCODE_SSE):
        return "opencode-sse"
    return None


def _others(record: Record, kind: str) -> str | None:
    if "parentId" in record and "timestamp" in record and kind.startswith(_COPILOT):
        return "copilot"
    if "ts" in record and kind == "run_result" and "finishReason" in record:
        return "cline"
    if "ts" in record and (
        (kind == "hook_event" and "hookEventName" in record)
        or (kind == "agent_event" and isinstance(record.get("event"), dict))
    ):
        return "cline"
    if record.get("role") == "meta" and "." in kind:
        return "kimi"
    if {"agentId", "time"} <= record.keys() and "." in kind:
        return "kimi-wire"
    if kind == "metadata" and {"protocol_version", "created_at"} <= record.keys():
        return "kimi-wire"
    return None


def _gemini_or_pi(record: Record, kind: str) -> str | None:
    message = record.get("message")
    is_message = kind in ("message_start", "message_end") and _has(message, "role")
    if kind in _PI or (is_message and not _has(message, "type")):
        return "pi"
    if "parentId" in record and "timestamp" in record and kind in _PI_ENTRIES:
        return "pi-transcript"
    if kind == "message" and _has(record.get("message"), "role") and "timestamp" in record:
        return "pi-transcript"  # of early versions
    if "timestamp" not in record:
        return None
    if kind == "init" and ("model" in record or "session_id" in record):
        return "gemini"
    if kind in ("tool_use", "tool_result") and "tool_id" in record:
        return "gemini"
    if kind == "message" and "role" in record and "content" in record:
        return "gemini"
    if kind == "result" and "status" in record and "stats" in record:
        return "gemini"
    return None


def _provider(record: Record, kind: str) -> str | None:
    if kind in _ANTHROPIC:
        return "anthropic-sse"
    if kind.startswith("response.") and ("response" in record or "sequence_number" in record):
        return "openai-responses"
    return None
