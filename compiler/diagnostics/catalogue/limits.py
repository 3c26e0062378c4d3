"""Codes of the limits on source texts."""

from compiler.diagnostics.codes import Code

CODES = (
    Code(
        "E0911",
        "nested too deeply",
        """
Brackets, operators, calls, types, patterns and branches may be nested 500 levels deep.  A chain such as
`a + b + c` nests one level for each operator, and so does a chain of `else if`.  Give inner parts a name, or
put long lists of values into a list literal, which nests one level only.""",
        "",
        "",
    ),
    Code(
        "E0912",
        "line too long",
        """
A line may have 1,048,576 characters.  Longer ones are data rather than code: read them from a file, or break them
after an operator or a comma.""",
        "",
        "",
    ),
    Code(
        "E0913",
        "source file too large",
        """
A source file may have 16,777,216 characters and 1,000,000 tokens.  Split it into modules; large tables are better
read from a file at run time.""",
        "",
        "",
    ),
    Code(
        "E0915",
        "too large for a module",
        """
A function, a class or an enum case has at most 250 parameters.  A function with its captured values has at most 255
parameters and 65,535 variables, and a program 4,194,304 bytes of code.  Hand over lists or objects, split functions,
and read large tables at run time.""",
        "",
        "",
    ),
)
