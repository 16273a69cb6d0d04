"""Where things are."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest
from platformdirs.macos import MacOS
from platformdirs.unix import Unix

from lashd.errors import ConfigError, LifecycleError
from lashd.paths import (
    MAX_SOCKET_PATH_BYTES,
    check_socket_path,
    config_path,
    log_path,
    make_private_dir,
    runtime_dir,
    socket_path,
    state_dir,
)


@pytest.fixture(name="env")
def _env(tmp_path: Path) -> dict[str, str]:
    """An environment with a runtime directory and a home of its own."""
    (tmp_path / "run").mkdir()
    return {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}


class TestSocketPath:
    """flag, variable, configuration, runtime directory: the first that says anything."""

    def test_the_flag_wins_over_the_variable(self, env: dict[str, str]) -> None:
        """And both over the default."""
        env["LASHTUI_SOCKET"] = "/x/variable"

        assert socket_path("/x/flag", environ=env) == "/x/flag"
        assert socket_path(environ=env) == "/x/variable"

    def test_an_empty_flag_is_no_path(self, env: dict[str, str]) -> None:
        """`--socket "$UNSET"` is a mistake, not the working directory."""
        with pytest.raises(LifecycleError, match="empty"):
            socket_path("", environ=env)

    def test_the_configuration_wins_over_the_default(self, env: dict[str, str]) -> None:
        """Where there is a config.toml."""
        path = Path(config_path(environ=env))
        path.parent.mkdir(parents=True)
        path.write_text('socket = "/x/configured"\n')

        assert socket_path(environ=env) == "/x/configured"
        assert socket_path("/x/flag", environ=env) == "/x/flag"

    def test_a_damaged_configuration_is_said(self, env: dict[str, str]) -> None:
        """Rather than the wrong daemon be asked."""
        path = Path(config_path(environ=env))
        path.parent.mkdir(parents=True)
        path.write_text("socket = 5\n")

        with pytest.raises(ConfigError, match="5"):
            socket_path(environ=env)

    def test_the_default_is_in_the_runtime_directory(self, env: dict[str, str]) -> None:
        """In a directory of its own, as that one is made private."""
        env["XDG_RUNTIME_DIR"] = "/"

        assert socket_path(environ=env) == "/lashtui/lashd.sock"

    @pytest.mark.parametrize("base", ["", "relative", "/does/not/exist"])
    def test_without_a_runtime_directory_it_is_one_for_the_user_in_tmp(self, base: str) -> None:
        """Names of other users can't collide with it."""
        assert runtime_dir(environ={"XDG_RUNTIME_DIR": base}) == f"/tmp/lashtui-{os.getuid()}"
        assert runtime_dir(environ={"TMPDIR": "/t"}) == f"/t/lashtui-{os.getuid()}"

    def test_it_is_absolute_with_the_home_expanded(self) -> None:
        """A daemon that is started in / means the same path."""
        assert socket_path("x") == os.path.abspath("x")
        assert socket_path("~/x") == os.path.expanduser("~/x")

    def test_a_path_too_long_for_a_socket_is_said_plainly(self) -> None:
        """In bytes, not characters."""
        fits = "/" + "a" * (MAX_SOCKET_PATH_BYTES - 1)

        assert check_socket_path(fits) == fits
        with pytest.raises(LifecycleError, match="bytes long"):
            check_socket_path(fits + "a")
        with pytest.raises(LifecycleError, match="--socket"):
            socket_path("/" + "ä" * 60)


class TestOtherPaths:
    """State, configuration, logs."""

    def test_the_xdg_variables_are_followed_if_absolute(self, env: dict[str, str]) -> None:
        """A relative one is ignored, as the standard wants."""
        env["XDG_STATE_HOME"] = "/x/state"
        env["XDG_CONFIG_HOME"] = "relative"

        assert str(state_dir(environ=env)) == "/x/state/lashtui"
        assert config_path(environ=env) == f"{env['HOME']}/.config/lashtui/config.toml"

    def test_each_socket_has_a_log_of_its_own(self, env: dict[str, str]) -> None:
        """The default one's has the plain name."""
        default = log_path(socket_path(environ=env), environ=env)
        one, other = log_path("/a/s.sock", environ=env), log_path("/b/s.sock", environ=env)

        assert default == f"{env['HOME']}/.local/state/lashtui/lashd.log"
        assert len({default, one, other}) == 3


class TestMakePrivateDir:
    """For what only the user may see."""

    def test_makes_it_and_its_parents_private(self, tmp_path: Path) -> None:
        """And accepts what is there."""
        path = tmp_path / "a" / "b"
        make_private_dir(path)
        make_private_dir(path)

        assert stat.S_IMODE(path.stat().st_mode) == 0o700
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700

    def test_refuses_a_file(self, tmp_path: Path) -> None:
        """With what to do."""
        (tmp_path / "f").write_text("")

        with pytest.raises(LifecycleError, match="not a directory"):
            make_private_dir(tmp_path / "f")

    def test_says_why_it_cannot(self) -> None:
        """The system's reason, and the path."""
        with pytest.raises(LifecycleError, match="/proc/lashtui: "):
            make_private_dir("/proc/lashtui")

    def test_refuses_another_users(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """It could be a trap in a shared directory."""
        if os.geteuid() == 0:
            os.chown(tmp_path, 1234, -1)  # root's own are accepted
        monkeypatch.setattr(os, "geteuid", lambda: 4321)

        with pytest.raises(LifecycleError, match="another user"):
            make_private_dir(tmp_path)


@pytest.mark.skipif(sys.platform == "darwin", reason="it is asked itself there")
@pytest.mark.parametrize("names", [(), ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR")])
def test_the_rules_are_those_of_platformdirs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, names: tuple[str, ...]
) -> None:
    """With the variables and without; a runtime directory where one is given."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for name in ("XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(name, raising=False)
    for name in names:
        (tmp_path / name).mkdir(mode=0o700)
        monkeypatch.setenv(name, str(tmp_path / name))
    theirs = Unix("lashtui")
    assert config_path() == f"{theirs.user_config_dir}/config.toml"
    assert str(state_dir()) == theirs.user_state_dir
    if names:
        assert runtime_dir() == theirs.user_runtime_dir


def test_on_macos_its_own_directories_are_taken(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Unless an XDG variable says where."""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert str(state_dir()) == MacOS("lashtui").user_state_dir
    assert config_path() == f"{MacOS('lashtui').user_config_dir}/config.toml"
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert state_dir() == tmp_path / "lashtui"


def test_a_host_comes_before_a_socket(tmp_path: Path) -> None:
    """By its name in config.toml, as an address, or as a socket."""
    (tmp_path / "lashtui").mkdir()
    (tmp_path / "lashtui" / "config.toml").write_text('[hosts.box]\ndestination = "me@box"\n')
    env = {"XDG_CONFIG_HOME": str(tmp_path), "LASHTUI_SOCKET": "/other"}
    assert socket_path(environ=env | {"LASHTUI_HOST": "box"}) == "ssh://me@box"
    assert socket_path(environ=env | {"LASHTUI_HOST": "ssh://b:5"}) == "ssh://b:5"
    assert socket_path(environ=env | {"LASHTUI_HOST": "unix:/x/s"}) == "/x/s"
    assert socket_path("/mine", environ=env | {"LASHTUI_HOST": "box"}) == "/mine"
    assert socket_path("ssh://box") == "ssh://box"
    with pytest.raises(LifecycleError, match=r"no host is called 'nobody'.*there: box"):
        socket_path(environ=env | {"LASHTUI_HOST": "nobody"})
