"""Messages with images, reviews, and records of kinds that are not known."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.tui.producers.codex.rollout_records import (
    END,
    START,
    asked,
    gave,
    told,
    view_at,
)
from tests.tui.producers.goldens import prose_of
from tests.tui.producers.pipes import outcome_of, rows

if TYPE_CHECKING:
    pass


def test_images_leave_a_mark() -> None:
    """In what a person said, and in what a tool gave back."""
    content = [{"type": "text", "text": "see"}, {"type": "local_image", "path": "/a.png"}]
    user = told("item_completed", item={"type": "UserMessage", "id": "u", "content": content})
    shot = gave([{"type": "input_image", "image_url": "data:image/png;base64,AAAA"}])
    view = view_at(START, user, asked("view_image", {"path": "/a.png"}), shot, END)
    assert rows(view, "user")[0].text == "see\n[image /a.png]"
    assert outcome_of(rows(view, "tool")[0])["payload"] == "[image: image/png, 3 bytes]"
    images = ["data:x", "data:image/jpeg;base64,AAAA"]
    older = told("user_message", message="see", images=images, local_images=["/b.png"])
    (said,) = rows(view_at(START, older, END), "user")
    assert said.text == "see\n[image /b.png]\n[image]\n[image: image/jpeg, 3 bytes]"


def test_events_of_unknown_kinds_are_shown_as_far_as_they_can_be_read() -> None:
    """Each of them, without ids and without what may be encrypted."""
    new = [told("brand_new", message=f"hello {n}", thread_id="t", tools=["x"]) for n in (1, 2)]
    view = view_at(START, *new, END)
    assert [row.output for row in rows(view, "diagnostic")] == [
        {"type": "brand_new", "message": "hello 1"},
        {"type": "brand_new", "message": "hello 2"},
    ]


def test_a_review_is_readable_and_told_once() -> None:
    """Its explanation and its findings; the agent's message that says the same is a copy."""
    place = {"absolute_file_path": "/a.py", "line_range": {"start": 3, "end": 4}}
    finding = {"title": "[P1] Off by one", "body": "Use <=.", "code_location": place}
    review = {"overall_explanation": "Almost.", "findings": [finding]}
    text = "Almost.\n\n- [P1] Off by one (/a.py:3-4)\n  Use <=."
    copy = told("agent_message", message=text)
    view = view_at(START, told("exited_review_mode", review_output=review), copy, END)
    assert prose_of(view) == [text]
