"""What leaves for a person beside the screen: notices, titles, names of files, programs to run."""

from __future__ import annotations

import pytest

from lashtui.app.notices.notice import MAX_WORDS, notice_of, to_terminal
from lashtui.app.notices.queue import NotifyQueue
from lashtui.app.title import title_of, title_of_fleet
from lashtui.process.opening import Command, way_to_browse, way_to_edit
from lashtui.reading.export import file_name
from lashtui.saved.session_key import SessionKey
from tests.hostile import ATTACKS, assert_plain, hostile, read_terminal

EVIL = SessionKey(hostile("host"), hostile("name"))


def test_the_environment_of_the_users_command_is_text() -> None:
    """Each variable is one line without anything to obey, and bounded."""
    queue = NotifyQueue()
    queue.offer([notice_of("waiting", EVIL, hostile("asks"))] * 3)
    told = queue.begin(0.0)
    assert set(told) == {"LASHTUI_KIND", "LASHTUI_SESSION", "LASHTUI_HOST", "LASHTUI_TEXT"}
    for value in told.values():
        assert_plain(value)
        assert "\n" not in value
        assert len(value) <= MAX_WORDS


def test_notices_and_titles_are_sequences_of_ours() -> None:
    """And what is in them ends none and begins none."""
    notices = [notice_of("failed", EVIL, hostile("error"))]
    titles = title_of(EVIL.session_id, ("●", "running"), 2) + title_of_fleet(3)
    written = read_terminal(
        (to_terminal(notices, ("bell", "osc9", "osc777")) + titles).encode(), 80, 24
    )
    assert (len(written.notices), len(written.titles), written.bells, written.text) == (2, 2, 1, "")


def test_an_exported_files_name_is_plain_letters() -> None:
    """It leads nowhere else and is no option of a program."""
    for attack in (*ATTACKS, hostile("x"), "../../etc", "-rf", "/", "."):
        name = file_name(attack, 0.0)
        assert name.isascii()
        assert name.isprintable()
        assert "/" not in name
        assert not name.startswith(("-", "."))


@pytest.mark.parametrize("attack", ATTACKS)
def test_programs_are_run_with_one_argument_of_an_agents(attack: str) -> None:
    """An address with anything to obey is none; a path stays one argument, behind its slash."""
    browse = way_to_browse({"DISPLAY": ":0"}, lambda name: name, "linux", f"https://e/{attack}")
    assert isinstance(browse, str)
    edit = way_to_edit({"EDITOR": "nano -w"}, lambda name: name, f"/{attack}", 3)
    assert edit == Command(("nano", "-w", "+3", f"/{attack}"), is_editor=True)
