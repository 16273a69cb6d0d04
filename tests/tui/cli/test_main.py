"""The verb is decided first; only its options are built."""

from __future__ import annotations

import pytest

from lashtui.cli import main as main_module
from lashtui.cli.main import COMMANDS, _cut, _verb, build_parser, module_of


def test_every_command_has_its_module() -> None:
    """With what the parser and the dispatcher need of it."""
    for verb in COMMANDS:
        module = module_of(verb)
        assert module.DESCRIPTION
        assert "examples:" in module.EXAMPLES
        assert callable(module.configure)
        assert callable(module.run)


@pytest.mark.parametrize(
    ("arguments", "verb"),
    [
        (["ls"], "ls"),
        (["--socket", "attach", "ls"], "ls"),
        (["--socket=x", "ls", "show"], "ls"),
        (["--version"], None),
        ([], None),
    ],
)
def test_the_verb_is_found_behind_global_options(arguments: list[str], verb: str | None) -> None:
    """A socket that is called like a command is no command."""
    assert _verb(arguments) == verb


def test_what_stands_after_the_dashes_is_not_ours() -> None:
    """Only the first -- cuts; a command may have its own."""
    assert _cut(["run", "--", "a", "--", "b"]) == (["run"], ["a", "--", "b"])
    assert _cut(["run", "a"]) == (["run", "a"], None)
    assert _cut(["run", "--"]) == (["run"], [])


def test_only_the_verbs_options_are_built() -> None:
    """Another command's options are unknown, its name is not."""
    parser = build_parser({"ls"})
    assert parser.parse_args(["ls", "--format", "json"]).format == "json"
    with pytest.raises(SystemExit):
        parser.parse_args(["show", "--format", "json"])


def test_errors_nobody_foresaw_are_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug shows its traceback; it is never an exit code of ours."""

    def fail(arguments: list[str]) -> int:
        raise KeyError(arguments[0])

    monkeypatch.setattr(main_module, "_dispatch", fail)
    with pytest.raises(KeyError):
        main_module.main(["ls"])


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a traceback."""

    def interrupt(arguments: list[str]) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(main_module, "_dispatch", interrupt)
    assert main_module.main(["ls"]) == 130
