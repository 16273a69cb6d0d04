"""`@watched`: calls of an agent function as sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from typing import Any, TypeVar, cast

import pytest

import lashd
from lashd.client.blocking import Client
from lashd.publish.decorator import current_session, watched
from lashd.server.embedded import EmbeddedDaemon

pytestmark = pytest.mark.usefixtures("quick")


_F = TypeVar("_F", bound=Callable[..., Any])


class Agent:
    """The decorator, for the daemon of the test."""

    def __init__(self, socket_path: str) -> None:
        self.socket_path = socket_path

    def __call__(self, session: str | None = "s", user: str | None = None) -> Callable[[_F], _F]:
        decorator: Any = watched(
            session, user=user, socket_path=self.socket_path, start_daemon=False, title="T"
        )
        return cast(Callable[[_F], _F], decorator)


@pytest.fixture(name="agent")
def _agent(daemon: EmbeddedDaemon) -> Agent:
    return Agent(daemon.socket_path)


def view_of(daemon: EmbeddedDaemon, session: str = "s") -> dict[str, Any]:
    """What the daemon has of it."""
    with Client(daemon.socket_path) as client:
        view: dict[str, Any] = client.show(session)["read_view"]
    return view


def shown(view: dict[str, Any]) -> list[tuple[str, str | None]]:
    """Kind and text of each entry."""
    return [(entry["kind"], entry.get("text", entry.get("name"))) for entry in view["entries"]]


def test_a_call_is_a_session_of_one_turn(daemon: EmbeddedDaemon, agent: Agent) -> None:
    """It ends when the call returns; what the person asked comes first."""

    @agent(user="question")
    def answer(question: str, loud: bool = False) -> str:
        """Answer it."""
        current_session().prose("42")
        return "42!" if loud else "42"

    assert answer("why?", loud=True) == "42!"
    assert answer.__name__ == "answer"
    assert answer.__doc__ == "Answer it."
    view = view_of(daemon)
    assert shown(view) == [("user", "why?"), ("prose", "42"), ("commit", None)]
    assert (view["state"], view["outcome"], view["title"]) == ("ended", "success", "T")


def test_each_call_goes_on_in_the_session(daemon: EmbeddedDaemon, agent: Agent) -> None:
    """It is opened again."""

    @agent(None, user="n")
    def count(n: int) -> int:
        return n

    count(1)
    count(n=2)

    view = view_of(daemon, "count")
    assert view["turn_index"] == 2
    assert [text for kind, text in shown(view) if kind == "user"] == ["1", "2"]


def test_an_exception_fails_the_session_and_goes_on(daemon: EmbeddedDaemon, agent: Agent) -> None:
    """The very one."""
    error = RuntimeError("no credit")

    @agent()
    def fail() -> None:
        with current_session().tool("pay"):
            raise error

    with pytest.raises(RuntimeError) as raised:
        fail()

    assert raised.value is error
    view = view_of(daemon)
    assert ("error", "RuntimeError: no credit") in shown(view)
    assert (view["state"], view["outcome"]) == ("ended", "failure")
    assert [e["state"] for e in view["entries"] if e["kind"] == "tool"] == ["failure"]


def test_a_loop_of_turns_commits_each(daemon: EmbeddedDaemon, agent: Agent) -> None:
    """And nothing beside them."""

    @agent()
    def loop() -> None:
        for text in ("one", "two"):
            with current_session().turn(text):
                current_session().prose(text.upper())

    loop()

    assert view_of(daemon)["turn_index"] == 2


def test_a_call_within_a_call_belongs_to_it(daemon: EmbeddedDaemon, agent: Agent) -> None:
    """A recursive agent is one session; another session's is its own."""

    @agent("other")
    def other() -> None:
        current_session().prose("other")

    @agent()
    def down(n: int) -> None:
        current_session().prose(str(n))
        if n:
            down(n - 1)
        else:
            other()
        current_session().prose(".")

    down(2)

    assert shown(view_of(daemon)) == [("prose", "210..."), ("commit", None)]
    assert shown(view_of(daemon, "other")) == [("prose", "other"), ("commit", None)]


async def test_a_coroutine_function_stays_one(daemon: EmbeddedDaemon, agent: Agent) -> None:
    """Concurrent ones each have their session."""

    def make(name: str) -> Any:
        @agent(name)
        async def work() -> str:
            for word in ("a", "b"):
                current_session().prose(f"{name}{word} ")
                await asyncio.sleep(0)
            return name

        return work

    assert list(await asyncio.gather(make("x")(), make("y")())) == ["x", "y"]
    for name in "xy":
        view = await asyncio.to_thread(view_of, daemon, name)
        assert shown(view)[0] == ("prose", f"{name}a {name}b ")
        assert view["outcome"] == "success"


