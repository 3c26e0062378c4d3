"""Checks of imports, the same for every engine: who provides each, and that its signature is the provider's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pvm.engines.api import Bindings
from pvm.errors import LinkError
from pvm.isa.runtime import RUNTIME_BY_NAME
from pvm.isa.types import STRING, ArrayKind, Prim, Signature, ValueType, array_ref
from pvm.kernel.task import HypercallInfo
from pvm.pbc.model import Import

_PARAMETERS: dict[str, tuple[ValueType, ...]] = {
    "i64": (Prim.I64,),
    "string": (STRING,),
    "bytes": (array_ref(ArrayKind.U8), Prim.I64, Prim.I64),
}
_RESULTS: dict[str, tuple[ValueType, ...]] = {
    "i64": (Prim.I64,),
    "string?": (STRING.with_null(nullable=True),),
    "none": (),
}


def check_runtime_import(declared: Import, found: Signature) -> None:
    """See to it that the runtime image has the function.

    Raises:
        LinkError: it has none of this name and signature.
    """
    known = RUNTIME_BY_NAME.get(declared.name)
    if known is None:
        raise LinkError(f"import {declared.name}: the runtime image has no such function")
    _check(declared, known.signature, found)


def check_kernel_import(bindings: Bindings, declared: Import, found: Signature) -> HypercallInfo:
    """The hypercall of an import.

    Raises:
        LinkError: there is no kernel, or it has none of this name and signature.
    """
    if bindings.kernel is None or bindings.task is None:
        raise LinkError(f"import {declared.name}: there is no kernel")
    info = bindings.kernel.resolve(declared.name)
    params = tuple(each for name in info.params for each in _PARAMETERS[name])
    _check(declared, Signature(params, _RESULTS[info.result]), found)
    return info


def host_function(bindings: Bindings, declared: Import) -> Callable[..., Any]:
    """The host function of an import.

    Raises:
        LinkError: there is none of this name.
    """
    function = bindings.host.get(declared.name)
    if function is None:
        raise LinkError(f"import {declared.name}: there is no host function of this name")
    return function


def _check(declared: Import, expected: Signature, found: Signature) -> None:
    if found != expected:
        raise LinkError(f"import {declared.name}: expected signature {expected}, found {found}")
