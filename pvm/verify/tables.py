"""Rules about the tables of a module other than the class table."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

from pvm.errors import FormatError
from pvm.isa.encoding import F64_NAN
from pvm.isa.runtime import RUNTIME_BY_NAME
from pvm.isa.traps import TrapKind
from pvm.isa.types import STRING, ArrayKind, HeapKind, Prim, RefType, Signature, Storage, ValueType, array_ref
from pvm.pbc.boundary import parse_boundary
from pvm.pbc.layout import ClassLayout
from pvm.pbc.literals import shown
from pvm.pbc.model import Export, Field, Function, Global, Import, ImportKind, Module
from pvm.verify.actions import check_index
from pvm.verify.limits import MAX_INLINE_DEPTH, MAX_PARAMS
from pvm.verify.rules import Broken, Rule
from pvm.verify.types import TypeTable

_THROWABLE_FIELDS = (
    Field("message", Storage.REF, STRING.with_null(nullable=True)),
    Field("trace", Storage.REF, array_ref(ArrayKind.I32, nullable=True)),
)
_INT_BITS = {Prim.I32: 32, Prim.I64: 64}


def check_signatures(module: Module, types: TypeTable) -> None:
    """Check the signature table."""
    seen: dict[Signature, int] = {}
    for index, signature in enumerate(module.signatures):
        if len(signature.results) > 1:
            message = f"signature {index}: expected at most 1 result, found {len(signature.results)}"
            raise Broken(Rule.SIGNATURE, message)
        if len(signature.params) > MAX_PARAMS:
            message = f"signature {index}: expected at most {MAX_PARAMS} parameters, found {len(signature.params)}"
            raise Broken(Rule.LIMITS, message)
        for value_type in (*signature.params, *signature.results):
            types.declare(value_type)
        first = seen.setdefault(signature, index)
        if first != index:
            message = f"signature {index}: expected one that is new, found signature {first} again"
            raise Broken(Rule.DUPLICATE_SIGNATURE, message)


def check_imports(module: Module) -> None:
    """Check what is asked of the runtime image, the kernel and the host."""
    for each in module.imports:
        check_index(each.signature, len(module.signatures), "signature")
        signature = module.signatures[each.signature]
        if each.kind is ImportKind.RUNTIME:
            _check_runtime_import(each, signature)
        elif each.kind is ImportKind.HOST or each.boundary:
            rule, what = Rule.IMPORT_BOUNDARY, f"import {shown(each.name)}"
            _check_boundary(each.boundary, signature, rule, what)
        else:
            _check_kernel_import(each, signature)


def _check_runtime_import(each: Import, signature: Signature) -> None:
    provided = RUNTIME_BY_NAME.get(each.name)
    if provided is None:
        raise Broken(Rule.RUNTIME_IMPORT, f"expected the name of a runtime function, found {shown(each.name)}")
    if provided.signature != signature:
        message = f"runtime import {each.name}: expected {provided.signature}, found {signature}"
        raise Broken(Rule.RUNTIME_IMPORT, message)


def _crosses_to_kernel(value_type: ValueType) -> bool:
    if not isinstance(value_type, RefType):
        return True
    if value_type.kind is HeapKind.ARRAY:
        return not value_type.nullable and value_type.index != ArrayKind.REF
    return value_type.kind is HeapKind.STRING


def _check_kernel_import(each: Import, signature: Signature) -> None:
    for value_type in (*signature.params, *signature.results):
        if not _crosses_to_kernel(value_type):
            message = f"kernel import {shown(each.name)}: expected a primitive, a string or an array of primitives"
            raise Broken(Rule.IMPORT_BOUNDARY, f"{message}, found {value_type}")


def _check_boundary(text: str, signature: Signature, rule: Rule, what: str) -> None:
    try:
        expected = parse_boundary(text).signature
    except FormatError as error:
        raise Broken(rule, f"{what}: {error.message}") from None
    if expected != signature:
        raise Broken(rule, f"{what}: expected {expected} for the boundary {shown(text)}, found {signature}")


def check_globals(module: Module, types: TypeTable) -> None:
    """Check the global variables."""
    for each in module.globals:
        types.declare(each.type)
        name = shown(each.name)
        if isinstance(each.type, RefType):
            if not each.type.nullable:
                message = f"global {name}: expected a nullable reference, found {types.text_of(each.type)}"
                raise Broken(Rule.GLOBAL_TYPE, message)
            if each.initial != 0:
                raise Broken(Rule.GLOBAL_INITIAL, f"global {name}: expected 0 for a reference, found {each.initial!r}")
        elif each.type in _INT_BITS:
            _check_int(each, _INT_BITS[each.type])
        else:
            _check_float(each)


def _check_int(each: Global, bits: int) -> None:
    bound = 1 << (bits - 1)
    if not isinstance(each.initial, int) or not -bound <= each.initial < bound:
        message = f"global {shown(each.name)}: expected a signed integer of {bits} bits, found {each.initial!r:.40}"
        raise Broken(Rule.GLOBAL_INITIAL, message)


def _check_float(each: Global) -> None:
    """The format has no smaller floats than the type: an f32 is a double without the bits it lacks."""
    name, value = shown(each.name), each.initial
    if isinstance(value, int):
        if value != 0:
            raise Broken(Rule.GLOBAL_INITIAL, f"global {name}: expected a float, found an integer")
        return
    if math.isnan(value):
        if struct.pack("<d", value) != F64_NAN:
            raise Broken(Rule.NAN_CONSTANT, f"global {name}: expected the canonical NaN, found another")
        return
    if each.type is Prim.F32 and not _is_f32(value):
        raise Broken(Rule.GLOBAL_INITIAL, f"global {name}: expected a value of f32, found {value!r}")


def _is_f32(value: float) -> bool:
    try:
        return bool(struct.unpack("<f", struct.pack("<f", value))[0] == value)
    except OverflowError:
        return False


def check_exports(module: Module) -> None:
    """Check exports and the start function."""
    seen: set[str] = set()
    for each in module.exports:
        if each.name in seen:
            raise Broken(Rule.DUPLICATE_EXPORT, f"expected each export once, found {shown(each.name)} again")
        seen.add(each.name)
        _check_boundary(each.boundary, _signature_of(module, each), Rule.EXPORT_BOUNDARY, f"export {shown(each.name)}")
    if module.start is None:
        return
    check_index(module.start, len(module.functions), "function")
    signature = module.signatures[module.functions[module.start].signature]
    if signature.params or signature.results:
        raise Broken(Rule.START_SIGNATURE, f"expected a start function of signature (), found {signature}")


def _signature_of(module: Module, each: Export) -> Signature:
    check_index(each.function, len(module.functions), "function")
    return module.signatures[module.functions[each.function].signature]


def check_exceptions(module: Module, layouts: Sequence[ClassLayout], types: TypeTable) -> None:
    """Check the root of exceptions and the classes of traps."""
    if module.throwable is None:
        if module.trap_classes:
            raise Broken(Rule.THROWABLE, "expected a throwable class for the classes of traps, found none")
        return
    check_index(module.throwable, len(layouts), "class")
    layout = layouts[module.throwable]
    if layout.is_interface or layout.fields[:2] != _THROWABLE_FIELDS:
        name = shown(module.classes[module.throwable].name)
        message = f"class {name}: expected first fields message: ref? string and trace: ref? array i32, both mutable"
        raise Broken(Rule.THROWABLE, message)
    seen: set[TrapKind] = set()
    for kind, index in module.trap_classes:
        check_index(index, len(layouts), "class")
        what = f"class {shown(module.classes[index].name)} of trap {kind.mnemonic}"
        if kind in seen:
            raise Broken(Rule.TRAP_CLASS, f"{what}: expected each kind once, found it again")
        seen.add(kind)
        if not types.hierarchy.is_subclass(index, module.throwable):
            raise Broken(Rule.TRAP_CLASS, f"{what}: expected a class below throwable, found another")
        if not layouts[index].is_concrete or not layouts[index].is_defaultable:
            raise Broken(Rule.TRAP_CLASS, f"{what}: expected one that can be made of defaults, found one that cannot")


def check_function_tables(module: Module, function: Function) -> None:
    """Check the debug tables of a function: engines walk them when a program ends badly."""
    for index, position in enumerate(function.positions):
        check_index(position.file, len(module.files), "file")
        if position.line < 0 or position.column < 0:
            message = f"position {index}: expected a line and a column from 0, found {position.line}:{position.column}"
            raise Broken(Rule.POSITION_TABLE, message)
        if position.caller is not None:
            check_index(position.caller, len(function.positions), "position")
    _check_callers(function)
    previous = -1
    for offset, number in function.lines:
        if not previous < offset < len(function.code):
            message = f"expected an offset above {previous} and below {len(function.code)}, found {offset}"
            raise Broken(Rule.LINE_TABLE, message)
        check_index(number, len(function.positions), "position")
        previous = offset
    local_count = len(module.signatures[function.signature].params) + len(function.locals)
    for local, _ in function.local_names:
        check_index(local, local_count, "local")


def _check_callers(function: Function) -> None:
    for index, position in enumerate(function.positions):
        depth, caller = 0, position.caller
        while caller is not None:
            depth += 1
            if depth > MAX_INLINE_DEPTH:
                message = f"position {index}: expected at most {MAX_INLINE_DEPTH} callers, found more or a cycle"
                raise Broken(Rule.POSITION_TABLE, message)
            caller = function.positions[caller].caller
