"""Random programs of loops over arrays, for comparing compiled code with internal code.

Indices, bounds and steps are those that compiled loops are split by, and often just beyond what is right, so that
rounds end in an exception, at an edge, or not at all.
"""

from __future__ import annotations

from random import Random

FUNCTIONS = 4
_LENGTHS = (0, 1, 2, 5, 16, 17, 33, 64, 100)
_ELEMENTS = {
    "Int": ("{value}", "{element}"),
    "Float": ("({value}).toFloat()", "{element}.toInt()"),
    "UInt8": ("(({value}) & 255).toUInt8()", "{element}.toInt()"),
    "Int32": ("(({value}) & 65535).toInt32()", "{element}.toInt()"),
    "Bool": ("({value}) % 3 == 0", "(if {element} { 1 } else { 0 })"),
}
"""By type of the elements: how an Int becomes one, and the other way round."""


def program(seed: int) -> str:
    """A program that prints what its functions give for several arguments."""
    random = Random(seed)
    functions = [_Function(random, number) for number in range(FUNCTIONS)]
    calls = "\n".join(
        f'println("${{f{each.number}({each.length}, {k})}}")'
        for each in functions
        for k in (-1, 0, 1, 3, (1 << 63) - 1)
    )
    helper = "fun mixed(x: Int, k: Int) -> Int = if x > k { x ^ k } else { k }\n"
    return helper + "".join(each.source() for each in functions) + f"fun main() {{\n{calls}\n}}\n"


