"""A view's plan, whatever form its agent gives it."""

from __future__ import annotations

from lashd.view import ReadView
from lashtui.text.plan import plan_steps


def test_reads_each_agents_form() -> None:
    """Text under any of its names; a word for a step's state that is unknown means to do."""
    view = ReadView(
        "build",
        plan=[
            {"content": "a", "status": "completed"},
            {"step": "b", "status": "in_progress"},
            {"text": "c", "status": "whatever"},
            {"title": "d"},
            {"content": "", "status": None},
            "e",
            7,
        ],
    )
    assert plan_steps(view) == [
        ("a", "done"),
        ("b", "doing"),
        ("c", "to do"),
        ("d", "to do"),
        ("", "to do"),
        ("e", "to do"),
        ("7", "to do"),
    ]
    assert plan_steps(None) == plan_steps(ReadView("build")) == []
