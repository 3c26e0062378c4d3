"""Starts the reference engine on text, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pvm.engines.api import Bindings, EngineLimits
from pvm.engines.reference.engine import ReferenceEngine
from pvm.pbc.asm import assemble
from pvm.pbc.model import Feature
from pvm.verify import verify


def start(
    text: str,
    *,
    host: dict[str, Callable[..., Any]] | None = None,
    kernel: Any = None,
    strict: bool = False,
    **limits: Any,
) -> ReferenceEngine:
    module = assemble(text, "test")
    verified = verify(module, privileged=bool(module.features & Feature.PRIVILEGED))
    bindings = Bindings(kernel, object() if kernel else None, host or {})  # type: ignore[arg-type]
    return ReferenceEngine(verified, bindings, EngineLimits(**limits), strict=strict)


def function(engine: ReferenceEngine, name: str) -> int:
    names = [each.name for each in engine._module.functions]
    return names.index(name)


def call(engine: ReferenceEngine, name: str, *args: object) -> Any:
    return engine.call(function(engine, name), args)
