"""Starts an engine on text, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pvm.engines.api import Bindings, Engine, EngineLimits
from pvm.engines.native.checked import CheckedModule
from pvm.engines.native.engine import NativeEngine
from pvm.engines.reference.engine import ReferenceEngine
from pvm.pbc.asm import assemble
from pvm.pbc.model import Feature
from pvm.verify import verify
from pvm.verify.verified import VerifiedModule

AnyEngine = ReferenceEngine | NativeEngine
_CHECKED: dict[int, CheckedModule] = {}


def checked(verified: VerifiedModule) -> CheckedModule:
    """The same one for the same module, so that its functions are translated once."""
    found = _CHECKED.get(id(verified))
    if found is None or found.verified is not verified:
        _CHECKED.clear()
        found = _CHECKED[id(verified)] = CheckedModule(verified)
    return found


def make(
    engine: str,
    verified: VerifiedModule,
    bindings: Bindings | None = None,
    limits: EngineLimits | None = None,
    **more: Any,
) -> AnyEngine:
    """An engine by its name."""
    if engine == "reference":
        return ReferenceEngine(verified, bindings, limits, **more)
    assert engine in {"interpreter", "jit"}, engine
    return NativeEngine(checked(verified), bindings, limits, jit=engine == "jit", **more)


def start(
    engine: str,
    text: str,
    *,
    host: dict[str, Callable[..., Any]] | None = None,
    kernel: Any = None,
    **limits: Any,
) -> AnyEngine:
    """An instance of an assembled module."""
    module = assemble(text, "test")
    verified = verify(module, privileged=bool(module.features & Feature.PRIVILEGED))
    bindings = Bindings(kernel, object() if kernel else None, host or {})  # type: ignore[arg-type]
    return make(engine, verified, bindings, EngineLimits(**limits))


def function(engine: Engine, name: str) -> int:
    if isinstance(engine, NativeEngine):
        functions = engine._machine.program.module.functions
    else:
        functions = engine._module.functions  # type: ignore[attr-defined] # the reference engine's
    return [each.name for each in functions].index(name)


def call(engine: Engine, name: str, *args: object) -> Any:
    return engine.call(function(engine, name), args)
