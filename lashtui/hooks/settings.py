"""Our hooks in the text of an agent's settings file: put in, taken out, looked for. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lashtui.hooks.json_text import Node, added, parse, plain, removed

if TYPE_CHECKING:
    from lashtui.hooks.agents import HookedAgent

EMPTY = "{}\n"
"""What stands for a file that doesn't exist."""


def with_hooks(text: str, agent: HookedAgent, program: str) -> str:
    """`text` with each of the agent's events calling `program`, once.

    Raises:
        ValueError: it is not settings as the agent reads them.
    """
    if are_complete(text, agent, program):
        return text
    text = without_hooks(text, program)
    for event, group in agent.events.items():
        if _hooks(text) is None:
            text = added(text, _root(text), "hooks", {})
        hooks = _expected(_hooks(text), dict, "hooks")
        found = hooks.member(event)
        if found is None:
            text = added(text, hooks, event, [group(program)])
        else:
            text = added(text, _expected(found.node, list, event), None, group(program))
    return text


def without_hooks(text: str, program: str) -> str:
    """`text` without any hook that runs `program`, nor what is empty because of that.

    Raises:
        ValueError: it is not settings as the agent reads them.
    """
    while True:
        found = _find(text, program)
        if found is None:
            return text
        # From the innermost out: what would be left empty goes as well.
        *outer, (container, place) = found
        while outer and len(container.items) == 1:
            container, place = outer.pop()
        text = removed(text, container, place)


def events_with(text: str, program: str) -> list[str]:
    """The events whose hooks run `program`.

    Raises:
        ValueError: it is not settings as the agent reads them.
    """
    hooks = _hooks(text)
    if hooks is None or not isinstance(hooks.value, dict):
        return []
    return [each.key for each in hooks.items if _in_event(each.node, program)]


def are_complete(text: str, agent: HookedAgent, program: str) -> bool:
    """Whether each of the agent's events has our hook as it is to be, and no other has one.

    Raises:
        ValueError: it is not settings as the agent reads them.
    """
    if set(events_with(text, program)) != set(agent.events):
        return False
    hooks = _expected(_hooks(text), dict, "hooks")
    groups = {each.key: plain(each.node) for each in hooks.items}
    return all(
        isinstance(found := groups[event], list) and group(program) in found
        for event, group in agent.events.items()
    )


def are_disabled(text: str) -> bool:
    """Whether the settings turn all hooks off."""
    root = parse(text)
    all_of_claude = root.member("disableAllHooks")
    config = root.member("hooksConfig")  # gemini's
    enabled = config.node.member("enabled") if config is not None else None
    return (all_of_claude is not None and all_of_claude.node.value is True) or (
        enabled is not None and enabled.node.value is False
    )


def _find(text: str, program: str) -> list[tuple[Node, int]] | None:
    """The way to a hook of ours: containers and places in them, from the outermost on."""
    root, hooks = _root(text), _hooks(text)
    if hooks is None or not isinstance(hooks.value, dict):
        return None
    place = max(at for at, each in enumerate(root.items) if each.key == "hooks")
    for at, event in enumerate(hooks.items):
        inside = _in_event(event.node, program)
        if inside is not None:
            return [(root, place), (hooks, at), *inside]
    return None


def _in_event(event: Node, program: str) -> list[tuple[Node, int]] | None:
    for at, group in enumerate(event.items):
        member = group.node.member("hooks")
        if member is None:
            continue
        for place, hook in enumerate(member.node.items):
            known = plain(hook.node)
            if isinstance(known, dict) and known.get("command") == program:
                return [(event, at), (member.node, place)]
    return None


def _root(text: str) -> Node:
    return _expected(parse(text), dict, "the file")


def _hooks(text: str) -> Node | None:
    found = _root(text).member("hooks")
    return None if found is None else found.node


def _expected(node: Node | None, kind: type, name: str) -> Node:
    if node is None or not isinstance(node.value, kind):
        raise ValueError(f"{name} is not {'an object' if kind is dict else 'a list'}")
    return node
