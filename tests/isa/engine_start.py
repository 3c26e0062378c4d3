"""Starts an engine by its name on a module that the verifier has accepted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pvm.engines.api import Bindings, Engine, EngineLimits
from pvm.pbc.model import Feature, Module
from pvm.verify import verify

FUEL = 1_000_000_000
DEFAULT_MEMORY = 16 << 20
DEFAULT_STACK = 1 << 20


def start(
    engine: str,
    module: Module,
    *,
    memory: int | None = None,
    stack: int | None = None,
    host: Mapping[str, Callable[..., Any]] | None = None,
) -> Engine:
    """Start an engine; a privileged module is accepted, as the runtime image is."""
    verified = verify(module, privileged=bool(module.features & Feature.PRIVILEGED))
    limits = EngineLimits(fuel=FUEL, memory=memory or DEFAULT_MEMORY, stack=stack or DEFAULT_STACK)
    bindings = Bindings(host=host or {})
    if engine == "reference":
        from pvm.engines.reference.engine import ReferenceEngine

        return ReferenceEngine(verified, bindings, limits)
    if engine in {"interpreter", "jit"}:
        from pvm.engines.native.checked import CheckedModule
        from pvm.engines.native.engine import NativeEngine

        return NativeEngine(CheckedModule(verified), bindings, limits, jit=engine == "jit")
    message = f"no engine is called {engine!r}"
    raise ValueError(message)
