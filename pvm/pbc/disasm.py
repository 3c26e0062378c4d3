"""Writes a module in the text form, such that ``assemble`` gives the same module back.

Names stand wherever they are unique, ``#N`` elsewhere.  What the assembler's rules would number or
infer alike is left out; where they would not (a pool that is not in order of first use, a label
with another state than the usual) it is written.  Comments show code offsets, what a name
resolves to, and the source where the module carries it.
"""

from __future__ import annotations

from collections.abc import Iterable

from pvm.isa.types import Prim, Storage
from pvm.pbc.code import CodeDecoder
from pvm.pbc.disasm_function import FunctionText
from pvm.pbc.literals import format_float, format_name, format_string
from pvm.pbc.model import MAJOR, MINOR, ClassDef, ClassFlag, Feature, Field, Global, Module
from pvm.pbc.spelling import Spelling

_TEXT_CHUNK = 160
_HEX_CHUNK = 32


def disassemble(module: Module) -> str:
    """Return the text form of a module.

    Precondition: the module is as ``read_module`` returns it.

    Raises:
        FormatError: the code of a function is malformed; the offset counts in that code.
    """
    return "\n".join(_Disassembler(module).text()) + "\n"


class _Disassembler:
    def __init__(self, module: Module) -> None:
        self.module = module
        self.spell = Spelling(module)
        self.sources = _sources(module)

    def text(self) -> list[str]:
        body: list[str] = []
        for definition in self.module.classes:
            body += ["", *self._class(definition)]
        body += self._block(self._imports())
        body += self._block(self._global(variable) for variable in self.module.globals)
        decoder = CodeDecoder(self.module)
        for function in self.module.functions:
            body += [
                "",
                *FunctionText(self.module, self.spell, function, decoder.decode(function), self.sources).lines(),
            ]
        body += self._block(self._exports())
        for name, data in self.module.attributes:
            body += ["", *_attribute(name, data)]
        return [*self._head(), *self._listed_tables(), *body]

    def _block(self, lines: Iterable[str]) -> list[str]:
        found = list(lines)
        return ["", *found] if found else []

    def _head(self) -> list[str]:
        module = self.module
        lines = [f"module {format_name(module.name)}"]
        if module.version != (MAJOR, MINOR):
            lines.append(f"version {module.version[0]}.{module.version[1]}")
        if module.features:
            names = [str(feature.name).lower() for feature in Feature if feature and feature in module.features]
            lines.append("features " + " ".join(names))
        if module.throwable is not None:
            lines.append(f"throwable {self.spell.classes[module.throwable]}")
        lines += [f"trap {kind.mnemonic} = {self.spell.classes[class_]}" for kind, class_ in module.trap_classes]
        if module.start is not None:
            lines.append(f"start {self.spell.functions[module.start]}")
        return lines

    def _listed_tables(self) -> list[str]:
        """The tables whose order is not that of first use."""
        module, spell = self.module, self.spell
        lines: list[str] = []
        if list(spell.strings_used) != list(range(len(module.strings))):
            lines += ["", *(f"string {format_string(text)}" for text in module.strings)]
        if list(spell.files_used) != list(range(len(module.files))):
            lines += ["", *(f"file {format_name(name)}" for name in module.files)]
        if list(spell.signatures_used) != list(range(len(module.signatures))):
            lines.append("")
            for number, text in enumerate(spell.signatures):
                lines.append(f"{'signature ' + text:<55} ; #{number}")
        return lines

    def _class(self, definition: ClassDef) -> list[str]:
        spell = self.spell
        words = [flag.name.lower() for flag in (ClassFlag.FINAL, ClassFlag.ABSTRACT) if definition.flags & flag]  # type: ignore[union-attr]
        words += ["interface" if definition.is_interface else "class", format_name(definition.name)]
        if definition.superclass is not None:
            words += ["extends", spell.classes[definition.superclass]]
        if definition.interfaces:
            words.append("extends" if definition.is_interface else "implements")
            words.append(", ".join(spell.classes[index] for index in definition.interfaces))
        members = [f"  {self._field(field)}" for field in definition.fields]
        for method in definition.methods:
            line = f"  method {format_name(method.name)} {spell.signature(method.signature)}"
            members.append(line + ("" if method.function is None else f" = {spell.functions[method.function]}"))
        head = " ".join(words)
        return [f"{head} {{", *members, "}"] if members else [head]

    def _field(self, field: Field) -> str:
        word = "field" if field.mutable else "const"
        storage = str(field.storage)
        if field.storage is Storage.REF:
            assert field.type is not None
            storage = self.spell.type(field.type)
        return f"{word} {format_name(field.name)}: {storage}"

    def _imports(self) -> Iterable[str]:
        for item in self.module.imports:
            line = f"import {item.kind.name.lower()} {format_name(item.name)} {self.spell.signature(item.signature)}"
            yield line + (f" as {item.boundary}" if item.boundary else "")

    def _global(self, variable: Global) -> str:
        word = "global" if variable.mutable else "global const"
        line = f"{word} {format_name(variable.name)}: {self.spell.type(variable.type)}"
        match variable.type:
            case Prim.I32 | Prim.I64:
                return f"{line} = {variable.initial}"
            case Prim.F32 | Prim.F64:
                return f"{line} = {format_float(float(variable.initial), 4 if variable.type is Prim.F32 else 8)}"
            case _:
                return line

    def _exports(self) -> Iterable[str]:
        for export in self.module.exports:
            function = self.module.functions[export.function].name
            target = "" if function == export.name else f" = {format_name(function)}"
            yield f"export {format_name(export.name)}{target} as {export.boundary}"


def _attribute(name: str, data: bytes) -> list[str]:
    head = f"attribute {format_name(name)}"
    if not data:
        return [head]
    try:
        text = data.decode()
    except UnicodeDecodeError:
        chunks = (data[at : at + _HEX_CHUNK].hex() for at in range(0, len(data), _HEX_CHUNK))
        return [f"{head} {{", *(f'  hex "{chunk}"' for chunk in chunks), "}"]
    lines = [f"{head} {{"]
    for row in text.split("\n"):
        whole = row + "\n"
        lines += [f"  {format_string(whole[at : at + _TEXT_CHUNK])}" for at in range(0, len(whole), _TEXT_CHUNK)]
    if text.endswith("\n"):
        lines.pop()
    else:
        lines[-1] = lines[-1].removesuffix('\\n"') + '"'
    return [*lines, "}"]


def _sources(module: Module) -> dict[int, list[str]]:
    """The lines of each source file that the module carries."""
    found: dict[int, list[str]] = {}
    numbers = {f"source:{name}": number for number, name in enumerate(module.files)}
    for name, data in module.attributes:
        if name in numbers:
            found[numbers[name]] = data.decode(errors="replace").split("\n")
    return found
