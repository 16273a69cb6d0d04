"""The verb is decided first; only its options are built."""

from __future__ import annotations

import pytest

from lashtui.cli.dispatch import COMMANDS, _cut, _verb, build_parser, module_of


def test_every_command_has_its_module() -> None:
    """With what the parser and the dispatcher need."""
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
def test_the_verb_is_found_after_global_options(arguments: list[str], verb: str | None) -> None:
    """A socket named like a command is not one."""
    assert _verb(arguments) == verb


def test_what_follows_the_dashes_is_the_commands() -> None:
    """Only the first -- counts; a command may have its own."""
    assert _cut(["run", "--", "a", "--", "b"]) == (["run"], ["a", "--", "b"])
    assert _cut(["run", "a"]) == (["run", "a"], None)
    assert _cut(["run", "--"]) == (["run"], [])


def test_only_the_verbs_options_are_built() -> None:
    """Another command's options are unknown, and so is its name."""
    parser = build_parser({"ls"})
    assert parser.parse_args(["ls", "--format", "json"]).format == "json"
    with pytest.raises(SystemExit):
        parser.parse_args(["show", "--format", "json"])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["atach"], "'atach' is not a command; did you mean attach? (see `lashtui --help`)"),
        (["xyzzy"], "'xyzzy' is not a command; choose from attach, ls, "),
        (["attach", "--format", "jsn"], "--format: 'jsn' is not a choice; did you mean json?"),
        (["daemon", "restat"], "'restat' is not a choice; did you mean "),
        (["completion", "tcl"], "'tcl' is not a choice; choose from bash, zsh, fish"),
    ],
)
def test_a_wrong_word_is_answered_with_the_right_one(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """What was probably meant; where nothing is near, all that there is."""
    with pytest.raises(SystemExit) as left:
        build_parser(set(COMMANDS)).parse_args(arguments)
    assert left.value.code == 2
    assert said in capsys.readouterr().err
