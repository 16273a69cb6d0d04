"""The shape of the tree: what must be where, and what must not be."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


LEAVES = {
    "daemon/lashd": "_version address clock config cursor daemon errors events exact gist limits "
    "outcome paths short store text view wire_limits",
    "lashtui": "diagnostics exit_codes homes settings theme",
}
"""The modules directly in a package; everything else is in a folder that says what it is for."""

MAX_LOOSE = 6
"""Modules directly in `lashtui`."""

NO_CODE = "only imports, constants or types; used by what is tested"
PART = "a part of what this file tests"
COMMAND = "tested as users run it"

TESTED_ELSEWHERE = {
    "daemon/lashd/_version.py": ("tests/meta/test_layout.py", NO_CODE),
    "daemon/lashd/gist.py": ("tests/tui/text/test_tools.py", "the rules of what this file tests"),
    "daemon/lashd/daemon.py": ("tests/daemon/test_exports.py", NO_CODE),
    "daemon/lashd/events.py": ("tests/daemon/test_exports.py", NO_CODE),
    "daemon/lashd/store.py": ("tests/daemon/test_exports.py", NO_CODE),
    "daemon/lashd/text.py": ("tests/daemon/test_exports.py", NO_CODE),
    "daemon/lashd/view.py": ("tests/daemon/test_exports.py", NO_CODE),
    "daemon/lashd/wire_limits.py": ("tests/daemon/test_limits.py", NO_CODE),
    "daemon/lashd/client/async_stream.py": ("tests/daemon/client/test_async_attachment.py", PART),
    "daemon/lashd/client/stream.py": ("tests/daemon/client/test_attachment.py", PART),
    "daemon/lashd/hub/listing/follower.py": ("tests/daemon/hub/listing/test_requests.py", PART),
    "daemon/lashd/hub/listing/pace.py": ("tests/daemon/hub/listing/test_requests.py", PART),
    "daemon/lashd/hub/listing/pressing.py": ("tests/daemon/hub/listing/test_requests.py", PART),
    "daemon/lashd/hub/listing/rows.py": ("tests/daemon/hub/listing/test_requests.py", PART),
    "daemon/lashd/publish/bounds.py": ("tests/daemon/publish/test_agent.py", NO_CODE),
    "daemon/lashd/publish/sdk/translator.py": ("tests/daemon/publish/sdk/test_openai.py", NO_CODE),
    "daemon/lashd/relay/sealed.py": ("tests/daemon/relay/test_arriving.py", PART),
    "daemon/lashd/server/mirroring.py": ("tests/daemon/relay/test_mirror.py", PART),
    "daemon/lashd/session/entries.py": ("tests/daemon/session/test_fold.py", PART),
    "daemon/lashd/session/facts.py": ("tests/daemon/session/test_fold.py", PART),
    "daemon/lashd/session/gaps.py": ("tests/daemon/session/test_results.py", NO_CODE),
    "daemon/lashd/session/landmarks.py": ("tests/daemon/session/test_fold.py", PART),
    "daemon/lashd/session/ring_subscription.py": (
        "tests/daemon/session/test_subscription.py",
        PART,
    ),
    "daemon/lashd/testing/audit/publisher.py": ("tests/daemon/testing/audit/test_auditor.py", PART),
    "daemon/lashd/testing/audit/reader.py": ("tests/daemon/testing/audit/test_auditor.py", PART),
    "daemon/lashd/testing/audit/report.py": ("tests/daemon/testing/audit/test_auditor.py", PART),
    "daemon/lashd/testing/audit/timeline.py": ("tests/daemon/testing/audit/test_auditor.py", PART),
    "lashtui/app/leaving.py": ("tests/tui/app/test_app.py", PART),
    "lashtui/app/lending.py": ("tests/integration/test_editor_in_tmux.py", PART),
    "lashtui/screens/fleet/handling.py": ("tests/tui/screens/fleet/test_screen.py", PART),
    "lashtui/screens/opening.py": ("tests/tui/screens/test_links.py", PART),
    "lashtui/screens/taking.py": ("tests/tui/screens/test_reading.py", PART),
    "lashtui/app/bound_keys.py": ("tests/tui/app/test_keymap.py", PART),
    "lashtui/app/side_lists.py": ("tests/tui/app/test_wide.py", PART),
    "lashtui/app/fleet_opening.py": ("tests/tui/app/test_app.py", PART),
    "lashtui/app/open_tabs.py": ("tests/tui/app/test_tabs.py", PART),
    "lashtui/cli/discover.py": ("tests/integration/test_discover.py", COMMAND),
    "lashtui/cli/publish.py": ("tests/integration/test_publish.py", COMMAND),
    "lashtui/cli/tap.py": ("tests/integration/test_tap.py", COMMAND),
    "lashtui/demo/fleet_data.py": ("tests/tui/demo/test_fleet.py", NO_CODE),
    "lashtui/demo/fleet_roles.py": ("tests/tui/demo/test_fleet.py", PART),
    "lashtui/demo/fleet_voice.py": ("tests/tui/demo/test_fleet.py", PART),
    "lashtui/feed/divider.py": ("tests/tui/feed/test_gaps.py", NO_CODE),
    "lashtui/ingest/following.py": ("tests/integration/test_discover.py", PART),
    "lashtui/ingest/published.py": ("tests/integration/test_up.py", PART),
    "lashtui/ingest/sessions.py": ("tests/integration/test_discover.py", PART),
    "lashtui/ingest/up.py": ("tests/integration/test_up.py", PART),
    "lashtui/process/background.py": ("tests/integration/test_up.py", PART),
    "lashtui/ingest/growing.py": ("tests/tui/ingest/test_tailing.py", PART),
    "lashtui/ingest/live/sources.py": ("tests/tui/ingest/live/test_source.py", NO_CODE),
    "lashtui/ingest/sharing.py": ("tests/tui/ingest/live/test_place.py", PART),
    "lashtui/ingest/sink.py": ("tests/tui/ingest/live/test_place.py", NO_CODE),
    "lashtui/listing/watch.py": ("tests/integration/test_ls.py", COMMAND),
    "lashtui/producers/acp/tools.py": ("tests/tui/producers/acp/test_stream.py", PART),
    "lashtui/producers/acp/updates.py": ("tests/tui/producers/acp/test_stream.py", PART),
    "lashtui/producers/children.py": ("tests/tui/ingest/test_subagents.py", NO_CODE),
    "lashtui/producers/fields.py": ("tests/tui/producers/test_records.py", PART),
    "lashtui/producers/claude/agents.py": ("tests/tui/ingest/test_subagents.py", PART),
    "lashtui/producers/claude/blocks.py": ("tests/tui/producers/claude/test_stream.py", PART),
    "lashtui/producers/claude/child_lines.py": ("tests/tui/ingest/test_subagents.py", PART),
    "lashtui/producers/claude/content.py": ("tests/tui/producers/claude/test_results.py", PART),
    "lashtui/producers/claude/counted.py": ("tests/tui/producers/claude/test_transcript.py", PART),
    "lashtui/producers/claude/lines.py": ("tests/tui/producers/claude/test_stream.py", PART),
    "lashtui/producers/claude/tasks.py": ("tests/tui/producers/claude/test_stream.py", PART),
    "lashtui/producers/claude/tools.py": ("tests/tui/producers/claude/test_stream.py", PART),
    "lashtui/producers/codex/base.py": ("tests/tui/producers/codex/test_exec.py", PART),
    "lashtui/producers/opencode/sessions.py": ("tests/tui/producers/opencode/test_sse.py", PART),
    "lashtui/producers/providers/turn.py": (
        "tests/tui/producers/providers/test_openai_sse.py",
        PART,
    ),
    "lashtui/render/styles.py": ("tests/tui/render/test_entry.py", NO_CODE),
    "lashtui/screens/fleet/bindings.py": ("tests/tui/screens/fleet/test_screen.py", NO_CODE),
    "lashtui/screens/fleet/preview.py": ("tests/tui/app/test_preview.py", "as the app wires it"),
    "lashtui/screens/session_bindings.py": ("tests/tui/screens/test_session.py", NO_CODE),
    "lashtui/saved/session_key.py": ("tests/tui/feed/fleet/test_rows.py", NO_CODE),
    "lashtui/screens/fleet/dialogs.py": ("tests/tui/screens/fleet/test_screen.py", PART),
    "lashtui/screens/fleet/view.py": ("tests/tui/screens/fleet/test_screen.py", NO_CODE),
    "lashtui/widgets/fleet/head.py": ("tests/tui/widgets/fleet/test_table.py", PART),
    "lashtui/widgets/fleet/heading.py": ("tests/tui/widgets/fleet/test_table.py", PART),
    "lashtui/widgets/fleet/painting.py": ("tests/tui/widgets/fleet/test_table.py", PART),
    "lashtui/stream/course.py": ("tests/tui/stream/test_policy.py", PART),
    "lashtui/widgets/transcript/row.py": ("tests/tui/widgets/transcript/test_rows.py", PART),
    "lashtui/widgets/transcript/row_renderer.py": (
        "tests/tui/widgets/transcript/test_rows.py",
        PART,
    ),
}
"""Modules without a test file of their name: where they are tested, and why there."""


def modules() -> list[Path]:
    return [
        path
        for package in ("daemon/lashd", "lashtui")
        for path in sorted((ROOT / package).rglob("*.py"))
        if path.name not in ("__init__.py", "__main__.py")
    ]


def test_the_daemons_folder_is_no_package() -> None:
    """`daemon/__init__.py` would shadow a package of that name that users may have."""
    assert not (ROOT / "daemon" / "__init__.py").exists()


def test_the_top_level_is_what_was_agreed() -> None:
    """Anything else at the top is a stray."""
    allowed = {"daemon", "lashtui", "tests", "screenshots", "benchmarks", "pyproject.toml"}
    allowed |= {
        "README.md",
        "LICENSE",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs",
        "examples",
        "build",
        "dist",
    }
    names = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}

    assert names <= allowed


def own_test(path: Path) -> Path:
    """The test file of a module: of its name, in the same place of the tree."""
    package, tests = ("daemon/lashd", "daemon") if "lashd" in path.parts else ("lashtui", "tui")
    below = path.relative_to(ROOT / package)
    return ROOT / "tests" / tests / below.parent / f"test_{below.name}"


@pytest.mark.parametrize("package", LEAVES)
def test_few_modules_are_loose(package: str) -> None:
    """What belongs together is in a folder; a newcomer reads the folders' names first."""
    loose = {path.stem for path in (ROOT / package).glob("*.py")} - {"__init__", "__main__"}

    assert loose == set(LEAVES[package].split())
    assert package != "lashtui" or len(loose) <= MAX_LOOSE


