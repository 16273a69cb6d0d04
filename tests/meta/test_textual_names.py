"""Which of Textual's private names we use, and that Textual still has them."""

from __future__ import annotations

import ast
import inspect
import pkgutil
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import import_module

from textual._xterm_parser import XTermParser
from textual.app import App
from textual.css.stylesheet import Stylesheet
from textual.screen import Screen

PACKAGES = ("lashtui.app", "lashtui.screens", "lashtui.widgets")
"""The packages that import Textual."""

USED = {
    "lashtui.app.lending": {"App._driver"},
    "lashtui.app.app": {"App._close_all"},
    "lashtui.app.leaving": {
        "App._driver",
        "App._exception",
        "App._fatal_error",
        "App._return_value",
        "MessagePump._close_messages_no_wait",
    },
    "lashtui.app.driver": {
        "Driver._app",
        "Driver._debug",
        "Driver._loop",
        "LinuxDriver._file",
        "LinuxDriver._run_input_thread",
        "LinuxDriver._sigcont_application",
        "LinuxDriver._sigtstp_application",
        "LinuxDriver._writer_thread",
        "parser._timeout_time",
        "self._app._handle_exception",
        "textual._xterm_parser.XTermParser",
    },
    "lashtui.screens.paint_screen": {
        "Screen._compositor",
        "Screen._compositor_refresh",
        "Screen._on_timer_update",
        "Screen._update_timer",
    },
    "lashtui.widgets.textual_private": {
        "Compositor._dirty_regions",
        "Compositor._get_renders",
        "Compositor._regions_to_spans",
        "Compositor._render_chops",
        "MessagePump._is_mounted",
        "Screen._compositor",
        "Screen._dirty_widgets",
        "Screen._on_timer_update",
        "Screen._update_timer",
        "Stylesheet._parse_cache",
        "Stylesheet._variables",
        "Widget._exchange_repaint_regions",
        "Widget._set_dirty",
        "like._variables",
        "screen._binding_chain",
        "self.screen._compositor",
        "textual._compositor.ChopsUpdate",
        "textual._compositor.Compositor",
        "textual.keys._character_to_key",
    },
}
"""Each name with the class of Textual's that has it, the object on which it is read, or the module
that it is imported from."""

ON_OBJECTS = [
    (XTermParser, "_timeout_time"),
    (App, "_handle_exception"),
    (Stylesheet, "_variables"),
    (Screen, "_binding_chain"),
    (Screen, "_compositor"),
]
"""Those that are read on an object, with its class."""


def modules() -> list[str]:
    found: list[str] = []
    for package in map(import_module, PACKAGES):
        prefix = f"{package.__name__}."
        found += [each.name for each in pkgutil.walk_packages(package.__path__, prefix)]
    return found


def is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__") and name != "_"


def is_on_self(node: ast.AST) -> bool:
    """`self._x`, `cls._x` or `super()._x`."""
    value = node.value if isinstance(node, ast.Attribute) else None
    if isinstance(value, ast.Call):
        value = value.func
    return isinstance(value, ast.Name) and value.id in ("self", "cls", "super")


def defined(tree: ast.ClassDef) -> Iterator[str]:
    """What a class defines in its body, or assigns on its objects."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
    for each in ast.walk(tree):
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store) and is_on_self(each):
            yield each.attr


def mentioned(tree: ast.ClassDef) -> Iterator[str]:
    """What a class defines, and what it reads of itself."""
    yield from defined(tree)
    yield from (
        node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute) and is_on_self(node)
    )


@cache
def private_names(cls: type) -> frozenset[str]:
    """The private names of one of Textual's own classes."""
    (tree,) = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
    assert isinstance(tree, ast.ClassDef)
    return frozenset(filter(is_private, defined(tree)))


def owner_of(cls: type, name: str) -> str | None:
    """The nearest class of Textual's that has this private name: `cls` or one above it."""
    for base in cls.__mro__:
        if base.__module__.partition(".")[0] == "textual" and name in private_names(base):
            return base.__name__
    return None


def used_in(module_name: str) -> Iterator[str]:
    """The private names of Textual's that a module of ours uses."""
    module = import_module(module_name)
    tree = ast.parse(inspect.getsource(module))
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual"):
            for name in node.names:
                if "._" in f"{node.module}.{name.name}":
                    yield f"{node.module}.{name.name}"
        if isinstance(node, ast.Attribute) and is_private(node.attr) and not is_on_self(node):
            of = ast.unparse(node.value)
            if of != "os":  # os._exit
                yield f"{of}.{node.attr}"
    for each in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        for private in filter(is_private, mentioned(each)):
            owner = owner_of(vars(module)[each.name], private)
            if owner is not None:
                yield f"{owner}.{private}"


def test_the_private_names_that_are_used_are_these() -> None:
    """A new use, a clash of one of our names with one of Textual's, and a name that Textual has
    lost show here: what a class takes over is looked up in Textual's source."""
    assert {name: found for name in modules() if (found := set(used_in(name)))} == USED


def test_textual_has_the_names_that_are_read_on_its_objects() -> None:
    """A new Textual that has renamed one fails here rather than on a person's screen."""
    for cls, name in ON_OBJECTS:
        assert owner_of(cls, name), f"{cls.__name__}.{name}"
