"""Generates Pebble programs that compile, drawn by types: every expression has the type that is wanted.

They use what programs use: calls of all kinds, loops, objects, exceptions with handlers and causes, strings, lists,
maps, tasks, channels, generators.  They may trap, throw, or run for ever; all of that can be compared.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

PRELUDE = """
interface Shape {
    fun area(n: Int) -> Int
    fun name() -> String = "shape ${area(1)}"
}
class Square(var side: Int) : Shape {
    override fun area(n: Int) -> Int = side &* side &+ n
}
open class Base(let tag: String) : Shape {
    var count: Int = 0
    open fun step(n: Int) -> Int { count += 1; return n &+ count }
    override fun area(n: Int) -> Int = step(n) &* 3
}
class Derived(tag: String, let inner: Shape?) : Base(tag) {
    override fun step(n: Int) -> Int = super.step(n) &+ (inner?.area(n) ?: 7)
    override fun name() -> String = tag + "!"
}
class Fault(message: String, cause: Exception? = null) : Exception(message, cause)
fun numbers(n: Int) -> Sequence<Int> { for i in 0..<n { yield i &* 2 } }
fun apply(f: (Int) -> Int, n: Int) -> Int = f(n)
fun same(n: Int) -> Int = n
fun even(n: Int) -> Bool = if n <= 0 { true } else { odd(n - 1) }
fun odd(n: Int) -> Bool = if n <= 0 { false } else { even(n - 1) }
fun sum(items: List<Int>) -> Int { var total = 0; for each in items { total = total &+ each }; return total }
fun deep(e: Exception?) -> Int = if e == null { 0 } else { 1 }
"""
TYPES = {"Int": 6, "String": 3, "Bool": 1, "List<Int>": 2, "Shape": 2, "(Int) -> Int": 1}


class Writer:
    """Writes one program."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.names = 0
        self.scopes: list[dict[str, tuple[str, bool]]] = []
        """Variables of the blocks around: type, and whether they can be assigned to."""
        self.functions: list[tuple[str, list[str], str]] = []
        self.expressions: dict[str, list[Callable[[int], str]]] = {
            "Int": [
                self.arithmetic, self.trapping, self.call_of("Int"), self.method, self.applied, self.size,
                self.element, self.choice_of("Int"), self.guarded_of("Int"), self.matched, self.summed,
            ],
            "String": [
                self.interpolated, self.joined, self.named, self.call_of("String"), self.choice_of("String"),
                self.guarded_of("String"), self.shown_list, self.sliced,
            ],
            "Bool": [self.compared, self.both, self.mutual, self.same_text, self.call_of("Bool")],
            "List<Int>": [
                self.listed, self.mapped, self.generated, self.call_of("List<Int>"), self.choice_of("List<Int>"),
            ],
            "Shape": [self.square, self.derived, self.call_of("Shape"), self.choice_of("Shape")],
            "(Int) -> Int": [self.lambda_, self.call_of("(Int) -> Int")],
        }  # fmt: skip
        self.statements: list[Callable[[int], list[str]]] = [
            self.declare, self.declare, self.assign, self.assign, self.print_, self.print_, self.throw, self.loop,
            self.while_, self.branch, self.attempt, self.attempt, self.add, self.generator, self.map_, self.defer,
        ]  # fmt: skip
        self.concurrent: list[Callable[[int], list[str]]] = [self.channel, self.join, self.select, self.scope]

    # Program

    def program(self) -> str:
        """The text."""
        parts = [PRELUDE, *(self.function(f"f{number}") for number in range(self.random.randrange(1, 5)))]
        self.scopes = [{}]
        body = self.body(3, 6)
        parts += ["fun main() {", *body, *self.body(2, 3), "}"]
        return "\n".join(parts) + "\n"

    def function(self, name: str) -> str:
        params = [self.type() for _ in range(self.random.randrange(0, 4))]
        result = self.type()
        self.scopes = [{f"p{number}": (each, False) for number, each in enumerate(params)}]
        if params and self.random.random() < 0.3:
            self.functions.append((name, params, result))  # it may call itself
        body = self.body(2, 4)
        listed = ", ".join(f"p{number}: {each}" for number, each in enumerate(params))
        text = "\n".join([f"fun {name}({listed}) -> {result} {{", *body, f"return {self.value(result, 2)}", "}"])
        if (name, params, result) not in self.functions:
            self.functions.append((name, params, result))
        return text

    def type(self) -> str:
        return self.random.choices(list(TYPES), list(TYPES.values()))[0]

    def name(self) -> str:
        self.names += 1
        return f"v{self.names}"

    def variables(self, type_: str, *, assigned: bool = False) -> list[str]:
        return [
            name
            for scope in self.scopes
            for name, (each, is_mutable) in scope.items()
            if each == type_ and (is_mutable or not assigned)
        ]

    def body(self, depth: int, room: int, **bound: str) -> list[str]:
        """Statements of a block, in which these names have these types."""
        self.scopes.append({name: (type_, False) for name, type_ in bound.items()})
        choices = self.statements + (self.concurrent if depth > 0 else [])
        lines: list[str] = []
        for _ in range(self.random.randrange(1, room + 1)):
            lines += self.random.choice(choices)(depth)
        self.scopes.pop()
        return lines

    # Expressions

    def value(self, type_: str, depth: int) -> str:
        known = self.variables(type_)
        if known and self.random.random() < (0.35 if depth > 0 else 0.8):
            return self.random.choice(known)
        if depth <= 0:
            return self.literal(type_)
        return self.random.choice(self.expressions[type_])(depth - 1)

    def literal(self, type_: str) -> str:
        number = self.random.choice((0, 1, 2, 3, 7, 10, 100, 1_000_003, 2**62))
        match type_:
            case "Int":
                return str(number)
            case "String":
                return self.random.choice(('"a"', '"naïve"', '""', f'"{"xyz" * 20}"'))
            case "Bool":
                return self.random.choice(("true", "false"))
            case "List<Int>":
                return self.random.choice(("[1, 2, 3]", "[5]", "List<Int>()"))
            case "Shape":
                return f"Square({number % 1000})"
            case _:
                return f"{{ n: Int -> n &+ {number} }}"

    def arithmetic(self, depth: int) -> str:
        operator = self.random.choice(("&+", "&-", "&*"))
        return f"({self.value('Int', depth)} {operator} {self.value('Int', depth)})"

    def trapping(self, depth: int) -> str:
        operator = self.random.choice(("+", "*", "/", "%", "-"))
        return f"(same({self.value('Int', depth)}) {operator} same({self.value('Int', depth)}))"

    def call_of(self, type_: str) -> Callable[[int], str]:
        def call(depth: int) -> str:
            known = [each for each in self.functions if each[2] == type_]
            if not known:
                return self.literal(type_)
            name, params, _ = self.random.choice(known)
            return f"{name}({', '.join(self.value(each, depth - 1) for each in params)})"

        return call

    def choice_of(self, type_: str) -> Callable[[int], str]:
        def choice(depth: int) -> str:
            first, second = self.value(type_, depth), self.value(type_, depth)
            return f"(if {self.value('Bool', depth)} {{ {first} }} else {{ {second} }})"

        return choice

    def guarded_of(self, type_: str) -> Callable[[int], str]:
        def guarded(depth: int) -> str:
            return f"(try {{ {self.value(type_, depth)} }} catch (e: Exception) {{ {self.value(type_, depth)} }})"

        return guarded

    def method(self, depth: int) -> str:
        return f"{self.value('Shape', depth)}.area({self.value('Int', depth)})"

    def applied(self, depth: int) -> str:
        return f"apply({self.value('(Int) -> Int', depth)}, {self.value('Int', depth)})"

    def size(self, depth: int) -> str:
        return f"{self.value(self.random.choice(('String', 'List<Int>')), depth)}.size"

    def element(self, depth: int) -> str:
        return f"{self.value('List<Int>', depth)}[{self.value('Int', depth)} & {self.random.choice((1, 3, 7))}]"

    def matched(self, depth: int) -> str:
        parts = ", ".join(f"{number} => {self.value('Int', depth)}" for number in range(3))
        return f"(match {self.value('Int', depth)} & 3 {{ {parts}, _ => {self.value('Int', depth)} }})"

    def summed(self, depth: int) -> str:
        return f"sum({self.value('List<Int>', depth)})"

    def interpolated(self, depth: int) -> str:
        return f'"${{{self.value("Int", depth)}}}-${{{self.value("String", depth)}}}"'

    def joined(self, depth: int) -> str:
        return f"({self.value('String', depth)} + {self.value('String', depth)})"

    def named(self, depth: int) -> str:
        return f"{self.value('Shape', depth)}.name()"

    def shown_list(self, depth: int) -> str:
        return f'"${{{self.value("List<Int>", depth)}}}"'

    def sliced(self, depth: int) -> str:
        return f"{self.value('String', depth)}.upper()"

    def compared(self, depth: int) -> str:
        operator = self.random.choice(("<", "<=", "==", "!=", ">"))
        return f"({self.value('Int', depth)} {operator} {self.value('Int', depth)})"

    def both(self, depth: int) -> str:
        operator = self.random.choice(("&&", "||"))
        return f"({self.value('Bool', depth)} {operator} {self.value('Bool', depth)})"

    def mutual(self, depth: int) -> str:
        return f"even({self.value('Int', depth)} & 31)"

    def same_text(self, depth: int) -> str:
        return f"({self.value('String', depth)} == {self.value('String', depth)})"

    def listed(self, depth: int) -> str:
        return f"[{', '.join(self.value('Int', depth) for _ in range(self.random.randrange(1, 4)))}]"

    def mapped(self, depth: int) -> str:
        return f"{self.value('List<Int>', depth)}.map {{ it &+ {self.value('Int', depth)} }}"

    def generated(self, depth: int) -> str:
        return f"numbers({self.value('Int', depth)} & 7).toList()"

    def square(self, depth: int) -> str:
        return f"Square({self.value('Int', depth)})"

    def derived(self, depth: int) -> str:
        inner = self.value("Shape", depth) if self.random.random() < 0.5 else "null"
        return f"Derived({self.value('String', depth)}, {inner})"

    def lambda_(self, depth: int) -> str:
        name = self.name()
        self.scopes.append({name: ("Int", False)})
        body = self.value("Int", depth)
        self.scopes.pop()
        return f"{{ {name}: Int -> {body} &+ {name} }}"

    # Statements

    def declare(self, depth: int) -> list[str]:
        type_, name = self.type(), self.name()
        value = self.value(type_, 2)
        is_mutable = self.random.random() < 0.6
        self.scopes[-1][name] = type_, is_mutable
        return [f"{'var' if is_mutable else 'let'} {name}: {type_} = {value}"]

    def assign(self, depth: int) -> list[str]:
        type_ = self.type()
        known = self.variables(type_, assigned=True)
        return [f"{self.random.choice(known)} = {self.value(type_, 2)}"] if known else self.declare(depth)

    def print_(self, depth: int) -> list[str]:
        return [f"println({self.value(self.random.choice(('Int', 'String', 'Bool', 'List<Int>')), 2)})"]

    def throw(self, depth: int) -> list[str]:
        return [f"if {self.value('Bool', 1)} {{ throw Fault({self.value('String', 1)}) }}"]

    def loop(self, depth: int) -> list[str]:
        name = self.name()
        return [f"for {name} in 0..<{self.random.randrange(1, 6)} {{", *self.body(depth - 1, 2, **{name: "Int"}), "}"]

    def while_(self, depth: int) -> list[str]:
        name = self.name()
        return [
            f"var {name} = {self.random.randrange(1, 5)}",
            f"while {name} > 0 {{",
            f"{name} -= 1",
            *self.body(depth - 1, 2, **{name: "Int"}),
            "}",
        ]

    def branch(self, depth: int) -> list[str]:
        return [
            f"if {self.value('Bool', 2)} {{", *self.body(depth - 1, 2), "} else {", *self.body(depth - 1, 2), "}",
        ]  # fmt: skip

    def attempt(self, depth: int) -> list[str]:
        error = self.name()
        lines = ["try {", *self.body(depth - 1, 3), f"}} catch ({error}: Exception) {{", f"println({error}.message)"]
        if self.random.random() < 0.3:
            lines.append(f'if deep({error}.cause) == 0 {{ throw Fault("again", {error}) }}')
        lines += [*self.body(depth - 1, 2), "}"]
        if self.random.random() < 0.3:
            lines[-1] = "} finally {"
            lines += [*self.body(depth - 1, 1), "}"]
        return lines

    def add(self, depth: int) -> list[str]:
        known = self.variables("List<Int>")
        return [f"{self.random.choice(known)}.add({self.value('Int', 2)})"] if known else self.declare(depth)

    def generator(self, depth: int) -> list[str]:
        name = self.name()
        return [f"for {name} in numbers({self.value('Int', 1)} & 3) {{", *self.body(depth - 1, 2, **{name: "Int"}), "}"]

    def map_(self, depth: int) -> list[str]:
        name = self.name()
        return [
            f"let {name} = Map<String, Int>()",
            f"{name}[{self.value('String', 1)}] = {self.value('Int', 1)}",
            f"{name}[{self.value('String', 1)}] = {self.value('Int', 1)}",
            f"println({name})",
        ]

    def defer(self, depth: int) -> list[str]:
        return [f"defer println({self.value('Int', 1)})"]

    # Tasks

    def channel(self, depth: int) -> list[str]:
        name, task, item = self.name(), self.name(), self.name()
        return [
            f"let {name} = Channel<Int>({self.random.randrange(3)})",
            f"let {task} = spawn {{",
            f"for i in 0..<{self.random.randrange(1, 5)} {{ {name}.send(i &+ {self.value('Int', 1)}) }}",
            f"{name}.close()",
            "}",
            f"for {item} in {name} {{", *self.body(depth - 1, 2, **{item: "Int"}), "}",
            f"{task}.join()",
        ]  # fmt: skip

    def join(self, depth: int) -> list[str]:
        task, result = self.name(), self.name()
        lines = [f"let {task} = spawn {{", *self.body(depth - 1, 2), f"{self.value('Int', 2)}", "}"]
        lines += self.body(depth - 1, 2)
        self.scopes[-1][result] = "Int", False
        return [*lines, f"let {result}: Int = {task}.join()"]

    def select(self, depth: int) -> list[str]:
        first, second, got = self.name(), self.name(), self.name()
        waits = "" if self.random.random() < 0.5 else 'else => println("none")'
        return [
            f"let {first} = Channel<Int>(1)",
            f"let {second} = Channel<Int>()",
            f"spawn {{ {second}.send({self.value('Int', 1)}) }}",
            f"if {self.value('Bool', 1)} {{ {first}.send({self.value('Int', 1)}) }}",
            "select {",
            f'let {got} = {first}.receive() => println("first ${{{got}}}")',
            f'let {got} = {second}.receive() => println("second ${{{got}}}")',
            waits,
            "}",
        ]

    def scope(self, depth: int) -> list[str]:
        return ["scope {", "spawn {", *self.body(depth - 1, 2), "}", *self.body(depth - 1, 2), "}"]


def generate_program(random: Random) -> str:
    """Draw a program."""
    return Writer(random).program()
