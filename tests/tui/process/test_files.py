"""Which file a place in a text means."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lashtui.process.files import find_file, path_of_address


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    """A session's directory with a file, and links that lead inside and outside."""
    root = tmp_path / "work"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a b.py").write_text("x")
    (tmp_path / "secret").write_text("x")
    (root / "inside").symlink_to("src/a b.py")
    (root / "outside").symlink_to("../secret")
    os.mkfifo(root / "pipe")
    return root


def test_files_below_the_sessions_directory(root: Path) -> None:
    """By a relative path, also through links that stay inside."""
    whole = str((root / "src" / "a b.py").resolve())
    assert find_file("src/a b.py", str(root)) == (whole, "")
    assert find_file("./src/../src/a b.py", str(root)) == (whole, "")
    assert find_file("inside", str(root)) == (whole, "")
    assert find_file(whole, None) == (whole, "")


def test_what_leads_out_of_it_is_refused(root: Path) -> None:
    """By dots or by a link."""
    refused = ("", "outside of the session's directory")
    assert find_file("../secret", str(root)) == refused
    assert find_file("outside", str(root)) == refused
    assert find_file("src/../../secret", str(root)) == refused


@pytest.mark.parametrize(
    "path", ["src", "pipe", "src/none.py", "/dev/null", "/no/where", "x" * 9999]
)
def test_only_files_that_are_there_are_opened(root: Path, path: str) -> None:
    """No directory, pipe or device."""
    assert find_file(path, str(root)) == ("", "no such file here")


def test_without_a_directory_only_whole_paths_mean_a_file(root: Path) -> None:
    """A session's directory may not be known, or be none of ours."""
    assert find_file("src/a b.py", None) == ("", "the session's directory is not known")
    assert find_file("src/a b.py", "~/x") == ("", "the session's directory is not known")
    assert find_file("a\0b", str(root)) == ("", "not a path")
    assert find_file("~nobody-of-this-name/x", str(root)) == ("", "no such file here")


def test_addresses_of_files() -> None:
    """Of this machine; `%20` is a space."""
    assert path_of_address("file:///tmp/a%20b.py", "box") == "/tmp/a b.py"
    assert path_of_address("FILE://localhost/x", "box") == "/x"
    assert path_of_address("file://box/x", "box") == "/x"
    assert path_of_address("file://other/x", "box") == ""
    assert path_of_address("https://box/x", "box") == ""
    assert path_of_address("file://[", "box") == ""
