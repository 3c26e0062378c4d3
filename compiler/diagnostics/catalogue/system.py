"""System modules and the word `unsafe`."""

from __future__ import annotations

from compiler.diagnostics.codes import Code

CODES = (
    Code(
        "E0902",
        "`unsafe` where there is none",
        """
Raw memory is for the system modules of PVM's runtime image, and every function there may use it.  A program cannot:
it could break the machine that it runs on.""",
        "fun main() {\n    unsafe { println(1) }\n}",
        "fun main() {\n    println(1)\n}",
    ),
    Code(
        "E0903",
        "a declaration that system modules do not have",
        """
System modules consist of functions, constants and type aliases at the top level, without type parameters.  What they
keep is in memory, at addresses.""",
        "class Block(start: Address)",
        'fun blockStart(block: Address) -> Address = Address(block.loadUInt32())\n\n@export("start")\n'
        "fun start(block: Int) -> Int = blockStart(Address(block)).toInt()",
    ),
    Code(
        "E0904",
        "a value that system modules do not have",
        """
System modules have numbers, Bool and addresses.  Text, lists, function values, `null` and everything else that is an
object would have to be allocated, and system modules are what allocates.""",
        '@export("name")\nfun name() -> Int {\n    let text = "name"\n    return 1\n}',
        "@export(\"name\")\nfun name(at: Address) -> Int {\n    at.storeInt8('n')\n    return 1\n}",
    ),
    Code(
        "E0905",
        "control flow that system modules do not have",
        """
Exceptions, generators, tasks and calls of the host need the machine around them, which system modules are a part of.
A function says in its result that it failed.""",
        '@export("check")\nfun check(n: Int) {\n    assert n > 0\n}',
        '@export("check")\nfun check(n: Int) -> Bool = n > 0',
    ),
    Code(
        "E0906",
        "a variable of a system module",
        """
At the top level of a system module are constants only, and their values are computed when it is compiled: literals,
operators, other constants, `Address(…)`.  A variable is kept in memory, at an address that is a constant.""",
        "var count = 0",
        'let countAt = Address(64)\n\n@export("count")\nfun count() -> Int {\n    let count = countAt.loadInt64() + 1\n'
        "    countAt.storeInt64(count)\n    return count\n}",
    ),
)
