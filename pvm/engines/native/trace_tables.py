"""The tables that ``trace.text`` in the runtime image writes stack traces from; ``layout`` has their records."""

from __future__ import annotations

from array import array
from typing import Final

from pvm.engines.native import layout
from pvm.pbc.model import Function, Module

_WORD: Final = 4
_UNSIGNED: Final = next(code for code in "IL" if array(code).itemsize == _WORD)


def trace_tables(module: Module, address: int) -> bytes:
    """Compute the tables of a module, TRACE_FUNCTION records first, for an address that is a multiple of 4."""
    return _Tables(module, address).data()


class _Tables:
    """Records of 32-bit words, then the texts that they name."""

    def __init__(self, module: Module, address: int) -> None:
        functions = len(module.functions) * layout.TRACE_FUNCTION_SIZE
        details = [_detail_words(function) for function in module.functions]
        self.start_of_texts = address + functions + _WORD * sum(details)
        self.texts: dict[str, tuple[int, int]] = {}
        self.encoded: list[bytes] = []
        self.size = 0
        self.files = [self._text(name) for name in module.files]
        self.functions = array(_UNSIGNED)
        self.details = array(_UNSIGNED)
        start = address + functions
        for function, words in zip(module.functions, details, strict=True):
            self._add(function, start)
            start += _WORD * words

    def _text(self, text: str) -> tuple[int, int]:
        found = self.texts.get(text)
        if found is None:
            data = text.encode("utf-8")
            found = self.texts[text] = (self.start_of_texts + self.size, len(data))
            self.encoded.append(data)
            self.size += len(data)
        return found

    def _add(self, function: Function, start: int) -> None:
        lines = _WORD * 2 * len(function.lines)
        self.functions.extend((*self._text(function.name), start, len(function.lines), start + lines))
        for line in function.lines:
            self.details.extend(line)
        for position in function.positions:
            name = self._text(position.function) if position.function else (0, 0)
            caller = 0 if position.caller is None else position.caller + 1
            self.details.extend((*name, *self.files[position.file], position.line, caller))

    def data(self) -> bytes:
        """All of it, little endian."""
        return b"".join((self.functions.tobytes(), self.details.tobytes(), *self.encoded))


def _detail_words(function: Function) -> int:
    return 2 * len(function.lines) + layout.TRACE_POSITION_SIZE // _WORD * len(function.positions)
