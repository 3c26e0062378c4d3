"""How faults are planted: attributes of the JIT are something else while a function is compiled."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from unittest import mock

Patch = AbstractContextManager[object]


def changed(owner: object, name: str, make: Callable[[Any], Any]) -> Patch:
    """An attribute replaced by something made of it."""
    return mock.patch.object(owner, name, make(vars(owner)[name]))


def constant(owner: object, name: str, value: object) -> Patch:
    """A method that gives a constant."""
    return mock.patch.object(owner, name, return_value=value)
