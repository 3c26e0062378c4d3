"""Records: classes with slots whose ``__init__`` is made when the first object is.

They stand where dataclasses would.  A start of the compiler defines 180 such classes and makes objects of
half of them; as dataclasses they, with `inspect`, which `dataclasses` imports, were a third of that start
(docs/decisions/0005-compilation-that-scales.md).  mypy treats them as dataclasses.  That a record is
frozen is checked by mypy alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

_T = TypeVar("_T")
_MISSING: Any = object()


class _Field:
    """What `field` leaves in the class body."""

    __slots__ = ("factory", "init")

    def __init__(self, factory: Callable[[], object] | None, *, init: bool) -> None:
        self.factory = factory
        self.init = init


def field(*, default_factory: Callable[[], Any] | None = None, init: bool = True) -> Any:
    """Describe a field: its value is made by a function, or it is no parameter and is set later."""
    return _Field(default_factory, init=init)


@dataclass_transform(eq_default=False, field_specifiers=(field,))
def mutable(cls: type[_T]) -> type[_T]:
    """Make a class a record that can change; records are compared by identity."""
    return _made(cls, {})


@dataclass_transform(eq_default=False, frozen_default=True, field_specifiers=(field,))
def frozen(cls: type[_T]) -> type[_T]:
    """Make a class a record that never changes, compared by identity."""
    return _made(cls, {})


@dataclass_transform(eq_default=True, frozen_default=True, field_specifiers=(field,))
def structural(cls: type[_T]) -> type[_T]:
    """Make a class a record that never changes, compared and hashed by its fields."""
    return _made(cls, {"__eq__": object.__eq__, "__hash__": object.__hash__, "__structural__": True})


def field_types(cls: type) -> dict[str, str]:
    """Return the fields of a record, inherited ones first, with their types as they are written."""
    found: dict[str, str] = cls.__fields__  # type: ignore[attr-defined]
    return found


def _made(cls: type[_T], members: dict[str, Any]) -> type[_T]:
    body = dict(cls.__dict__)
    own: dict[str, str] = body.get("__annotations__", {})
    own = {name: text for name, text in own.items() if not text.startswith("ClassVar")}
    fields: dict[str, str] = dict(getattr(cls, "__fields__", ()))
    defaults: dict[str, Any] = dict(getattr(cls, "__defaults__", ()))
    for name, text in own.items():
        fields[name] = text
        if name in body:
            defaults[name] = body.pop(name)
    more: tuple[str, ...] = body.pop("__slots__", ())
    for name in ("__dict__", "__weakref__", *more):
        body.pop(name, None)
    body |= members
    body["__slots__"] = (*own, *more)
    body["__fields__"] = fields
    body["__defaults__"] = defaults
    body["__match_args__"] = tuple(fields)
    body.setdefault("__repr__", _text)
    body["__init__"] = first_init = _first_init()
    metaclass: Any = type(cls)
    made: type[_T] = metaclass(cls.__name__, cls.__bases__, body)
    first_init.__kwdefaults__ = {"_of": made}
    return made


def _first_init() -> Any:
    def __init__(self: object, *args: object, _of: Any, **named: object) -> None:  # noqa: N807
        for name, method in _written_methods(_of).items():
            setattr(_of, name, method)
        _of.__init__(self, *args, **named)

    return __init__


def _written_methods(cls: type) -> dict[str, Any]:
    """Return the methods that somebody would have written for the class."""
    defaults: dict[str, Any] = cls.__defaults__  # type: ignore[attr-defined]
    scope: dict[str, Any] = {"_MISSING": _MISSING}
    params, body = ["self"], []
    for name in field_types(cls):
        default = defaults.get(name, _MISSING)
        if isinstance(default, _Field):
            if not default.init:
                continue
            scope[f"_make_{name}"] = default.factory
            params.append(f"{name}=_MISSING")
            body.append(f"self.{name} = _make_{name}() if {name} is _MISSING else {name}")
            continue
        if default is not _MISSING:
            scope[f"_default_{name}"] = default
        params.append(name if default is _MISSING else f"{name}=_default_{name}")
        body.append(f"self.{name} = {name}")
    text = f"def __init__({', '.join(params)}):\n {'; '.join(body) or 'pass'}\n"
    if "__structural__" in cls.__dict__:
        own, others = (f"({''.join(f'{who}.{name}, ' for name in field_types(cls))})" for who in ("self", "other"))
        text += f"def __hash__(self):\n return hash({own})\n"
        text += "def __eq__(self, other):\n if self is other:\n  return True\n"
        text += f" return {own} == {others} if other.__class__ is self.__class__ else NotImplemented\n"
    exec(text, scope)  # noqa: S102 - made of names of fields
    return {name: scope[name] for name in ("__init__", "__hash__", "__eq__") if name in scope}


def _text(self: Any) -> str:
    return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name, None)!r}' for name in self.__fields__)})"
