"""Long operations of machine code stop for a deadline and for signals, and go on where nothing is wrong."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from collections.abc import Iterator

import pytest

import pvm
from pvm.engines.native.machine import MAX_STOPS
from pvm.engines.native.watch import Foreign, Watch

TEXT = """
import runtime string.concat (ref string, ref string) -> ref string
func shifted(size: i64, times: i64) -> ref array u8 {
  .local made: ref? array u8
  .local value: i32
    local.get size
    array.new u8
    local.set made
@write:
    local.get size
    i64.const 1
    i64.sub
    local.set size
    local.get made
    ref.as_non_null
    local.get size
    local.get size
    i32.wrap_i64
    array.set u8
    local.get size
    i64.eqz
    branch.unless @write
@again:
    local.get made
    ref.as_non_null
    i64.const 1
    local.get made
    ref.as_non_null
    i64.const 0
    local.get made
    ref.as_non_null
    array.size
    i64.const 1
    i64.sub
    array.copy u8
    local.get times
    i64.const 1
    i64.sub
    local.set times
    local.get times
    i64.eqz
    branch.unless @again
    local.get made
    ref.as_non_null
    return
}
func fill(size: i64) {
  .local made: ref? array i64
    local.get size
    array.new i64
    local.set made
@again:
    local.get made
    ref.as_non_null
    i64.const 0
    local.get size
    local.get size
    array.fill i64
    jump @again
}
func double(text: ref string, times: i64) -> i64 {
@again:
    local.get text
    local.get text
    call.runtime string.concat
    local.set text
    local.get times
    i64.const 1
    i64.sub
    local.set times
    local.get times
    i64.eqz
    branch.unless @again
    local.get text
    string.size
    return
}
export shifted
export fill
export double as (string, i64) -> i64
"""


@pytest.fixture(scope="module")
def module() -> pvm.Module:
    return pvm.Module.assemble(TEXT, "long")


@pytest.fixture
def instance(module: pvm.Module) -> Iterator[pvm.Instance]:
    with pvm.Instance(module, limits=pvm.Limits(memory="1G"), tier="interpreter") as made:
        yield made


@pytest.fixture
def timer() -> Iterator[None]:
    """Leaves no timer behind."""
    former = signal.getsignal(signal.SIGALRM)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, former)


def wakeup_descriptor() -> int:
    found = signal.set_wakeup_fd(-1)
    signal.set_wakeup_fd(found)
    return found


@pytest.mark.usefixtures("timer")
def test_signals_whose_handlers_return_change_no_result(instance: pvm.Instance) -> None:
    seen: list[int] = []
    signal.signal(signal.SIGALRM, lambda number, _: seen.append(number))
    signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
    size, times = 16 << 20, 3
    found = instance.call("shifted", size, times)
    assert instance.call("double", "0123456789abcdef", 22) == 16 << 22
    signal.setitimer(signal.ITIMER_REAL, 0)
    assert seen
    before = bytes(number & 0xFF for number in range(256)) * (size >> 8)
    assert found == bytes(times) + before[: size - times]


@pytest.mark.usefixtures("timer")
def test_an_instance_that_was_interrupted_can_be_used(instance: pvm.Instance) -> None:
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    for _ in range(3):
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(KeyboardInterrupt):
            instance.call("fill", 8 << 20)
    assert instance.call("shifted", 3, 1) == b"\0\0\1"
    assert wakeup_descriptor() == -1


@pytest.mark.usefixtures("timer")
def test_a_run_heeds_signals_whatever_stopped_the_runs_before(
    instance: pvm.Instance, monkeypatch: pytest.MonkeyPatch
) -> None:
    heeded: list[bool] = []
    begin = Watch.begin

    def noted(watch: Watch, deadline: float | None, *, heeds_signals: bool) -> None:
        heeded.append(heeds_signals)
        begin(watch, deadline, heeds_signals=heeds_signals)

    monkeypatch.setattr(Watch, "begin", noted)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    for _ in range(MAX_STOPS + 2):
        signal.setitimer(signal.ITIMER_REAL, 0.02)
        with pytest.raises(KeyboardInterrupt):
            instance.call("fill", 1 << 24)
    assert len(heeded) >= MAX_STOPS + 2
    assert all(heeded)


def test_a_deadline_stops_a_fill_on_any_thread(instance: pvm.Instance) -> None:
    instance.limits = pvm.Limits(timeout="20ms")
    kinds: list[str] = []

    def run() -> None:
        with pytest.raises(pvm.Exhaustion) as caught:
            instance.call("fill", 8 << 20)
        kinds.append(caught.value.kind)

    run()
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert kinds == ["time", "time"]
    instance.limits = pvm.Limits()
    assert instance.call("shifted", 3, 1) == b"\0\0\1"


@pytest.mark.usefixtures("timer")
def test_the_wakeup_descriptor_of_an_event_loop_is_left_alone(instance: pvm.Instance) -> None:
    async def main() -> list[int]:
        loop = asyncio.get_running_loop()
        seen = asyncio.Event()
        loop.add_signal_handler(signal.SIGALRM, seen.set)
        descriptors = [wakeup_descriptor()]
        assert instance.call("double", "0123456789abcdef", 20) == 16 << 20
        descriptors.append(wakeup_descriptor())
        assert await asyncio.to_thread(instance.call, "double", "0123456789abcdef", 20) == 16 << 20
        descriptors.append(wakeup_descriptor())
        signal.setitimer(signal.ITIMER_REAL, 0.001)
        await asyncio.wait_for(seen.wait(), 60)
        return descriptors

    first, *others = asyncio.run(main())
    assert first != -1
    assert others == [first, first]


@pytest.mark.usefixtures("timer")
def test_a_wakeup_descriptor_of_somebody_else_is_put_back(instance: pvm.Instance) -> None:
    import socket

    left, right = socket.socketpair()
    right.setblocking(False)
    signal.set_wakeup_fd(right.fileno())
    try:
        assert instance.call("double", "0123456789abcdef", 20) == 16 << 20
        assert wakeup_descriptor() == right.fileno()
    finally:
        signal.set_wakeup_fd(-1)
        left.close()
        right.close()


@pytest.mark.usefixtures("timer")
@pytest.mark.parametrize("kind", ["socket", "pipe"])
def test_a_signal_stops_a_long_operation_beside_a_descriptor_of_somebody_else(kind: str) -> None:
    """A search through a text that holds nothing of it takes minutes: nothing else can end it here."""
    text = """
    import runtime string.from_utf8 (ref array u8, i64, i64) -> ref string
    import runtime string.index_of (ref string, ref string, i64) -> i64
    func search(size: i64) {
      .local text: ref string
        local.get size
        array.new u8
        i64.const 0
        local.get size
        call.runtime string.from_utf8
        local.set text
    @again:
        local.get text
        string.const "\\u{1}\\u{0}"
        i64.const 0
        call.runtime string.index_of
        prim.drop
        jump @again
    }
    export search
    """
    made: list[socket.socket] = []
    if kind == "socket":
        made = list(socket.socketpair())
        for each in made:
            each.setblocking(False)
        reader, writer = (each.fileno() for each in made)
    else:
        reader, writer = os.pipe()
        os.set_blocking(writer, False)
    watched = Foreign(writer)
    assert not watched.has_more()
    os.write(writer, b"\0")
    assert watched.has_more()
    assert not watched.has_more()
    os.read(reader, 1)
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    former = signal.set_wakeup_fd(writer)
    try:
        module = pvm.Module.assemble(text, "search")
        with pvm.Instance(module, limits=pvm.Limits(memory="2G"), tier="interpreter") as instance:
            signal.setitimer(signal.ITIMER_REAL, 0.5)
            with pytest.raises(KeyboardInterrupt):
                instance.call("search", 500 << 20)
        assert wakeup_descriptor() == writer
        assert os.read(reader, 10) == bytes((signal.SIGALRM,)), "its owner hears of the signal too"
    finally:
        signal.set_wakeup_fd(former)
        for descriptor in () if made else (reader, writer):
            os.close(descriptor)
        for each in made:
            each.close()


def test_time_limits_of_several_instances_at_once(module: pvm.Module) -> None:
    late: list[float] = []

    def run(seconds: float) -> None:
        limits = pvm.Limits(memory="1G", timeout=seconds)
        with pvm.Instance(module, limits=limits, tier="interpreter") as made:
            started = time.monotonic()
            with pytest.raises(pvm.Exhaustion):
                made.call("fill", 8 << 20)
            late.append(time.monotonic() - started - seconds)

    threads = [threading.Thread(target=run, args=(seconds,)) for seconds in (0.05, 0.02, 0.1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(late) == 3
    assert max(late) < 2, "a busy machine may take longer than 10 ms"


def test_a_signal_while_memory_is_given_back_leaves_free_memory_clear() -> None:
    module = pvm.compile(
        source="""
        @export fun churn(times: Int) -> Int {
            var sum = 0
            for _ in 0..<times {
                let made = Array<Int>(2_000_000)
                for value in made { sum += value }
                made.fill(7, 0, made.size)
            }
            return sum
        }
    """
    )
    with pvm.Instance(module, limits=pvm.Limits("64M"), tier="interpreter") as instance:
        machine = instance._engine._machine  # type: ignore[attr-defined] # the native engine's
        discard = machine.cage.discard
        calls: list[int] = []

        def interrupted(address: int, size: int) -> None:
            calls.append(size)
            if len(calls) == 1:
                raise KeyboardInterrupt
            discard(address, size)

        machine.cage.discard = interrupted
        with pytest.raises(KeyboardInterrupt):
            instance.call("churn", 20)
        first, count = calls[0], len(calls)
        instance.limits = instance.limits._replace(timeout=1e-9)
        with pytest.raises(pvm.Exhaustion):
            instance.call("churn", 5)
        assert calls[count] == first, "what is left is given back before anything else happens"
        instance.limits = instance.limits._replace(timeout=None)
        machine.cage.discard = discard
        assert instance.call("churn", 5) == 0
