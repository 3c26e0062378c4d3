"""Loops in strips: nothing is checked twice in them, and at their edges they do what internal code does."""

from __future__ import annotations

import re

import pytest

import pvm
from compiler.driver import compile_source
from pvm.engines.native.debug import Debug, debugging
from pvm.engines.native.jit.build import encode_argument, function_ir
from pvm.engines.native.jit.installed import COUNTS, LOOKS, NEITHER
from pvm.engines.native.llvm.compilation import compile_assembly, optimised_ir
from pvm.engines.native.machine_code.target import X86_64_V3
from pvm.pbc.asm import assemble

SOURCE = """
    class Vector(let items: Array<Int>, let size: Int)
    class Table(var rows: Array<Array<Int>>, var row: Int)

    @export fun sum(n: Int) -> Int { var s = 0
        for i in 0..<n { s += i & 7 }
        return s }

    @export fun fill(n: Int, length: Int, from: Int) -> Int {
        let a = Array<Int>(length)
        var done = 0
        try { for i in from..<n { a[i] = i * 3
                done += 1 } } catch (e: IndexError) { done += 1000 }
        var total = done * 1000000
        for i in 0..<a.size { total += a[i] * (i + 1) }
        return total }

    @export fun scale(n: Int, length: Int) -> Int {
        let a = Array<Float>(length) { it.toFloat() }
        let b = Array<Float>(length) { (it * 2).toFloat() }
        axpy(a, b, n, 3.0)
        axpy(a, a, n, 2.0)
        var total = 0.0
        for i in 0..<length { total += a[i] * (i + 1).toFloat() }
        return total.toInt() }

    fun axpy(to: Array<Float>, from: Array<Float>, n: Int, factor: Float) {
        for i in 0..<n { to[i] += factor * from[i] } }

    @export fun shift(n: Int, length: Int, by: Int) -> Int {
        let a = Array<Int>(length) { it + 1 }
        var caught = 0
        try { for i in 1..<n { a[i + by] = a[i - 1] + by } } catch (e: IndexError) { caught = 7 }
        var total = caught
        for i in 0..<length { total = total * 31 % 1000003 + a[i] }
        return total }

    @export fun reverse(length: Int, last: Int) -> Int {
        let a = Array<Int>(length) { it * it }
        var low = 0
        var high = last
        var caught = 0
        try { while low < high {
                let kept = a[low]
                a[low] = a[high]
                a[high] = kept
                low += 1
                high -= 1 } } catch (e: IndexError) { caught = high }
        var total = caught
        for i in 0..<length { total = total * 31 % 1000003 + a[length - 1 - i] }
        return total }

    @export fun steps(from: Int, to: Int, step: Int, length: Int) -> Int {
        let marks = Array<Bool>(length)
        var at = from
        var rounds = 0
        try { while at <= to { marks[at] = true
                at += step
                rounds += 1 } } catch (e: IndexError) { rounds += 10000 } catch (e: ArithmeticError) { rounds += 20000 }
        var total = rounds
        for i in 0..<length { if marks[i] { total = total * 31 % 1000003 + i } }
        return total }

    @export fun edge(from: Int, to: Int) -> Int { var s = 0
        for i in from..to { s = (s ^ i) & 1048575 }
        for i in to.downTo(from) { s = (s * 3 + (i & 15)) & 1048575 }
        return s }

    @export fun overflowing(from: Int, limit: Int) -> Int { var i = from
        var rounds = 0
        try { while i < limit || i > 0 { i += 3
                rounds += 1
                if rounds > 100 { return -rounds } } } catch (e: ArithmeticError) { return rounds * 10 + 1 }
        return rounds }

    @export fun matrix(n: Int) -> Int {
        let m = Array<Array<Int>>(n) { i -> Array<Int>(n) { j -> i * j } }
        var s = 0
        for i in 0..<n { for j in 0..<n { if (i + j) % 3 == 0 { continue }
                if m[i][j] > 500 { break }
                s += m[i][j] } }
        return s }

    @export fun fields(n: Int, size: Int) -> Int {
        let v = Vector(Array<Int>(size) { it * 5 }, size)
        var s = 0
        for i in 0..<n { s += at(v, i) }
        return s }

    fun at(v: Vector, i: Int) -> Int = if i < v.size { v.items[i] } else { -1 }

    @export fun exchanged(n: Int) -> Int {
        var a = Array<Int>(n) { it }
        var b = Array<Int>(n / 2) { -it }
        var s = 0
        try { for i in 0..<n { s = s * 3 % 1000003 + a[i]
                let kept = a
                a = b
                b = kept } } catch (e: IndexError) { s += 1000000 }
        return s }

    @export fun search(length: Int, wanted: Int, from: Int) -> Int {
        let a = Array<Int>(length) { it * 3 }
        var at = from
        try { while a[at] < wanted { at += 1 }
            while a[at] != 0 { at -= 1 } } catch (e: IndexError) { return -at }
        return at }

    @export fun strided(n: Int, length: Int) -> Int {
        let a = Array<Int>(length) { it + 2 }
        var at = 0
        var back = n - 1
        try { while at <= n { a[at] += at
                at += 3 }
            while back > 1 { a[back] ^= back
                back -= 2 } } catch (e: IndexError) { at = -at }
        var total = at + back
        for i in 0..<length { total = total * 31 % 1000003 + a[i] }
        return total }

    @export fun waits(n: Int) -> Int {
        let task = spawn { sum(n) }
        var rounds = 0
        while rounds < 5 || !task.isDone { rounds += 1
            giveWay() }
        let tasks = List<Task<Int>>()
        for i in 0..<3 { tasks.add(spawn { i * n }) }
        var total = task.join() * rounds
        for each in tasks { total += each.join() }
        return total }

    @export fun bytes(n: Int, by: Int) -> Int {
        let a = Array<UInt8>(n) { (it % 200).toUInt8() }
        var s = 0
        for i in 0..<n { a[i] = (a[i].toInt() + by & 255).toUInt8() }
        for i in 0..<n { s += a[i].toInt() }
        return s }

    @export fun beside(n: Int, from: Int, by: Int) -> Int {
        var other = from
        var along = from
        var s = 0
        try { for i in 0..<n { s ^= along
                along += by
                s ^= other + by
                other += 3 } } catch (e: ArithmeticError) { s ^= 1000 }
        return s ^ other }

    @export fun wrapping(n: Int, from: Int, by: Int) -> Int {
        var other = from
        var s = 0
        for i in 0..<n { if other &+ by < other { s += 1 }
            other = other &+ 7 }
        return s }

    @export fun composites(n: Int, length: Int, from: Int) -> Int {
        let marks = Array<Bool>(length)
        var count = 0
        try { for i in from..n { if !marks[i] { count += 1
                    var multiple = i + i
                    while multiple <= n { marks[multiple] = true
                        multiple += i } } } } catch (e: IndexError) { count += 1000 }
        return count }

    @export fun waiting(n: Int, length: Int, every: Int) -> Int {
        let a = Array<Int>(length) { it % every }
        var s = 0
        try { for i in 0..<n { s = s * 3 % 1000003 + if a[i] == 0 { var k = i
                    while k > 2 { k = k / 2 }
                    k } else { a[i] } } } catch (e: IndexError) { s = -s }
        return s }

    @export fun seldom(n: Int, length: Int, by: Int) -> Int {
        let a = Array<Int>(length) { it * 7 % 11 }
        var s = 0
        var at = n
        try { while at > 0 { if a[at] > 7 { for j in 0..<a[at] { s += j ^ a[at - j] } } else {
                    if a[at] == 2 { at -= 3
                        continue }
                    if a[at] == by { break } }
                s ^= at
                at -= 1 } } catch (e: IndexError) { s += 1000000 }
        return s * 100 + at }

    fun table(length: Int, row: Int) -> Table =
        Table(Array<Array<Int>>(4) { i -> Array<Int>(if i == 2 { 3 } else { length }) { j -> i * 7 + j } }, row)

    @export fun settled(n: Int, length: Int, row: Int) -> Int {
        let t = table(length, row)
        var s = 0
        try { for j in 0..<n { s = s * 3 % 1000003 + t.rows[t.row][j] * t.rows[0][j] }
        } catch (e: IndexError) { s = -s }
        return s }

    @export fun moving(n: Int, length: Int, row: Int, when: Int) -> Int {
        let t = table(length, row)
        var s = 0
        try { for j in 0..<n { s = s * 3 % 1000003 + t.rows[t.row][j]
                if j == when { t.row += 1 } } } catch (e: IndexError) { s = -s }
        return s }

    @export fun replacing(n: Int, length: Int, row: Int, when: Int) -> Int {
        let t = table(length, row)
        let rows = t.rows
        var s = 0
        try { for j in 0..<n { if j == when { rows[row] = rows[0] }
                s = s * 3 % 1000003 + rows[row][j]
                if j == when * 2 { swap(t, rows[1]) } } } catch (e: IndexError) { s = -s }
        return s }

    fun swap(t: Table, other: Array<Int>) { t.rows[t.row] = other }

    @export fun anything(n: Int, at: Int) -> Int {
        let things = Array<Any>(3) { i -> if i == 1 { 5 } else { Array<Int>(20) { j -> j * i } } }
        var s = 0
        try { for j in 0..<n { s = s * 3 % 1000003 + ((things[at] as Array<Int>)[j] ^ j) }
        } catch (e: Exception) { s = -s }
        return s }

    class Item(let key: Int)

    @export fun passed(n: Int, length: Int, which: Int) -> Int {
        let items = Array<Item>(length) { Item(it * 7 % 13) }
        let to = Array<Item>(length) { items[0] }
        let large: (Item) -> Bool = { a -> a.key > 5 }
        let multiple: (Item) -> Bool = { a -> a.key % which == 0 }
        var count = 0
        try { count = pick(to, items, n, if which == 0 { large } else { multiple }) }
        catch (e: IndexError) { count = 1000 }
        for i in 0..<length { count = count * 3 % 1000003 + to[i].key }
        return count }

    fun pick(to: Array<Item>, from: Array<Item>, n: Int, pass: (Item) -> Bool) -> Int { var count = 0
        for i in 0..<n { if pass(from[i]) { to[count] = if count & 1 == 0 { from[i] } else { Item(i) }
                count += 1 } }
        return count }

    fun main() {}
"""

