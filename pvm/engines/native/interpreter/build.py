"""Builds the interpreter: the runtime image and the handlers as one module of LLVM IR, which is compiled to a blob."""

from __future__ import annotations

from pathlib import Path

from pvm.engines.native.interpreter.host import HOST_FUNCTIONS
from pvm.engines.native.interpreter.module import define_host_functions, define_interpreter
from pvm.engines.native.llvm.image import lower_image
from pvm.engines.native.llvm.text import ModuleText
from pvm.engines.native.machine_code.target import Target
from pvm.pbc.reader import read_module
from pvm.verify import verify

IMAGE = Path(__file__).parent.parent / "runtime" / "image.pbc"


def interpreter_ir(target: Target) -> str:
    """The IR of everything that an instance runs on."""
    module = ModuleText()
    lower_image(module, verify(read_module(IMAGE.read_bytes()), privileged=True))
    define_interpreter(module)
    define_host_functions(module, HOST_FUNCTIONS)
    return module.finish(target.triple)
