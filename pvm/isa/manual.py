"""The manual of the instruction set, written from the table: ``python -m pvm.isa.manual`` writes ``docs/isa.md``.

Whatever the table knows is taken from it.  The prose says only what no entry says: how a module's
code is written, how effects are read, and what the machine does between instructions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pvm.isa.instruction import Family, Form, Imm, Opcode
from pvm.isa.runtime import ABI_VERSION, RUNTIME_FUNCTIONS, RuntimeFunction
from pvm.isa.table import FAMILIES, OPCODES
from pvm.isa.traps import TrapKind
from pvm.isa.types import ARRAY_STORAGE, MAX_ARRAY_LENGTH, ArrayKind, HeapKind, Prim, Storage

MARK = "<!-- DO NOT EDIT, from the instruction table: python -m pvm.isa.manual -->"

INTRODUCTION = """\
# The instruction set of PVM

PVM executes functions of typed bytecode. Each function has local variables and two operand stacks: one for
*primitives* (`i32`, `i64`, `f32`, `f64`) and one for *references*. A value always lives on the stack of its type, and
no instruction moves a value from one stack to the other, so the collector needs no map to find the references.

Nothing runs before the verifier has proved it: the types and the depth of both stacks, that locals are written before
they are read, that branches go to labels, that calls fit their signatures. What can still go wrong at run time is a
*trap*. All traps of an instruction come before its first effect: an instruction that traps has changed nothing but
the fuel counter. A module may map kinds of trap to exception classes; then the trap is thrown as an object of that
class at the instruction, else it ends the program.
"""

ENCODING = """\
## Encoding

An instruction is its code, one byte or two, followed by its immediates in the order of the tables below. Codes of two
bytes begin with a *prefix*, `0xE0` to `0xFF`; `0xF8` to `0xFF` never stand in a file. Numbers in LEB128 are as short
as they can be: every instruction has exactly one encoding. Codes are frozen, new instructions take free ones.
"""

TYPES = """\
## Types

Integers have no sign; instructions have: `div_s` reads its operands as two's complement, `div_u` as unsigned. Floats
are binary32 and binary64 of IEEE 754, rounded to nearest, ties to even. There is one NaN: wherever bits of a float can
be seen, every NaN is the quiet positive one without payload.

A reference type is written `ref T` (never null) or `ref? T`. Every type is below `ref? any`; `ref T` is below
`ref? T`; a class is below its superclass and the interfaces that it implements; signatures of functions and kinds of
array are never below one another.
"""

EFFECTS = """\
## Effects

`lhs:i64 rhs:i64 -- result:i64` pops what is left of `--` and pushes what is right of it. Each operand goes to the
stack of its bank; on each stack the last operand of a list is on top. So `array:array index:i64 value:element` has the
array on the reference stack and, if the element is a number, the index below the value on the primitive stack.
"""

SPECS = (
    ("`i32` `i64` `f32` `f64`", "this primitive type"),
    ("`P` `Q`", "any primitive type, the same for the same letter"),
    ("`R` `S`", "any reference type, kept exactly"),
    ("`R!`", "the same reference type without null"),
    ("`any` `any?`", "any reference, not null; any reference or null"),
    ("`string` `task` `null`", "a string; a task; the type of null, which is below every nullable type"),
    ("`type`", "the `ref_type` immediate"),
    ("`local` `global` `field`", "the type of the variable that the immediate names"),
    ("`owner` `class`", "a non-null instance of the class of the `field` or `class` immediate"),
    ("`array` `element`", "a non-null array of the `array_kind` immediate; the type of its elements"),
    ("`anyarray`", "a non-null array of any kind"),
    ("`params` `results` `fields`", "all parameters, results or fields, in order; inherited fields come first"),
    ("`func`", "a non-null function value of the signature immediate, or of the function's own signature"),
    ("`thunk`", "a non-null function value without parameters and results"),
    ("`captured`", "the first parameter of the function, which is a reference"),
    ("`closure`", "a function value of the function's signature without its first parameter"),
    ("`exception`", "a non-null instance of the module's throwable class"),
)

FUEL = """\
## Fuel

Execution is paid for in fuel, and costs the same on every engine. A *basic block* begins at offset 0, at each label,
and after each instruction that branches or ends a block; at its entry it costs as many units as it has instructions.
`array.new`, `array.copy` and `array.fill` cost one unit more for each full 16 elements; an array
or a string that there is no memory for costs no more than the instruction. Functions of the runtime image cost what
their table says. When the fuel does not suffice the program ends: no handler can catch that.

A frame counts 32 bytes plus 8 for each local and for each slot of the deepest operand stacks; a call whose frame does
not fit into the limit of the stack traps with `stack-overflow` in the caller.
"""

RUNTIME = f"""\
## Functions of the runtime image

