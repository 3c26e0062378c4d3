"""The parser: drives lark's LALR tables over the tokens and builds the tree as it reduces.

The loop is ours and not lark's for three reasons: it is several times faster,
the tables can be kept without pickling, and recovery needs the state stack.
There is no recursion anywhere, so nesting costs memory only, and `MAX_STACK`
bounds that.

Recovery is by the productions with ERROR: after an error the parser pops states
until one accepts ERROR and then skips tokens, whole brackets at a time, until
one fits.  Layout has balanced the brackets before, so skipping cannot run away,
and the token that fits is shifted next, so every recovery makes progress.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

from compiler.diagnostics import Diagnostics
from compiler.syntax import ast, tables
from compiler.syntax.actions import Builder
from compiler.syntax.expectations import Expectations
from compiler.syntax.precedence import Chain
from compiler.syntax.source import SourceFile, Span
from compiler.syntax.tables import Tables
from compiler.syntax.tokens import SourceRefusedError, Tokens

MAX_STACK = 20_000
MAX_ERRORS = 100
_OPENERS = frozenset({"(", "[", "{", "${", "LAMBDA_OPEN", "LAMBDA_PARAMS_OPEN"})
_CLOSERS = frozenset({")", "]", "}", "}$"})

_TABLES: list[Tables] = []


def shared_tables() -> Tables:
    """Return the tables, loaded once a process."""
    if not _TABLES:
        _TABLES.append(tables.load_tables())
    return _TABLES[0]


@cache
def _symbols() -> dict[int, str]:
    """Return what was read or built to come to a state: all ways into an LALR state are the same symbol."""
    known = shared_tables()
    return {
        target: symbol
        for table in (known.actions, known.gotos)
        for row in table
        for symbol, target in row.items()
        if target >= 0
    }


class Parser:
    """One parse of one file; `run` may be called once."""

    def __init__(self, source: SourceFile, tokens: Tokens, diagnostics: Diagnostics) -> None:
        self._source = source
        self._tokens = tokens
        self._diagnostics = diagnostics
        self._tables = shared_tables()
        self._builder = Builder(source, tokens, diagnostics)
        self._expectations = Expectations(source, tokens, self._tables, diagnostics)
        self._states = [self._tables.start]
        self._values: list[Any] = []
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._errors = 0
        self._error_at = -1
        self._recovered_at = -1

    def run(self) -> ast.Module:
        """Return the module, without the parts that could not be read.

        Raises:
            SourceRefusedError: nested too deeply, or too many errors.
        """
        actions, kinds = self._tables.actions, self._tokens.kinds
        token_starts, token_ends = self._tokens.starts, self._tokens.ends
        states, values, starts, ends = self._states, self._values, self._starts, self._ends
        index, count = 0, len(kinds)
        reduce = self._reduce = self._reducer()
        state = states[-1]
        kind = kinds[0]
        while True:
            action = actions[state].get(kind)
            if action is None:
                index = self._recover(index)
                state, kind = states[-1], kinds[index]
            elif action < 0:
                state = reduce(action, index)
                if state == self._tables.end:
                    return cast("ast.Module", values[-1])
            else:
                state = action
                states.append(state)
                values.append(index)
                starts.append(token_starts[index])
                ends.append(token_ends[index])
                index += 1
                kind = kinds[index] if index < count else tables.END

    def _reducer(self) -> Callable[[int, int], int]:
        """Return the function that reduces by a rule and returns the new state."""
        # Bound to locals: this runs for every production, and attribute access would be a third of its time.
        states, values, starts, ends = self._states, self._values, self._starts, self._ends
        gotos, source = self._tables.gotos, self._source
        token_starts, token_ends = self._tokens.starts, self._tokens.ends
        builder = self._builder
        rules = [
            (rule.left, rule.length, rule.operation, getattr(builder, rule.action, builder.refuse))
            for rule in self._tables.rules
        ]

        def reduce(action: int, index: int) -> int:
            left, length, operation, call = rules[~action]
            if length == 1:
                states.pop()
                if operation == tables.PASS:
                    pass
                elif operation == tables.CALL:
                    values[-1] = call(Span(source, starts[-1], ends[-1]), values[-1])
                elif operation == tables.FINISH_CHAIN:
                    if type(values[-1]) is Chain:
                        values[-1] = builder.finish_chain(values[-1])
                elif operation == tables.LIST_ONE:
                    values[-1] = [values[-1]]
                elif operation == tables.NOTHING:
                    values[-1] = None
            elif length:
                del states[-length:]
                if operation == tables.CALL:
                    value = call(Span(source, starts[-length], ends[-1]), *values[-length:])
                elif operation in (tables.LIST_MORE, tables.LIST_APPEND):
                    value = values[-length]
                    value.append(values[-1])
                elif operation == tables.LIST_NONE:
                    value = []
                else:
                    value = values[-length + (operation == tables.SECOND)]
                ends[-length:] = ends[-1:]
                del starts[1 - length :]
                values[-length:] = [value]
            else:
                values.append([] if operation == tables.LIST_NONE else None)
                starts.append(token_starts[index] if index < len(token_starts) else token_ends[-1])
                ends.append(token_ends[index - 1] if index else 0)
            state = gotos[states[-1]][left]
            states.append(state)
            if len(states) > MAX_STACK:
                self._refuse_depth(index)
            return state

        return reduce

    def _refuse_depth(self, index: int) -> None:
        span = self._builder.token_span(min(index, len(self._tokens.kinds) - 1))
        message = f"the program is nested more than {ast.MAX_DEPTH} levels deep"
        self._diagnostics.error("E0911", span, message, label="too deep from here on")
        raise SourceRefusedError

    # Errors

    def _recover(self, index: int) -> int:
        """Report the token at ``index`` and get the stack ready for a later one; return its index.

        The ERROR of a head, as in `if ERROR block`, is no way out once its block has been read, and
        nothing is resumed inside brackets that were closed.
        """
        if index >= len(self._tokens.kinds):
            raise AssertionError("a complete module is always reduced")
        if self._is_news(index):
            self._expectations.report(self._states, index)
            self._errors += 1
            if self._errors >= MAX_ERRORS:
                raise SourceRefusedError
        self._error_at = index
        self._reduce_what_is_complete(index)
        has_block = False
        opened = closed = 0
        for depth in range(len(self._states) - 1, -1, -1):
            state = self._states[depth]
            target = self._tables.actions[state].get("ERROR", -1)
            if target >= 0 and not closed and not (has_block and "{" in self._tables.actions[target]):
                resume = self._resume(target, index, depth, opened)
                if resume is not None:
                    self._commit(depth, target, resume)
                    self._recovered_at = resume
                    return resume
            symbol = _symbols().get(state)
            has_block = has_block or symbol == "block"
            if symbol in _CLOSERS:
                closed += 1
            elif symbol in _OPENERS:
                opened += not closed
                closed -= closed > 0
        raise AssertionError("the start state accepts ERROR before EOF")

    def _reduce_what_is_complete(self, index: int) -> None:
        """Reduce where nothing else is possible, so that no closed bracket is popped open again."""
        actions = self._tables.actions
        while True:
            choices = set(actions[self._states[-1]].values())
            if len(choices) != 1 or (action := choices.pop()) >= 0:
                return
            self._reduce(action, index)

    def _is_news(self, index: int) -> bool:
        """Tell whether an error at ``index`` is no mere consequence of the last one, or of a bracket never closed."""
        tokens = self._tokens
        if tokens.kinds[index] in _CLOSERS and tokens.starts[index] == tokens.ends[index]:
            return False
        if self._error_at < 0:
            return True
        return index != self._error_at and (index > self._recovered_at + 1 or self._is_new_line(index))

    def _is_new_line(self, index: int) -> bool:
        line = self._source.position(self._tokens.starts[index])[0]
        return line != self._source.position(self._tokens.starts[self._error_at])[0]

    def _resume(self, target: int, begin: int, depth: int, nesting: int) -> int | None:
        """Return the next token that fits after ERROR, or None if the construct ends before one does.

        ``nesting`` brackets were opened above ``depth``, so as many closers are passed over.
        """
        kinds = self._tokens.kinds
        index = begin
        while True:
            kind = kinds[index]
            if not nesting and self._expectations.accepts(self._states, depth + 1, target, kind):
                return index
            if kind in _OPENERS:
                nesting += 1
            elif kind in _CLOSERS:
                if not nesting:
                    return None
                nesting -= 1
            elif kind == "EOF" or (kind == "NEWLINE" and not nesting):
                return None
            index += 1

    def _commit(self, depth: int, target: int, resume: int) -> None:
        """Replace the states above ``depth`` by ERROR, which covers the tokens before ``resume``."""
        start = self._starts[depth] if depth < len(self._starts) else self._tokens.starts[resume]
        del self._states[depth + 1 :]
        del self._values[depth:]
        del self._starts[depth:]
        del self._ends[depth:]
        self._states.append(target)
        self._values.append(-1)
        end = self._tokens.ends[resume - 1] if resume else 0
        self._starts.append(min(start, end))
        self._ends.append(end)
