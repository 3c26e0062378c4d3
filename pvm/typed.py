"""The part of ``typing`` that is there when a program runs, without ``typing``: with what it imports it takes 6 ms.

Modules that every run loads take these; elsewhere those of ``typing`` are as good, and type checkers see no others.
What annotations alone name is imported under ``TYPE_CHECKING``.
"""

from __future__ import annotations

__all__ = ["TYPE_CHECKING", "NamedTuple", "Protocol"]

TYPE_CHECKING = False
"""The constant of ``typing``, which type checkers know by its name."""

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, NamedTuple, Protocol

    _tuplegetter: Any
else:
    try:
        from _collections import _tuplegetter
    except ImportError:
        from operator import itemgetter

        def _tuplegetter(number: int, _doc: None) -> property:
            return property(itemgetter(number))

    class Protocol:
        """What a class below it says about others is for type checkers."""

    class _Maker(type):
        """Makes a class of tuples of a class body with annotations."""

        def __new__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, namespace)
            return type(name, (tuple,), _members(namespace))

    class NamedTuple(metaclass=_Maker):
        """A tuple whose items have names; a class below it lists them as annotations."""


def _members(namespace: dict[str, Any]) -> dict[str, Any]:
    """The members of a class of tuples, by the body that lists its fields."""
    fields = tuple(namespace.get("__annotations__", ()))
    defaults = {field: namespace.pop(field) for field in fields if field in namespace}
    listed = "".join(f"{field}, " for field in fields)
    # The names are those of a class body, so this is the text of a function and nothing else.
    new = eval(f"lambda cls, {listed}: make(cls, ({listed}))", {"make": tuple.__new__})  # noqa: S307
    new.__name__ = "__new__"
    new.__defaults__ = tuple(defaults.values())
    return {
        "__slots__": (),
        "__match_args__": fields,
        "_fields": fields,
        "_field_defaults": defaults,
        "__new__": new,
        "__repr__": _repr,
        "__getnewargs__": _getnewargs,
        "_replace": _replace,
        "_asdict": _asdict,
        "_make": classmethod(_make),
        **{field: _tuplegetter(number, None) for number, field in enumerate(fields)},
        **namespace,
    }


def _repr(self: Any) -> str:
    values = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
    return f"{type(self).__name__}({values})"


def _getnewargs(self: Any) -> tuple[Any, ...]:
    return tuple(self)


def _replace(self: Any, /, **changed: Any) -> Any:
    made = type(self)._make(changed.pop(name, value) for name, value in zip(self._fields, self, strict=True))
    if changed:
        raise ValueError(f"{type(self).__name__} has no field {next(iter(changed))!r}")
    return made


def _asdict(self: Any) -> dict[str, Any]:
    return dict(zip(self._fields, self, strict=True))


def _make(cls: type, values: Iterable[Any]) -> Any:
    return tuple.__new__(cls, values)
