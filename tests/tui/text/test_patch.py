"""Hunks: made, read, written."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lashtui.text.linediff import Work
from lashtui.text.patch import (
    FileEdit,
    Hunk,
    Row,
    compared,
    is_patch,
    lines_of,
    looks_like_diff,
    patch_text,
    read_patch,
    read_unified,
    whole,
)

LINES = st.lists(
    st.sampled_from(["a", "b", "", "x", "-", "+c", "@@ -1 +1 @@", "--- a"]), max_size=30
)
TEXTS = st.text() | LINES.map("\n".join)


def applied(old: list[str], hunks: tuple[Hunk, ...]) -> list[str]:
    """`old` after the hunks, which must fit at the places that they name."""
    new: list[str] = []
    at = 0
    for hunk in hunks:
        new += old[at : hunk.old - 1]
        at = hunk.old - 1
        assert len(new) == hunk.new - 1
        for sign, text in hunk.rows:
            if sign in " -":
                assert old[at] == text
                at += 1
            if sign in " +":
                new.append(text)
    return new + old[at:]


@given(TEXTS, TEXTS)
def test_applied_to_the_old_text_it_gives_the_new(old: str, new: str) -> None:
    """Whatever the texts are: what is shown is what was asked for."""
    edit = compared("x", old, new, Work())
    both = old.endswith("\n") == new.endswith("\n")
    before, after = (
        lines_of(text) if both or not old or not new else text.split("\n") for text in (old, new)
    )
    assert applied(before, edit.hunks) == after
    assert edit.added - edit.deleted == len(after) - len(before)
    assert (edit.hunks == ()) == (before == after)


@given(LINES, LINES, st.integers(0, 20))
def test_it_also_does_where_there_was_too_much_to_compare(
    old: list[str], new: list[str], steps: int
) -> None:
    """It is larger than it need be, and still true."""
    before, after = "\n".join(["<", *old, ">"]), "\n".join(["<", *new, ">"])
    edit = compared("x", before, after, Work(steps))
    assert applied(before.split("\n"), edit.hunks) == after.split("\n")


@given(LINES, LINES)
def test_what_is_written_is_read_again(old: list[str], new: list[str]) -> None:
    """A copied patch has the same hunks and counts, whatever the lines look like."""
    made = compared("x", "\n".join(["<", *old, ">"]), "\n".join(["<", *new, ">"]), Work())
    edits = [msgspec.structs.replace(made, numbered=True)] if made.hunks else []
    assert list(read_unified(patch_text(edits), "x")) == edits


def test_without_places_it_is_a_patch_that_needs_none() -> None:
    """No number is made up; it can be given to an agent's tool again."""
    edit = compared("x", "a\nb\n", "a\nc\n", Work())
    patch = patch_text([edit, edit])
    assert patch == (
        "*** Begin Patch\n*** Update File: x\n a\n-b\n+c\n@@\n a\n-b\n+c\n*** End Patch"
    )
    (read,) = read_patch(patch)
    assert [hunk.rows for hunk in read.hunks] == [edit.hunks[0].rows] * 2


@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_git_takes_a_patch_with_places(tmp_path: Path) -> None:
    """Copied from an edit whose tool said where in the file it was."""
    old = "".join(f"line {n}\n" for n in range(60))
    new = old.replace("line 33\n", "other\n").replace("line 45\n", "")
    (tmp_path / "x").write_text(old)
    edit = msgspec.structs.replace(compared("x", old, new, Work()), numbered=True)
    command = ["git", "apply", "-p0", "-"]
    subprocess.run(command, input=patch_text([edit]) + "\n", text=True, cwd=tmp_path, check=True)
    assert (tmp_path / "x").read_text() == new


def test_the_size_of_a_change_is_that_of_what_changed() -> None:
    """In two places of twenty lines; in two of each three of 300."""
    old = "\n".join(f"line {n}" for n in range(20))
    new = old.replace("line 2\n", "x\n").replace("line 16\n", "y\n")
    edit = compared("x", old, new, Work())
    assert (edit.added, edit.deleted, len(edit.hunks)) == (2, 2, 2)
    many = [f"item {n}" for n in range(300)]
    changed = [f"{each}!" if n % 3 else each for n, each in enumerate(many)]
    edit = compared("x", "\n".join(many), "\n".join(changed), Work())
    assert (edit.added, edit.deleted, edit.rough) == (200, 200, "")


