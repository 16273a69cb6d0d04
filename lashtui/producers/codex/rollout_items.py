"""Parts of a rollout's lines: what the model was given back, what a person said, what is noise."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from lashtui.producers.codex.items import command_of, field, text_of
from lashtui.producers.codex.reading import image_of, image_of_url
from lashtui.producers.dedupe import cancelled, failed, succeeded
from lashtui.producers.fields import int_of, map_of

if TYPE_CHECKING:
    from lashd.events import JsonValue
    from lashd.protocol.records import Record

MAX_HEADER = 4096
"""Characters of a call's output in which its header must end."""
MAX_SCRIPT = 64 * 1024
"""Characters of a script: at most 256 KiB."""

COMMANDS: Final = frozenset(
    {"exec_command", "shell", "shell_command", "local_shell", "container.exec"}
)
SILENT_EVENTS: Final = frozenset(
    {
        "agent_message_content_delta",
        "agent_message_delta",
        "agent_reasoning_delta",
        "agent_reasoning_raw_content_delta",
        "agent_reasoning_section_break",
        "exec_command_output_delta",
        "item_started",
        "mcp_startup_complete",
        "mcp_startup_update",
        "patch_apply_updated",
        "plan_delta",
        "raw_response_item",
        "reasoning_content_delta",
        "reasoning_raw_content_delta",
        "shutdown_complete",
        "terminal_interaction",
        "thread_settings_applied",
        "turn_diff",
        "turn_moderation_metadata",
        "web_search_begin",
        "image_generation_begin",
    }
)
"""Events that repeat what others say, or say nothing of the agent's work."""
SILENT_ITEMS: Final = frozenset(
    {"additional_tools", "compaction_trigger", "ghost_snapshot", "other"}
)
"""The vendor's, or the program's own bookkeeping."""

_HEADER = re.compile(
    r"\A(?:(?:Chunk ID|Exit code|Wall time|Original token count|Total output lines): [^\n]*\n"
    r"|Process (?:exited|running) with [^\n]*\n)+Output:\n?"
)
_SCRIPT = re.compile(
    r"\AScript (completed|failed|errored|terminated|running)[^\n]*\n"
    r"(?:Wall time:? [^\n]*\n)?(?:Output:\n?)?"
)
_EXIT_CODE = re.compile(r"^(?:Exit code: |Process exited with code )(-?\d{1,9})$", re.M)
_RUNNING = re.compile(r"^Process running with session ID (\w{1,32})$", re.M)
_ABORTED = re.compile(r"\A(?:Wall time: [^\n]*\n)?aborted by user(?: after [^\n]*)?\Z")
_REFUSED = ("unsupported call", "execution error", "failed to parse function arguments")
_PLAN = re.compile(r"\bupdate_plan\(\s*(?=\{)")
_CWD = re.compile(r"<cwd>([^<\n]{1,4096})</cwd>")
_MACHINE = re.compile(
    r"\A\s*(?:<(?:environment_context|user_instructions|permissions instructions|turn_aborted"
    r"|collaboration_mode|skills_instructions|skill|apps_instructions|plugins_instructions"
    r"|subagent_notification|subagents|hook_prompt|user_shell_command|model_switch|recommended_\w+"
    r"|INSTRUCTIONS|goal_context|codex_internal_context|personality_spec|realtime_\w+)\b"
    r"|# AGENTS\.md instructions\b)"
)
"""What the program itself writes in a person's place."""


class Output(NamedTuple):
    """What a call gave back."""

    outcome: JsonValue
    """In lash's shape."""
    text: str
    exit_code: int | None
    session: str
    """Of a command that is still running: what later calls name it by."""


def parsed(arguments: JsonValue) -> JsonValue:
    """Arguments are JSON inside a string; anything else is shown unchanged."""
    if not isinstance(arguments, str):
        return arguments
    try:
        return msgspec.json.decode(arguments)
    except (ValueError, RecursionError):
        return arguments


