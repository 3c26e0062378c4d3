"""Named tuples of our own behave as those of ``typing``."""

from __future__ import annotations

import copy
import pickle
import typing

import pytest

from pvm import typed


def class_of(base: object) -> typing.Any:
    namespace: dict[str, object] = {"Base": base, "__name__": __name__}
    exec(  # noqa: S102 - the same text twice
        "class Point(Base):\n"
        "    '''A place.'''\n"
        "    x: int\n"
        "    y: int = 2\n"
        "    name: str = 'origin'\n"
        "    @property\n"
        "    def far(self) -> bool: return self.x > 9\n"
        "    def __str__(self) -> str: return f'{self.x}|{self.y}'\n",
        namespace,
    )
    return namespace["Point"]


OURS, THEIRS = class_of(typed.NamedTuple), class_of(typing.NamedTuple)


class Kept(typed.NamedTuple):
    one: int
    two: str = "x"


class Checked(Kept):
    __slots__ = ()

    def __new__(cls, one: int, two: str = "y") -> typing.Self:
        return super().__new__(cls, one + 1, two)


@pytest.mark.parametrize("args", [(1,), (1, 5), (10, 5, "p"), (), (1, 2, 3, 4)])
@pytest.mark.parametrize("named", [{}, {"y": 7}, {"z": 1}, {"x": 3}])
def test_making_and_looking(args: tuple[object, ...], named: dict[str, object]) -> None:
    found = []
    for cls in (OURS, THEIRS):
        try:
            made = cls(*args, **named)
        except TypeError:
            found.append(None)
        else:
            found.append((tuple(made), repr(made), str(made), made.far, made._replace(y=0), made._asdict(), hash(made)))
    assert found[0] == found[1]


def test_classes_are_alike() -> None:
    for name in ("_fields", "_field_defaults", "__match_args__", "__doc__", "__slots__", "__name__", "__bases__"):
        assert getattr(OURS, name) == getattr(THEIRS, name), name
    assert OURS._make([1, 2, 3]) == THEIRS._make([1, 2, 3])
    with pytest.raises(AttributeError):
        OURS(1).x = 2
    with pytest.raises(AttributeError):
        OURS(1).other = 2
    with pytest.raises(ValueError, match="no field 'z'"):
        OURS(1)._replace(z=1)


def test_copies_and_subclasses() -> None:
    assert copy.copy(Kept(1)) == copy.deepcopy(Kept(1)) == pickle.loads(pickle.dumps(Kept(1))) == Kept(1, "x")  # noqa: S301
    assert Checked(1) == (2, "y")
    assert repr(Checked(1)) == "Checked(one=2, two='y')"
    match Kept(1, "b"):
        case Kept(1, two):
            assert two == "b"
        case _:
            pytest.fail("a pattern with positions must match")