MIN, MAX = -(1 << 63), (1 << 63) - 1
CALLS = [
    *(("sum", n) for n in (-1, 0, 1, 2, 1000)),
    *(("fill", *each) for each in [(10, 10, 0), (11, 10, 0), (10, 10, -1), (100, 64, 3), (0, 0, 0), (50, 50, 49)]),
    *(("fill", *each) for each in [(MAX, 40, 0), (MAX, 40, MAX - 2), (40, 40, MIN)]),
    *(("scale", n, 70) for n in (0, 1, 15, 16, 17, 70)),
    *(("shift", *each) for each in [(40, 40, 0), (39, 40, 1), (40, 40, 1), (40, 40, -1), (40, 40, -2), (35, 40, 5)]),
    *(("shift", 40, 40, by) for by in (MAX // 2, MIN // 2, 1 << 41, -(1 << 41))),
    *(("reverse", *each) for each in [(0, 0), (1, 0), (33, 32), (33, 33), (40, 20), (2, MAX // 2)]),
    *(("steps", *each) for each in [(0, 99, 1, 100), (0, 100, 1, 100), (4, 99, 7, 100), (-7, 99, 7, 100)]),
    *(("steps", *each) for each in [(90, MAX, 7, 100), (99, 99, 1 << 40, 100), (50, 99, -9, 100), (99, 99, MAX, 100)]),
    *(("edge", *each) for each in [(0, 0), (5, 4), (MAX - 3, MAX), (MIN, MIN + 3), (-3, 40)]),
    *(("overflowing", *each) for each in [(MAX - 50, 0), (MAX - 1000, 0), (-10, 10), (5, 0)]),
    *(("matrix", n) for n in (0, 1, 40)),
    *(("fields", *each) for each in [(30, 30), (40, 30), (0, 0)]),
    *(("exchanged", n) for n in (0, 2, 30)),
    *(("search", *each) for each in [(50, 120, 0), (50, 1000, 3), (50, 120, -1), (50, 5, 49), (0, 0, 0), (9, 20, MAX)]),
    *(("strided", *each) for each in [(98, 100), (99, 100), (100, 100), (101, 100), (0, 1), (0, 0)]),
    *(("beside", 90, start, by) for start in (0, MAX - 11, MAX - 200, MIN) for by in (0, 1, -1, 1 << 40, 1 << 57)),
    *(("wrapping", 90, start, by) for start in (0, MAX - 11, MAX - 200, MIN) for by in (0, 1, -1, 1 << 40)),
    *(("composites", *each) for each in [(99, 100, 2), (100, 100, 2), (99, 100, 1), (30, 100, 90), (50, 40, 2)]),
    *(("composites", *each) for each in [(40, 50, -1), (MAX, 90, 80), (0, 0, 1)]),
    *(("waiting", *each) for each in [(60, 60, 7), (60, 60, 1), (60, 59, 20), (0, 0, 1), (20, 20, 50)]),
    *(("seldom", *each) for each in [(80, 90, 20), (89, 90, 3), (90, 90, 20), (4, 90, 0), (33, 40, 20)]),
    *(
        ("settled", *each)
        for each in [(40, 40, 1), (41, 40, 1), (3, 40, 2), (4, 40, 2), (9, 9, 4), (9, 9, -1), (0, 0, 9)]
    ),
    *(
        ("moving", *each)
        for each in [(40, 40, 0, 50), (40, 40, 0, 2), (40, 40, 1, 1), (30, 40, 3, 20), (30, 40, 3, 29)]
    ),
    *(("replacing", *each) for each in [(40, 40, 1, 50), (40, 40, 2, 2), (40, 40, 3, 8), (40, 40, 4, 3), (9, 9, 3, 0)]),
    *(("anything", *each) for each in [(20, 0), (21, 0), (9, 1), (9, 2), (9, 3), (0, 1), (0, -1)]),
    *(("passed", *each) for each in [(40, 40, 0), (41, 40, 0), (40, 40, 3), (40, 40, 1), (40, 40, -5), (1, 1, 2)]),
    ("waits", 40),
    *(("bytes", n, 77) for n in (0, 1, 100)),
]


@pytest.fixture(scope="module")
def module() -> pvm.Module:
    return pvm.Module(compile_source(SOURCE, name="loops.peb"))


def outcome(instance: pvm.Instance, name: str, arguments: tuple[int, ...]) -> tuple[object, int]:
    """What a call gives, and the fuel that it takes."""
    before = instance.statistics.fuel_used
    try:
        result: object = instance.call(name, *arguments)
    except (pvm.Trap, pvm.Exhaustion) as error:
        result = type(error), error.kind, error.frames
    return result, instance.statistics.fuel_used - before


def outcomes(module: pvm.Module, tier: str, fuel: int | None = None) -> list[tuple[object, int]]:
    """What all calls give, each in an instance of its own if there is a limit."""
    limits = pvm.Limits(memory="64M", fuel=fuel)
    if fuel is not None:
        found = []
        for name, *arguments in CALLS:
            with pvm.Instance(module, limits=limits, tier=tier) as instance:  # type: ignore[arg-type]
                found.append(outcome(instance, str(name), tuple(arguments)))  # type: ignore[arg-type]
        return found
    with pvm.Instance(module, limits=limits, tier=tier) as instance:  # type: ignore[arg-type]
        return [outcome(instance, str(name), tuple(arguments)) for name, *arguments in CALLS]  # type: ignore[arg-type]


@pytest.mark.parametrize("looks", [(), (700, 1900), (5000, 301)], ids=str)
def test_strips_do_what_internal_code_does(module: pvm.Module, looks: tuple[int, ...]) -> None:
    wanted = outcomes(module, "interpreter")
    with debugging(Debug(eager=True, looks=looks)):
        assert outcomes(module, "jit") == wanted


@pytest.mark.parametrize("fuel", [300, 1000, 1777])
def test_fuel_ends_in_a_strip_where_it_ends_in_internal_code(module: pvm.Module, fuel: int) -> None:
    wanted = outcomes(module, "interpreter", fuel)
    with debugging(Debug(eager=True)):
        assert outcomes(module, "jit", fuel) == wanted


# What LLVM makes of a strip


def optimised(source: str, name: str, fuel: str = COUNTS) -> str:
    """The optimised IR of a function."""
    return optimised_ir(_ir(source, name, fuel), X86_64_V3)


def assembly(source: str, name: str) -> str:
    """The machine code of a function as assembler text."""
    return compile_assembly(_ir(source, name, COUNTS), X86_64_V3)


def _ir(source: str, name: str, fuel: str) -> str:
    main = "" if "fun main()" in source else "\nfun main() {}"
    module = pvm.Module(compile_source(source + main, name="golden.peb"))
    names = [each.name for each in module.verified.module.functions]
    return function_ir(X86_64_V3, encode_argument(module.to_bytes(), names.index(name), fuel))


def strip_of(source: str, name: str) -> list[str]:
    """The lines of the innermost loop of a function that runs without leaving."""
    return loop_lines(optimised(source, name), "strip")


def loop_lines(ir: str, hint: str) -> list[str]:
    """The lines of blocks that are a loop of one block and come of blocks with a hint in their names."""
    found: list[str] = []
    for block in re.split(r"\n(?=[\w.\"]+:)", ir):
        label = block.partition(":")[0].strip('"')
        goes_back = re.search(rf'br i1 .*label %"?{re.escape(label)}"?[,\s]', block)
        if goes_back and (hint in label or "vector.body" in label):
            found += block.splitlines()
    return found


def test_strip_of_a_sum_has_no_branch_but_its_own() -> None:
    source = "@export fun f(n: Int) -> Int { var s = 0\nfor i in 0..<n { s ^= i & 7 }\nreturn s }"
    lines = strip_of(source, "f")
    assert any("vector.body" in line for line in lines)
    assert not any("with.overflow" in line or "load" in line for line in lines)


def test_strip_of_arrays_is_vectorised_without_checks() -> None:
    source = """@export fun f(to: Array<Float>, from: Array<Float>, n: Int, k: Float) {
        for i in 0..<n { to[i] += k * from[i] } }"""
    lines = strip_of(source, "f")
    assert any("load <4 x double>" in line for line in lines)
    assert sum("icmp" in line for line in lines) == sum(" br i1 " in line for line in lines)


def test_last_rounds_of_a_strip_are_vectors_too() -> None:
    source = """@export fun f(to: Array<Float>, from: Array<Float>, n: Int, k: Float) {
        for i in 0..<n { to[i] += k * from[i] } }"""
    assert "vec.epilog.vector.body:" in optimised(source, "f")


def test_strip_with_a_step_of_a_variable_stores_only() -> None:
    source = """@export fun f(marks: Array<Bool>, from: Int, step: Int) { var at = from
        while at < 1000000 { marks[at] = true
            at += step } }"""
    blocks = re.split(r"\n(?=[\w.\"]+:)", optimised(source, "f"))
    rounds = "".join(each for each in blocks if re.match(r"a1\.strip", each))
    assert rounds.count("store i8") == rounds.count("icmp") == 4
    assert not re.search(r"load|with\.overflow", rounds)
    assert len(re.findall(r"= add i64 %fuel", rounds)) == 1, "four rounds are paid for together"


def test_rounds_that_come_to_no_inner_loop_count_nothing_and_check_nothing() -> None:
    source = """@export fun f(marks: Array<Bool>, n: Int) -> Int { var count = 0
        for i in 2..n { if !marks[i] { count += 1
                var at = i + i
                while at <= n { marks[at] = true
                    at += i } } }
        return count }"""
    blocks = re.split(r"\n(?=[\w.\"]+:)", optimised(source, "f"))
    rounds = next(each for each in blocks if re.match(r"a1\.strip\d+\.b\d+:", each) and "load i8" in each)
    assert rounds.count("icmp") == 1, "whether the number is marked"
    assert "fuel" not in rounds


def test_row_of_a_matrix_and_a_field_that_no_round_changes_are_loaded_before_the_strip() -> None:
    source = """class Table(var rows: Array<Array<Float>>, var row: Int)
    @export fun f(n: Int) -> Float = g(Table(Array<Array<Float>>(n) { Array<Float>(9) }, n), Array<Float>(n), n)
    fun g(t: Table, v: Array<Float>, n: Int) -> Float { var sum = 0.0
        for i in 0..<n { CHANGE
            sum += t.rows[t.row][i] * v[i] }
        return sum }"""
    lines = strip_of(source.replace("CHANGE", ""), "g")
    assert any("load double" in line for line in lines)
    assert not any("load i32" in line or "icmp eq" in line for line in lines)
    for change in ("t.row = i", "t.rows = t.rows"):
        assert not any("load double" in line for line in strip_of(source.replace("CHANGE", change), "g"))


def test_loop_around_one_that_is_always_come_to_is_no_strip() -> None:
    source = """@export fun f(a: Array<Int>, n: Int) -> Int { var s = 0
        for i in 0..n { for j in 1..n { s ^= a[i] + a[j] } }
        return s }"""
    heads = set(re.findall(r"^a1\.strip(\d+)\.", optimised(source, "f"), re.MULTILINE))
    assert len(heads) == 1


def test_loop_without_a_count_compares_its_index_once() -> None:
    source = """@export fun f(a: Array<Int>, wanted: Int) -> Int { var at = 0
        while a[at] < wanted { at += 1 }
        return at }"""
    ir = optimised(source, "f")
    block = next(each for each in re.split(r"\n(?=[\w.]+:)", ir) if re.match(r"on\d+:", each) and "load i64" in each)
    assert block.count("icmp") <= 2
    assert "i32" not in block.partition("load i64")[0]


MACHINE = """class Machine(let code: Array<Int>, let stack: Array<Int>) {
    fun run() -> Int { var pc = 0
        var sp = 0
        while true { let op = code[pc]
            pc += 1
            match op {
                0 => { stack[sp] = pc
                    sp += 1 }
                1 => { sp -= 1
                    if stack[sp] == 0 { pc = op } }
                2 => pc += stack[sp]
                else => return sp } } } }
    @export fun f(n: Int) -> Int = Machine(Array<Int>(n), Array<Int>(n)).run()"""


def blocks_in_loops(ir: str) -> list[str]:
    """The blocks of the compiled function from which control comes back to them."""
    blocks = {each.partition(":")[0]: each for each in re.split(r"\n(?=[\w.]+:)", ir.partition("\n}")[0])}
    following = {name: set(re.findall(r"label %([\w.]+)", each)) & blocks.keys() for name, each in blocks.items()}
    found = []
    for name, block in blocks.items():
        work, seen = list(following[name]), set()
        while work:
            each = work.pop()
            if each not in seen:
                seen.add(each)
                work += following[each]
        if name in seen:
            found.append(block)
    return found


def test_what_never_changes_in_an_object_is_loaded_before_a_loop_without_a_count() -> None:
    blocks = blocks_in_loops(optimised(MACHINE, "Machine.run"))
    assert sum("load i64" in each for each in blocks) >= 3
    assert not any("load i32" in each for each in blocks)


def test_loop_that_is_no_strip_branches_rather_than_wait_for_a_condition() -> None:
    blocks = blocks_in_loops(optimised(MACHINE, "Machine.run"))
    assert not any(re.search(r"%a1.l\d+\S* = select|%spec", each) for each in blocks)


def test_code_that_does_nothing_about_fuel_neither_counts_nor_looks() -> None:
    source = "@export fun f(n: Int) -> Int { var s = 0\nfor i in 0..<n { s ^= i * i }\nreturn s }"
    counts, looks, neither = (optimised(source, "f", fuel) for fuel in (COUNTS, LOOKS, NEITHER))
    assert re.search(r"icmp slt i64 %fuel\S*, [1-9]", looks)
    assert not re.search(r"icmp slt i64 %fuel\S*, [1-9]", neither)
    assert len(neither) < len(looks) < len(counts)


def test_lengths_and_fields_are_loaded_before_the_strip() -> None:
    source = """class Box(let items: Array<Int>, let by: Int)
    @export fun f(box: Int) -> Int { let b = Box(Array<Int>(box), box)
        return g(b, box) }
    fun g(b: Box, n: Int) -> Int { var s = 0
        for i in 0..<n { s ^= b.items[i] & b.by }
        return s }"""
    lines = strip_of(source, "g")
    assert any("load <4 x i64>" in line for line in lines)
    assert not any("load i32" in line for line in lines)


DEAD_BEHIND_A_CALL = """class Sum { var total: Int = 0
        fun all(items: Array<Int>) { var at = 0
            while at < items.size { at += 1
                take(at) } }
        fun take(n: Int) { if n >= 0 { total += odd(n) } }
        fun odd(n: Int) -> Int = if n <= 1 { n } else { odd(n - 2) } }
    @export fun f(n: Int) -> Int { let sum = Sum()
        let items = Array<Int>(n)
        for i in 0..<n { items[n - 1 - i] = i }
        sum.all(items)
        return sum.total }"""


def test_shadow_of_a_local_that_nobody_reads_again_outlives_a_call() -> None:
    """The length of ``items`` is read in an inlined function behind a call; `f` itself reads the local no more."""
    module = pvm.compile(source=DEAD_BEHIND_A_CALL)
    with pvm.Instance(module, tier="interpreter") as instance:
        wanted = instance.call("f", 9), instance.statistics.fuel_used
    with debugging(Debug(eager=True)), pvm.Instance(module, tier="jit") as instance:
        assert (instance.call("f", 9), instance.statistics.fuel_used) == wanted


WAITING = """
export f as (i64) -> i64
func f (n: i64) -> i64 {
  .local items: ref array i64
  .local i: i64
    i64.const 4
    array.new i64
    local.set items
    local.get items
    local.get n
    array.new i64
    local.set items
    local.get n
    i64.const 1
    i64.sub_checked_s
    array.get i64
    prim.drop
    i64.const 0
    local.set i
    jump @head
@body:
    local.get i
    i64.const 1
    i64.add_checked_s
    local.set i
@head:
    local.get i
    local.get items
    array.size
    i64.lt_s
    branch.if @body
    local.get i
    return
}
"""


def test_operand_that_waits_has_no_shadows_of_what_its_local_is_then() -> None:
    """The array of four is indexed, by what would be right for the array that its local has got since."""
    module = pvm.Module(assemble(WAITING))
    with debugging(Debug(eager=True)), pvm.Instance(module, tier="jit") as instance:
        assert instance.call("f", 4) == 4
        with pytest.raises(pvm.Trap, match="index out of bounds"):
            instance.call("f", 100)


CAUGHT = """
class Error {
  field message: ref? string
  field trace: ref? array i32
}
throwable Error
export f as (i64) -> i64
func g (n: i64) {
    local.get n
    i64.eqz
    branch.if @bad
    local.get n
    i64.const 1
    i64.sub
    call g
    return
@bad:
    ref.null
    ref.null
    object.new Error
    throw
}
func f (n: i64) -> i64 {
  .local y: i64
  .local items: ref array i64
    i64.const 5
    local.set y
    i64.const 5
    array.new i64
    local.set items
    .try all @caught
    local.get n
    i64.const 100
    i64.add
    local.set y
    local.get n
    array.new i64
    local.set items
    local.get n
    call g
    .end all
    i64.const 1
    return
@caught:
    ref.drop
    local.get y
    local.get items
    array.size
    i64.add
    return
}
"""


@pytest.mark.parametrize("n", [0, 9])
def test_handler_around_a_call_only_finds_what_it_reads(n: int) -> None:
    """Nobody reads the locals behind the call, which is the last instruction of the range, unless it throws."""
    module = pvm.Module(assemble(CAUGHT))
    with pvm.Instance(module, tier="interpreter") as instance:
        wanted = instance.call("f", n), instance.statistics.fuel_used
    with debugging(Debug(eager=True)), pvm.Instance(module, tier="jit") as instance:
        assert (instance.call("f", n), instance.statistics.fuel_used) == wanted


DOOMED_CASTS = {
    "method": """
class A
class B {
  method a (ref B, i64) -> i64 = same
}
export f as (i64) -> i64
func same (self: ref B, n: i64) -> i64 {
    local.get n
    return
}
func f (n: i64) -> i64 {
    object.new_default A
    ref.cast ref B
    local.get n
    call.virtual B.a
    return
}
""",
    "function": """
export f as (i64) -> i64
func endless (a: f64, b: f64, c: f64) -> f64 {
    local.get a
    local.get b
    local.get c
    tail.call endless
}
func f (n: i64) -> i64 {
    local.get n
    func.ref endless
    ref.cast ref func (i64) -> i64
    call.ref (i64) -> i64
    return
}
""",
}


@pytest.mark.parametrize("source", DOOMED_CASTS.values(), ids=DOOMED_CASTS)
def test_call_behind_a_cast_that_always_traps_is_compiled(source: str) -> None:
    """What is known of the object, or of the function, says nothing about what it is called as."""
    module = pvm.Module(assemble(source))
    trapping = pytest.raises(pvm.Trap, match="not of the type it is cast to")
    with debugging(Debug(eager=True)), pvm.Instance(module, tier="jit") as instance, trapping:
        instance.call("f", 3)


ALWAYS_THROWS = """class Odd(message: String) : Exception(message)
    @export fun f(n: Int) -> Int { var s = 0
        for i in 0..n { try { refuse(i) } catch (e: Odd) { s += i } }
        return s }
    fun refuse(i: Int) { throw Odd("${i}") }"""


def test_loop_whose_rounds_never_come_to_the_test_is_no_strip() -> None:
    with debugging(Debug(eager=True)), pvm.Instance(pvm.compile(source=ALWAYS_THROWS), tier="jit") as instance:
        assert instance.call("f", 5) == 15
