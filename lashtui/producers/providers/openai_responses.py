"""OpenAI's Responses stream: typed events, deltas and then whole items."""

from __future__ import annotations

from lashd.events import AssistantProseDelta, ReasoningDelta
from lashd.text import short
from lashtui.producers.dedupe import Text, failed, number, succeeded
from lashtui.producers.error_text import plain_message
from lashtui.producers.providers.turn import ProviderProducer, arguments_of
from lashtui.producers.records import Record, int_of, map_of, maps_of, text_of

_DELTAS: dict[str, tuple[Text, str]] = {
    "response.output_text.delta": (AssistantProseDelta, "content_index"),
    "response.refusal.delta": (AssistantProseDelta, "content_index"),
    "response.reasoning_summary_text.delta": (ReasoningDelta, "summary_index"),
    "response.reasoning_text.delta": (ReasoningDelta, "content_index"),
}
_WHOLE: dict[str, tuple[Text, str, str]] = {
    "response.output_text.done": (AssistantProseDelta, "content_index", "text"),
    "response.refusal.done": (AssistantProseDelta, "content_index", "refusal"),
    "response.reasoning_summary_text.done": (ReasoningDelta, "summary_index", "text"),
    "response.reasoning_text.done": (ReasoningDelta, "content_index", "text"),
}
_ENDS = ("response.completed", "response.incomplete", "response.done")
_QUIET = (
    "response.queued",
    "response.in_progress",
    "response.content_part.",
    "response.reasoning_summary_part.",
    "response.output_text.annotation.",
    "response.function_call_arguments.",
    "response.custom_tool_call_input.",
    "response.mcp_call",
    "response.mcp_list_tools",
    "response.web_search_call.",
    "response.file_search_call.",
    "response.image_generation_call.",
    "response.code_interpreter_call",
)


