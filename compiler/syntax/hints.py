"""Spellings of other languages, and slips that have a better explanation than "expected X, found Y".

Each rule looks at the few tokens around the one that does not fit.  A rule may
only speak when it is sure: a wrong hint is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable

from compiler.records import structural
from compiler.syntax.source import SourceFile, Span
from compiler.syntax.tokens import KEYWORDS, Tokens

Hint = tuple[str, Span, str, str, str | None]

# Words that begin a declaration or statement elsewhere.
_FOREIGN_WORDS = {
    "func": ("fun", "functions are declared with `fun`"),
    "fn": ("fun", "functions are declared with `fun`"),
    "def": ("fun", "functions are declared with `fun`"),
    "function": ("fun", "functions are declared with `fun`"),
    "const": ("let", "constants are declared with `let`"),
    "val": ("let", "constants are declared with `let`"),
    "final": ("let", "constants are declared with `let`"),
    "mut": ("var", "variables are declared with `var`"),
    "struct": ("data class", "there is no `struct`: a `data class` has equality, hash and text"),
    "record": ("data class", "there is no `record`: a `data class` has equality, hash and text"),
    "trait": ("interface", "a trait is called `interface`"),
    "protocol": ("interface", "a protocol is called `interface`"),
    "object": ("class", "there is no `object`: a class may have `static` members"),
    "extension": ("fun", "an extension is a function with a receiver: `fun Type.name()`"),
    "extend": ("fun", "an extension is a function with a receiver: `fun Type.name()`"),
    "impl": ("fun", "methods stand in the class; an extension is `fun Type.name()`"),
    "type": ("typealias", "a type alias is declared with `typealias`"),
    "using": ("import", "modules are imported with `import`"),
    "use": ("import", "modules are imported with `import`"),
    "include": ("import", "modules are imported with `import`"),
    "public": ("pub", "what other modules may use is marked `pub`"),
    "export": ("pub", "what other modules may use is marked `pub`"),
    "internal": ("", "what is not `pub` is visible in its module only"),
    "sealed": ("", "an `enum` has a closed set of cases"),
    "inline": ("", "the compiler decides what is inlined"),
    "async": ("spawn", "a task is started with `spawn { ... }`"),
    "go": ("spawn", "a task is started with `spawn { ... }`"),
    "await": ("", "a task's result is read with its `join()`"),
    "new": ("", "an object is made by calling its class: `Point(1.0, 2.0)`"),
    "switch": ("match", "alternatives are chosen with `match`"),
    "when": ("match", "alternatives are chosen with `match`"),
    "unless": ("if !", "there is no `unless`: write `if` with `!`"),
    "until": ("while !", "there is no `until`: write `while` with `!`"),
    "foreach": ("for", "elements are visited with `for x in items`"),
    "repeat": ("do", "a loop that tests at its end is `do { ... } while condition`"),
    "loop": ("while true", "an endless loop is `while true { ... }`"),
    "guard": ("if !", "there is no `guard`: write `if` with the opposite condition"),
    "elif": ("else if", "a further condition is written `else if`"),
    "elsif": ("else if", "a further condition is written `else if`"),
    "elseif": ("else if", "a further condition is written `else if`"),
    "except": ("catch", "exceptions are caught with `catch (e: Type) { ... }`"),
    "rescue": ("catch", "exceptions are caught with `catch (e: Type) { ... }`"),
    "raise": ("throw", "exceptions are thrown with `throw`"),
    "not": ("!", "`not` is written `!`"),
    "case": ("", "cases have no keyword: an enum lists names, a `match` lists `pattern => value`"),
    "namespace": ("", "a file is a module and a folder is a package, so nothing declares them"),
    "package": ("", "a file is a module and a folder is a package, so nothing declares them"),
    "module": ("", "a file is a module and a folder is a package, so nothing declares them"),
    "vararg": ("", "a parameter that takes any number of values is written `name: Type...`"),
}
_FOREIGN_OPERATORS = {
    "and": ("&&", "`and` is written `&&`"),
    "or": ("||", "`or` is written `||`"),
    "not": ("!", "`not in` is written `!in`"),
    "instanceof": ("is", "a type is tested with `is`"),
    "mod": ("%", "the remainder is written `%`"),
    "div": ("/", "division is written `/`"),
    "xor": ("^", "`xor` is written `^`"),
    "shl": ("<<", "`shl` is written `<<`"),
    "shr": (">>", "`shr` is written `>>`"),
    "ushr": (">>>", "`ushr` is written `>>>`"),
    "until": ("..<", "a range without its end is written `..<`"),
    "to": ("..", "a range is written `..`"),
    "downTo": ("", "a descending range is `(low..high).reversed()`"),
    "extends": (":", "what a class extends stands after `:`"),
    "implements": (":", "interfaces stand after `:`"),
    "throws": ("", "exceptions are not declared"),
    "where": ("", "a bound is written `<T: Bound>`"),
    "then": ("", "a branch is a block: `if condition { ... }`"),
}


_BEGINS_BRANCH = frozenset({"IDENT", "INT", "STRING", "NEWLINE", "return", "break", "continue", "throw", "this"})
_ENDS_OPERAND = frozenset(
    {"IDENT", "INT", "FLOAT", "STRING", "CHAR", "TEMPLATE_END", ")", "]", "}", "this", "!!", "null"}
)


@structural
class Situation:
    """The tokens around the one at ``index``, which does not fit; ``fitting`` are kinds that would."""

    source: SourceFile
    tokens: Tokens
    index: int
    fitting: frozenset[str]

    def kind(self, distance: int = 0) -> str:
        at = self.index + distance
        return self.tokens.kinds[at] if 0 <= at < len(self.tokens.kinds) else "EOF"

    def text(self, distance: int = 0) -> str:
        at = self.index + distance
        if not 0 <= at < len(self.tokens.kinds):
            return ""
        return self.source.text[self.tokens.starts[at] : min(self.tokens.ends[at], self.tokens.starts[at] + 64)]

    def span(self, first: int = 0, last: int | None = None) -> Span:
        end = self.index + (first if last is None else last)
        return Span(self.source, self.tokens.starts[self.index + first], self.tokens.ends[end])

    def begins_line(self, distance: int) -> bool:
        """Tell whether the token at ``distance`` is the first of a statement or declaration."""
        return self.kind(distance - 1) in ("NEWLINE", "{", "LAMBDA_OPEN", "->", "=>", "MODIFIER") or not (
            self.index + distance
        )

    def adjoins(self, distance: int = 0) -> bool:
        """Tell whether no space is between the token at ``distance`` and the one before."""
        at = self.index + distance
        return at > 0 and self.tokens.ends[at - 1] == self.tokens.starts[at]

    @property
    def after_operand(self) -> bool:
        """Whether an expression may have ended before the token."""
        return self.kind(-1) in _ENDS_OPERAND


def find_hint(at: Situation) -> Hint | None:
    """Return code, place, message, label and suggestion of the first rule that knows the mistake."""
    for rule in _RULES:
        hint = rule(at)
        if hint is not None:
            return hint
    return None


def _foreign(at: Situation, distance: int, words: dict[str, tuple[str, str]]) -> Hint | None:
    entry = words.get(at.text(distance)) if at.kind(distance) == "IDENT" else None
    if entry is None:
        return None
    replacement, message = entry
    suggestion = f"write `{replacement}`" if replacement else "remove it" if "nothing declares" in message else None
    return "E0114", at.span(distance), message, "", suggestion


def _foreign_word(at: Situation) -> Hint | None:
    """`func f()`, `const x = 1`: a name, then something that no statement goes on with."""
    if at.kind(-1) == "IDENT" and at.kind() in ("IDENT", "STRING", "INT", "(", "{", "LAMBDA_OPEN", "this", "*", "!"):
        before = at.begins_line(-1) or at.kind(-2) in ("else", "=", "(", ",", "}", "if", "&&", "return", "OPERATOR")
        if before or at.kind(-2) in ("let", "var"):
            return _foreign(at, -1, _FOREIGN_WORDS)
    if at.kind() == "IDENT" and (at.begins_line(0) or at.kind(-1) == "}") and "INT" not in at.fitting:
        return _foreign(at, 0, _FOREIGN_WORDS)
    return None


def _foreign_operator(at: Situation) -> Hint | None:
    """`a and b`: a name after a whole operand."""
    if at.kind() == "IDENT" and not at.begins_line(0) and at.fitting & {"OPERATOR", "{", ":", "NEWLINE", ")", "=>"}:
        return _foreign(at, 0, _FOREIGN_OPERATORS)
    return None


def _walrus(at: Situation) -> Hint | None:
    suggestion = "write `let name = value`, or `name = value` to assign"
    if at.kind() == "=" and at.kind(-1) == ":" and at.adjoins():
        return "E0114", at.span(-1, 0), "`:=` is no operator", "", suggestion
    if at.kind() == ":" and at.kind(1) == "=" and at.adjoins(1):
        return "E0114", at.span(0, 1), "`:=` is no operator", "", suggestion
    return None


def _keyword_as_name(at: Situation) -> Hint | None:
    word = at.text()
    if word not in KEYWORDS or at.kind() != word or at.kind(-1) == "@":
        return None
    if at.kind(-1) in ("let", "var", "class", "interface", "enum", "for", "typealias") or at.fitting == {"IDENT"}:
        if at.kind(-1) == "let" and word == "var":
            return "E0114", at.span(-1, 0), "`let` and `var` exclude each other", "", "write `var`"
        message = f"`{word}` is a keyword and cannot be a name"
        return "E0116", at.span(), message, "", f"choose another name, or write it in backquotes: `` `{word}` ``"
    if at.kind(1) == ":" and at.kind(-1) in ("(", ",") and "IDENT" in at.fitting:
        message = f"`{word}` is a keyword and cannot be a name"
        return "E0116", at.span(), message, "", f"choose another name, or write it in backquotes: `` `{word}` ``"
    return None


def _result_colon(at: Situation) -> Hint | None:
    if at.kind() == ":" and at.kind(-1) == ")" and "->" in at.fitting:
        return "E0120", at.span(), "the result type of a function stands after `->`", "", "write `->` instead of `:`"
    return None


def _type_first(at: Situation) -> Hint | None:
    """`fun f(int x)` and `int x = 1`."""
    if at.kind() != "IDENT" or at.kind(-1) != "IDENT":
        return None
    kind, name = at.text(-1), at.text()
    if at.kind(-2) in ("(", ",") and at.fitting == {":"} and at.kind(1) in (",", ")", "="):
        if name[:1].isupper() and not kind[:1].isupper():
            message = "a colon stands between a name and its type"
            return "E0119", at.span(-1, 0), message, "", f"write `{kind}: {name}`"
        return "E0119", at.span(-1, 0), "a type stands after the name", "", f"write `{name}: {kind}`"
    if at.begins_line(-1) and at.kind(1) == "=" and kind[:1].isalpha():
        return "E0119", at.span(-1, 0), "a variable is declared with `let` or `var`", "", f"write `let {name}: {kind}`"
    return None


def _untyped_parameter(at: Situation) -> Hint | None:
    if at.kind(-1) == "IDENT" and at.kind() in (",", ")", "=") and at.fitting == {":"}:
        name = at.text(-1)
        return "E0119", at.span(-1), f"the parameter `{name}` has no type", "", f"write `{name}: Type`"
    return None


def _assignment_in_expression(at: Situation) -> Hint | None:
    if at.kind() not in ("=", "ASSIGNMENT") or not at.after_operand:
        return None
    if at.kind() == "=" and at.kind(-1) == "IDENT" and at.kind(-2) in ("(", ",") and at.fitting >= {",", ")"}:
        name = at.text(-1)
        return "E0121", at.span(), "a named argument is written with `:`", "", f"write `{name}: value`"
    if at.fitting & {"{", ")", "]", "}$"} and "->" not in at.fitting:
        better = "compare with `==`" if at.kind() == "=" else "assign in a statement before"
        return "E0121", at.span(), f"`{at.text()}` assigns and is no expression", "", better
    if "NEWLINE" in at.fitting and ":" not in at.fitting:
        return "E0121", at.span(), "an assignment has no value, so it cannot be chained", "", "write two statements"
    return None


def _lambda_in_head(at: Situation) -> Hint | None:
    """A second `{`, or a further call, after what was taken for the body of an `if` or a loop."""
    if at.kind() in ("{", ".", "?.") and at.kind(-1) == "}" and not at.begins_line(0) and "NEWLINE" in at.fitting:
        message = "a `{` in the head of `if`, `while`, `for` or `match` opens the body"
        return "E0122", at.span(), message, "", "put the call with its trailing lambda in parentheses"
    return None


def _arrow_in_head(at: Situation) -> Hint | None:
    if at.kind() == "->" and "=>" in at.fitting:
        return "E0114", at.span(), "a pattern and its value are separated by `=>`", "", "write `=>`"
    if at.kind() == "->" and at.kind(-1) == "IDENT" and at.kind(-2) in ("=", "(", ",", ":", "return"):
        return "E0114", at.span(-1, 0), "a lambda stands in braces", "", f"write `{{ {at.text(-1)} -> … }}`"
    if at.kind() == "->" and at.after_operand and "NEWLINE" in at.fitting:
        message = "a `{` in the head of `if`, `while`, `for` or `match` opens the body"
        return "E0122", at.span(), message, "", "put the call with its trailing lambda in parentheses"
    return None


def _foreign_symbol(at: Situation) -> Hint | None:
    kind, before = at.kind(), at.kind(-1)
    if kind == "?" and at.after_operand and "?" not in at.fitting and ":" not in at.fitting:
        return "E0114", at.span(), "there is no `? :`", "", "write `if condition { a } else { b }`"
    if kind == "," and before == "IDENT" and at.kind(-2) in ("{", "LAMBDA_OPEN") and at.kind(2) == "=>":
        shown = f"{at.text(-1)}, {at.text(1)}"
        return "E0114", at.span(2), "`=>` stands in the arms of `match` only", "", f"write `{{ {shown} -> value }}`"
    if kind == "=>" and at.fitting & {")", "NEWLINE", ",", "{"} and at.after_operand:
        return "E0114", at.span(), "`=>` stands in the arms of `match` only", "", "a lambda is written `{ x -> value }`"
    if kind == "..." and at.after_operand:
        return "E0114", at.span(), "`...` is no operator", "", "write `..` for a range with its end, `..<` without"
    if at.adjoins() and before == "OPERATOR" and at.text(-1) == "*" and at.text() == "*":
        return "E0114", at.span(-1, 0), "there is no operator `**`", "", "call `pow`"
    if at.adjoins() and before == "<" and kind == ">":
        return "E0114", at.span(-1, 0), "there is no operator `<>`", "", "write `!=`"
    return None


def _increment(at: Situation) -> Hint | None:
    """`i++`: a `+` where an operand is wanted, after another one."""
    if at.text(-1) == "+" and at.text() == "+" and at.adjoins():
        name = at.text(-2) if at.kind(-2) == "IDENT" else at.text(1) if at.kind(1) == "IDENT" else "i"
        return "E0114", at.span(-1, 0), "there is no operator `++`", "", f"write `{name} += 1`"
    if at.text(-1) == "-" and at.text(-2) == "-" and at.kind() in ("NEWLINE", "}", ")", "EOF"):
        name = at.text(-3) if at.kind(-3) == "IDENT" else "i"
        return "E0114", at.span(-2, -1), "there is no operator `--`", "", f"write `{name} -= 1`"
    return None


def _leading_operator(at: Situation) -> Hint | None:
    if at.text() == "+" and at.kind() == "OPERATOR":
        if at.kind(-1) == "NEWLINE":
            suggestion = "end the line before with the operator, so that the expression goes on"
            return "E0101", at.span(), "a line cannot begin with `+`", "", suggestion
        if "this" in at.fitting:
            return "E0101", at.span(), "there is no sign `+`", "", "remove it"
    return None


def _bare_fraction(at: Situation) -> Hint | None:
    if at.kind() == "." and at.kind(1) == "INT" and "INT" in at.fitting:
        return "E0108", at.span(0, 1), "a number begins with a digit", "", f"write `0.{at.text(1)}`"
    return None


def _if_without_braces(at: Situation) -> Hint | None:
    is_head = "{" in at.fitting and at.kind(-1) == ")" and not at.fitting & {"NEWLINE", "->", ":"}
    if is_head and at.kind() in _BEGINS_BRANCH:
        return "E0101", at.span(), "expected `{`: a branch or body is a block", "", "put braces around it"
    return None


def _for_parentheses(at: Situation) -> Hint | None:
    if at.kind() == "in" and at.kind(-1) == "IDENT" and at.kind(-2) == "(" and at.kind(-3) == "for":
        suggestion = f"write `for {at.text(-1)} in ...` without parentheses"
        return "E0101", at.span(-2), "the head of `for` has no parentheses", "", suggestion
    if at.kind() in ("let", "var", "IDENT") and at.kind(-1) == "(" and at.kind(-2) == "for":
        return "E0101", at.span(-1), "the head of `for` is `name in items`", "", "write `for i in 0..<n`"
    if at.kind() == "," and at.kind(-1) == "IDENT" and at.kind(-2) == "for" and at.kind(1) == "IDENT":
        suggestion = f"write `for ({at.text(-1)}, {at.text(1)}) in ...`"
        return "E0101", at.span(-1, 1), "a pair is taken apart between parentheses", "", suggestion
    return None


def _if_let(at: Situation) -> Hint | None:
    if at.kind() in ("let", "var") and at.kind(-1) in ("if", "while"):
        message = f"`{at.kind(-1)} {at.kind()}` is no condition"
        return "E0114", at.span(-1, 0), message, "", "bind first; after a test with `!= null` the type is not nullable"
    return None


def _let_in_pattern(at: Situation) -> Hint | None:
    """`let x => x`, `Some(let x) => x`."""
    if (
        at.kind() in ("let", "var")
        and at.kind(1) == "IDENT"
        and at.fitting >= {"IDENT", "INT"}
        and "this" not in at.fitting
    ):
        message = "a name in a pattern needs no keyword: it stands for the value that is there"
        return "E0114", at.span(), message, "", f"write `{at.text(1)}`"
    return None


def _unnamed_function(at: Situation) -> Hint | None:
    if at.kind() == "(" and at.kind(-1) == "fun":
        return (
            "E0101",
            at.span(),
            "expected the name of a function, found `(`",
            "",
            "a lambda is written `{ x -> value }`",
        )
    return None


def _bar_lambda(at: Situation) -> Hint | None:
    if at.text() in ("|", "||") and "INT" in at.fitting:
        return "E0114", at.span(), "a lambda has no bars", "", "write `{ x -> value }`"
    return None


def _several_exceptions(at: Situation) -> Hint | None:
    """`catch (e: A | B)`, `catch { }`."""
    if at.kind() in ("{", "LAMBDA_OPEN") and at.kind(-1) == "catch":
        message = "a `catch` says what it catches"
        return "E0101", at.span(-1), message, "", "write `catch (e: Exception) { … }`"
    if at.kind() in ("|", ",") and at.fitting >= {")"} and at.kind(-2) == ":" and at.kind(-5) == "catch":
        message = "a `catch` names one type of exception"
        return "E0114", at.span(), message, "", "write a clause for each, or catch a class that both extend"
    return None


def _foreign_member(at: Situation) -> Hint | None:
    """`init(name: String) { }`, `get size() { }`."""
    if "class" not in at.fitting or not at.begins_line(0):
        return None
    if at.text() in ("init", "constructor") and at.kind(1) == "(":
        suggestion = "write `class Name(var size: Int)`; what `init { … }` does comes after that"
        return "E0114", at.span(), "a class has one constructor: the parameters behind its name", "", suggestion
    if at.text() in ("get", "set") and at.kind(1) == "IDENT":
        suggestion = f"write `let {at.text(1)}: Type` with `get() = …` below it"
        return "E0114", at.span(), "accessors stand below a property", "", suggestion
    return None


def _foreign_literal(at: Situation) -> Hint | None:
    """`f"{x}"`, `{"a": 1}`, `print "x"`."""
    is_text = at.kind() in ("STRING", "TEMPLATE_START")
    if is_text and at.kind(-1) == "IDENT" and at.adjoins() and at.text(-1) in ("f", "b", "u", "s", "$"):
        message = f"a string has no prefix `{at.text(-1)}`: each one takes values in"
        return "E0114", at.span(-1, 0), message, "", 'write `"${value}"`'
    if at.kind() == ":" and at.kind(-2) in ("{", "LAMBDA_OPEN") and at.kind(-1) in ("STRING", "INT"):
        return "E0114", at.span(-2, 0), "a map is written between brackets", "", 'write `["key": value]`'
    if is_text and at.kind(-1) == "IDENT" and at.begins_line(-1) and "NEWLINE" in at.fitting:
        return "E0114", at.span(-1, 0), "arguments stand in parentheses", "", f"write `{at.text(-1)}(…)`"
    return None


def _foreign_brackets(at: Situation) -> Hint | None:
    """`let [a, b] = c`, `List[Int]`, `Int[]`, `import json.*`."""
    if at.kind() == "[" and at.kind(-1) in ("let", "var"):
        suggestion = f"write `{at.kind(-1)} (a, b) = …`"
        return "E0114", at.span(), "several names stand in parentheses", "", suggestion
    if at.kind() == "[" and at.kind(-1) == "IDENT" and at.kind(-2) in (":", "->") and at.text(-1)[:1].isupper():
        if at.kind(1) == "]":
            return "E0114", at.span(-1, 1), "an array has its type between angles", "", f"write `Array<{at.text(-1)}>`"
        return "E0114", at.span(), "type arguments stand between angles", "", f"write `{at.text(-1)}<…>`"
    if at.text() == "*" and at.kind(-1) == "." and "{" in at.fitting and "IDENT" in at.fitting:
        suggestion = "write `import module.{name}`, or `import module` and then `module.name`"
        return "E0114", at.span(), "names are imported one by one", "", suggestion
    return None


_RULES: tuple[Callable[[Situation], Hint | None], ...] = (
    _walrus,
    _several_exceptions,
    _keyword_as_name,
    _if_let,
    _let_in_pattern,
    _result_colon,
    _for_parentheses,
    _foreign_word,
    _foreign_operator,
    _type_first,
    _untyped_parameter,
    _lambda_in_head,
    _arrow_in_head,
    _assignment_in_expression,
    _increment,
    _foreign_symbol,
    _foreign_member,
    _foreign_brackets,
    _leading_operator,
    _bare_fraction,
    _if_without_braces,
    _unnamed_function,
    _bar_lambda,
    _foreign_literal,
)