Imported by name and signature (ABI version {ABI_VERSION}) and called by `call.runtime`. A call costs one unit of fuel,
plus one for each full 16 of the given size. A function that makes a string may also trap with `out-of-memory`.
"""


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def _code(opcode: Opcode) -> str:
    return f"`0x{opcode.code:02X}`" if opcode.code <= 0xFF else f"`0x{opcode.code >> 8:02X} 0x{opcode.code & 0xFF:02X}`"


def _traps(traps: Sequence[TrapKind]) -> str:
    return ", ".join(f"`{trap.mnemonic}`" for trap in traps)


def _opcode_row(opcode: Opcode) -> list[str]:
    immediates = " ".join(f"{name}:{kind.name.lower()}" for name, kind in opcode.immediates)
    return [
        _code(opcode),
        f"`{opcode.mnemonic}`",
        f"`{immediates}`" if immediates else "",
        f"`{opcode.effect}`",
        _traps(opcode.traps),
        opcode.doc,
    ]


def _forms() -> str:
    rows = []
    for form in Form:
        members = [opcode.mnemonic for opcode in OPCODES if opcode.form is form]
        listed = "all others" if form is Form.SIMPLE else ", ".join(f"`{mnemonic}`" for mnemonic in members)
        rows.append([f"`{form.name.lower()}`", form.value, listed])
    text = "## Forms\n\nThe form says what an engine does around the meaning of an instruction.\n\n"
    return text + _table(("form", "what it is", "instructions"), rows)


def _immediates() -> str:
    rows = [[f"`{kind.name.lower()}`", kind.value.strip().removeprefix("int, ")] for kind in Imm]
    text = "Indices and counts are unsigned LEB128; a pair is two of them.\n\n"
    return text + _table(("immediate", "what it is"), rows)


def _types() -> str:
    prims = [[f"`{prim}`", f"`0x{prim:02X}`", ""] for prim in Prim]
    meaning = {
        HeapKind.ANY: "anything",
        HeapKind.STRING: "immutable text, UTF-8",
        HeapKind.TASK: "a green task",
        HeapKind.CLASS: "instances of a class or interface; its index follows",
        HeapKind.ARRAY: "arrays of a kind, which follows",
        HeapKind.FUNC: "function values of a signature, whose index follows",
    }
    heaps = [
        [f"`ref {kind.name.lower()}`", f"`0x{kind:02X}`", f"{text}; `0x{kind | 0x80:02X}` with null"]
        for kind, text in meaning.items()
    ]
    kinds = [
        [f"`{kind}`", str(int(kind)), f"`{ARRAY_STORAGE[kind]}`", str(ARRAY_STORAGE[kind].size)] for kind in ArrayKind
    ]
    storages = [
        [f"`{storage}`", str(int(storage)), str(storage.size), f"`{storage.prim or 'ref'}`"] for storage in Storage
    ]
    return (
        _table(("type", "byte", "values"), prims + heaps)
        + f"\nArrays have at most {MAX_ARRAY_LENGTH} elements. Elements of `ref` arrays are of type `ref? any`.\n\n"
        + _table(("array kind", "byte", "storage", "bytes"), kinds)
        + "\nFields and elements are packed; loading extends narrow ones by their sign, storing keeps the low bits.\n\n"
        + _table(("storage", "byte", "bytes", "value"), storages)
    )


def _family(family: Family) -> str:
    note = "\nPrivileged: in the runtime image only.\n" if all(opcode.privileged for opcode in family.opcodes) else ""
    rows = map(_opcode_row, sorted(family.opcodes, key=lambda opcode: opcode.code))
    head = ("code", "mnemonic", "immediates", "effect", "traps", "meaning")
    return f"### {family.title}\n{note}\n" + _table(head, rows)


def _trap_table() -> str:
    rows = []
    for kind in TrapKind:
        count = sum(kind in opcode.traps for opcode in OPCODES)
        rows.append([str(int(kind)), f"`{kind.mnemonic}`", kind.message, str(count)])
    return "## Traps\n\n" + _table(("number", "kind", "message", "instructions"), rows)


def _runtime_row(function: RuntimeFunction) -> list[str]:
    return [f"`{function.name}`", f"`{function.signature}`", function.size, _traps(function.traps), function.doc]


def manual() -> str:
    """Return the text of the manual."""
    parts = [
        MARK + "\n",
        INTRODUCTION,
        TYPES,
        _types(),
        ENCODING,
        _immediates(),
        EFFECTS,
        _table(("notation", "type"), SPECS),
        _forms(),
        FUEL,
        f"## Instructions\n\n{len(OPCODES)} instructions in {len(FAMILIES)} families.\n",
        *map(_family, FAMILIES),
        _trap_table(),
        RUNTIME,
        _table(("function", "signature", "size", "traps", "meaning"), map(_runtime_row, RUNTIME_FUNCTIONS)),
    ]
    return "\n".join(parts)


def main() -> None:
    """Write the manual to where the source tree keeps it."""
    path = Path(__file__).resolve().parents[2] / "docs" / "isa.md"
    path.parent.mkdir(exist_ok=True)
    path.write_text(manual(), encoding="utf-8")


if __name__ == "__main__":
    main()
