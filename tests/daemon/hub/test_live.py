"""Readers that have everything get what comes next at once, and all the same bytes."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from lashd.protocol.framing import FrameDecoder
from tests.daemon.hub.hub_harness import Client, HubHarness, Record, prose, texts, unpack


class Shell:
    """Viewers and what the server does for them: broadcasts first, then pulls."""

    def __init__(self, harness: HubHarness) -> None:
        self.harness = harness
        self.received: dict[int, list[Record]] = {}
        self.stalled: set[int] = set()
        self.broadcasts = 0
        self._clients: dict[int, tuple[Client, FrameDecoder]] = {}

    def attach(self, **more: object) -> int:
        """A viewer; its number."""
        number = len(self._clients)
        self._clients[number] = (self.harness.viewer(**more), FrameDecoder())  # type: ignore[arg-type]
        self.received[number] = []
        return number

    def send(self, number: int, **message: object) -> None:
        """A message of a viewer."""
        self._clients[number][0].send(**message)

    def stall(self, number: int) -> None:
        """The kernel takes no more from here on."""
        self.stalled.add(number)
        self._clients[number][0].connection.hold()

    def resume(self, number: int) -> None:
        """The kernel has taken everything."""
        self.stalled.discard(number)
        self._pull(number)

    def flush(self) -> None:
        """One pass of the server's loop."""
        numbers = {client.connection: number for number, (client, _) in self._clients.items()}
        for blob, connections in self.harness.hub.take_broadcasts():
            for connection in connections:
                self.broadcasts += 1
                assert numbers[connection] not in self.stalled
                self._take(numbers[connection], blob)
        for connection in self.harness.hub.take_dirty():
            if connection in numbers:
                self._pull(numbers[connection])

    def _pull(self, number: int) -> None:
        client, _ = self._clients[number]
        while number not in self.stalled and (chunks := client.hub.pull(client.connection, 2**18)):
            for chunk in chunks:
                self._take(number, bytes(chunk))

    def _take(self, number: int, data: bytes) -> None:
        decoder = self._clients[number][1]
        decoder.receive_data(data)
        while (body := decoder.next_frame(2**31)) is not None:
            self.received[number].append(unpack(body))


def test_what_comes_next_is_cut_once_for_all_that_have_everything() -> None:
    """A reader that the kernel holds up gets it when it can, and is live again then."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    shell = Shell(harness)
    for _ in range(3):
        shell.attach(start="start")
    shell.flush()
    publisher.prose("a")
    shell.flush()
    assert shell.broadcasts == 3
    shell.stall(1)
    publisher.prose("b", "c")
    shell.flush()
    assert shell.broadcasts == 5
    publisher.prose("d")
    shell.resume(1)  # before the others have got "d"
    shell.flush()
    publisher.prose("e")
    shell.flush()
    for number in range(3):
        assert texts(shell.received[number]) == ["a", "b", "c", "d", "e"]
    assert shell.broadcasts == 5 + 2 + 3


def test_a_reply_does_not_disturb_the_stream() -> None:
    """A ping of a live reader, with events on their way to it."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    shell = Shell(harness)
    shell.attach(start="start")
    shell.flush()
    publisher.prose("a")
    shell.send(0, type="ping")
    shell.flush()
    publisher.prose("b")
    shell.flush()
    assert texts(shell.received[0]) == ["a", "b"]
    assert [record["type"] for record in shell.received[0]].count("pong") == 1


def test_nothing_comes_within_a_frame_that_is_taken_in_parts() -> None:
    """A reply of which the kernel took the first byte."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    viewer = harness.viewer(start="start")
    viewer.receive()
    viewer.send(type="ping")
    assert viewer.receive_once(1) == 1
    publisher.prose("a")
    assert harness.hub.take_broadcasts() == []
    assert [record["type"] for record in viewer.receive()] == ["pong", "turn_activity"]


def test_what_is_gone_or_too_much_is_pulled_by_each() -> None:
    """A replaced view is one gap for each of them; a flood comes in slices."""
    harness = HubHarness()
    publisher = harness.publisher().create()
    shell = Shell(harness)
    for _ in range(2):
        shell.attach(start="start")
    shell.flush()
    for _ in range(3):
        publisher.prose("x" * 200_000)
    shell.flush()
    assert shell.broadcasts == 0
    view = harness.connect().request(type="show", session_id="s")["read_view"]
    publisher.send(type="append", first=9, events=[prose("lost")], view=view)
    shell.flush()
    publisher.send(type="append", first=10, events=[prose("after")])
    shell.flush()
    for number in range(2):
        assert texts(shell.received[number]) == ["x" * 200_000] * 3 + ["after"]
        kinds = [record["type"] for record in shell.received[number]]
        assert kinds.count("gap") == kinds.count("observation") == 1
    assert shell.broadcasts == 2


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["publish", "flush", "stall", "resume", "ping", "attach"]),
                  st.integers(0, 3)),
        max_size=40,
    )
)  # fmt: skip
def test_every_reader_gets_each_event_once_in_order(steps: list[tuple[str, int]]) -> None:
    """Whoever is live, held up, catching up or coming in, at any moment."""
    harness = HubHarness()
    publisher, published = harness.publisher().create(), 0
    shell = Shell(harness)
    shell.attach(start="start")
    for step, number in steps:
        if step == "publish":
            publisher.prose(*(str(published + index) for index in range(number)))
            published += number
        elif step == "flush":
            shell.flush()
        elif step == "attach":
            shell.attach(start="start")
        elif number not in shell.received:
            continue
        elif step == "stall":
            shell.stall(number)
        elif step == "resume":
            shell.resume(number)
        else:
            shell.send(number, type="ping")
    for number in list(shell.stalled):
        shell.resume(number)
    shell.flush()
    shell.flush()
    for records in shell.received.values():
        assert texts(records) == [str(index) for index in range(published)]