def output_of(output: JsonValue) -> Output:
    """What the model was given back: text with a header for the model, JSON in older versions."""
    text, went_well = _text_of_output(output)
    code: int | None = None
    if text.startswith('{"'):
        inner = parsed(text)
        if isinstance(inner, dict) and isinstance(inner.get("output"), str):
            code = int_of(map_of(inner, "metadata"), "exit_code")
            text = inner["output"]
    session = ""
    header = _HEADER.match(text, 0, MAX_HEADER)
    if header is not None:
        found, running = _EXIT_CODE.search(header[0]), _RUNNING.search(header[0])
        code = int(found[1]) if found else code
        session = running[1] if running else ""
        text = text[header.end() :]
    if _ABORTED.match(text.strip()):
        outcome = cancelled("aborted by the user")
    elif code:
        outcome = failed(f"exit code {code}", text, code)
    elif not went_well or text.startswith(_REFUSED):
        outcome = failed(text or "failed")
    else:
        outcome = succeeded(text)
    return Output(outcome, text, code, session)


def script_output(output: JsonValue) -> tuple[str, str]:
    """What a script printed, and what went wrong with it."""
    text, went_well = _text_of_output(output)
    header = _SCRIPT.match(text, 0, MAX_HEADER)
    how = header[1] if header else "completed" if went_well else "failed"
    text = text[header.end() :].removeprefix("\n") if header else text
    if how in ("completed", "running"):
        return text, ""
    return text, f"the script {how}" if how != "errored" else "the script failed"


def _text_of_output(output: JsonValue) -> tuple[str, bool]:
    if isinstance(output, dict):
        content = output.get("content")
        return _joined(content), output.get("success") is not False
    return _joined(output), True


def _joined(blocks: JsonValue) -> str:
    if not isinstance(blocks, list):
        return text_of(blocks)
    return "\n".join(filter(None, (text_of(block) or image_of(block) for block in blocks)))


def images_of(event: Record) -> str:
    """Placeholders for the images of a message event."""
    local = [each for each in _list(event.get("local_images")) if isinstance(each, str)]
    marks = [f"[image {path}]" for path in local]
    return "\n".join(marks + [image_of_url(each) for each in _list(event.get("images"))])


def is_machine(item: Record) -> bool:
    """Whether the program wrote this message in a person's place."""
    passed = map_of(item, "internal_chat_message_metadata_passthrough")
    kinds = [each for each in _list(passed.get("content_item_kinds")) if isinstance(each, str)]
    if kinds and not any(each == "unknown" or each.startswith("user.") for each in kinds):
        return True
    return _MACHINE.match(text_of(item.get("content"))) is not None


def directory_of(item: Record) -> str:
    """The directory that the program tells the model of."""
    found = _CWD.search(text_of(item.get("content")), 0, MAX_HEADER)
    return found[1] if found else ""


def plan_in(script: str) -> JsonValue:
    """The plan that a script sets, where its argument is plain JSON; None if there is none."""
    found = _PLAN.search(script)
    if found is None:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(script, found.end())
    except (ValueError, RecursionError):
        return None
    return value.get("plan") if isinstance(value, dict) else None


def child_name(meta: Record) -> str | None:
    """What a subagent is called, in a file of its own."""
    spawned = map_of(map_of(map_of(meta, "source"), "subagent"), "thread_spawn")
    return text_of(spawned.get("agent_nickname")) or text_of(spawned.get("agent_role")) or None


def as_item(event: Record, kind: str) -> Record:
    """An older version's event as the item that it became."""
    item = {**event, "type": kind}
    call = map_of(event, "invocation")
    result = event.get("result")
    if call:
        item.update(call)
    if isinstance(result, dict):
        item["result"] = result.get("Ok", result)
        if "Err" in result:
            item["error"], item["result"] = result["Err"], None
    if event.get("success") is False:
        item["status"] = "failed"
    return item


def command_args(args: JsonValue) -> JsonValue:
    """A command's arguments, as its item tells them."""
    if not isinstance(args, dict):
        return args
    return {"command": command_of(args.get("cmd", args.get("command")))}


def call_id_of(record: Record) -> str:
    """The id of a call, in either spelling."""
    return text_of(field(record, "call_id"))


def _list(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
