"""JSON: a generated text is parsed to a tree, summed up and written again."""

from __future__ import annotations

from abc import ABC, abstractmethod

from harness import Benchmark, Random, measure


class JsonValue(ABC):
    @abstractmethod
    def write(self, out: list[str]) -> None: ...

    def total(self) -> int:
        return 0


class JsonLiteral(JsonValue):
    def __init__(self, text: str) -> None:
        self.text = text

    def write(self, out: list[str]) -> None:
        out.append(self.text)


class JsonInteger(JsonValue):
    def __init__(self, value: int) -> None:
        self.value = value

    def write(self, out: list[str]) -> None:
        out.append(str(self.value))

    def total(self) -> int:
        return self.value


class JsonDecimal(JsonValue):
    def __init__(self, value: float) -> None:
        self.value = value

    def write(self, out: list[str]) -> None:
        hundredths = self.total()
        rest = hundredths % 100
        out.append(str(hundredths // 100))
        out.append(".0" if rest < 10 else ".")
        out.append(str(rest))

    def total(self) -> int:
        return int(self.value * 100.0 + 0.5)


class JsonString(JsonValue):
    def __init__(self, text: str) -> None:
        self.text = text

    def write(self, out: list[str]) -> None:
        write_string(self.text, out)


class JsonArray(JsonValue):
    def __init__(self) -> None:
        self.items: list[JsonValue] = []

    def write(self, out: list[str]) -> None:
        out.append("[")
        first = True
        for item in self.items:
            if not first:
                out.append(",")
            first = False
            item.write(out)
        out.append("]")

    def total(self) -> int:
        result = 0
        for item in self.items:
            result += item.total()
        return result


class JsonObject(JsonValue):
    def __init__(self) -> None:
        self.names: list[str] = []
        self.values: list[JsonValue] = []

    def add(self, name: str, value: JsonValue) -> None:
        self.names.append(name)
        self.values.append(value)

    def write(self, out: list[str]) -> None:
        out.append("{")
        for i in range(len(self.names)):
            if i > 0:
                out.append(",")
            write_string(self.names[i], out)
            out.append(":")
            self.values[i].write(out)
        out.append("}")

    def total(self) -> int:
        result = 0
        for value in self.values:
            result += value.total()
        return result


def write_string(text: str, out: list[str]) -> None:
    out.append('"')
    start = 0
    for i in range(len(text)):
        char = text[i]
        if char in {'"', "\\", "\n"}:
            out.append(text[start:i])
            out.append("\\")
            out.append("n" if char == "\n" else char)
            start = i + 1
    out.append(text[start:])
    out.append('"')


class Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def parse(self) -> JsonValue:
        value = self.value()
        self.skip_blanks()
        if self.at != len(self.text):
            raise self.failure("the end")
        return value

    def failure(self, expected: str) -> ValueError:
        return ValueError(f"expected {expected} at {self.at}")

    def peek(self) -> str:
        if self.at >= len(self.text):
            raise self.failure("more")
        return self.text[self.at]

    def skip_blanks(self) -> None:
        while self.at < len(self.text) and (self.text[self.at] == " " or self.text[self.at] == "\n"):
            self.at += 1

    def accept(self, char: str) -> bool:
        self.skip_blanks()
        if self.peek() != char:
            return False
        self.at += 1
        return True

    def expect(self, char: str) -> None:
        if not self.accept(char):
            raise self.failure(char)

    def value(self) -> JsonValue:
        self.skip_blanks()
        char = self.peek()
        if char == "{":
            return self.members()
        if char == "[":
            return self.elements()
        if char == '"':
            return JsonString(self.string())
        if char == "n":
            return self.literal("null")
        if char == "t":
            return self.literal("true")
        if char == "f":
            return self.literal("false")
        return self.number()

    def literal(self, word: str) -> JsonValue:
        for char in word:
            if self.peek() != char:
                raise self.failure(word)
            self.at += 1
        return JsonLiteral(word)

    def is_digit(self) -> bool:
        return self.at < len(self.text) and "0" <= self.text[self.at] <= "9"

    def number(self) -> JsonValue:
        is_negative = self.peek() == "-"
        if is_negative:
            self.at += 1
        if not self.is_digit():
            raise self.failure("a value")
        whole = 0
        while self.is_digit():
            whole = whole * 10 + (ord(self.text[self.at]) - 48)
            self.at += 1
        if self.at < len(self.text) and self.text[self.at] == ".":
            self.at += 1
            fraction = 0.0
            place = 0.1
            while self.is_digit():
                fraction += (ord(self.text[self.at]) - 48) * place
                place /= 10.0
                self.at += 1
            value = whole + fraction
            return JsonDecimal(-value if is_negative else value)
        return JsonInteger(-whole if is_negative else whole)

    def string(self) -> str:
        self.expect('"')
        start = self.at
        while self.peek() != '"':
            if self.text[self.at] == "\\":
                return self.escaped_string(start)
            self.at += 1
        self.at += 1
        return self.text[start : self.at - 1]

    def escaped_string(self, start: int) -> str:
        out = [self.text[start : self.at]]
        while self.peek() != '"':
            if self.text[self.at] == "\\":
                self.at += 1
                char = self.peek()
                out.append("\n" if char == "n" else char)
                self.at += 1
            else:
                begin = self.at
                while self.peek() != '"' and self.text[self.at] != "\\":
                    self.at += 1
                out.append(self.text[begin : self.at])
        self.at += 1
        return "".join(out)

    def elements(self) -> JsonValue:
        self.expect("[")
        array = JsonArray()
        if self.accept("]"):
            return array
        array.items.append(self.value())
        while self.accept(","):
            array.items.append(self.value())
        self.expect("]")
        return array

    def members(self) -> JsonValue:
        self.expect("{")
        members = JsonObject()
        if self.accept("}"):
            return members
        self.member(members)
        while self.accept(","):
            self.member(members)
        self.expect("}")
        return members

    def member(self, members: JsonObject) -> None:
        self.skip_blanks()
        name = self.string()
        self.expect(":")
        members.add(name, self.value())


class Json(Benchmark):
    def __init__(self, size: int) -> None:
        self.expected = 0
        self.written = ""
        random = Random()
        out = ["["]
        for i in range(size):
            if i > 0:
                out.append(",")
            self.add_record(i, random, out)
        out.append("]")
        self.text = "".join(out)

    def add_record(self, ident: int, random: Random, out: list[str]) -> None:
        whole = random.next(1000)
        quarter = random.next(4) * 25
        balance = random.next(200_000) - 100_000
        point = ".0" if quarter == 0 else "."
        out.append(f'{{"id":{ident},"name":"user {random.next(10_000)}","score":{whole}{point}{quarter},')
        active = "true" if random.next(2) == 0 else "false"
        out.append(f'"balance":{balance},"active":{active},"parent":null,"tags":[')
        for i in range(random.next(5)):
            if i > 0:
                out.append(",")
            out.append(f'"tag{random.next(100)}"')
        out.append(f'],"note":"said \\"{random.next(50)}\\"\\nand left"}}')
        self.expected += ident + whole * 100 + quarter + balance

    def benchmark(self) -> int:
        value = Parser(self.text).parse()
        out: list[str] = []
        value.write(out)
        self.written = "".join(out)
        return value.total()

    def verify_result(self, result: int) -> bool:
        return result == self.expected and self.written == self.text


measure("json", Json)
