"""Modifiers and annotations: what they may stand on, and what they set on the symbols.

Annotations that reach below the language (`@intrinsic` and its kin) are refused outside of the library.
"""

from __future__ import annotations

from compiler.check import codes as code
from compiler.check.declared import SourceClass, SourceFunction
from compiler.check.modules import ModuleScope
from compiler.check.session import Session
from compiler.ir.symbols import ClassKind
from compiler.ir.types import Repr
from compiler.syntax import ast
from compiler.syntax.source import Span

_SYSTEM = frozenset({"intrinsic", "runtime", "specialized", "kernel", "builtin", "throwable", "trap"})
_ON_FUNCTION = frozenset({"intrinsic", "runtime", "specialized", "kernel", "host", "export"})
_ON_CLASS = frozenset({"builtin", "throwable", "trap"})
_REPRS = {item.value: item for item in Repr}

_MODIFIERS = {
    "class": frozenset({"pub", "open", "abstract", "data", "private"}),
    "interface": frozenset({"pub", "private"}),
    "enum": frozenset({"pub", "private"}),
    "function": frozenset({"pub"}),
    "method": frozenset({"pub", "private", "protected", "open", "override", "abstract", "static"}),
    "variable": frozenset({"pub"}),
    "property": frozenset({"pub", "private", "protected", "open", "override", "abstract", "static"}),
    "case": frozenset[str](),
    "parameter": frozenset({"pub", "private", "protected", "override"}),
    "local": frozenset[str](),
}


def check_modifiers(module: ModuleScope, modifiers: ast.Modifiers, role: str, noun: str) -> None:
    """Report modifiers that mean nothing on this kind of declaration, or exclude each other."""
    if not modifiers.words:
        return
    allowed = _MODIFIERS[role]
    seen: set[str] = set()
    for word in modifiers.words:
        text = word.text
        if text == "unsafe":
            report_unsafe(module.session, word.span)
        elif text not in allowed:
            module.session.diagnostics.error(code.WRONG_MODIFIER, word.span, f"`{text}` means nothing on {noun}")
        elif text in seen:
            module.session.diagnostics.error(code.WRONG_MODIFIER, word.span, f"`{text}` is written twice")
        seen.add(text)
    for pair in (("pub", "private"), ("private", "protected"), ("private", "open"), ("static", "override"),
                 ("static", "open"), ("static", "abstract"), ("private", "abstract")):  # fmt: skip
        if seen.issuperset(pair):
            second = modifiers.word(pair[1])
            assert second is not None
            module.session.diagnostics.error(
                code.WRONG_MODIFIER, second.span, f"`{pair[0]}` and `{pair[1]}` exclude each other"
            )


def report_unsafe(session: Session, span: Span) -> None:
    """Report the word `unsafe`, which no program may use and no system module needs."""
    if session.is_privileged:
        message, suggestion = "every function of a system module is `unsafe` as it is", "leave the word out"
    else:
        message, suggestion = "`unsafe` code is for the system modules of PVM's runtime image only", None
    session.diagnostics.error(code.WRONG_UNSAFE, span, message, suggestion=suggestion)


def visibility_of(modifiers: ast.Modifiers) -> str:
    """Return who may use a member."""
    return "private" if modifiers.has("private") else "protected" if modifiers.has("protected") else "public"


def text_argument(module: ModuleScope, annotation: ast.Annotation) -> str:
    """Return the text that an annotation is given; empty after reporting that it is none."""
    arguments = annotation.arguments
    if len(arguments) == 1 and isinstance(arguments[0].value, ast.StringLiteral):
        return arguments[0].value.value
    module.session.diagnostics.error(
        code.WRONG_ANNOTATION,
        annotation.span,
        f'`@{annotation.name.text}` takes one text, as in `@{annotation.name.text}("name")`',
    )
    return ""


def check_annotations(module: ModuleScope, annotations: tuple[ast.Annotation, ...], allowed: frozenset[str]) -> None:
    """Report annotations that are unknown, out of place or not for user modules."""
    for item in annotations:
        name = item.name.text
        known = _ON_FUNCTION | _ON_CLASS
        if name not in known or (name in _SYSTEM and not module.is_system):
            near = module.session.did_you_mean(name, ["export", "host"]) if name not in known else None
            module.session.diagnostics.error(
                code.WRONG_ANNOTATION,
                item.span,
                f"`@{name}` is for modules of the standard library" if name in known else f"there is no `@{name}`",
                suggestion=f"did you mean `@{near}`?" if near else None,
            )
        elif name not in allowed:
            module.session.diagnostics.error(code.WRONG_ANNOTATION, item.span, f"`@{name}` means nothing here")


def declare_function(function: SourceFunction) -> None:
    """Set what the modifiers and annotations of a function or method say."""
    node = function.node
    assert isinstance(node, ast.Function)
    module = function.scope.module
    modifiers = node.modifiers
    is_member = function.scope.owner is not None
    if module.is_user:
        noun = "a method" if is_member else "a function"
        check_modifiers(module, modifiers, "method" if is_member else "function", noun)
    if modifiers.annotations:
        apply_function_annotations(function, modifiers.annotations)


def apply_function_annotations(function: SourceFunction, annotations: tuple[ast.Annotation, ...]) -> None:
    """Set what stands in place of a body, and under which name the host calls the function."""
    module = function.scope.module
    is_member = function.scope.owner is not None
    allowed = _ON_FUNCTION - {"host", "export"} if is_member or function.is_extension else _ON_FUNCTION
    if module.is_user:
        check_annotations(module, annotations, allowed)
    for item in annotations:
        match item.name.text:
            case "intrinsic":
                function.intrinsic = text_argument(module, item)
            case "runtime":
                function.runtime = text_argument(module, item)
            case "specialized":
                words = text_argument(module, item).split()
                function.specialized = dict(zip(words[::2], words[1::2], strict=True))
            case "kernel":
                function.kernel = text_argument(module, item)
            case "host":
                function.host = text_argument(module, item) or function.name
            case "export":
                function.export = text_argument(module, item) if item.arguments else function.name


def declare_class(symbol: SourceClass) -> None:
    """Set what the modifiers and annotations of a class, interface or enum say."""
    node = symbol.node
    assert isinstance(node, ast.Class | ast.Interface | ast.Enum)
    module = symbol.scope.module
    modifiers = node.modifiers
    role = {ClassKind.CLASS: "class", ClassKind.INTERFACE: "interface", ClassKind.ENUM: "enum"}[symbol.kind]
    if module.is_user:
        check_modifiers(module, modifiers, role, "an " + role if role[0] in "ei" else "a " + role)
        check_annotations(module, modifiers.annotations, _ON_CLASS)
    if symbol.kind is ClassKind.CLASS:
        symbol.is_abstract = modifiers.has("abstract")
        symbol.is_open = symbol.is_abstract or modifiers.has("open")
        symbol.is_data = modifiers.has("data")
    traps: list[str] = []
    for item in modifiers.annotations:
        match item.name.text:
            case "builtin":
                symbol.builtin = _REPRS.get(text_argument(module, item))
            case "throwable":
                symbol.is_throwable = True
            case "trap":
                traps.append(text_argument(module, item))
    symbol.traps = tuple(traps)
