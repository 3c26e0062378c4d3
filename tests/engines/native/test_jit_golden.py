"""What is gone from optimised code: calls of iterators and lambdas, frames around calls, checks of what was checked.

Loops over arrays are in ``test_jit_loops``, methods and function values in ``test_jit_calls``.
"""

from __future__ import annotations

import re

import pytest

from tests.engines.native.test_jit_loops import assembly, blocks_in_loops, optimised

MADE = "@export fun f(n: Int) -> Int { let l = List<Int>()\nfor i in 0..<n { l.add(i) }\nreturn g(l, n) }\n"
OVER_LISTS = {
    "for": "fun g(l: List<Int>, n: Int) -> Int { var s = 0\nfor x in l { s ^= x & n }\nreturn s }",
    "fold": "fun g(l: List<Int>, n: Int) -> Int = l.fold(0) { a, b -> a ^ (b & n) }",
    "map": "fun g(l: List<Int>, n: Int) -> Int = l.map { it ^ n }.size",
    "filter": "fun g(l: List<Int>, n: Int) -> Int = l.filter { it > n }.size",
    "range": "fun g(l: List<Int>, n: Int) -> Int = (0..<n).map { it & 7 }.fold(l.size) { a, b -> a ^ b }",
}
FIB = "@export fun g(n: Int) -> Int = if n < 2 { n } else { g(n - 1) ^ g(n - 2) }"
SHAPES = """
    abstract class Shape { abstract fun sides(n: Int) -> Int }
    class Square : Shape() { override fun sides(n: Int) -> Int = n * 4 }
    class Other : Shape() { override fun sides(n: Int) -> Int = n ^ 5 }
    @export fun f(n: Int) -> Int = g(if n > 3 { Square() } else { Other() }, n)
    fun g(shape: Shape, n: Int) -> Int { var s = 0
        for i in 0..<n { s ^= shape.sides(i) }
        return s }
"""


def body(source: str) -> str:
    """The optimised IR of ``g``, as other compiled code calls it."""
    return body_of(source, "g")


def guest_calls(ir: str) -> list[str]:
    """Calls of other functions of the program."""
    return re.findall(r"call preserve_nonecc .*", ir)


@pytest.mark.parametrize("how", OVER_LISTS)
def test_lambdas_and_iterators_are_part_of_the_loop(how: str) -> None:
    assert guest_calls(body(MADE + OVER_LISTS[how])) == []


def test_function_that_is_shorter_than_a_call_of_it_is_part_of_a_large_one() -> None:
    many = "\n".join(f"s ^= large(s + {number}, n) * {number}" for number in range(40))
    source = f"""fun g(n: Int) -> Int {{ var s = n
        {many}
        return s ^ tiny(n) }}
        fun large(a: Int, b: Int) -> Int =
            if a < b {{ a * 3 + b * 5 }} else if a > b + 7 {{ b * 3 - a }} else {{ a / 3 }}
        fun tiny(n: Int) -> Int = n * 11
        @export fun f(n: Int) -> Int = g(n)"""
    ir = body(source)
    assert guest_calls(ir), "there is no room for all"
    assert re.search(r"smul\.with\.overflow\.i64\(i64 %\S+, i64 11\)", ir)


def test_rounds_that_call_the_only_function_of_a_type_neither_compare_it_nor_look_whether_the_heap_is_marked() -> None:
    source = """class Item(let key: Int)
        @export fun f(n: Int) { let items = Array<Item>(n) { Item(it) }
            g(items, items, n, { it.key > n }) }
        fun g(to: Array<Item>, from: Array<Item>, n: Int, pass: (Item) -> Bool) {
            for i in 0..<n { if pass(from[i]) { to[i] = from[i] } } }"""
    ir = body(source)
    assert guest_calls(ir) == []
    rounds = ir[ir.index("\na1.strip") : ir.index("\nends")]
    assert rounds.count("br i1") == 3, "the class, the condition, the end"
    assert rounds.count("store") == 2, "the element and its card"


def test_methods_of_two_classes_are_part_of_the_loop() -> None:
    ir = body(SHAPES)
    assert guest_calls(ir) == []
    assert "call i64" not in re.sub(r"call i64 @llvm\.\S+", "", ir), "nothing is looked up"


def test_recursive_calls_are_made_of_every_other_level_and_write_nothing_before() -> None:
    ir = body(FIB)
    assert guest_calls(ir)
    for block in re.split(r"\n(?=[\w.\"]+:)", ir):
        before, call, _ = block.partition("call preserve_nonecc")
        assert not call or "store" not in before, block


