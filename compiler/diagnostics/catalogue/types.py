"""Codes of types: what expressions are, and what can be done with them."""

from compiler.diagnostics.codes import Code


def _main(*lines: str) -> str:
    """Put statements into a program."""
    return "fun main() {\n" + "\n".join(f"    {line}" for line in lines) + "\n}"


CODES = (
    Code(
        "E0303",
        "an operator that the type does not have",
        """
Operators are methods: `a + b` is `a.plus(b)`, `a < b` asks `compareTo`, `a[i]` is `a.get(i)`, `x in c` is
`c.contains(x)`.  The type on the left has no such method, and no extension function that is one is in sight.
`===` compares objects, which numbers are not.""",
        "class Point(let x: Int)\n\n" + _main("println(Point(1) + Point(2))"),
        "class Point(let x: Int) {\n    fun plus(other: Point) -> Point = Point(x + other.x)\n}\n\n"
        + _main("println((Point(1) + Point(2)).x)"),
    ),
    Code(
        "E0304",
        "unknown member",
        """
The type of the value has no property or method of this name, and no extension function for it is in sight.""",
        _main('println("abc".length)'),
        _main('println("abc".size)'),
    ),
    Code(
        "E0305",
        "this may be null",
        """
A value of a type with a question mark may be null, and null has no members.  Test it before, as in `if x != null`; use
`x?.size`, which is null if `x` is; give another value with `x ?: other`; or write `x!!`, which throws.  A test of a
property that can change proves nothing: copy it to a `let` first.""",
        "fun find() -> String? = null\n\n" + _main("println(find().size)"),
        "fun find() -> String? = null\n\n" + _main("println(find()?.size)"),
    ),
    Code(
        "E0306",
        "this cannot be called",
        """
Only functions, lambdas, methods and classes are called.""",
        _main("let number = 3", "number()"),
        _main("let number = { -> 3 }", "number()"),
    ),
    Code(
        "E0307",
        "wrong number of arguments",
        """
A call gives each parameter without a default a value, and no more than there are parameters.""",
        "fun area(w: Int, h: Int) -> Int = w * h\n\n" + _main("println(area(1))"),
        "fun area(w: Int, h: Int) -> Int = w * h\n\n" + _main("println(area(1, 2))"),
    ),
    Code(
        "E0308",
        "a value of the wrong type",
        """
A value is needed of one type, and the expression has another.  Nothing is converted silently: numbers are converted
with
functions such as `toFloat`, anything becomes text with `"${x}"`, what may be null is tested or has a `?: other`.""",
        "fun half(x: Float) -> Float = x / 2.0\n\n" + _main('println(half("4"))'),
        "fun half(x: Float) -> Float = x / 2.0\n\n" + _main("println(half(4.0))"),
    ),
    Code(
        "E0309",
        "a wrong name of an argument",
        """
Arguments without names come first, in order; the others say which parameter they are for, each once.""",
        "fun area(w: Int, h: Int) -> Int = w * h\n\n" + _main("println(area(w: 1, height: 2))"),
        "fun area(w: Int, h: Int) -> Int = w * h\n\n" + _main("println(area(w: 1, h: 2))"),
    ),
    Code(
        "E0310",
        "no function of this name fits",
        """
Several functions share the name.  Exactly one of them must take the arguments given; if several do, the one with the
narrower parameters is meant.""",
        "fun show(n: Int) {}\nfun show(s: String) {}\n\n" + _main("show(true)"),
        "fun show(n: Int) {}\nfun show(s: String) {}\n\n" + _main('show("true")'),
    ),
    Code(
        "E0311",
        "a type cannot be inferred",
        """
Type arguments and the types of lambda parameters follow from arguments and from what is expected.  Here nothing says
what
they are, so write them.""",
        _main("let names = List()", "println(names)"),
        _main("let names = List<String>()", "println(names)"),
    ),
    Code(
        "E0313",
        "wrong parameters of a lambda",
        """
A lambda takes as many parameters as it is given arguments.  With one argument they can be left out: it is called
`it`.""",
        _main("println([1, 2].map { a, b -> 1 })"),
        _main("println([1, 2].map { a -> a + 1 })"),
    ),
    Code(
        "E0314",
        "a number that does not fit its type",
        """
A literal takes the integer type that is expected, else `Int`, and must be in its range.""",
        _main("let byte: UInt8 = 256", "println(byte)"),
        _main("let byte: UInt8 = 255", "println(byte)"),
    ),
    Code(
        "E0315",
        "a constant expression that would throw",
        """
What consists of literals is computed while compiling.  This would throw `ArithmeticError` whenever it runs.  `&+`, `&-`
and `&*` wrap around instead.""",
        _main("println(7 / 0)"),
        _main("println(7 / 1)"),
    ),
    Code(
        "E0316",
        "a machine value as an interface",
        """
Numbers, texts and arrays are values of the machine and no objects, so they cannot stand where an object of an interface
is wanted, although they do what the interface asks for.  A type parameter with a bound takes them.""",
        "fun same(a: Comparable<Int>) -> Int = 1\n\n" + _main("println(same(3))"),
        "fun same<T: Comparable<T>>(a: T) -> T = a\n\n" + _main("println(same(3))"),
    ),
    Code(
        "E0317",
        "a test of what is not known at run time",
        """
Objects of generic classes know those of their type arguments that are primitives or `String`, and no others.  Whether a
list is a `List<Point>` can be tested only where that follows from what it is known to be.  Neither can be tested what a
type parameter stands for, or the type of a function.""",
        "class Point\n\nfun test(x: Any) -> Bool = x is List<Point>\n\n" + _main("println(test(1))"),
        "class Point\n\nfun test(x: Any) -> Bool = x is List<Int>\n\n" + _main("println(test(1))"),
    ),
    Code(
        "E0318",
        "a test that never holds",
        """
No value is of both types, so the test, the cast or the comparison cannot succeed.  Numbers are converted by functions,
not by `as`.""",
        _main("println(3 as Float)"),
        _main("println((3).toFloat())"),
    ),
    Code(
        "E0319",
        "`for` cannot walk over this",
        """
`for` walks over ranges, arrays, texts, and everything that has a method `iterator` whose result has `hasNext` and
`next`.""",
        _main("for i in 10 { println(i) }"),
        _main("for i in 0..<10 { println(i) }"),
    ),
    Code(
        "E0320",
        "elements without a value",
        """
A new array holds zeros, or nulls.  If its elements are never null there is nothing that it could hold: say that they
may
be, or make each with a function.""",
        _main("let names = Array<String>(3)", "println(names.size)"),
        _main('let names = arrayWith(3) { i -> "${i}" }', "println(names.size)"),
    ),
    Code(
        "E0321",
        "numbers of different types",
        """
Arithmetic and comparisons need two numbers of one type, and none is converted silently, because that can lose
digits.""",
        _main("let count = 3", "println(0.5 * count)"),
        _main("let count = 3", "println(0.5 * count.toFloat())"),
    ),
    Code(
        "E0322",
        "a test that proves nothing later",
        """
The variable can get another value between the test and this use, because a lambda assigns it, or because it is assigned
elsewhere while this lambda uses it.  Copy it to a `let` and test the copy.""",
        "fun find() -> String? = null\n\n"
        + _main(
            "var name = find()",
            "let clear = { name = null }",
            "if name != null {",
            "    clear()",
            "    println(name.size)",
            "}",
        ),
        "fun find() -> String? = null\n\n"
        + _main(
            "var name = find()",
            "let clear = { name = null }",
            "let now = name",
            "if now != null {",
            "    clear()",
            "    println(now.size)",
            "}",
        ),
    ),
    Code(
        "E0323",
        "no value",
        """
A function without a result type returns nothing, so its call has no value that could be used.""",
        "fun log() {}\n\n" + _main("let x = log()", "println(x)"),
        "fun log() -> Int = 1\n\n" + _main("let x = log()", "println(x)"),
    ),
    Code(
        "E0324",
        "an `if` without `else` as a value",
        """
If the condition does not hold, an `if` without `else` has no value.""",
        "fun sign(n: Int) -> Int = if n < 0 { -1 }\n\n" + _main("println(sign(1))"),
        "fun sign(n: Int) -> Int = if n < 0 { -1 } else { 1 }\n\n" + _main("println(sign(1))"),
    ),
    Code(
        "E0325",
        "this cannot be taken apart so",
        """
Tuples and objects of data classes are taken apart, into as many names as they have parts.  `_` skips one.""",
        _main("let (a, b) = (1, 2, 3)", "println(a + b)"),
        _main("let (a, b, _) = (1, 2, 3)", "println(a + b)"),
    ),
    Code(
        "E0326",
        "a wrong `...`",
        """
`values...` hands an array over as all the values of a variadic parameter.""",
        "fun count(xs: Int...) -> Int = xs.size\n\n" + _main("let list = [1, 2]", "println(count(list...))"),
        "fun count(xs: Int...) -> Int = xs.size\n\n" + _main("println(count(1, 2))"),
    ),
    Code(
        "E0327",
        "not an exception",
        """
Only objects of `Exception` and its subclasses are thrown and caught.""",
        _main('throw "broken"'),
        _main('throw StateError("broken")'),
    ),
    Code(
        "E0329",
        "no `this` or `super` here",
        """
`this` is the object of a method or an extension function.  `super.name` is what the superclass has under a name.""",
        _main("println(this)"),
        "class Me {\n    fun show() {\n        println(this)\n    }\n}\n\n" + _main("Me().show()"),
    ),
    Code(
        "E0332",
        "static and not static mixed up",
        """
Static members belong to the class and are used with its name; all others belong to objects.""",
        "class Counter {\n    static let limit: Int = 10\n}\n\n" + _main("println(Counter().limit)"),
        "class Counter {\n    static let limit: Int = 10\n}\n\n" + _main("println(Counter.limit)"),
    ),
)
