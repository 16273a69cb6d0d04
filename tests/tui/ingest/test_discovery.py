"""Which files are followed, and what becomes of them; no watching, no daemon."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from lashd.events import AssistantProseDelta, SessionChanged, SessionOutcome, TurnActivity
from lashtui.ingest.claims import NOTHING, Claimed
from lashtui.ingest.discovery import Discovery, Root
from lashtui.ingest.sink import Sink
from lashtui.ingest.transcripts import About, Key, Known
from lashtui.process.others import Command, Processes
from lashtui.producers import Produced
from tests.tui.producers.goldens import CAPTURES, prose_of, view_of

SESSION = (CAPTURES / "claude_transcript" / "cc_files.stdout.jsonl").read_bytes()
ID = "a3142cd4-e7b4-4442-a568-f3e248302560"
LINES = SESSION.splitlines(keepends=True)


class FakeSession:
    """Remembers what it is given."""

    def __init__(self, about: About, path: str) -> None:
        self.about, self.path = about, path
        self.produced: list[Produced] = []
        self.outcome: SessionOutcome | None = None
        self.ended_at: int | None = None

    def publish(self, produced: Produced) -> None:
        """One payload."""
        self.produced.append(produced)

    def wait(self) -> None:
        """Nothing to wait for."""

    @property
    def turn_failed(self) -> bool:
        """As a publisher says it."""
        return view_of(self.produced, ended=False).turn.failed

    def end(self, outcome: SessionOutcome, at: int | None) -> None:
        """The end."""
        assert self.outcome is None
        self.outcome, self.ended_at = outcome, at

    @property
    def prose(self) -> list[str]:
        """What the agent has said."""
        return prose_of(view_of(self.produced, ended=False))


class Bench:
    """A discovery of a directory."""

    def __init__(self, root: Path, *, most: int = 64, given: bool = True) -> None:
        self.now = 10_000.0
        self.processes: Processes | None = None
        self.root = Path(os.path.realpath(root))
        self.sessions: list[FakeSession] = []
        self.warnings: list[str] = []
        self.claimed = NOTHING
        self.withdrawn: list[FakeSession] = []
        self.discovery = Discovery(
            [Root(str(self.root), given)],
            self._open,
            since=3600.0,
            warn=self.warnings.append,
            clock=lambda: self.now,
            most=most,
            look=lambda: self.processes,
            claimed=lambda: self.claimed,
            withdraw=self._withdraw,
        )

    def _open(self, about: About, path: str) -> FakeSession:
        self.sessions.append(FakeSession(about, path))
        return self.sessions[-1]

    def _withdraw(self, sink: Sink) -> None:
        assert isinstance(sink, FakeSession)
        self.withdrawn.append(sink)

    def write(self, name: str, data: bytes, *, age: float = 0.0) -> str:
        """A file that was changed `age` seconds ago."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (self.now - age, self.now - age))
        return str(path)

    @property
    def live(self) -> list[str]:
        """Names of the files whose sessions have not ended."""
        return [os.path.basename(each.path) for each in self.sessions if each.outcome is None]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """One over an empty directory."""
    return Bench(tmp_path)


def test_what_is_there(bench: Bench) -> None:
    """Sessions that were changed lately, the newest last; nothing else is opened."""
    bench.write("p/old.jsonl", SESSION, age=4000)
    bench.write("p/b.jsonl", SESSION, age=10)
    bench.write("q/a.jsonl", SESSION, age=20)
    bench.write("q/notes.jsonl", b"not a session\n" * 9)
    bench.write("q/a.txt", SESSION)
    bench.discovery.scan()
    assert bench.live == ["a.jsonl", "b.jsonl"]
    assert bench.sessions[0].about.session == "claude-a"
    bench.discovery.end()
    assert [each.outcome for each in bench.sessions] == [SessionOutcome.SUCCESS] * 2
    assert bench.sessions[0].prose == bench.sessions[1].prose != []