def test_tests_mirror_the_tree() -> None:
    """A module's tests are where its name says, or where the list says."""
    without = {
        path.relative_to(ROOT).as_posix() for path in modules() if not own_test(path).exists()
    }

    assert without == set(TESTED_ELSEWHERE), "add tests/.../test_<module>.py, or say where and why"
    for test, _ in TESTED_ELSEWHERE.values():
        assert (ROOT / test).exists(), test


@pytest.mark.parametrize("path", modules(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_modules_are_small_and_say_what_they_are_for(path: Path) -> None:
    """A file has one job, named in its docstring; a long one is perhaps two files."""
    text = path.read_text()

    assert text.startswith('"""'), "a module docstring comes first"
    assert len(text.splitlines()) <= 600


def test_the_readme_has_its_two_lines() -> None:
    """One line for the demo, one for the tests: what a newcomer types, and what is run in CI."""
    readme = (ROOT / "README.md").read_text()
    lines = [line for line in readme.splitlines() if line.startswith("python3 -m venv .venv")]

    assert len(lines) == 2
    assert lines[0].endswith(".venv/bin/lashtui demo")
    assert ".venv/bin/pytest" in lines[1]


def test_the_pictures_of_the_readme_exist() -> None:
    """A picture that is shown is there, as SVG too."""
    pictures = re.findall(r"\]\((screenshots/[\w-]+\.png)\)", (ROOT / "README.md").read_text())

    assert pictures
    for picture in pictures:
        assert (ROOT / picture).stat().st_size > 10_000
        assert (ROOT / picture).with_suffix(".svg").exists()


def test_both_commands_are_installed() -> None:
    """The console scripts name functions that exist."""
    scripts = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"]
    assert set(scripts) == {"lashtui", "lashd"}
    for target in scripts.values():
        module, function = target.split(":")
        base = "daemon/" if module.startswith("lashd") else ""
        path = ROOT / f"{base}{module.replace('.', '/')}.py"
        assert f"def {function}(" in path.read_text()


def test_one_version_everywhere() -> None:
    """The package, the daemon and the newest release in the changelog agree."""
    import lashd
    import lashtui

    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    releases = re.findall(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.M)

    assert lashd.__version__ == lashtui.__version__ == version == releases[0]