class _Function:
    """A function that makes arrays, one that loops over them, and what is left in them."""

    def __init__(self, random: Random, number: int) -> None:
        self.random = random
        self.number = number
        self.length = random.choice(_LENGTHS)
        kind = random.choice(list(_ELEMENTS))
        self.kinds = [random.choice([kind, *_ELEMENTS]) for _ in range(random.randint(1, 3))]
        self.variables = 0

    def source(self) -> str:
        names = [f"a{number}" for number, _ in enumerate(self.kinds)]
        made = [self._array(name, kind) for name, kind in zip(names, self.kinds, strict=True)]
        if self.kinds[0] == self.kinds[-1] and self.random.random() < 0.3:
            made[-1] = f"let {names[-1]} = a0" if len(names) > 1 else made[-1]
        parameters = ", ".join(f"{name}: Array<{kind}>" for name, kind in zip(names, self.kinds, strict=True))
        digest = [
            f"for q in 0..<{name}.size {{ s = (s &* 31) ^ {self._read(kind, f'{name}[q]')} }}"
            for name, kind in zip(names, self.kinds, strict=True)
        ]
        loops = self._loop(["k"], 0) + (self._loop(["k"], 0) if self.random.random() < 0.5 else [])
        call = f"looped{self.number}(n, k, {', '.join(names)})"
        caught = f"try {{ s = {call} }} catch (e: IndexError) {{ s = 1 }} catch (e: ArithmeticError) {{ s = 2 }}"
        head = [f"fun f{self.number}(n: Int, k: Int) -> Int {{", "var s = 0"]
        inner = [f"fun looped{self.number}(n: Int, k: Int, {parameters}) -> Int {{", "var s = 0"]
        lines = [*head, *made, caught, *digest, "return s", "}", *inner, *loops, "return s", "}"]
        return "\n".join(lines) + "\n"

    def _array(self, name: str, kind: str) -> str:
        length = max(0, self.length + self.random.choice([0, 0, 0, 1, -1, 3, -2]))
        value = self.random.choice(["it", "it * 3", "it * it", "200 - it"])
        return f"let {name} = Array<{kind}>({length}) {{ {self._write(kind, value)} }}"

    @staticmethod
    def _write(kind: str, value: str) -> str:
        return _ELEMENTS[kind][0].replace("{value}", value)

    @staticmethod
    def _read(kind: str, element: str) -> str:
        return _ELEMENTS[kind][1].replace("{element}", element)

    def _index(self, variables: list[str]) -> str:
        variable, choice = self.random.choice(variables), self.random.random
        if choice() < 0.6:
            constant = self.random.choice([0, 0, 0, 1, -1, 2, -3])
            return f"{variable} + {constant}" if constant > 0 else f"{variable} - {-constant}"
        forms = ["k + {}", "n - 1 - {}", "{} - k", "{} * 2", "({} + k) % 7", "k", "n - 1"]
        return self.random.choice(forms).replace("{}", variable)

    def _value(self, variables: list[str], depth: int = 0) -> str:
        kind = self.random.random()
        if kind < 0.3 or depth > 2:
            return self.random.choice(variables)
        if kind < 0.45:
            return str(self.random.choice([0, 1, 2, 7, -5, 255, 1 << 40]))
        if kind < 0.7:
            number = self.random.randrange(len(self.kinds))
            return self._read(self.kinds[number], f"a{number}[{self._index(variables)}]")
        operator = self.random.choice(["+", "-", "*", "^", "&", "|"])
        return f"({self._value(variables, depth + 1)} {operator} {self._value(variables, depth + 1)})"

    def _statements(self, variables: list[str], depth: int) -> list[str]:
        return [line for _ in range(self.random.randint(1, 3)) for line in self._statement(variables, depth)]

    def _statement(self, variables: list[str], depth: int) -> list[str]:
        kind, value = self.random.random(), self._value(variables)
        if kind < 0.4:
            number = self.random.randrange(len(self.kinds))
            return [f"a{number}[{self._index(variables)}] = {self._write(self.kinds[number], value)}"]
        if kind < 0.7:
            return [f"s = s {self.random.choice(['^', '&+', '&-'])} ({value})"]
        if kind < 0.78:
            return [f"s += {value}"]
        if kind < 0.88:
            relation = self.random.choice(["<", ">", "==", "!="])
            leaves = self.random.choice(
                ["continue" if variables[-1].startswith("f") else "s ^= 5", "break", "return s"]
            )
            return [f"if {value} {relation} {self._value(variables)} {{ {leaves} }}"]
        if kind < 0.94:
            return [f"if {value} % 2 == 0 {{", *self._statements(variables, 2), "}"]
        return self._loop(variables, depth + 1) if depth < 2 else [f"s = s ^ mixed({value}, k)"]

    def _loop(self, variables: list[str], depth: int) -> list[str]:
        self.variables += 1
        random, kind = self.random, self.random.random()
        low = random.choice(["0", "0", "1", "k", "-1", "-k"])
        high = random.choice(["n", "n", "n - 1", "n + 1", "a0.size", "k", "n * 2"])
        if kind < 0.55:
            name = f"f{self.variables}"
            walk = random.choice([f"{low}..<{high}", f"{low}..{high}", f"({high}).downTo({low})"])
            return [f"for {name} in {walk} {{", *self._statements([*variables, name], depth), "}"]
        name = f"w{self.variables}"
        if kind < 0.8:
            step = random.choice(["1", "1", "2", "3", "k", "7"])
            start, test = low, f"{random.choice(['<', '<=', '!='] if step == '1' else ['<', '<='])} {high}"
            change = f"{name} += {step}"
        elif kind < 0.92:
            start, test = f"{high} - 1", f"{random.choice(['>', '>='])} {low}"
            change = f"{name} -= {random.choice([1, 1, 2])}"
        else:
            number = random.randrange(len(self.kinds))
            wanted = f"{random.choice(['<', '!='])} {random.choice(['50', 'k', 'n'])}"
            test = f"{self._read(self.kinds[number], f'a{number}[{name}]')} {wanted}"
            return [f"var {name} = {low}", f"while {test} {{", f"{name} += 1", f"s ^= {name}", "}"]
        return [
            f"var {name} = {start}",
            f"while {name} {test} {{",
            *self._statements([*variables, name], depth),
            change,
            "}",
        ]