async def test_a_cancelled_agent_is_cancelled(daemon: EmbeddedDaemon, agent: Agent) -> None:
    """The session's outcome shows it."""
    began = asyncio.Event()

    @agent()
    async def wait() -> None:
        current_session().prose("x")
        began.set()
        await asyncio.Event().wait()

    task = asyncio.ensure_future(wait())
    await began.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    view = await asyncio.to_thread(view_of, daemon)
    assert (view["state"], view["outcome"]) == ("ended", "cancelled")


def test_a_generator_stays_one(daemon: EmbeddedDaemon, agent: Agent) -> None:
    """Sent and thrown values arrive, the result is returned; between steps nothing is watched."""

    @agent()
    def talk() -> Generator[str, str, list[str]]:
        heard = []
        try:
            heard.append((yield "one"))
        except KeyError:
            heard.append("key")
        current_session().prose(str(heard))
        heard.append((yield "two"))
        return heard

    generator = talk()
    assert next(generator) == "one"
    assert current_session().session_id == "unwatched"
    assert generator.throw(KeyError("k")) == "two"
    with pytest.raises(StopIteration) as end:
        generator.send("three")

    assert end.value.value == ["key", "three"]
    view = view_of(daemon)
    assert shown(view)[0] == ("prose", "['key']")
    assert view["outcome"] == "success"


def test_a_generator_that_is_left_ends_its_session(daemon: EmbeddedDaemon, agent: Agent) -> None:
    """And is closed."""
    closed = []

    @agent()
    def talk() -> Iterator[int]:
        try:
            yield 1
            yield 2
        finally:
            closed.append(current_session().session_id)

    for _ in talk():
        break

    assert closed == ["s"]
    assert view_of(daemon)["state"] == "ended"


async def test_an_async_generator_stays_one(daemon: EmbeddedDaemon, agent: Agent) -> None:
    """With an exception in the middle, and left early."""

    @agent()
    async def talk(fail: bool) -> AsyncGenerator[str, str]:
        current_session().prose("x")
        got = yield "one"
        current_session().prose(str(got))
        if fail:
            raise ValueError("no")
        yield "two"

    generator = talk(True)
    assert await anext(generator) == "one"
    with pytest.raises(ValueError, match="no"):
        await generator.asend("sent")
    view = await asyncio.to_thread(view_of, daemon)
    assert shown(view)[0] == ("prose", "xsent")
    assert view["outcome"] == "failure"

    generator = talk(False)
    assert await anext(generator) == "one"
    await generator.aclose()
    assert (await asyncio.to_thread(view_of, daemon))["state"] == "ended"


def test_without_a_daemon_the_agent_runs_all_the_same(tmp_path: Any) -> None:
    """And is not kept waiting; where it can't even be tried, it is warned of."""
    warnings: list[str] = []
    where = str(tmp_path / "none")

    @watched("s", socket_path=where, start_daemon=False, on_warning=warnings.append)
    def one() -> int:
        current_session().prose("x")
        return 1

    @watched("s", socket_path="/" + "x" * 300, on_warning=warnings.append)
    def two() -> Iterator[int]:
        current_session().prose("x")
        yield 2

    assert one() == 1
    assert list(two()) == [2]
    assert any("not published" in warning for warning in warnings)


def test_mistakes_raise_where_they_are_made() -> None:
    """A name that no session can have, a parameter that the function has not."""
    with pytest.raises(ValueError, match="session"):
        watched("a\nb")(len)
    with pytest.raises(TypeError, match="no parameter"):
        watched("s", user="nobody")(lambda: 1)
    with pytest.raises(TypeError, match="parentheses"):
        watched(lambda: 1)  # type: ignore[arg-type]


def test_a_wrong_call_is_the_functions_own_error(agent: Agent) -> None:
    """Not one of the decorator."""

    @agent(user="text")
    def work(text: str) -> str:
        return text

    with pytest.raises(TypeError, match="work"):
        work()  # type: ignore[call-arg]


def test_outside_of_a_watched_function_nothing_is_published() -> None:
    """And nothing fails: helpers need not know."""
    session = lashd.current_session()
    with session.turn("x"), session.tool("t") as call:
        session.prose("x")
        session.queue.enqueue("q")
        call.result(1)
    session.commit()
    session.warn("x")

    assert session.turn_state() == ("ended", 0)
