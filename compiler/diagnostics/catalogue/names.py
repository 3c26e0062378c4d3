"""Codes of names: modules, visibility, what is declared and what is not."""

from compiler.diagnostics.codes import Code

CODES = (
    Code(
        "E0201",
        "unknown module",
        """
`import a.b` looks for the file `a/b.peb`, first in the folder of the program, then in the standard library.  Neither
has it.""",
        'import maths\n\nfun main() {\n    println("x")\n}',
        "",
    ),
    Code(
        "E0202",
        "modules that import each other",
        """
Imports form no cycles: a module's variables get their values after those of the modules it imports, and in a cycle no
module could be first.  Move what both modules need into a third one.""",
        "",
        "",
    ),
    Code(
        "E0203",
        "not visible here",
        """
What a module declares is its own unless it says `pub`.  Members of a class are as visible as the class, except
`private` ones, which only the class itself uses, and `protected` ones, which its subclasses use too.""",
        "class Safe(private let code: Int)\n\nfun main() {\n    println(Safe(4).code)\n}",
        "class Safe(let code: Int)\n\nfun main() {\n    println(Safe(4).code)\n}",
    ),
    Code(
        "E0204",
        "the module has no such name",
        """
`import a.{b}` brings the public declaration `b` of module `a` into sight.  The module declares nothing of this
name.""",
        "",
        "",
    ),
    Code(
        "E0205",
        "declared twice",
        """
A name means one thing in one scope.  Only functions may share a name, if their parameters differ in number or type.  A
name that an import brings in can be changed with `as`.""",
        "let limit = 1\nlet limit = 2\n\nfun main() {\n    println(limit)\n}",
        "let limit = 1\nlet other = 2\n\nfun main() {\n    println(limit + other)\n}",
    ),
    Code(
        "E0206",
        "unknown name",
        """
Nothing of this name is in sight: no local, no member of the object around, no declaration of the module, nothing
imported, nothing in the core of the library.  Names distinguish capital and small letters.""",
        "fun main() {\n    let length = 3\n    println(lenght + length)\n}",
        "fun main() {\n    let length = 3\n    println(length + length)\n}",
    ),
    Code(
        "E0207",
        "unknown type",
        """
There is no class, interface, enum, type alias or type parameter of this name.  The basic types are `Int`, `Float`,
`Bool`, `Char` and `String`; `Unit` is the result of functions that return nothing.""",
        "fun half(x: int) -> Int = 1\n\nfun main() {\n    println(half(2))\n}",
        "fun half(x: Int) -> Int = x / 2\n\nfun main() {\n    println(half(2))\n}",
    ),
    Code(
        "E0208",
        "not a value",
        """
Classes, modules and methods are no values.  Call a class to make an object.  To pass a method on as a function, put the
call into a lambda.""",
        'fun main() {\n    let f = "abc".upper\n    println(f)\n}',
        'fun main() {\n    let f = { -> "abc".upper() }\n    println(f())\n}',
    ),
)
