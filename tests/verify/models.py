"""Modules that break a rule in a way that reader and assembler refuse to produce."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from pvm.isa.encoding import encode_instruction
from pvm.isa.table import BY_NAME
from pvm.isa.traps import TrapKind
from pvm.isa.types import NULL, STRING, ArrayKind, HeapKind, Prim, RefType, Signature, Storage, array_ref, class_ref
from pvm.pbc.model import (
    ClassDef,
    ClassFlag,
    Export,
    Field,
    Function,
    Global,
    Handler,
    Import,
    ImportKind,
    Label,
    Method,
    Module,
    Position,
)


def code(*instructions: tuple[object, ...]) -> bytes:
    return b"".join(encode_instruction(BY_NAME[str(name)], immediates) for name, *immediates in instructions)


RETURN = code(("return",))
NOPS = code(("nop",), ("nop",), ("nop",), ("return",))
EMPTY = Signature(())
FUNCTION = Function("f", 0, (), RETURN)
MODULE = Module("m", signatures=(EMPTY,), functions=(FUNCTION,))
MESSAGE = Field("message", Storage.REF, STRING.with_null(nullable=True))
TRACE = Field("trace", Storage.REF, array_ref(ArrayKind.I32, nullable=True))
EXCEPTION = ClassDef("Exception", ClassFlag.NONE, None, (), (MESSAGE, TRACE), ())


def a_class(name: str = "Point", **changes: object) -> ClassDef:
    return ClassDef(name, ClassFlag.NONE, None, (), (), ())._replace(**changes)


def a_function(**changes: object) -> Module:
    return MODULE._replace(functions=(FUNCTION._replace(**changes),))


def of_code(*instructions: tuple[object, ...], module: Module = MODULE) -> Module:
    return module._replace(functions=(FUNCTION._replace(code=code(*instructions)),))


def handled(handler: Handler) -> Module:
    body = code(("nop",), ("nop",), ("return",), ("ref.drop",), ("return",))
    function = FUNCTION._replace(code=body, labels=(Label(3, refs=(class_ref(0),)),), handlers=(handler,))
    return MODULE._replace(classes=(EXCEPTION,), throwable=0, functions=(function,))


@dataclass(frozen=True, slots=True)
class ModelCase:
    rule: str
    detail: str
    module: Module
    message: str
    function: str = ""
    pc: int = 0
    privileged: bool = False


def _nan(payload: int) -> float:
    value: float = struct.unpack("<d", struct.pack("<Q", 0x7FF8_0000_0000_0000 | payload))[0]
    return value


_MANY = (Signature((Prim.I32,) * 256),)
_CHAIN = (*(Position(0, 1, 1, "g", index + 1) for index in range(65)), Position(0, 1, 1))

TABLE_CASES = (
    ModelCase(
        "index-range",
        "signature",
        MODULE._replace(functions=(FUNCTION._replace(signature=1),)),
        "expected an index of signature below 1, found 1",
    ),
    ModelCase(
        "index-range",
        "class-of-type",
        MODULE._replace(signatures=(Signature((class_ref(0),)),)),
        "expected an index of class below 0, found 0",
    ),
    ModelCase(
        "index-range",
        "negative",
        MODULE._replace(start=-1),
        "expected an index of function below 1, found -1",
    ),
    ModelCase(
        "index-range",
        "superclass",
        MODULE._replace(classes=(a_class(superclass=4),)),
        "expected an index of class below 1, found 4",
    ),
    ModelCase(
        "index-range",
        "method-signature",
        MODULE._replace(classes=(a_class(methods=(Method("m", 9, None),)),)),
        "expected an index of signature below 1, found 9",
    ),
    ModelCase(
        "index-range",
        "method-function",
        MODULE._replace(classes=(a_class(methods=(Method("m", 0, 9),)),)),
        "expected an index of function below 1, found 9",
    ),
    ModelCase(
        "index-range",
        "import",
        MODULE._replace(imports=(Import(ImportKind.KERNEL, "x", 7),)),
        "expected an index of signature below 1, found 7",
    ),
    ModelCase(
        "index-range",
        "throwable",
        MODULE._replace(throwable=0),
        "expected an index of class below 0, found 0",
    ),
    ModelCase(
        "index-range",
        "trap-class",
        MODULE._replace(classes=(EXCEPTION,), throwable=0, trap_classes=((TrapKind.BAD_CAST, 5),)),
        "expected an index of class below 1, found 5",
    ),
    ModelCase(
        "index-range",
        "position-file",
        a_function(positions=(Position(0, 1, 1),)),
        "expected an index of file below 0, found 0",
    ),
    ModelCase(
        "index-range",
        "line-position",
        a_function(lines=((0, 0),)),
        "expected an index of position below 0, found 0",
    ),
    ModelCase(
        "index-range",
        "local-name",
        a_function(local_names=((0, "x"),)),
        "expected an index of local below 0, found 0",
    ),
    ModelCase(
        "type",
        "null",
        MODULE._replace(signatures=(Signature((NULL,)),)),
        "expected a type that a file can name, found the type of null",
    ),
    ModelCase(
        "index-range",
        "index-of-any",
        MODULE._replace(globals=(Global("g", RefType(HeapKind.ANY, nullable=True, index=3), mutable=True),)),
        "expected an index of any below 1, found 3",
    ),
    ModelCase(
        "type",
        "no-type",
        MODULE._replace(globals=(Global("g", "i64", mutable=True),)),  # type: ignore[arg-type]
        "expected a value type, found 'i64'",
    ),
    ModelCase(
        "type",
        "label-stack",
        a_function(code=NOPS, labels=(Label(1, prims=(STRING,)),)),
        "label 0: expected each value on the stack of its kind",
        "f",
    ),
    ModelCase(
        "limits",
        "parameters",
        MODULE._replace(signatures=_MANY),
        "signature 0: expected at most 255 parameters, found 256",
    ),
    ModelCase(
        "limits",
        "locals",
        a_function(locals=(Prim.I32,) * 65_536),
        "expected at most 65535 locals, found 65536",
        "f",
    ),
    ModelCase(
        "limits",
        "stack",
        of_code(*[("i32.const", 1)] * 65_536, ("return",)),
        "expected at most 65535 values on a stack, found more",
        "f",
        2 * 65_535,
    ),
    ModelCase(
        "duplicate-signature",
        "",
        MODULE._replace(signatures=(EMPTY, EMPTY)),
        "signature 1: expected one that is new, found signature 0 again",
    ),
    ModelCase(
        "signature",
        "results",
        MODULE._replace(signatures=(Signature((), (Prim.I32, Prim.I32)),)),
        "signature 0: expected at most 1 result, found 2",
    ),
    ModelCase(
        "class-order",
        "itself",
        MODULE._replace(classes=(a_class(superclass=0),)),
        "class Point: expected it after what it extends and implements, found it before Point",
    ),
    ModelCase(
        "class-order",
        "interface",
        MODULE._replace(classes=(a_class(interfaces=(1,)), a_class("Named", flags=ClassFlag.INTERFACE))),
        "class Point: expected it after what it extends and implements, found it before Named",
    ),
    ModelCase(
        "class-interface",
        "twice",
        MODULE._replace(classes=(a_class("Named", flags=ClassFlag.INTERFACE), a_class(interfaces=(0, 0)))),
        "class Point: expected each interface once, found one twice",
    ),
    ModelCase(
        "class-flags",
        "",
        MODULE._replace(classes=(a_class(flags=ClassFlag(8)),)),
        "class Point: expected flags below 8, found 8",
    ),
    ModelCase(
        "interface-shape",
        "fields",
        MODULE._replace(classes=(a_class(flags=ClassFlag.INTERFACE, fields=(Field("x", Storage.I32),)),)),
        "class Point: expected an interface without fields, found one with it",
    ),
    ModelCase(
        "interface-shape",
        "superclass",
        MODULE._replace(classes=(a_class(), a_class("Named", flags=ClassFlag.INTERFACE, superclass=0))),
        "class Named: expected an interface without a superclass, found one with it",
    ),
    ModelCase(
        "field-type",
        "missing",
        MODULE._replace(classes=(a_class(fields=(Field("x", Storage.REF),)),)),
        "class Point, field x: expected a reference type for reference storage alone, found ref and no reference type",
    ),
    ModelCase(
        "field-type",
        "superfluous",
        MODULE._replace(classes=(a_class(fields=(Field("x", Storage.I64, STRING),)),)),
        "class Point, field x: expected a reference type for reference storage alone, found i64 and a reference type",
    ),
    ModelCase(
        "duplicate-method",
        "",
        MODULE._replace(
            signatures=(EMPTY, Signature((class_ref(0),))),
            classes=(a_class(flags=ClassFlag.ABSTRACT, methods=(Method("m", 1, None),) * 2),),
        ),
        "class Point: expected each method once, found m again",
    ),
    ModelCase(
        "global-initial",
        "i32",
        MODULE._replace(globals=(Global("g", Prim.I32, mutable=True, initial=1 << 31),)),
        "global g: expected a signed integer of 32 bits, found 2147483648",
    ),
    ModelCase(
        "global-initial",
        "f32",
        MODULE._replace(globals=(Global("g", Prim.F32, mutable=True, initial=0.1),)),
        "global g: expected a value of f32, found 0.1",
    ),
    ModelCase(
        "global-initial",
        "reference",
        MODULE._replace(globals=(Global("g", STRING.with_null(nullable=True), mutable=True, initial=8),)),
        "global g: expected 0 for a reference, found 8",
    ),
    ModelCase(
        "nan-constant",
        "payload",
        MODULE._replace(globals=(Global("g", Prim.F64, mutable=True, initial=_nan(1)),)),
        "global g: expected the canonical NaN, found another",
    ),
    ModelCase(
        "nan-constant",
        "sign",
        MODULE._replace(globals=(Global("g", Prim.F32, mutable=True, initial=-_nan(0)),)),
        "global g: expected the canonical NaN, found another",
    ),
    ModelCase(
        "duplicate-export",
        "",
        MODULE._replace(exports=(Export("f", 0, "()"), Export("f", 0, "()"))),
        "expected each export once, found f again",
    ),
    ModelCase(
        "export-boundary",
        "malformed",
        MODULE._replace(exports=(Export("f", 0, "(int)"),)),
        "export f: boundary signature: expected a type, found 'int'",
    ),
    ModelCase(
        "trap-class",
        "twice",
        MODULE._replace(classes=(EXCEPTION,), throwable=0, trap_classes=((TrapKind.BAD_CAST, 0),) * 2),
        "class Exception of trap bad-cast: expected each kind once, found it again",
    ),
    ModelCase(
        "position-table",
        "cycle",
        a_function(positions=(Position(0, 1, 1, "g", 0),))._replace(files=("f",)),
        "position 0: expected at most 64 callers, found more or a cycle",
    ),
    ModelCase(
        "position-table",
        "chain",
        a_function(positions=_CHAIN)._replace(files=("f",)),
        "position 0: expected at most 64 callers, found more or a cycle",
    ),
    ModelCase(
        "position-table",
        "negative",
        a_function(positions=(Position(0, -1, 1),))._replace(files=("f",)),
        "position 0: expected a line and a column from 0, found -1:1",
    ),
    ModelCase(
        "line-table",
        "order",
        a_function(code=NOPS, positions=(Position(0, 1, 1),), lines=((1, 0), (1, 0)))._replace(files=("f",)),
        "expected an offset above 1 and below 4, found 1",
    ),
    ModelCase(
        "line-table",
        "end",
        a_function(code=NOPS, positions=(Position(0, 1, 1),), lines=((4, 0),))._replace(files=("f",)),
        "expected an offset above -1 and below 4, found 4",
    ),
)

CODE_CASES = (
    ModelCase("malformed-code", "opcode", a_function(code=b"\x01\xff"), "code ends inside an instruction", "f", 2),
    ModelCase("malformed-code", "unknown", a_function(code=b"\x01\x0f\x09"), "unknown opcode 0x0f", "f", 1),
    ModelCase("malformed-code", "empty-switch", a_function(code=b"\x30\x00\x08\x00"), "switch without labels", "f", 3),
    ModelCase(
        "malformed-code",
        "nan",
        a_function(code=b"\x32\x01\x00\xc0\x7f\x25\x09"),
        "NaN is not the canonical quiet NaN",
        "f",
        1,
    ),
    ModelCase(
        "index-range",
        "call",
        of_code(("call", 1), ("return",)),
        "expected an index of function below 1, found 1",
        "f",
    ),
    ModelCase(
        "index-range",
        "label",
        of_code(("jump", 0)),
        "expected an index of label below 0, found 0",
        "f",
    ),
    ModelCase(
        "index-range",
        "switch",
        MODULE._replace(
            functions=(
                FUNCTION._replace(
                    code=code(("i32.const", 0), ("switch", (0, 1)), ("return",)),
                    labels=(Label(6),),
                ),
            ),
        ),
        "expected an index of label below 1, found 1",
        "f",
        2,
    ),
    ModelCase(
        "index-range",
        "local",
        of_code(("i32.const", 0), ("local.set", 0), ("return",)),
        "expected an index of local below 0, found 0",
        "f",
        2,
    ),
    ModelCase(
        "index-range",
        "local-get",
        of_code(("local.get", 1 << 31), ("return",)),
        "expected an index of local below 0, found 2147483648",
        "f",
    ),
    ModelCase(
        "index-range",
        "string",
        of_code(("string.const", 0), ("ref.drop",), ("return",)),
        "expected an index of string below 0, found 0",
        "f",
    ),
    ModelCase(
        "index-range",
        "field",
        of_code(("ref.null",), ("field.get", (0, 0)), ("return",), module=MODULE._replace(classes=(a_class(),))),
        "expected an index of field below 0, found 0",
        "f",
        1,
    ),
    ModelCase(
        "index-range",
        "slot",
        of_code(("ref.null",), ("call.virtual", (0, 0)), ("return",), module=MODULE._replace(classes=(a_class(),))),
        "expected an index of slot below 0, found 0",
        "f",
        1,
    ),
    ModelCase(
        "index-range",
        "cast",
        of_code(("ref.null",), ("ref.cast", class_ref(3)), ("return",)),
        "expected an index of class below 0, found 3",
        "f",
        1,
    ),
    ModelCase(
        "index-range",
        "function-type",
        of_code(("ref.null",), ("call.ref", 4), ("return",)),
        "expected an index of signature below 1, found 4",
        "f",
        1,
    ),
    ModelCase(
        "index-range",
        "tail-call",
        of_code(("tail.call", 2)),
        "expected an index of function below 1, found 2",
        "f",
    ),
    ModelCase(
        "branch-target",
        "order",
        a_function(code=NOPS, labels=(Label(2), Label(1))),
        "label 1: expected an offset above 2, found 1",
        "f",
    ),
    ModelCase(
        "branch-target",
        "twice",
        a_function(code=NOPS, labels=(Label(1), Label(1))),
        "label 1: expected an offset above 1, found 1",
        "f",
    ),
    ModelCase(
        "branch-target",
        "negative",
        a_function(code=NOPS, labels=(Label(-1),)),
        "label 0: expected an offset above -1, found -1",
        "f",
    ),
    ModelCase(
        "branch-target",
        "inside-an-instruction",
        a_function(code=code(("jump", 0), ("i32.const", 9), ("return",)), labels=(Label(1),)),
        "expected label 0 at the start of an instruction, found offset 1",
        "f",
        2,
    ),
    ModelCase(
        "branch-target",
        "in-the-last-instruction",
        a_function(code=code(("nop",), ("jump", 0)), labels=(Label(2),)),
        "expected label 0 at the start of an instruction, found offset 2",
        "f",
        1,
    ),
    ModelCase(
        "branch-target",
        "at-the-end",
        a_function(code=code(("jump", 0)), labels=(Label(2),)),
        "expected label 0 at the start of an instruction, found offset 2",
        "f",
    ),
    ModelCase(
        "label-locals",
        "count",
        a_function(code=NOPS, labels=(Label(1, locals=1),)),
        "label 0: expected at most 0 locals, found 1",
        "f",
    ),
    ModelCase(
        "label-locals",
        "gaps",
        a_function(code=NOPS, locals=(Prim.I32,) * 2, labels=(Label(1, locals=2, gaps=(1, 0)),)),
        "label 0: expected a gap above 1 and below 2, found 0",
        "f",
    ),
    ModelCase(
        "label-locals",
        "gap-past-count",
        a_function(code=NOPS, locals=(Prim.I32,) * 2, labels=(Label(1, locals=1, gaps=(1,)),)),
        "label 0: expected a gap above -1 and below 1, found 1",
        "f",
    ),
    ModelCase(
        "handler-range",
        "empty",
        handled(Handler(1, 1, 0, None)),
        "handler 0: expected a range within 0 to 5, found 1 to 1",
        "f",
    ),
    ModelCase(
        "handler-range",
        "past-the-end",
        handled(Handler(1, 9, 0, None)),
        "handler 0: expected a range within 0 to 5, found 1 to 9",
        "f",
    ),
    ModelCase(
        "index-range",
        "handler-class",
        handled(Handler(0, 1, 0, 7)),
        "expected an index of class below 1, found 7",
        "f",
    ),
    ModelCase(
        "index-range",
        "handler-label",
        handled(Handler(0, 1, 7, None)),
        "expected an index of label below 1, found 7",
        "f",
    ),
    ModelCase(
        "privileged-opcode",
        "without-the-feature",
        of_code(("memory.size",), ("return",)),
        "expected an opcode for programs, found memory.size",
        "f",
        privileged=True,
    ),
)


def _inside(start: int, end: int) -> Module:
    """A handler over ``i32.const 1000; prim.drop; return``, whose first instruction has 3 bytes."""
    body = code(("i32.const", 1000), ("prim.drop",), ("return",), ("ref.drop",), ("return",))
    function = FUNCTION._replace(
        code=body, labels=(Label(5, refs=(class_ref(0),)),), handlers=(Handler(start, end, 0, None),)
    )
    return MODULE._replace(classes=(EXCEPTION,), throwable=0, functions=(function,))


INSIDE_CASES = (
    ModelCase(
        "handler-range",
        "starts-inside-an-instruction",
        _inside(1, 4),
        "expected the start of a handler's range at the start of an instruction, found offset 1",
        "f",
        3,
    ),
    ModelCase(
        "handler-range",
        "ends-inside-an-instruction",
        _inside(0, 2),
        "expected the end of a handler's range at the start of an instruction, found offset 2",
        "f",
        3,
    ),
)

MODEL_CASES = TABLE_CASES + CODE_CASES + INSIDE_CASES
