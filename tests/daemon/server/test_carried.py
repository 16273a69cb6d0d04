"""What `lashd --relay` and `--mirror` refuse, before they reach anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from lashd.server import command


@pytest.fixture(autouse=True)
def _no_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


def refused(capfd: pytest.CaptureFixture[str], *flags: str) -> str:
    """What is said of these flags, with exit code 2."""
    assert command.main(["--socket", "/tmp/none/s", *flags]) == 2
    said = capfd.readouterr().err
    assert said.startswith("lashd: ")
    assert said.count("\n") == 1
    return said


@pytest.mark.parametrize("flag", ["--relay", "--mirror"])
def test_what_is_missing_or_wrong_is_said_in_one_line(
    capfd: pytest.CaptureFixture[str], tmp_path: Path, flag: str
) -> None:
    """And a password is never repeated."""
    engine = "redis://me:secret@hub:6379"
    assert "--home" in refused(capfd, flag, engine)
    assert "`{x}` can't name a home" in refused(capfd, flag, engine, "--home", "{x}")
    for url in ("http://me:secret@hub", "hub:6379", "redis://", "redis://me:secret@hub:port"):
        said = refused(capfd, flag, url, "--home", "box")
        assert "not the URL of an engine" in said
        assert "secret" not in said
    key = tmp_path / "key"
    key.touch(mode=0o600)
    key.write_text("short")
    assert "16 to 64 bytes" in refused(capfd, flag, engine, "--home", "box", "--key-file", str(key))
    assert "can't read" in refused(capfd, flag, f"@{tmp_path}/none", "--home", "box")
    file = tmp_path / "url"
    file.touch(mode=0o600)
    file.write_bytes(b"redis://me:\xff@hub")
    assert f"{file} must have the URL" in refused(capfd, flag, f"@{file}", "--home", "box")
    assert "`ssl_x` is not for" in refused(capfd, flag, "rediss://hub?ssl_x=1", "--home", "box")


@pytest.mark.parametrize("flag", ["--home", "--key-file"])
def test_no_daemon_is_started_in_place_of_a_relay(
    capfd: pytest.CaptureFixture[str], flag: str
) -> None:
    """Whoever names a home has forgotten where its sessions go."""
    assert "--relay or --mirror" in refused(capfd, flag, "box")


def test_without_the_extra_it_is_said_what_to_install(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody else needs it."""
    monkeypatch.setattr("lashd.server.carried.find_spec", lambda name: None)
    assert "pip install 'lashtui[relay]'" in refused(capfd, "--relay", "redis://hub", "--home", "b")
