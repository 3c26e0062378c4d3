"""The runtime image as LLVM functions: privileged modules of numbers, raw memory, direct calls and branches.

An export ``NAME`` becomes ``@"image.NAME"(ptr %cage, numbers...)`` with the C convention, so that a handler that calls
it keeps its registers, and is never inlined into one.  Memory is trusted (``Lowering``), fuel is not charged, and a
trap is a bug of the image that ends the process.
"""

from __future__ import annotations

from collections.abc import Sequence

from pvm.engines.native.llvm.lowering import Lowering, ir_type
from pvm.engines.native.llvm.text import FunctionText, ModuleText, quoted, switch
from pvm.engines.native.llvm.vectors import VECTORS
from pvm.isa.encoding import Instruction
from pvm.isa.instruction import Form
from pvm.isa.machine import Val
from pvm.isa.traps import TrapKind
from pvm.isa.types import Bank, Prim, Signature, ValueType
from pvm.pbc.effects import EffectResolver, item_bank
from pvm.pbc.model import Export, Module
from pvm.verify.verified import VerifiedFunction, VerifiedModule

PREFIX = "image."
_ATTRIBUTES = 'nounwind "frame-pointer"="none"'
OUT_OF_LINE = frozenset(
    {
        "allocateSlowly",
        "commonOfMany",
        "copyMany",
        "findByteOn",
        "findBytes",
        "findFar",
        "grown",
        "longText",
        "readMany",
        "twoWay",
    }
)
"""Functions that are for what is rare or long: inlined, they would have what calls them save registers for nothing."""
_FALLS_THROUGH = frozenset({Form.SIMPLE, Form.CALL, Form.BRANCH})


class ImageError(Exception):
    """A module that cannot be an image: it is our own, so this is our bug."""


def image_function(export: str) -> str:
    """The symbol of an exported function of the image."""
    return quoted(PREFIX + export)


def lower_image(module: ModuleText, verified: VerifiedModule, *, internal: bool = True) -> None:
    """Define every function of an image; exports are visible outside of the object unless ``internal``.

    Raises:
        ImageError: the module uses what an image may not.
    """
    source = verified.module
    if source.classes or source.imports or source.globals or source.strings or source.start is not None:
        raise ImageError(f"{source.name} has more than functions")
    names = [quoted(f"{PREFIX}{index}.{function.name}") for index, function in enumerate(source.functions)]
    resolver = EffectResolver(source, verified.layouts)
    group, apart = module.group(_ATTRIBUTES), module.group(f"noinline {_ATTRIBUTES}")
    for function in verified.functions:
        body = VECTORS.get(function.function.name)
        if body is None:
            body = _FunctionLowering(module, source, function, names, resolver).body()
        head = _head(source, function.index, names[function.index])
        attributes = apart if function.function.name in OUT_OF_LINE else group
        module.define(f"define internal {head} {attributes} {{\n{body}\n}}")
    for export in source.exports:
        _entry(module, source, export, names[export.function], internal=internal)


def compile_image(verified: VerifiedModule, triple: str) -> str:
    """The IR of an image alone, its exports visible."""
    module = ModuleText()
    lower_image(module, verified, internal=False)
    return module.finish(triple)


def _entry(module: ModuleText, source: Module, export: Export, body: str, *, internal: bool) -> None:
    """The function that is called from outside; inside the image the body is, which LLVM may inline."""
    signature = source.signatures[source.functions[export.function].signature]
    arguments = ["ptr %cage", *(f"{ir_type(_kind(type_))} %p{index}" for index, type_ in enumerate(signature.params))]
    result = _result(signature)
    call = f"call {result} {body}({', '.join(arguments)})"
    lines = [call, "ret void"] if result == "void" else [f"%r = {call}", f"ret {result} %r"]
    head = f"{'internal ' if internal else ''}{_head(source, export.function, image_function(export.name))}"
    module.define(f"define {head} {module.group(f'noinline {_ATTRIBUTES}')} {{\n" + "\n".join(lines) + "\n}")


def _head(module: Module, index: int, symbol: str) -> str:
    signature = module.signatures[module.functions[index].signature]
    parameters = ["ptr %cage", *(f"{ir_type(_kind(type_))} %p{index}" for index, type_ in enumerate(signature.params))]
    return f"{_result(signature)} {symbol}({', '.join(parameters)})"


def _kind(value_type: ValueType) -> str:
    if not isinstance(value_type, Prim):
        raise ImageError(f"an image has a value of type {value_type}")
    return value_type.name.lower()


def _result(signature: Signature) -> str:
    return ir_type(_kind(signature.results[0])) if signature.results else "void"


