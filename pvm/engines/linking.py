"""Checks of imports, the same for every engine: who provides each, and that its signature is the provider's.

Signatures are compared as texts, which differ where signatures do.
"""

from __future__ import annotations

from pvm.engines.api import Bindings
from pvm.errors import LinkError
from pvm.kernel.task import HypercallInfo
from pvm.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_PARAMETERS = {"i64": "i64", "string": "ref string", "bytes": "ref array u8, i64, i64"}
_RESULTS = {"i64": " -> i64", "string?": " -> ref? string", "none": ""}


def check_runtime_import(name: str, found: str) -> None:
    """See to it that the runtime image has the function.

    Raises:
        LinkError: it has none of this name and signature.
    """
    from pvm.isa.runtime import RUNTIME_BY_NAME

    known = RUNTIME_BY_NAME.get(name)
    if known is None:
        raise LinkError(f"import {name}: the runtime image has no such function")
    _check(name, str(known.signature), found)


def check_kernel_import(bindings: Bindings, name: str, found: str) -> HypercallInfo:
    """The hypercall of an import.

    Raises:
        LinkError: there is no kernel, or it has none of this name and signature.
    """
    if bindings.kernel is None or bindings.task is None:
        raise LinkError(f"import {name}: there is no kernel")
    info = bindings.kernel.resolve(name)
    _check(name, f"({', '.join(_PARAMETERS[kind] for kind in info.params)}){_RESULTS[info.result]}", found)
    return info


def host_function(bindings: Bindings, name: str) -> Callable[..., Any]:
    """The host function of an import.

    Raises:
        LinkError: there is none of this name.
    """
    function = bindings.host.get(name)
    if function is None:
        raise LinkError(f"import {name}: there is no host function of this name")
    return function


def _check(name: str, expected: str, found: str) -> None:
    if found != expected:
        raise LinkError(f"import {name}: expected signature {expected}, found {found}")
