"""Codes of flow: assignments, values on every way, jumps."""

from compiler.diagnostics.codes import Code

CODES = (
    Code(
        "E0401",
        "this cannot be assigned to",
        """
What is declared with `let` keeps its value, as do parameters, loop variables and what patterns bind.  Elements of
tuples
and of texts cannot be changed, and module variables only by their own module.""",
        "fun main() {\n    let count = 0\n    count = 1\n    println(count)\n}",
        "fun main() {\n    var count = 0\n    count = 1\n    println(count)\n}",
    ),
    Code(
        "E0402",
        "no value yet",
        """
A variable that is declared without a value must get one on every way that leads to its first use.""",
        "fun main() {\n    let text: String\n    println(text)\n}",
        'fun main() {\n    let text: String\n    text = "a"\n    println(text)\n}',
    ),
    Code(
        "E0403",
        "a way to the end without a value",
        """
A function with a result returns or throws on every way to its end.  A lambda ends with its value.""",
        "fun sign(n: Int) -> Int {\n    if n < 0 { return -1 }\n}\n\nfun main() {\n    println(sign(1))\n}",
        "fun sign(n: Int) -> Int {\n    if n < 0 { return -1 }\n    return 1\n}\n\n"
        "fun main() {\n    println(sign(1))\n}",
    ),
    Code(
        "E0404",
        "a jump from nowhere",
        """
`break` and `continue` stand in loops, or name one that is around them; they cannot leave a lambda.  `return` stands in
functions and lambdas.  No jump leaves a `defer` block: the block around it is being left already.""",
        "fun main() {\n    break\n}",
        "fun main() {\n    while true { break }\n}",
    ),
    Code(
        "E0406",
        "assigned more than once",
        """
A `let` that is declared without a value gets one exactly once on every way.""",
        'fun main() {\n    let text: String\n    text = "a"\n    text = "b"\n    println(text)\n}',
        'fun main() {\n    var text: String\n    text = "a"\n    text = "b"\n    println(text)\n}',
    ),
    Code(
        "E0407",
        "a changing variable that is captured too early",
        """
A lambda shares a variable that changes with the function around it, so the variable needs a value where it is
declared.""",
        "fun main() {\n    var count: Int\n    count = 0\n    let add = { count += 1 }\n"
        "    add()\n    println(count)\n}",
        "fun main() {\n    var count = 0\n    let add = { count += 1 }\n    add()\n    println(count)\n}",
    ),
    Code(
        "E0408",
        "a `yield` out of place",
        """
A function with a `yield` in its body is a generator.  It returns a `Sequence<T>`, an `Iterable<T>` or an `Iterator<T>`,
and each `yield` hands over one element; the body runs when elements are asked for.  A lambda, a `defer` block, a test
or the initial value of a variable cannot be a generator.""",
        "fun digits() -> List<Int> {\n    for i in 0..9 { yield i }\n}",
        "fun digits() -> Sequence<Int> {\n    for i in 0..9 { yield i }\n}",
    ),
    Code(
        "E0409",
        "a `select` that waits for nothing",
        """
Each arm of a `select` but `else` begins with `receive()`, `receiveOrNull()` or `send(value)` of a channel, because it
has to be known what is waited for.  Anything else belongs into the body of the arm.""",
        "fun main() {\n    let numbers = Channel<Int>(1)\n    select {\n        numbers.close() => println(1)\n"
        "    }\n}",
        "fun main() {\n    let numbers = Channel<Int>(1)\n    select {\n        numbers.send(1) => numbers.close()\n"
        "    }\n}",
    ),
    Code(
        "E0410",
        "too many deferred blocks",
        """
A function has at most 200 deferred blocks that wait at the same time.  Collect what is to be done in a list instead,
and defer one loop over it.""",
        "",
        "",
    ),
    Code(
        "E0501",
        "a `match` that does not take every value",
        """
The arms of a `match` take every value that the subject can have.  An arm with a guard does not count, since its guard
may
not hold.  Values that need no arm of their own go to `else`.""",
        "enum Color { Red, Green }\n\nfun show(c: Color) -> Int = match c {\n    Red => 1\n}\n\n"
        "fun main() {\n    println(show(Color.Red))\n}",
        "enum Color { Red, Green }\n\nfun show(c: Color) -> Int = match c {\n    Red => 1\n    Green => 2\n}\n\n"
        "fun main() {\n    println(show(Color.Red))\n}",
    ),
    Code(
        "E0502",
        "unknown case",
        """
A pattern such as `Circle(r)` names a case of an enum or a data class.  Objects of other classes cannot be taken apart;
test them with `is`.""",
        "enum Color { Red, Green }\n\nfun show(c: Color) -> Int = match c {\n    Gren => 1\n    else => 2\n}\n\n"
        "fun main() {\n    println(show(Color.Red))\n}",
        "enum Color { Red, Green }\n\nfun show(c: Color) -> Int = match c {\n    Green => 1\n    else => 2\n}\n\n"
        "fun main() {\n    println(show(Color.Red))\n}",
    ),
    Code(
        "E0503",
        "a pattern that never fits",
        """
The pattern is for values of another type than the subject of the `match` has.""",
        'fun main() {\n    println(match 3 {\n        "three" => 1\n        else => 2\n    })\n}',
        "fun main() {\n    println(match 3 {\n        3 => 1\n        else => 2\n    })\n}",
    ),
    Code(
        "E0504",
        "wrong parts in a pattern",
        """
A pattern gives all parts of a case, tuple or data class in order, or some of them by name.""",
        "data class Point(x: Int, y: Int)\n\nfun main() {\n    println(match Point(1, 2) {\n"
        "        Point(x) => x\n    })\n}",
        "data class Point(x: Int, y: Int)\n\nfun main() {\n    println(match Point(1, 2) {\n"
        "        Point(x, _) => x\n    })\n}",
    ),
    Code(
        "E0505",
        "names that a pattern binds wrongly",
        """
A pattern binds each name once, and the alternatives of a pattern bind the same names with the same types.""",
        "fun main() {\n    println(match (1, 2) {\n        (a, a) => a\n    })\n}",
        "fun main() {\n    println(match (1, 2) {\n        (a, b) => a + b\n    })\n}",
    ),
    Code(
        "E0901",
        "not supported yet",
        """
The language has this, and this compiler does not.  It is refused rather than compiled wrongly.""",
        "",
        "",
    ),
    Code(
        "E0914",
        "a type that is too large",
        """
Types are written with at most 500 names.  Tuples of tuples of tuples grow quickly; declare classes for their parts.""",
        "",
        "",
    ),
    Code(
        "W0201",
        "never used",
        """
A variable whose value nobody reads is left over, or another was meant.  A name that begins with `_` is meant to be
unused.""",
        "fun main() {\n    let unused = 1\n}",
        "fun main() {\n    let _unused = 1\n}",
    ),
    Code(
        "W0202",
        "an import that is never used",
        """
Nothing in this module uses what the import brings in.""",
        'import sys.clock\n\nfun main() {\n    println("x")\n}',
        'fun main() {\n    println("x")\n}',
    ),
    Code(
        "W0203",
        "never reached",
        """
The statements before always jump away, throw or go on for ever; or an earlier `catch` catches all of this.""",
        'fun main() {\n    return\n    println("x")\n}',
        'fun main() {\n    println("x")\n    return\n}',
    ),
    Code(
        "W0204",
        "a name that hides another",
        """
Inside of this scope the outer variable cannot be reached any more, and readers may take one for the other.""",
        "fun main() {\n    let n = 1\n    if n > 0 {\n        let n = 2\n        println(n)\n    }\n}",
        "fun main() {\n    let n = 1\n    if n > 0 {\n        let m = 2\n        println(m)\n    }\n}",
    ),
    Code(
        "W0205",
        "an arm that no value reaches",
        """
The arms before take every value that this pattern takes.""",
        "fun main() {\n    println(match 3 {\n        1 => 1\n        1 => 2\n        else => 3\n    })\n}",
        "fun main() {\n    println(match 3 {\n        1 => 1\n        2 => 2\n        else => 3\n    })\n}",
    ),
    Code(
        "W0206",
        "a variable that never changes",
        """
Nothing assigns the variable after its declaration, so `let` says more about it.""",
        "fun main() {\n    var count = 1\n    println(count)\n}",
        "fun main() {\n    let count = 1\n    println(count)\n}",
    ),
    Code(
        "W0207",
        "a test that always has one result",
        """
The types say already what the test would find out: a value that is never null, an object that is always of the
class.""",
        'fun main() {\n    let text = "a"\n    println(text == null)\n}',
        'fun main() {\n    let text = "a"\n    println(text == "b")\n}',
    ),
    Code(
        "W0208",
        "a value that is not used",
        """
The statement computes a value and does nothing with it.  Perhaps `=` was meant instead of `==`.""",
        "fun main() {\n    var count = 1\n    count == 2\n    count = 3\n    println(count)\n}",
        "fun main() {\n    var count = 1\n    count = 3\n    println(count)\n}",
    ),
    Code(
        "W0209",
        "a name in a text that is only text",
        """
A value is put into a text by `${ }`; a `$` before anything else is a `$`.  Where that is meant, `\\$name` says so.""",
        'fun main() {\n    let name = "Ada"\n    println("hello $name, or ${name}")\n}',
        'fun main() {\n    let name = "Ada"\n    println("hello ${name}, or ${name}")\n}',
    ),
)
