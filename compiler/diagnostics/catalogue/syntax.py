"""Codes of the syntax: what scanner, layout and parser report."""

from compiler.diagnostics.codes import Code

CODES = (
    Code(
        "E0100",
        "the source is no text",
        """
A source file is text in UTF-8.  NUL characters, halves of surrogate pairs and bytes that are not UTF-8 mean that
the file is something else, or was damaged.""",
        "",
        "",
    ),
    Code(
        "E0101",
        "something else was expected here",
        """
The program cannot be read on at this place.  The message says what could stand here, and what does.  Statements end
at the line end, so an operator that joins two lines stands at the end of the first one.""",
        "let sum = 1 +\nlet product = 2",
        "let sum = 1 +\n    1\nlet product = 2",
    ),
    Code(
        "E0102",
        "bracket never closed",
        """
Every `(`, `[` and `{` needs its closing bracket.  If a `}` is missing, the brace shown is the one whose closing
brace stands further left than it does itself, since that is where the `}` was probably forgotten.""",
        'fun greet() {\n    println("hello"\n}',
        'fun greet() {\n    println("hello")\n}',
    ),
    Code(
        "E0103",
        "closing bracket without an opening one",
        """
No bracket of this kind is open here.  Either it is one too many, or its opening bracket was closed before by mistake.
""",
        'fun greet() {\n    println("hello"))\n}',
        'fun greet() {\n    println("hello")\n}',
    ),
    Code(
        "E0104",
        "string never closed",
        """
A string between `"` and `"` ends on the line on which it begins, and so does every `${...}` in it.  Text of several
lines stands between `\"""` and `\"""`; the indentation that its lines share is removed.""",
        'let greeting = "hello',
        'let greeting = "hello"\nlet poem = """\n    first line\n    second line\n    """',
    ),
    Code(
        "E0105",
        "comment never closed",
        """
A comment that begins with `/*` ends with `*/`.  Such comments nest: each `/*` inside needs its own `*/`.""",
        "/* outer /* inner */\nlet x = 1",
        "/* outer /* inner */ */\nlet x = 1",
    ),
    Code(
        "E0106",
        "unknown escape",
        r"""
In strings and characters the escapes are \n \r \t \0 \\ \" \' \$ and \u{...} with the hexadecimal number of a
Unicode scalar value.  Raw strings, as in r"\d+", have no escapes.""",
        'let digits = "\\d+"',
        'let digits = r"\\d+"',
    ),
    Code(
        "E0107",
        "wrong character literal",
        """
Between single quotes stands exactly one character.  Text stands between double quotes.""",
        "let name = 'Ada'",
        "let name = \"Ada\"\nlet initial = 'A'",
    ),
    Code(
        "E0108",
        "malformed number",
        """
Numbers are written in decimal, or with `0x`, `0b`, `0o` in another base; `_` may stand between digits.  They have no
suffix: the type follows from where they stand.  A fraction has digits on both sides of its point.""",
        "let timeout = 100L",
        "let timeout = 100\nlet mask = 0xFF_FF\nlet half = 0.5",
    ),
    Code(
        "E0109",
        "number too large",
        """
An integer has at most 64 bits: 9223372036854775807 is the largest Int and 18446744073709551615 the largest UInt64.
A float is at most 1.7976931348623157e308.""",
        "let huge = 99999999999999999999",
        "let huge: UInt64 = 18446744073709551615",
    ),
    Code(
        "E0110",
        "character that belongs nowhere",
        """
This character begins no name, number, string or operator.  Names consist of letters, digits and `_`.  Editors and web
pages sometimes replace quotes and dashes by typographic ones.""",
        "let x = 1 # one",
        "let x = 1 // one",
    ),
    Code(
        "E0111",
        "operators that cannot be chained",
        """
Comparisons, type tests and ranges do not associate: `a < b < c` would compare a Bool with c.  Join two comparisons
with `&&`, or say with parentheses what is meant.""",
        "fun between(a: Int, b: Int, c: Int) -> Bool = a < b < c",
        "fun between(a: Int, b: Int, c: Int) -> Bool = a < b && b < c",
    ),
    Code(
        "E0112",
        "this cannot be assigned to",
        """
On the left of an assignment stands a variable, a property, an element `a[i]`, or a tuple of these: `(a, b) = (b, a)`.
After `?.`, and to a tuple, only plain `=` is possible.""",
        "fun f(a: Int, b: Int) {\n    a + b = 3\n}",
        "fun f(a: Int, b: Int) {\n    let sum = a + b\n}",
    ),
    Code(
        "E0113",
        "modifier that cannot stand here",
        """
Each kind of declaration has its modifiers: `pub` shows a declaration to other modules; `open`, `override`, `abstract`
and `static` belong to members of classes; `data` to classes.  None is written twice.""",
        "override fun area() -> Float = 1.0",
        "fun area() -> Float = 1.0",
    ),
    Code(
        "E0114",
        "spelling of another language",
        """
Other languages write this so.  The message says how Pebble does: `fun` declares functions, `let` constants, `var`
variables; `&&`, `||` and `!` are the logical operators; `if` and `match` are expressions, so there is no `? :`.""",
        "func twice(n: Int) -> Int {\n    return n > 0 ? n * 2 : 0\n}",
        "fun twice(n: Int) -> Int {\n    return if n > 0 { n * 2 } else { 0 }\n}",
    ),
    Code(
        "E0115",
        "misplaced import or file annotation",
        """
A file begins with its `@file:` annotations, then its imports, then its declarations.""",
        "let x = 1\nimport math",
        "import math\nlet x = 1",
    ),
    Code(
        "E0116",
        "keyword used as a name",
        """
Keywords cannot be names, except after a dot, where nothing else could stand.  In backquotes any word is a name.""",
        "let class = 3",
        "let kind = 3\nlet `class` = 3",
    ),
    Code(
        "E0117",
        "`try` that handles nothing",
        """
A `try` needs at least one `catch` or a `finally`.""",
        "fun f() {\n    try { risky() }\n}",
        "fun f() {\n    try { risky() } catch (e: Error) { println(e.message) }\n}",
    ),
    Code(
        "E0118",
        "declaration that cannot stand here",
        """
Inside functions only `let`, `var` and `fun` declare.  Classes, interfaces, enums and type aliases stand at module
level or in a class, tests at module level, `init` blocks in classes.  A property has one name; variables of
functions and modules may take a tuple apart.
""",
        "fun f() {\n    class Helper {}\n}",
        "class Helper {}\n\nfun f() {}",
    ),
    Code(
        "E0119",
        "type before the name, or no type",
        """
A type stands after the name and a colon.  Parameters always have one; variables need none if they have a value.""",
        "fun area(int width, height) -> Int = width * height",
        "fun area(width: Int, height: Int) -> Int = width * height",
    ),
    Code(
        "E0120",
        "result type after a colon",
        """
The result type of a function stands after `->`.  A colon gives the type of a variable or parameter.""",
        "fun answer(): Int = 42",
        "fun answer() -> Int = 42",
    ),
    Code(
        "E0121",
        "assignment used as an expression",
        """
An assignment is a statement and has no value.  Comparison is `==`; an argument is named with a colon.""",
        "fun f(a: Int) {\n    if a = 3 { println(a) }\n}",
        "fun f(a: Int) {\n    if a == 3 { println(a) }\n}",
    ),
    Code(
        "E0122",
        "trailing lambda in a head",
        """
In the head of `if`, `while`, `for` and `match` a `{` opens the body.  A call with a trailing lambda stands in
parentheses there.""",
        "fun f(items: List<Int>) {\n    if items.any { it > 0 } { println(1) }\n}",
        "fun f(items: List<Int>) {\n    if (items.any { it > 0 }) { println(1) }\n}",
    ),
    Code(
        "E0123",
        "invisible character that reorders text",
        """
Bidirectional control characters can make a program look different from what it does.  They are refused everywhere; in
a string they are written with \\u{...}.""",
        'let name = "a\u202eb"',
        'let name = "a\\u{202E}b"',
    ),
    Code(
        "E0127",
        "type that says nothing",
        """
A type is nullable once: `T??` is `T?`.  `()` is no type; a function that returns nothing has no result type, and
where a type is needed it is `Unit`.""",
        "let name: String?? = null",
        "let name: String? = null",
    ),
    Code(
        "E0129",
        "head of a function or of a generic declaration",
        """
Type parameters are plain names, with a bound after a colon, written once: after `fun` or after the function's name.
The receiver of an extension is a class with plain type arguments, nullable or not.""",
        "fun first<List<Int>>() -> Int = 1",
        "fun first<T>(items: List<T>) -> T = items[0]",
    ),
    Code(
        "W0101",
        "needless semicolon",
        """
A statement ends at the line end.  A `;` is only useful between two statements on one line.""",
        "let x = 1;",
        "let x = 1",
    ),
    Code(
        "W0102",
        "documentation that belongs to nothing",
        """
A comment that begins with `///` documents the declaration on the next line, or, followed by an empty line at the top of
a file, the module.  Elsewhere it is lost.""",
        "fun f() {\n    /// adds\n    println(1 + 1)\n}",
        "/// Adds.\nfun f() {\n    println(1 + 1)\n}",
    ),
)
