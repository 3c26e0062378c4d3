"""Which `<` and `>` are brackets around types.

In an expression `<` opens type arguments only if its matching `>` is followed
by `(`, `.` or `{`, or if the name before it is the type after `is` or `as`.
Matching looks only over tokens that can stand in a type, so that `a < b && c > d`
never matches.  One pass with a stack serves all angles: total time is linear.
"""

from __future__ import annotations

from compiler.syntax.tokens import Tokens

_TYPE_TOKENS = frozenset({"IDENT", ".", ",", "?", "->", ":", "&"})
_AFTER_CLOSE = frozenset({"(", ".", "{"})
_TYPE_FOLLOWS = frozenset({"as", "is", "!is", "->"})


class Angles:
    """The closers that match, and the openers that begin type arguments in an expression."""

    __slots__ = ("closers", "openers", "type_openers")

    def __init__(self, tokens: Tokens) -> None:
        self.openers: dict[int, int] = {}
        self.closers: set[int] = set()
        self.type_openers: set[int] = set()
        if "<" in tokens.kinds:
            self._match(tokens)
            kinds = tokens.kinds
            for opener, closer in self.openers.items():
                if kinds[closer + 1] in _AFTER_CLOSE or _is_after_test(tokens, opener):
                    self.type_openers.add(opener)

    def _match(self, tokens: Tokens) -> None:
        kinds = tokens.kinds
        stack: list[tuple[str, int]] = []
        index, count = 0, len(kinds)
        while index < count:
            kind = kinds[index]
            if kind == "<":
                stack.append((kind, index))
            elif not stack:
                pass
            elif kind == ">":
                index = self._close(tokens, stack, index)
                continue
            elif kind == "(":
                stack.append((kind, index))
            elif kind == ")":
                while stack and stack[-1][0] == "<":
                    stack.pop()
                if stack:
                    stack.pop()
            elif kind == "NEWLINE":
                if kinds[index - 1] not in ("<", ",") and kinds[index + 1] != ">":
                    stack.clear()
            elif kind not in _TYPE_TOKENS:
                stack.clear()
            index += 1

    def _close(self, tokens: Tokens, stack: list[tuple[str, int]], index: int) -> int:
        """Match a run of adjacent `>`, all of them or none; return the index after it."""
        kinds, starts, ends = tokens.kinds, tokens.starts, tokens.ends
        end = index + 1
        while kinds[end] == ">" and starts[end] == ends[end - 1]:
            end += 1
        run = end - index
        glued = starts[end] == ends[end - 1] and tokens.values[end] in (">=", ">>=")
        if glued or len(stack) < run or any(kind != "<" for kind, _ in stack[-run:]):
            stack.clear()
            return end
        for closer in range(index, end):
            _, opener = stack.pop()
            self.openers[opener] = closer
            self.closers.add(closer)
        return end


def _is_after_test(tokens: Tokens, opener: int) -> bool:
    """Tell whether the path before ``opener`` is the type after `is`, `as` or `->`."""
    kinds = tokens.kinds
    index = opener - 1
    while index >= 2 and kinds[index] == "IDENT" and kinds[index - 1] == ".":
        index -= 2
    if index < 1 or kinds[index] != "IDENT":
        return False
    before = kinds[index - 1]
    return before in _TYPE_FOLLOWS or (before == "?" and index >= 2 and kinds[index - 2] == "as")