class _FunctionLowering(Lowering):
    """One function.  Locals and, between blocks, operands are variables that LLVM turns into registers."""

    def __init__(
        self,
        module: ModuleText,
        source: Module,
        function: VerifiedFunction,
        names: Sequence[str],
        resolver: EffectResolver,
    ) -> None:
        super().__init__(FunctionText(module))
        self.module = source
        self.function = function
        self.names = names
        self.resolver = resolver
        self.signature = self.module.signatures[function.function.signature]
        self.kinds = [_kind(each) for each in function.local_types]
        self.variables: dict[str, str] = {}
        self.locals: dict[int, Val] = {}
        self.stack: list[Val] = []
        self.entries: dict[int, list[str]] = {
            label.offset: [_kind(each) for each in label.prims] for label in function.function.labels
        }

    def body(self) -> str:
        """Lower it."""
        text = self.text
        for index in range(len(self.signature.params)):
            self.local_set(index, Val(f"%p{index}", self.kinds[index]))
        self.entries[0] = []
        text.jump("at0")
        for block in self._blocks():
            self._block(block)
        text.lines[1:1] = [f"{name} = alloca {type_}" for name, type_ in self.variables.items()]
        return text.finish()

    # Variables

    def _variable(self, name: str, kind: str) -> str:
        self.variables[name] = ir_type(kind)
        return name

    def local_get(self, index: int) -> Val:
        if index not in self.locals:
            kind = self.kinds[index]
            place = self._variable(f"%l{index}", kind)
            self.locals[index] = Val(self.text.value(f"load {ir_type(kind)}, ptr {place}"), kind)
        return self.locals[index]

    def local_set(self, index: int, value: Val) -> None:
        self.locals[index] = value
        place = self._variable(f"%l{index}", value.kind)
        self.text.line(f"store {ir_type(value.kind)} {value.raw}, ptr {place}")

    def _place(self, depth: int, kind: str) -> str:
        """The variable of an operand between blocks."""
        return self._variable(f"%s{depth}.{kind}", kind)

    # Traps

    def trap(self, kind: TrapKind) -> None:
        symbol = self.text.module.declare("llvm.trap", "void ()")
        self.text.line(f"call void {symbol}()")
        self.text.line("unreachable")

    def trap_if(self, condition: Val, kind: TrapKind) -> None:
        if kind is not TrapKind.MEMORY_OUT_OF_BOUNDS:
            super().trap_if(condition, kind)

    # Blocks

    def _blocks(self) -> list[list[Instruction]]:
        starts = {0} | self.entries.keys()
        blocks: list[list[Instruction]] = []
        previous = None
        for instruction in self.function.instructions:
            if instruction.offset in starts or previous is None or previous.opcode.is_leader_after:
                blocks.append([])
            blocks[-1].append(instruction)
            previous = instruction
        return blocks

    def _block(self, block: list[Instruction]) -> None:
        kinds = self.entries.get(block[0].offset)
        if kinds is None:  # behind a jump, and nothing comes here
            return
        self.text.block(f"at{block[0].offset}")
        self.locals.clear()
        self.stack = [
            Val(self.text.value(f"load {ir_type(kind)}, ptr {self._place(depth, kind)}"), kind)
            for depth, kind in enumerate(kinds)
        ]
        for instruction in block[:-1]:
            self._straight(instruction)
        last = block[-1]
        if last.opcode.form not in _FALLS_THROUGH:
            self._end(last)
            return
        flag = self._straight(last)
        self._spill()
        self.entries.setdefault(last.end, [each.kind for each in self.stack])
        if flag is None:
            self.text.jump(f"at{last.end}")
        else:
            self.text.branch(self.raw(flag), self._label(last.immediates[0]), f"at{last.end}")

    def _spill(self) -> None:
        """Put the operands into their variables, for whatever block comes next."""
        for depth, value in enumerate(self.stack):
            self.text.line(f"store {ir_type(value.kind)} {value.raw}, ptr {self._place(depth, value.kind)}")

    def _label(self, index: int) -> str:
        return f"at{self.function.function.labels[index].offset}"

    # Instructions

    def _pop(self, count: int) -> list[Val]:
        if not count:
            return []
        values = self.stack[-count:]
        del self.stack[-count:]
        return values

    def _straight(self, instruction: Instruction) -> Val | None:
        """An instruction that falls through; of a branch the flag is returned."""
        opcode = instruction.opcode
        self.begin()
        if opcode.mnemonic == "call":
            self.stack += self._call(instruction.immediates[0])
            return None
        if opcode.form not in {Form.SIMPLE, Form.BRANCH} or opcode.semantics is None:
            raise self._refuse(instruction)
        effect = self.resolver.resolve(self.function.function, opcode, instruction.immediates)
        if any(item_bank(item) is Bank.REF for item in (*effect.pops, *effect.pushes)):
            raise self._refuse(instruction)
        result = opcode.semantics(self, *instruction.immediates, *self._pop(len(effect.pops)))
        if opcode.form is Form.BRANCH:
            assert isinstance(result, Val)
            return result
        if result is not None:
            self.stack += result if isinstance(result, tuple) else (result,)
        return None

    def _call(self, index: int) -> list[Val]:
        signature = self.module.signatures[self.module.functions[index].signature]
        arguments = [f"ptr {self.cage}"]
        arguments += [f"{ir_type(each.kind)} {each.raw}" for each in self._pop(len(signature.params))]
        call = f"call {_result(signature)} {self.names[index]}({', '.join(arguments)})"
        if not signature.results:
            self.text.line(call)
            return []
        return [Val(self.text.value(call), _kind(signature.results[0]))]

    def _end(self, last: Instruction) -> None:
        """An instruction that does not fall through."""
        opcode = last.opcode
        self.begin()
        match opcode.form:
            case Form.JUMP:
                self._spill()
                self.text.jump(self._label(last.immediates[0]))
            case Form.SWITCH:
                (index,) = self._pop(1)
                self._spill()
                labels = [self._label(label) for label in last.immediates[0]]
                self.text.line(switch(self.raw(index), labels[-1], dict(enumerate(labels[:-1]))))
            case Form.RETURN:
                self._return(self._pop(len(self.signature.results)))
            case Form.UNREACHABLE:
                self.trap(TrapKind.UNREACHABLE)
            case Form.TAIL_CALL if opcode.mnemonic == "tail.call":
                self._return(self._call(last.immediates[0]))
            case _:
                raise self._refuse(last)

    def _return(self, results: list[Val]) -> None:
        if results:
            self.text.line(f"ret {ir_type(results[0].kind)} {results[0].raw}")
        else:
            self.text.line("ret void")

    def _refuse(self, instruction: Instruction) -> ImageError:
        name = self.function.function.name
        return ImageError(f"{name} has {instruction.opcode.mnemonic} at {instruction.offset}, which no image may have")