class OpenAiResponsesProducer(ProviderProducer):
    """Events to payloads."""

    def on_record(self, record: Record) -> None:
        """One event."""
        kind = record["type"]
        delta = _DELTAS.get(kind)
        if delta is not None:
            self.texts.delta(self._key(record, *delta), record["delta"], delta[0])
        elif kind == "response.created":
            self.begin_response()
        elif kind in _WHOLE:
            event, index, name = _WHOLE[kind]
            self.texts.final(self._key(record, event, index), record[name], event)
        elif kind == "response.output_item.done":
            self._on_item(record["item"], int_of(record, "output_index") or 0)
        elif kind == "response.output_item.added":
            self._on_item_begun(record["item"])
        elif kind in _ENDS:
            self._on_response_end(record["response"])
        elif kind in ("response.failed", "response.cancelled"):
            response = map_of(record, "response")
            message = text_of(map_of(response, "error"), "message")
            self._tell_usage(response)
            self.fail_response(plain_message(message) or f"The response {kind[9:]}.")
        elif kind == "error":
            message = text_of(record, "message") or text_of(map_of(record, "error"), "message")
            self.fail_response(plain_message(message))
        elif not kind.startswith(_QUIET):
            self.unknown(kind, record)

    def _key(self, record: Record, event: Text, index: str) -> str:
        item = text_of(record, "item_id") or f"item-{record.get('output_index', 0)}"
        # A summary and the thought itself are two texts of one item.
        letter = "s" if index == "summary_index" else "c"
        return f"{self.responses}-{short(item, 200)}-{letter}{record.get(index, 0)}"

    def _on_item_begun(self, item: Record) -> None:
        """Only what the provider runs itself takes time between its beginning and its end."""
        kind = item["type"]
        if kind in ("web_search_call", "file_search_call", "mcp_call", "image_generation_call"):
            self.calls.start(item["id"], _name_of(item), _args_of(item))

    def _on_item(self, item: Record, index: int) -> None:
        kind = item["type"]
        if kind == "message":
            for n, part in enumerate(maps_of(item, "content")):
                text = text_of(part, "text") or text_of(part, "refusal")
                where = {"item_id": item.get("id"), "output_index": index, "content_index": n}
                key = self._key(where, AssistantProseDelta, "content_index")
                self.texts.final(key, text, AssistantProseDelta)
        elif kind == "reasoning":
            self._on_thought(item, index)
        elif kind in ("function_call", "custom_tool_call"):
            args = (
                item.get("input") if "input" in item else arguments_of(text_of(item, "arguments"))
            )
            self.calls.start(text_of(item, "call_id") or item["id"], _name_of(item), args)
        elif kind in ("web_search_call", "file_search_call", "mcp_call", "image_generation_call"):
            self.calls.start(item["id"], _name_of(item), _args_of(item))
            wrong = item.get("error")
            if wrong or item.get("status") == "failed":
                text = wrong if isinstance(wrong, str) else text_of(wrong, "message")
                self.calls.complete(item["id"], failed(text or "failed"))
            else:
                given = item.get("output", item.get("results"))
                self.calls.complete(item["id"], succeeded(given))
        elif kind == "code_interpreter_call":
            outputs = maps_of(item, "outputs")
            logs = "\n".join(filter(None, (text_of(each, "logs") for each in outputs)))
            error = "" if item.get("status") in (None, "completed") else str(item["status"])
            self.tell_code(item["id"], text_of(item, "code"), logs or None, error=error)
        else:
            self.unknown(str(kind), item)

    def _on_thought(self, item: Record, index: int) -> None:
        for name, letter in (("summary", "summary_index"), ("content", "content_index")):
            for n, part in enumerate(maps_of(item, name)):
                where = {"item_id": item.get("id"), "output_index": index, letter: n}
                key = self._key(where, ReasoningDelta, letter)
                self.texts.final(key, text_of(part, "text"), ReasoningDelta)

    def _on_response_end(self, response: Record) -> None:
        for index, item in enumerate(maps_of(response, "output")):
            if item.get("type") in ("message", "reasoning"):
                # A stream without deltas and items: told only here.
                self._on_item(item, index)
        self._tell_usage(response)
        reason = text_of(map_of(response, "incomplete_details"), "reason")
        self.stop_response(reason or "completed")
        self.end_response()

    def _tell_usage(self, response: Record) -> None:
        self.usage(openai_usage(map_of(response, "usage")))


def openai_usage(usage: Record) -> dict[str, int | float]:
    """Tokens of one response under lash's names, of either of OpenAI's two dialects."""
    found: dict[str, int | float] = {}
    for name, ours in (("input", "prompt"), ("output", "completion")):
        count = number(usage.get(f"{name}_tokens", usage.get(f"{ours}_tokens")))
        if count is not None:
            found[f"{name}_tokens"] = count
    asked = map_of(usage, "input_tokens_details") or map_of(usage, "prompt_tokens_details")
    told = map_of(usage, "output_tokens_details") or map_of(usage, "completion_tokens_details")
    cached, thought = number(asked.get("cached_tokens")), number(told.get("reasoning_tokens"))
    if cached:
        found["cached_input_tokens"] = cached
    if thought:
        found["reasoning_tokens"] = thought
    cost = number(usage.get("cost"))
    if cost:
        found["cost_usd"] = cost
    return found


def _name_of(item: Record) -> str:
    name = text_of(item, "name")
    if name:
        server = text_of(item, "server_label") or text_of(item, "namespace")
        return short(f"{server}.{name}" if server else name) or "tool"
    return text_of(item, "type").removesuffix("_call")


def _args_of(item: Record) -> object:
    if isinstance(item.get("arguments"), str):
        return arguments_of(item["arguments"])
    action = map_of(item, "action")
    queries = item.get("queries")
    found = {key: value for key, value in action.items() if isinstance(value, str)}
    return {**found, "queries": queries} if isinstance(queries, list) else found or None