def test_loop_with_a_checked_sum_has_one_check_and_one_look_in_many_rounds() -> None:
    source = "@export fun g(n: Int) -> Int { var s = 0\nfor i in 0..<n { s += i }\nreturn s }"
    blocks = [each for each in blocks_in_loops(body(source)) if "with.overflow" in each]
    strips = [each for each in blocks if "%fuel" not in each]
    assert strips, "the fuel follows from the variable"
    assert all(each.count("with.overflow") <= 4 for each in strips), "of the sum, of as many rounds as are unrolled"


LINKED = """
    class Link(let x: Int) { var next: Link? = null }
    @export fun f(n: Int) -> Int { let links = Array<Link>(n) { Link(it) }
        unlink(links[0], links[1])
        return size(links, 1) }
    fun size(links: Array<Link>, n: Int) -> Int = links[n].x
"""


def test_class_is_compared_where_it_is_in_memory() -> None:
    ir = optimised(LINKED + "fun unlink(a: Link, b: Link) { a.next = b }", "size")
    header = r"(%\w+) = load i32, ptr \S+, align 4, !tbaa !\d+\n\s+(?!\S+ = and)\S+ = icmp eq i32 \1, \d+"
    assert re.search(header, ir), "no bit of the header is masked out"


@pytest.mark.parametrize(("value", "cards"), [("null", 0), ("b", 1)])
def test_store_of_null_dirties_no_card(value: str, cards: int) -> None:
    ir = optimised(LINKED + f"fun unlink(a: Link, b: Link) {{ a.next = {value} }}", "unlink")
    assert ir.count("store i8 1,") == cards


PASSED = """
    fun g(n: Int) -> Int { var i = n
        while true { match i & 3 {
            0 => i += 5
            1 => i -= 7
            2 => i ^= n
            else => return i } } }
    @export fun f(n: Int) -> Int = g(n)
"""


def test_arms_of_a_loop_pay_for_the_jump_behind_all_of_them() -> None:
    back = next(each for each in re.split(r"\n(?=[\w.\"]+:)", body(PASSED)) if "backedge:" in each)
    assert re.search(r"phi i64 \[ -14, .*\[ -18, .*\[ -22, ", back)
    assert back.count(" add ") == 1, "the jump costs nothing by itself"


@pytest.mark.parametrize(("arms", "has_table"), [(9, False), (16, False), (24, True)])
def test_only_a_wide_switch_jumps_by_a_table(*, arms: int, has_table: bool) -> None:
    kinds = ("s ^= n * {}", "s = s * n ^ {}", "s = (s & n) | {}", "s = (s << 3) ^ (n & {})", "s = s / (n | {})")
    match = "\n".join(f"{number} => {kinds[number % 5].format(number + 3)}" for number in range(arms))
    head = "@export fun g(n: Int) -> Int { var s = 1\nfor i in 0..<n {"
    source = f"{head} match (s ^ i) & 63 {{ {match}\nelse => s += i }} }}"
    code = assembly(source + "\nreturn s }", "g").partition("\nbody:")[2].partition(".Lfunc_end")[0]
    assert bool(re.search(r"jmpq\s+\*", code)) == has_table


ELEMENTS = "class Item(let x: Int, let y: Int)\nfun main() { let a = Array<Item?>(3)\ng(a, 1)\nh([Item(1, 2)], 0) }\n"


def test_cast_of_an_element_compares_its_class_only() -> None:
    source = ELEMENTS + "fun g(a: Array<Item?>, i: Int) -> Int = 0\nfun h(a: Array<Item>, i: Int) -> Int = a[i].x"
    ir = body_of(source, "h")
    assert len(re.findall(r"icmp eq i32", ir)) == 1, "null has the class of no object"
    assert not re.search(r"icmp (eq|ne) i32 %\w+, 0", ir)


def test_element_that_may_be_null_is_told_from_it_where_its_class_is_another() -> None:
    get = "fun g(a: Array<Item?>, i: Int) -> Int { let item = a[i]\nreturn if item == null { i } else { item.x } }"
    ir = body_of(f"{ELEMENTS}{get}\nfun h(a: Array<Item>, i: Int) -> Int = 0", "g")
    blocks = re.split(r"\n(?=[\w.\"]+:)", ir)
    assert sum(bool(re.search(r"icmp (eq|ne) i32 %\w+, 0", each)) for each in blocks) - ir.count("@llvm.assume") == 1
    tested = next(each for each in blocks if re.search(r"icmp eq i32 %\w+, \d\d", each))
    assert not re.search(r"icmp (eq|ne) i32 %\w+, 0", tested)


def body_of(source: str, name: str) -> str:
    """The optimised IR of a function, as other compiled code calls it."""
    return optimised(source, name).partition("@body(")[2].partition("\n}")[0]