@pytest.mark.parametrize(
    ("old", "new", "size"),
    [
        ("", "a\nb\n", (2, 0)),
        ("a\n", "", (0, 1)),
        ("a", "a\n", (1, 0)),
        ("a\nb\n", "a\nc\n", (1, 1)),
        ("a\r\nb", "a\nb", (1, 1)),
        ("", "", (0, 0)),
    ],
)
def test_ends_of_texts(old: str, new: str, size: tuple[int, int]) -> None:
    """A text that ends in a newline has no line behind it."""
    edit = compared("x", old, new, Work())
    assert (edit.added, edit.deleted) == size


def test_a_diff_of_several_files() -> None:
    """Each with its name, new and deleted ones too; headers in a file's text are its text."""
    diff = (
        "diff --git a/f.sql b/f.sql\n--- a/f.sql\n+++ b/f.sql\n@@ -1,2 +1,2 @@ begin\n"
        "--- an old comment\n+++ a new one\n keep\n\\ No newline at end of file\n"
        "--- /dev/null\n+++ b/g\n@@ -0,0 +1 @@\n+x\n"
        "--- a/h\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n"
    )
    first, second, third = read_unified(diff, "")
    assert (first.path, first.added, first.deleted, first.kind) == ("f.sql", 1, 1, "update")
    assert first.hunks[0].rows[-1] == Row("\\", " No newline at end of file")
    assert first.hunks[0].heading == "begin"
    assert (second.path, second.kind, second.hunks[0].new) == ("g", "add", 1)
    assert (third.path, third.kind, third.deleted) == ("h", "delete", 1)
    assert list(read_unified(patch_text([first, second, third]), "")) == [first, second, third]


def test_a_diff_without_its_middle_is_not_exact() -> None:
    """It was too long for a view."""
    (edit,) = read_unified("@@ -1,9 +1,9 @@\n a\n-b\n… 12 characters cut …\n+c\n", "x")
    assert (edit.rough, edit.deleted) == ("cut", 1)


@pytest.mark.parametrize("counts", ["-1,1 +1,1", "-1,3 +1,2", "-1,9 +1,9"])
def test_models_that_miscount_lose_no_line(counts: str) -> None:
    """A hunk goes on as far as its lines do."""
    one = f"@@ {counts} @@\n a\n-b\n-c\n+d\n"
    first, second = read_unified(f"--- x\n+++ x\n{one}diff --git a/y b/y\n--- y\n+++ y\n{one}", "")
    for edit, path in ((first, "x"), (second, "y")):
        assert (edit.path, edit.added, edit.deleted, edit.rough) == (path, 1, 2, "")


def test_a_patch_without_numbers() -> None:
    """Its parts have headings; what was moved says where."""
    patch = (
        "*** Begin Patch\n*** Add File: new.txt\n+one\n+two\n*** Update File: old.txt\n"
        "*** Move to: other.txt\n@@ def f\n keep\n-gone\n+come\n@@\n-x\n*** End of File\n"
        "*** Delete File: dead.txt\n*** End Patch"
    )
    assert is_patch(patch)
    new, old, dead = read_patch(patch)
    assert (new.path, new.kind, new.added, new.numbered) == ("new.txt", "add", 2, True)
    assert (old.path, old.moved_to, old.added, old.deleted) == ("old.txt", "other.txt", 1, 2)
    assert not old.numbered
    assert [hunk.heading for hunk in old.hunks] == ["def f", ""]
    assert (dead.path, dead.kind, dead.hunks) == ("dead.txt", "delete", ())


def test_a_copied_patch_is_safe() -> None:
    """An agent's text can't reach a terminal by way of the clipboard."""
    edit = whole("x\x1b]0;t\x07\ny", "\x1b[31mred\u202e\n", "add")
    assert patch_text([edit]) == "--- /dev/null\n+++ x y\n@@ -0,0 +1,1 @@\n+red"
    assert patch_text([FileEdit("x")]) == ""


def test_what_looks_like_a_diff() -> None:
    """It begins as one."""
    assert looks_like_diff("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b")
    assert not looks_like_diff("--- \n not one")


@given(st.text(st.sampled_from("+-@ \\*,1 Begin Patch\n"), max_size=200) | st.text())
def test_no_text_breaks_the_readers(text: str) -> None:
    """Whatever is called a diff."""
    for edit in [*read_unified(text, "x"), *read_patch(text)]:
        assert edit.added >= 0
        patch_text([edit])