def test_growth_line_by_line_and_in_halves(bench: Bench) -> None:
    """However a file grows, the session is the one of the whole file."""
    path = bench.write("s.jsonl", LINES[0])
    bench.discovery.scan()
    with open(path, "ab", buffering=0) as file:
        for line in LINES[1:]:
            for half in (line[: len(line) // 2], line[len(line) // 2 :]):
                file.write(half)
                bench.discovery.changed([path])
    other = bench.write("other.jsonl", SESSION)
    bench.discovery.changed([other])
    bench.discovery.end()
    assert len(bench.sessions) == 2
    assert bench.sessions[0].prose == bench.sessions[1].prose != []


def test_a_half_line_is_not_told(bench: Bench) -> None:
    """It waits for its other half."""
    prose = next(line for line in LINES if b'"text":' in line and b'"assistant"' in line)
    before = LINES[: LINES.index(prose)]
    path = bench.write("s.jsonl", b"".join(before) + prose[:-20])
    bench.discovery.scan()
    assert bench.sessions[0].prose == []
    with open(path, "ab") as file:
        file.write(prose[-20:])
    bench.discovery.changed([path])
    assert len(bench.sessions[0].prose) == 1


def test_a_new_file_that_is_not_yet_one(bench: Bench) -> None:
    """It is looked at again when it grows."""
    path = bench.write("s.jsonl", LINES[0][:10])
    bench.discovery.changed([path])
    assert bench.sessions == []
    bench.write("s.jsonl", SESSION)
    bench.discovery.changed([path])
    assert bench.live == ["s.jsonl"]


def test_a_new_directory_is_looked_through(bench: Bench) -> None:
    """What was written before anybody watched it is not missed."""
    bench.write("p/s.jsonl", SESSION)
    bench.discovery.changed([str(bench.root / "p")])
    assert bench.live == ["s.jsonl"]


def test_an_old_file_that_grows_again(bench: Bench) -> None:
    """A resumed session is a live one."""
    path = bench.write("s.jsonl", SESSION, age=99_999)
    bench.discovery.scan()
    assert bench.live == []
    bench.discovery.changed([path])
    assert bench.live == ["s.jsonl"]


def test_what_came_before_the_watching(bench: Bench) -> None:
    """Growth, deletion and new files between the scan and the first word of the system."""
    half = b"".join(LINES[: len(LINES) // 2])
    path = bench.write("s.jsonl", half)
    gone = bench.write("gone.jsonl", SESSION)
    bench.discovery.scan()
    with open(path, "ab") as file:
        file.write(SESSION[len(half) :])
    os.unlink(gone)
    bench.write("new.jsonl", SESSION)
    bench.discovery.catch_up()
    assert sorted(bench.live) == ["new.jsonl", "s.jsonl"]
    whole = next(each for each in bench.sessions if each.path.endswith("new.jsonl"))
    assert all(each.prose == whole.prose for each in bench.sessions)


def test_deleted_files_end(bench: Bench) -> None:
    """Also where only their directory's end is told; a turn that ran is cut off."""
    whole = bench.write("p/whole.jsonl", SESSION)
    half = bench.write("q/half.jsonl", b"".join(LINES[: len(LINES) // 2]))
    bench.discovery.scan()
    os.unlink(whole)
    bench.discovery.changed([whole])
    os.unlink(half)
    os.rmdir(bench.root / "q")
    bench.discovery.changed([str(bench.root / "q")])
    outcomes = {os.path.basename(each.path): each.outcome for each in bench.sessions}
    assert outcomes == {
        "whole.jsonl": SessionOutcome.SUCCESS,
        "half.jsonl": SessionOutcome.CUT_OFF,
    }
    assert bench.discovery.tails == {}


def test_a_file_that_is_replaced(bench: Bench) -> None:
    """Cut or exchanged, it is another session's beginning."""
    path = bench.write("s.jsonl", SESSION)
    bench.discovery.scan()
    bench.write("s.jsonl", b"".join(LINES[: len(LINES) // 2]))
    bench.discovery.changed([path])
    new = bench.write("new", SESSION)
    os.replace(new, path)
    bench.discovery.changed([path])
    assert len(bench.sessions) == 3
    assert bench.live == ["s.jsonl"]


def test_the_newest_are_followed(tmp_path: Path) -> None:
    """The bound holds; what grew last stays."""
    bench = Bench(tmp_path, most=2)
    paths = [
        bench.write(f"{name}.jsonl", SESSION, age=age)
        for name, age in zip("abc", (30, 20, 10), strict=True)
    ]
    bench.discovery.scan()
    assert bench.live == ["b.jsonl", "c.jsonl"]
    bench.now += 1
    bench.discovery.changed([paths[1]])
    bench.now += 1
    bench.discovery.changed([paths[0]])
    assert sorted(bench.live) == ["a.jsonl", "b.jsonl"]


def test_a_user_who_leaves_waits_for_no_more_files(bench: Bench) -> None:
    """What was begun is ended; the rest is not begun."""
    for name in "abc":
        bench.write(f"{name}.jsonl", SESSION)
    bench.discovery._is_stopped = lambda: len(bench.sessions) == 1
    bench.discovery.scan()
    assert len(bench.live) == 1
    bench.discovery.end()
    assert bench.live == []


def test_links_are_not_followed(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Neither a file nor a directory elsewhere is published because a link points to it."""
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "s.jsonl").write_bytes(SESSION)
    (bench.root / "file.jsonl").symlink_to(elsewhere / "s.jsonl")
    (bench.root / "directory").symlink_to(elsewhere)
    bench.discovery.scan()
    bench.discovery.changed(
        [
            str(bench.root / "file.jsonl"),
            str(bench.root / "directory"),
            str(bench.root / "directory" / "s.jsonl"),
        ]
    )
    assert bench.sessions == []


def test_a_file_that_was_named_is_followed_whatever_its_age(tmp_path: Path) -> None:
    """The user meant it."""
    bench = Bench(tmp_path)
    path = bench.write("s.log", SESSION, age=99_999)
    bench.discovery.roots = (Root(path, True),)
    bench.discovery.scan()
    assert bench.live == ["s.log"]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x28\xb5\x2f\xfd\x00", "compressed with Zstandard"),
        (b"just words\n", "not a session's file"),
        (b'{"type":"session","version":3,"id":"x"}\n', "nothing was said in it yet"),
        (b"", "nothing is in it yet"),
    ],
)
def test_a_file_that_was_named_and_is_not_followed_is_explained(
    tmp_path: Path, data: bytes, reason: str
) -> None:
    """Once, with its name; one that was only found is passed over."""
    bench = Bench(tmp_path)
    path = bench.write("s.jsonl", data)
    bench.discovery.scan()
    assert bench.warnings == []
    bench.discovery.roots = (Root(path, True),)
    bench.discovery.scan()
    bench.discovery.scan()
    (warning,) = bench.warnings
    assert warning.startswith(path)
    assert reason in warning


ROLLOUT = (CAPTURES / "codex_rollout" / "codemode_bg.stdout.jsonl").read_bytes()
UNFINISHED = b"".join(ROLLOUT.splitlines(keepends=True)[:16])


def looks(bench: Bench, files: tuple[str, ...] = (), hidden: tuple[str, ...] = ()) -> None:
    """Time goes on; these files are open, and these programs show nothing."""
    bench.processes = Processes(frozenset(hidden), frozenset(files))
    bench.now += 20
    bench.discovery.settle()


def test_a_turn_whose_agent_is_gone_is_cut_off(bench: Bench) -> None:
    """Once no process has the file open any more; as long as one has, it may be quiet."""
    path = bench.write("rollout-x.jsonl", UNFINISHED)
    bench.discovery.scan()
    for _ in range(9):
        looks(bench, (path,), ("codex",))
    assert bench.live == ["rollout-x.jsonl"]
    looks(bench, (), ("codex",))
    assert bench.sessions[0].outcome is SessionOutcome.CUT_OFF
    bench.discovery.scan()
    assert bench.live == []
    told = len(bench.sessions[0].produced)
    Path(path).write_bytes(ROLLOUT)
    bench.discovery.changed([path])
    looks(bench)
    assert list(bench.discovery.tails) == [path]
    assert len(bench.sessions) == 1
    assert len(bench.sessions[0].produced) > told


def test_a_turn_that_was_lost_before_is_cut_off(bench: Bench) -> None:
    """Whatever else of Codex runs, such as its daemon; where files are hidden, nobody knows."""
    bench.write("rollout-x.jsonl", UNFINISHED, age=600)
    bench.discovery.scan()
    looks(bench, (), ("codex",))
    bench.now += 20
    bench.processes = None
    bench.discovery.settle()
    assert bench.live == ["rollout-x.jsonl"]
    looks(bench)
    assert bench.sessions[0].outcome is SessionOutcome.CUT_OFF


def claude_line(kind: str, content: object, **fields: object) -> bytes:
    """A line of Claude's file."""
    message = {"role": kind, "id": "m", "content": content}
    around = {"sessionId": "x", "cwd": "/home/dev/app", "isSidechain": False, "version": "2.1.332"}
    record = {"type": kind, "message": message, "timestamp": "2026-11-27T10:00:00.000Z"}
    return json.dumps({**record, **around, **fields}).encode() + b"\n"


BASH = {"type": "tool_use", "id": "c", "name": "Bash", "input": {"command": "make"}}
CALLED = claude_line("user", "Do it", uuid="1") + claude_line("assistant", [BASH], uuid="2")
GAVE = {"type": "tool_result", "tool_use_id": "c", "content": "in the background"}
LEFT_RUNNING = (
    CALLED
    + claude_line("user", [GAVE], uuid="3", toolUseResult={"backgroundTaskId": "b"})
    + claude_line("assistant", [{"type": "text", "text": "It runs."}], uuid="4")
    + b'{"type":"system","subtype":"turn_duration","uuid":"5"}\n'
)


def test_a_turn_of_claude_whose_process_has_gone_is_cut_off(bench: Bench) -> None:
    """As long as it is seen, it may be quiet; another one elsewhere is not it."""
    bench.write("p/x.jsonl", CALLED)
    bench.discovery.scan()
    claude = Command(("claude", "claude"), "/home/dev/app")
    bench.processes = Processes(frozenset(), frozenset(), (claude,))
    for _ in range(50):
        bench.now += 20
        bench.discovery.settle()
    assert bench.live == ["x.jsonl"]
    other = claude._replace(directory="/home/dev/other")
    bench.processes = Processes(frozenset(), frozenset(), (other,))
    bench.now += 20
    bench.discovery.settle()
    assert bench.sessions[0].outcome is SessionOutcome.CUT_OFF


@pytest.mark.parametrize(
    ("lines", "outcome"),
    [(CALLED, SessionOutcome.CUT_OFF), (LEFT_RUNNING, SessionOutcome.SUCCESS)],
)
def test_a_claude_that_was_never_seen_may_run_elsewhere(
    bench: Bench, lines: bytes, outcome: SessionOutcome
) -> None:
    """In a container, where a command takes ten minutes; then nothing runs any more, neither the
    turn nor what goes on in the background between turns."""
    bench.write("p/x.jsonl", lines)
    bench.discovery.scan()
    bench.processes = Processes(frozenset(), frozenset())
    bench.now += 590
    bench.discovery.settle()
    assert bench.live == ["x.jsonl"]
    bench.now += 20
    bench.discovery.settle()
    assert bench.sessions[0].outcome is outcome


def test_a_session_ends_with_its_agent(bench: Bench) -> None:
    """Though nothing runs in it: soon after its process, which was seen, has gone."""
    bench.write("p/x.jsonl", SESSION)
    bench.discovery.scan()
    claude = Command(("claude", "claude"), "/home/dev/project")
    bench.processes = Processes(frozenset(), frozenset(), (claude,))
    for _ in range(50):
        bench.now += 20
        bench.discovery.settle()
    assert bench.live == ["x.jsonl"]
    bench.processes = Processes(frozenset(), frozenset())
    bench.now += 20
    bench.discovery.settle()
    assert bench.sessions[0].outcome is SessionOutcome.SUCCESS


def test_a_session_whose_agent_was_never_seen_ends_later(bench: Bench) -> None:
    """It may run in a container."""
    bench.write("p/x.jsonl", SESSION)
    bench.discovery.scan()
    bench.processes = Processes(frozenset(), frozenset())
    bench.now += 590
    bench.discovery.settle()
    assert bench.live == ["x.jsonl"]
    bench.now += 20
    bench.discovery.settle()
    assert bench.live == []


def test_a_session_goes_on_when_its_agent_comes_back(bench: Bench) -> None:
    """It is the same one, in which nothing stands twice, still under its title."""
    name = "a3142cd4-e7b4-4442-a568-f3e248302560.jsonl"
    for lines in (LINES[:21], LINES):  # within a turn, and after it
        bench.sessions.clear()
        path = bench.write(f"{len(lines)}/{name}", b"".join(lines))
        bench.discovery.changed([path])
        bench.processes = Processes(frozenset(), frozenset())
        bench.now += 700
        bench.discovery.settle()
        session = bench.sessions[0]
        assert session.outcome is not None
        told = len(session.produced)
        session.outcome = None  # it may end again
        again = SESSION.replace(b'"uuid": "', b'"uuid": "f').replace(b'"id": "', b'"id": "f')
        bench.write(f"{len(lines)}/{name}", SESSION + again)
        bench.discovery.changed([path])
        assert len(bench.sessions) == 1
        opened = session.produced[told].payload
        assert isinstance(opened, SessionChanged)
        assert (opened.title, opened.directory) == ("Work on this directory", "/home/dev/project")
        bench.discovery.end()
        assert len(set(session.prose)) == len(session.prose) / 2


@pytest.mark.parametrize(
    ("capture", "path"),
    [
        ("claude_transcript/interactive", f".claude/projects/p/{ID}.jsonl"),
        ("codex_rollout/mcp", f".codex/sessions/2026/01/01/rollout-2026-01-01T00-00-00-{ID}.jsonl"),
        ("copilot/screen_on_disk", f".copilot/session-state/{ID}/events.jsonl"),
        ("kimi_wire/screen", f".kimi-code/sessions/x/session_{ID}/agents/main/wire.jsonl"),
        ("pi_transcript/tour", f".pi/agent/sessions/x/2026_{ID}.jsonl"),
        ("qwen_transcript/interactive", f".qwen/projects/x/chats/{ID}.jsonl"),
    ],
)
def test_a_session_that_begins_meanwhile_has_a_name(bench: Bench, capture: str, path: str) -> None:
    """Its first prompt, once that is in the file, and its directory, by which its agent is found;
    however few of the program's own notes stand before them.
    """
    lines = (CAPTURES / f"{capture}.stdout.jsonl").read_bytes().splitlines(keepends=True)
    for count in range(1, len(lines) + 1):
        bench.write(path, b"".join(lines[:count]))
        bench.discovery.changed([str(bench.root / path)])
        if not bench.sessions:
            continue
        view = view_of(bench.sessions[0].produced, ended=False)
        asked = next((entry.text for entry in view.entries if entry.kind == "user"), None)
        if asked:
            assert view.title == asked.splitlines()[0]
            assert next(iter(bench.discovery.tails.values())).about.directory == "/home/dev/project"
            break
    assert len(bench.sessions) == 1
    assert asked


def test_a_compressed_file_is_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """If something here can unpack it; what is damaged is warned of."""

    class Reversed:
        """Stands for what unpacks."""

        def feed(self, data: bytes) -> bytes:
            """The bytes from the end to the beginning."""
            if data.startswith(b"damaged"):
                raise ValueError("damaged")
            return data[::-1]

    monkeypatch.setattr("lashtui.ingest.tailing.unpacker", Reversed)
    bench.write("rollout-x.jsonl.zst", ROLLOUT[::-1])
    bench.discovery.scan()
    assert bench.live == ["rollout-x.jsonl.zst"]
    assert bench.sessions[0].prose == ["In the background.", "It runs; I go on."]
    bench.write("rollout-y.jsonl.zst", b"damaged")
    bench.discovery.scan()
    assert len(bench.sessions) == 1


def test_a_file_that_tells_no_ends_ends_its_last_turn(bench: Bench) -> None:
    """It was not cut off."""
    items = (
        b'{"id": "x", "timestamp": "2025-07-01T00:00:00Z", "instructions": null}\n'
        b'{"type": "message", "role": "user", "content": [{"text": "Hi"}]}\n'
        b'{"type": "message", "role": "assistant", "content": [{"text": "Hello"}]}\n'
    )
    bench.write("rollout-x.jsonl", items)
    bench.discovery.scan()
    bench.discovery.end()
    assert bench.sessions[0].prose == ["Hello"]
    assert bench.sessions[0].outcome is SessionOutcome.SUCCESS


KEY = Key("claude", ID)
LONG_AGO = 10**15
"""No session begins later."""


def test_what_another_program_tells(bench: Bench) -> None:
    """Is not told a second time, and goes on here if it does after that program's end."""
    bench.claimed = Claimed({KEY: 0}, {}, frozenset())
    path = bench.write(f"p/{ID}.jsonl", b"".join(LINES[:-1]))
    bench.discovery.scan()
    assert not bench.sessions
    bench.write(f"p/{ID}.jsonl", SESSION)
    bench.discovery.changed([path])
    bench.discovery.settle()
    assert not bench.sessions
    bench.claimed = Claimed({KEY: 0}, {KEY: int(bench.now * 1000)}, frozenset())
    bench.discovery.settle()
    bench.claimed = NOTHING
    bench.discovery.changed([path])
    bench.discovery.settle()
    bench.discovery.scan()
    assert not bench.sessions
    bench.now += 60
    bench.write(f"p/{ID}.jsonl", SESSION)
    bench.discovery.changed([path])
    assert len(bench.sessions) == 1
    assert not bench.withdrawn


def test_what_grew_while_the_end_was_not_seen(bench: Bench) -> None:
    """Somebody went on with the session just after the run."""
    bench.claimed = Claimed({KEY: 0}, {KEY: int(bench.now * 1000) - 5000}, frozenset())
    bench.write(f"p/{ID}.jsonl", SESSION)
    bench.discovery.scan()
    bench.discovery.settle()
    assert not bench.sessions
    bench.claimed = NOTHING
    bench.discovery.settle()
    assert len(bench.sessions) == 1


def test_what_another_program_tells_from_now_on(bench: Bench) -> None:
    """A session that began in its run is taken away here; after a crash it is here again."""
    path = bench.write(f"p/{ID}.jsonl", SESSION)
    bench.discovery.scan()
    assert len(bench.sessions) == 1
    bench.claimed = Claimed({KEY: 0}, {}, frozenset())
    bench.discovery.settle()
    assert bench.withdrawn == bench.sessions
    assert bench.sessions[0].outcome is None
    assert not bench.discovery.tails
    bench.discovery.changed([path])
    bench.discovery.scan()
    assert len(bench.sessions) == 1
    bench.claimed = Claimed({}, {}, frozenset([KEY]))
    # That it was killed is said once: here to a source that asks for another session.
    assert bench.discovery.claim(Key("claude", "other"), Known()) is not None
    bench.claimed = NOTHING
    del bench.sessions[1]
    bench.discovery.settle()
    assert len(bench.sessions) == 2
    assert bench.sessions[1].prose == bench.sessions[0].prose != []


def test_an_older_session_that_goes_on_in_another_program(bench: Bench) -> None:
    """What it said before stays here, and ends."""
    bench.write(f"p/{ID}.jsonl", SESSION)
    bench.discovery.scan()
    bench.claimed = Claimed({KEY: LONG_AGO}, {}, frozenset())
    bench.discovery.settle()
    assert not bench.withdrawn
    assert bench.sessions[0].outcome is not None
    assert not bench.discovery.tails


def test_a_live_source_of_what_another_program_tells(bench: Bench) -> None:
    """It may not claim it; if it has, it talks to nobody until the other one is gone."""
    teller = bench.discovery.claim(KEY, Known())
    assert teller is not None
    teller.publish(prose("one"))
    bench.claimed = Claimed({KEY: 0}, {}, frozenset())
    bench.discovery.settle()
    assert bench.withdrawn == bench.sessions
    teller.publish(prose("two"))
    assert bench.sessions[0].prose == ["one"]
    bench.claimed = NOTHING
    bench.discovery.settle()
    teller.publish(prose("three"))
    assert [each.prose for each in bench.sessions] == [["one"], ["three"]]
    bench.claimed = Claimed({Key("claude", "other"): 0}, {}, frozenset())
    assert bench.discovery.claim(Key("claude", "other"), Known()) is None


def prose(text: str) -> Produced:
    """The agent says this."""
    return Produced(TurnActivity("", text, AssistantProseDelta(text)))
