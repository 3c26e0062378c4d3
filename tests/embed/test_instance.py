"""Instances: running, calling, limits, host functions, misuse."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable

import pytest

import pvm
from pvm.embed.instance import AUTO, AUTO_VARIABLE

ARITHMETIC = """
import kernel process_exit(i64)
import host ask(i64) -> i64

func double(n: i64) -> i64 {
    local.get n
    i64.const 2
    i64.mul
    return
}

func ask_twice(n: i64) -> i64 {
    local.get n
    hypercall ask
    hypercall ask
    return
}

func leave(n: i64) {
    local.get n
    hypercall process_exit
    return
}

func forever() {
@again:
    jump @again
}

func fail() {
    unreachable
}

func main() -> i64 {
    i64.const 300
    return
}

export double
export ask_twice
export leave
export forever
export fail
export main
"""


@pytest.fixture(scope="module")
def module() -> pvm.Module:
    return pvm.Module.assemble(ARITHMETIC, "arithmetic")


def instance(module: pvm.Module, ask: Callable[[int], object] = lambda n: n + 1, **keywords: object) -> pvm.Instance:
    return pvm.Instance(module, imports={"ask": ask}, **keywords)  # type: ignore[arg-type]


def test_call_takes_and_gives_python_values(module: pvm.Module) -> None:
    with instance(module) as running:
        assert running.call("double", 21) == 42
        assert running.call("double", -1) == -2


@pytest.mark.parametrize("argument", ["1", 1.0, None, 1 << 63, -(1 << 63) - 1])
def test_arguments_are_checked(module: pvm.Module, argument: object) -> None:
    with instance(module) as running, pytest.raises(pvm.UsageError):
        running.call("double", argument)


def test_arguments_are_counted(module: pvm.Module) -> None:
    with instance(module) as running, pytest.raises(pvm.UsageError):
        running.call("double")


def test_unknown_export_suggests_a_name(module: pvm.Module) -> None:
    with instance(module) as running, pytest.raises(pvm.UsageError, match="did you mean 'double'"):
        running.call("duble", 1)


def test_run_gives_the_low_byte_of_what_main_returns(module: pvm.Module) -> None:
    with instance(module) as running:
        assert running.run(["arithmetic"]) == 300 & 0xFF


def test_run_needs_a_main() -> None:
    library = pvm.Module.assemble("func f() {\n return\n}\nexport f\n", "library")
    with pvm.Instance(library) as running, pytest.raises(pvm.UsageError, match="has no main"):
        running.run()


def test_missing_host_function_names_its_type(module: pvm.Module) -> None:
    with pytest.raises(pvm.LinkError, match=r"'ask'.*ask\(i64\) -> i64"):
        pvm.Instance(module)
    with pytest.raises(pvm.LinkError, match="expected a callable"):
        pvm.Instance(module, imports={"ask": 3})  # type: ignore[dict-item]


def test_host_exception_keeps_its_identity(module: pvm.Module) -> None:
    error = KeyError("mine")

    def ask(_: int) -> int:
        raise error

    with instance(module, ask) as running:
        with pytest.raises(KeyError) as caught:
            running.call("ask_twice", 1)
        assert caught.value is error
        assert running.call("double", 4) == 8


def test_host_result_is_checked(module: pvm.Module) -> None:
    with instance(module, lambda _: "text") as running, pytest.raises(pvm.UsageError, match="ask"):
        running.call("ask_twice", 1)


def test_host_function_may_call_back(module: pvm.Module) -> None:
    holder: list[pvm.Instance] = []

    def ask(n: int) -> object:
        return holder[0].call("double", n)

    with instance(module, ask) as running:
        holder.append(running)
        assert running.call("ask_twice", 3) == 12


def test_instance_cannot_be_closed_by_its_own_host_function(module: pvm.Module) -> None:
    holder: list[pvm.Instance] = []

    def ask(n: int) -> object:
        holder[0].close()
        return n

    with instance(module, ask) as running:
        holder.append(running)
        with pytest.raises(pvm.UsageError, match="is running"):
            running.call("ask_twice", 3)


def test_another_thread_is_refused(module: pvm.Module) -> None:
    refused: list[Exception] = []

    def other(running: pvm.Instance) -> None:
        try:
            running.call("double", 1)
        except pvm.UsageError as error:
            refused.append(error)

    def ask(n: int) -> object:
        thread = threading.Thread(target=other, args=(running,))
        thread.start()
        thread.join()
        return n

    with instance(module, ask) as running:
        assert running.call("ask_twice", 3) == 3
    assert len(refused) == 2


def test_exit_in_a_call_is_an_error_of_its_own(module: pvm.Module) -> None:
    with instance(module) as running, pytest.raises(pvm.GuestExit) as caught:
        running.call("leave", 7)
    assert caught.value.status == 7


def test_limits_fire_and_the_instance_stays_usable(module: pvm.Module) -> None:
    with instance(module, limits=pvm.Limits(timeout="30ms")) as running:
        with pytest.raises(pvm.Exhaustion) as caught:
            running.call("forever")
        assert caught.value.kind == "time"
        assert running.call("double", 5) == 10


def test_fuel_can_be_added(module: pvm.Module) -> None:
    with instance(module, limits=pvm.Limits(fuel=1000)) as running:
        with pytest.raises(pvm.Exhaustion) as caught:
            running.call("forever")
        assert caught.value.kind == "fuel"
        running.add_fuel(100)
        assert running.call("double", 5) == 10


@pytest.mark.parametrize("tier", ["reference", "interpreter", "jit"])
def test_what_ended_a_program_can_be_pickled_and_looked_at_later(tier: str) -> None:
    module = pvm.compile(source='@export fun loop() { while true {} }\n@export fun fail() { throw KeyError("no") }')
    found: list[Exception] = []
    with pvm.Instance(module, limits=pvm.Limits(fuel=10_000), tier=tier) as instance:  # type: ignore[arg-type]
        for name in ("fail", "loop"):
            with pytest.raises((pvm.Trap, pvm.Exhaustion)) as caught:
                instance.call(name)
            found.append(caught.value)
    again = pickle.loads(pickle.dumps(found))  # noqa: S301 - our own
    assert [each.frames[0].function for each in found] == ["fail", "loop"]
    for each, copy in zip(found, again, strict=True):
        assert (type(copy), str(copy), copy.kind, copy.frames) == (type(each), str(each), each.kind, each.frames)


def test_trap_has_kind_and_frames(module: pvm.Module) -> None:
    with instance(module) as running, pytest.raises(pvm.Trap) as caught:
        running.call("fail")
    assert caught.value.kind == "unreachable"
    assert [frame.function for frame in caught.value.frames] == ["fail"]


def test_closed_instance_is_refused(module: pvm.Module) -> None:
    running = instance(module)
    running.close()
    running.close()
    with pytest.raises(pvm.UsageError, match="closed"):
        running.call("double", 1)


@pytest.mark.parametrize("named", ["", "auto", "reference", "interpreter", "jit"])
def test_the_environment_says_what_auto_is(named: str, module: pvm.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(AUTO_VARIABLE, named)
    with instance(module) as chosen, instance(module, tier="interpreter") as other:
        assert chosen.statistics.tier == (AUTO if named in {"", "auto"} else named)
        assert other.statistics.tier == "interpreter"


def test_tier_of_the_environment_that_is_not_there_is_refused(
    module: pvm.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(AUTO_VARIABLE, "fast")
    with pytest.raises(pvm.UsageError, match="PVM_TIER is 'fast', expected auto, reference, interpreter or jit"):
        instance(module)


def test_tier_that_is_not_there_is_refused(module: pvm.Module) -> None:
    with pytest.raises(pvm.UsageError, match="fast"):
        instance(module, tier="fast")


def test_statistics_count_fuel(module: pvm.Module) -> None:
    with instance(module, limits=pvm.Limits(fuel=1000)) as running:
        running.call("double", 1)
        used = running.statistics
        assert used.fuel_used == 4
        assert used.fuel_remaining == 996


def test_failed_start_leaves_the_instance_unusable() -> None:
    module = pvm.Module.assemble(
        "func begin() {\n unreachable\n}\nfunc f() {\n return\n}\nstart begin\nexport f\n", "broken"
    )
    with pvm.Instance(module) as running:
        with pytest.raises(pvm.Trap):
            running.call("f")
        with pytest.raises(pvm.UsageError, match="initialisation"):
            running.call("f")


def test_module_from_something_else_is_refused() -> None:
    with pytest.raises(pvm.FormatError):
        pvm.Module.from_bytes("text")  # type: ignore[arg-type]
    with pytest.raises(pvm.FormatError):
        pvm.Module.from_bytes(b"")


def test_module_shows_its_exports(module: pvm.Module) -> None:
    assert "double(i64) -> i64" in repr(module)
    assert list(module.host_imports) == ["ask"]
    assert pvm.Module.assemble(module.disassemble()).to_bytes() == module.to_bytes()


def test_trap_has_the_exceptions_that_led_to_it() -> None:
    module = pvm.compile(
        source="""
        class ConfigError(message: String, cause: Exception) : Exception(message, cause)

        fun read() { throw StateError("disk on fire") }

        @export fun start() {
            try { read() } catch (e: StateError) { throw ConfigError("no config", e) }
        }
        """,
        name="start.peb",
    )
    with pvm.Instance(module) as running, pytest.raises(pvm.Trap) as caught:
        running.call("start")
    outer, inner = caught.value, caught.value.cause
    assert (outer.exception, outer.message) == ("ConfigError", "no config")
    assert inner is not None
    assert (inner.exception, inner.message, inner.cause) == ("StateError", "disk on fire", None)
    assert [frame.function for frame in inner.frames] == ["read", "start"]


def test_names_of_a_module_are_safe_to_print() -> None:
    functions = "".join(f"func f{number}() {{\n return\n}}\nexport f{number}\n" for number in range(25))
    module = pvm.Module.assemble('import host "as\\u{1b}k"() -> i64\n' + functions)
    with pytest.raises(pvm.LinkError) as raised:
        pvm.Instance(module)
    assert str(raised.value) == r"no host function 'as\x1bk'; there are: none; the module needs 'as\x1bk'() -> i64"
    with pvm.Instance(module, imports={"as\x1bk": lambda: 1}) as instance, pytest.raises(pvm.UsageError) as refused:
        instance.call("main")
    assert str(refused.value).endswith(", f19 and 5 more")
