"""A collection of the nursery comes in slices: a run may end between them, and the next one finds the heap whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native import layout
from pvm.engines.native.debug import debugging
from pvm.engines.native.exits import Poll
from pvm.engines.native.machine import Machine
from tests.conftest import EAGER

SOURCE = """
    class Node(let value: Int, let next: Node?)
    class Kept { var head: Node? = null
        let spare = Array<Node?>(3000) }
    let kept = Kept()

    @host("interrupt") fun interrupt(count: Int) -> Int
    @host("letters") fun letters(count: Int) -> String

    @export fun ask(count: Int) -> Int = letters(count).size
    @export fun size(text: String) -> Int = text.size

    @export fun build(count: Int) -> Any {
        kept.head = null
        for i in 0..<count { let node = Node(i, kept.head)
            kept.head = node
            kept.spare[i * 7 % 3000] = node }
        return kept.head!! }

    @export fun length() -> Int {
        var count = 0
        var at = kept.head
        while at != null { let next = at.next
            if next != null { if next.value != at.value - 1 { return -1 } }
            count += 1
            at = next }
        for i in 0..<3000 { let each = kept.spare[i]
            if each != null { if each.value * 7 % 3000 != i { return -2 } } }
        return count }

    @export fun same(node: Any) -> Any = node

    @export fun value(node: Any) -> Int = (node as Node).value

    @export fun nested(count: Int) -> Int {
        let before = Node(77, Node(78, null))
        let found = interrupt(count)
        let inner = before.next!!
        return found * 10000 + before.value * 100 + inner.value }

    @export fun tasks(count: Int) -> Int {
        let others = [1, 2, 3].map { number -> spawn {
            var head: Node? = null
            for i in 0..<count { head = Node(i, head) }
            var at = head
            var sum = 0
            while at != null { sum += at.value
                at = at.next }
            if sum == count * (count - 1) / 2 { number } else { -100 } } }
        return others.fold(0) { sum, each -> sum + each.join() } }

    fun main() {}"""
MODULE = pvm.Module(compile_source(SOURCE, name="moving.peb"))
COUNT = 3000
"""Objects of a run: 72 kB, moved in slices of a few hundred."""


class Interrupted(BaseException):
    """What the handler of a signal raises."""


class Interruption:
    """Ends runs at one of the looks at the clock between two slices."""

    def __init__(self) -> None:
        self.left = -1

    def look(self, machine: Machine) -> None:
        if machine.cage.i64(layout.collector_word("moving")):
            self.left -= 1
            if self.left == 0:
                raise Interrupted


@pytest.fixture
def interruption(monkeypatch: pytest.MonkeyPatch) -> Interruption:
    """Looks between slices of moving only."""
    made = Interruption()
    check = Machine.check_clock

    def checked(machine: Machine, kind: Poll | None = None) -> None:
        made.look(machine)
        check(machine, kind)

    monkeypatch.setattr(Machine, "check_clock", checked)
    return made


@pytest.fixture(params=["interpreter", "jit"])
def instance(request: pytest.FixtureRequest) -> Iterator[pvm.Instance]:
    def interrupt(count: int) -> int:
        with pytest.raises(Interrupted):
            made.call("build", count)
        length: int = made.call("length")
        return length

    with (
        debugging(EAGER),
        pvm.Instance(
            MODULE,
            tier=request.param,
            imports={"interrupt": interrupt, "letters": lambda count: "x" * count},
            limits=pvm.Limits(memory="32M"),
        ) as made,
    ):
        machine = made._engine._machine  # type: ignore[attr-defined] # the native engine's
        machine.cage.set_i64(layout.collector_word("nursery_bytes"), 1 << 16)
        machine.heap.collect(0)
        machine.cage.set_i64(layout.collector_word("move_slice"), 500)
        yield made


def is_moving(instance: pvm.Instance) -> bool:
    machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
    return machine.cage.i64(layout.collector_word("moving")) != 0


@pytest.mark.parametrize("place", [1, 2, 3, 12, 20])
def test_the_next_call_finds_everything(instance: pvm.Instance, interruption: Interruption, place: int) -> None:
    first = instance.call("build", 5)
    for _ in range(3):
        interruption.left = place
        with pytest.raises(Interrupted):
            instance.call("build", COUNT)
        assert is_moving(instance)
        assert 0 < instance.call("length") <= COUNT
        assert not is_moving(instance)
        assert instance.call("value", first) == 4
    assert instance.call("value", instance.call("build", COUNT)) == COUNT - 1
    assert instance.call("length") == COUNT


@pytest.mark.parametrize("place", [1, 2, 40])
def test_what_the_host_holds_is_whole(instance: pvm.Instance, interruption: Interruption, place: int) -> None:
    first = instance.call("build", 1)
    held = [first, *(instance.call("build", number) for number in range(2, 30)), instance.call("same", first)]
    interruption.left = place
    with pytest.raises(Interrupted):
        instance.call("build", COUNT)
    assert is_moving(instance)
    assert {repr(each) for each in held} == {"<pvm reference to Node>"}
    assert [instance.call("value", each) for each in held] == [*range(29), 0]


@pytest.mark.parametrize("place", [1, 2, 40])
def test_a_host_function_that_was_interrupted_may_call_again(
    instance: pvm.Instance, interruption: Interruption, place: int
) -> None:
    interruption.left = place
    found = instance.call("nested", COUNT)
    assert found % 10000 == 7778
    assert 0 < found // 10000 <= COUNT


@pytest.mark.parametrize("place", [1, 2, 3, 30, 100])
def test_tasks_that_are_left_go_on(instance: pvm.Instance, interruption: Interruption, place: int) -> None:
    interruption.left = place
    with pytest.raises(Interrupted):
        instance.call("tasks", COUNT)
    assert is_moving(instance)
    assert instance.call("tasks", 50) == 6
    assert instance.call("value", instance.call("build", COUNT)) == COUNT - 1
    assert instance.call("length") == COUNT


@pytest.mark.parametrize(
    "allocate",
    [lambda instance: instance.call("value", instance.call("build", 7)), lambda instance: instance.call("length")],
    ids=["allocates", "reads"],
)
def test_time_that_is_up_between_slices_ends_the_run(
    instance: pvm.Instance, monkeypatch: pytest.MonkeyPatch, allocate: Callable[[pvm.Instance], int]
) -> None:
    monkeypatch.setattr(Machine, "is_late", lambda machine: machine.cage.i64(layout.collector_word("moving")) != 0)
    with pytest.raises(pvm.Exhaustion, match="time"):
        instance.call("build", COUNT)
    assert is_moving(instance)
    monkeypatch.undo()
    assert allocate(instance) > 0
    assert not is_moving(instance)


@pytest.mark.parametrize("export", ["ask", "size"])
def test_time_that_is_up_while_the_host_needs_memory_ends_the_call(
    instance: pvm.Instance, monkeypatch: pytest.MonkeyPatch, export: str
) -> None:
    """What a host function answers, or an argument, may have to wait for a complete collection."""
    machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
    argument = 12 << 20 if export == "ask" else "x" * (12 << 20)
    assert instance.call(export, argument) == 12 << 20
    instance.call("build", 300_000)
    machine.cage.set_i64(layout.collector_word("work_most"), 1000)
    slices = machine.cage.word("collector_slices")
    monkeypatch.setattr(Machine, "is_late", lambda each: each.cage.word("collector_slices") >= slices + 5)
    with pytest.raises(pvm.Exhaustion, match="time"):
        instance.call(export, argument)
    assert machine.cage.word("collector_slices") == slices + 5
    monkeypatch.undo()
    assert instance.call("length") == 300_000
    assert instance.call(export, argument) == 12 << 20
