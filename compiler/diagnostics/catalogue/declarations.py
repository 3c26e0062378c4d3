"""Codes of declarations: classes, inheritance, functions, annotations."""

from compiler.diagnostics.codes import Code

CODES = (
    Code(
        "E0210",
        "a class that inherits from itself",
        """
Following superclasses and interfaces upward must come to an end.""",
        "open class A : B()\nopen class B : A()\n\nfun main() {\n    println(A())\n}",
        "open class A\nopen class B : A()\n\nfun main() {\n    println(B())\n}",
    ),
    Code(
        "E0211",
        "this cannot be inherited from",
        """
A class inherits from at most one other class, which must be `open` or `abstract`, and from any number of interfaces.
Interfaces and enums inherit from interfaces only.  Types of the machine such as `Int` and enums cannot be inherited
from.  A bound of a type parameter is a class or an interface.""",
        "class Base\nclass Derived : Base()\n\nfun main() {\n    println(Derived())\n}",
        "open class Base\nclass Derived : Base()\n\nfun main() {\n    println(Derived())\n}",
    ),
    Code(
        "E0212",
        "`override` is missing",
        """
A member that replaces one of a superclass, or does what an interface asks for, says so with `override`.  So nobody
overrides by accident.""",
        'class Dog {\n    fun toString() -> String = "dog"\n}\n\nfun main() {\n    println(Dog())\n}',
        'class Dog {\n    override fun toString() -> String = "dog"\n}\n\nfun main() {\n    println(Dog())\n}',
    ),
    Code(
        "E0213",
        "overrides nothing",
        """
No superclass and no interface of this class has a member of this name.""",
        'class Dog {\n    override fun text() -> String = "dog"\n}\n\nfun main() {\n    println(Dog().text())\n}',
        'class Dog {\n    fun text() -> String = "dog"\n}\n\nfun main() {\n    println(Dog().text())\n}',
    ),
    Code(
        "E0214",
        "does not fit what it overrides",
        """
An overriding member has the same parameters as the one that it overrides, its result is of the same type or a kind of
it, and the other one is `open`, `abstract`, or itself an override in an open class.""",
        'class Dog {\n    override fun hash() -> String = "1"\n}\n\nfun main() {\n    println(Dog())\n}',
        "class Dog {\n    override fun hash() -> Int = 1\n}\n\nfun main() {\n    println(Dog())\n}",
    ),
    Code(
        "E0215",
        "members that are not implemented",
        """
A class that is not `abstract` has a body for every abstract member of its superclasses and interfaces.  If two
interfaces have a default for the same member, the class overrides it.""",
        "interface Ranked {\n    fun rank() -> Int\n}\nclass Card : Ranked\n\nfun main() {\n    println(Card())\n}",
        "interface Ranked {\n    fun rank() -> Int\n}\nclass Card : Ranked {\n    override fun rank() -> Int = 1\n}\n\n"
        "fun main() {\n    println(Card())\n}",
    ),
    Code(
        "E0216",
        "a body too many or too few",
        """
Functions have bodies, except abstract methods and functions of the host.  Only an abstract class has abstract methods,
only an open one has methods that are `open`.""",
        "fun answer() -> Int\n\nfun main() {\n    println(answer())\n}",
        "fun answer() -> Int = 42\n\nfun main() {\n    println(answer())\n}",
    ),
    Code(
        "E0217",
        "this cannot be constructed",
        """
There are no objects of abstract classes, interfaces and enums themselves, only of the classes below them and of the
cases.  Numbers are written, or converted from others by functions such as `toInt`.""",
        "abstract class Shape\n\nfun main() {\n    println(Shape())\n}",
        "abstract class Shape\nclass Circle : Shape()\n\nfun main() {\n    println(Circle())\n}",
    ),
    Code(
        "E0218",
        "the superclass needs arguments",
        """
A class hands the arguments for the constructor of its superclass to it in the header.""",
        "open class Animal(let name: String)\nclass Dog : Animal\n\nfun main() {\n    println(Dog().name)\n}",
        'open class Animal(let name: String)\nclass Dog : Animal("dog")\n\nfun main() {\n    println(Dog().name)\n}',
    ),
    Code(
        "E0219",
        "no initial value",
        """
Properties and module variables have a value from the start, because nobody may see one that has none.  Give the value
where the property is declared, or make the property a parameter of the class.  What is not known yet can be of a type
that may be null.""",
        "class Counter {\n    var count: Int\n}\n\nfun main() {\n    println(Counter().count)\n}",
        "class Counter {\n    var count: Int = 0\n}\n\nfun main() {\n    println(Counter().count)\n}",
    ),
    Code(
        "E0220",
        "the object does not exist yet",
        """
An object comes to be in two steps: first all of its properties get their values, then the object exists and `init`
runs.  The value of a property can use the parameters of the class and the properties before it, but neither `this` nor
methods.""",
        "class Square(let side: Int) {\n    let area: Int = compute()\n    fun compute() -> Int = side * side\n}\n\n"
        "fun main() {\n    println(Square(2).area)\n}",
        "class Square(let side: Int) {\n    let area: Int = side * side\n}\n\nfun main() {\n"
        "    println(Square(2).area)\n}",
    ),
    Code(
        "E0221",
        "a modifier that means nothing here",
        """
Every modifier has its place: `open`, `override` and `abstract` on members that can be overridden, `private` and
`protected` on members, `pub` on what a module declares.  Some exclude each other.""",
        "class Point(private x: Int)\n\nfun main() {\n    println(Point(1))\n}",
        "class Point(private let x: Int)\n\nfun main() {\n    println(Point(1))\n}",
    ),
    Code(
        "E0222",
        "a wrong annotation",
        """
Programs know `@export`, on functions that the host may call, and `@host("name")`, on functions of the host.  Others are
for the standard library alone, which is allowed to reach below the language.""",
        "@exprot\nfun run() {}\n\nfun main() {\n    run()\n}",
        "@export\nfun run() {}\n\nfun main() {\n    run()\n}",
    ),
    Code(
        "E0223",
        "a type that the host does not know",
        """
Between the host and a program go numbers, `Bool`, `Char`, `String`, `String?`, `Any`, `Any?` and arrays of primitives.
Hand over the parts of other things.""",
        '@export\nfun names() -> List<String> = ["a"]\n\nfun main() {\n    println(names())\n}',
        '@export\nfun names() -> String = ["a"].join(",")\n\nfun main() {\n    println(names())\n}',
    ),
    Code(
        "E0224",
        "a wrong `main`",
        """
A program starts with `main`, which takes nothing or the arguments of the program, and returns nothing or the exit
status.""",
        "fun main(count: Int) {\n    println(count)\n}",
        "fun main(args: Array<String>) {\n    println(args.size)\n}",
    ),
    Code(
        "E0225",
        "a declaration that cannot stand here",
        """
Interfaces and enums store nothing, so their properties are computed.  Extension functions stand outside of classes and
functions.  A local function that uses the variables around it takes no type parameters and no defaults.""",
        "interface Shape {\n    let size: Int = 3\n}\n\nfun main() {\n    println(1)\n}",
        "interface Shape {\n    let size: Int\n        get() = 3\n}\n\nfun main() {\n    println(1)\n}",
    ),
    Code(
        "E0226",
        "a wrong enum",
        """
An enum has at least one case.  If one case has a number, as in `Low = 1`, all have.""",
        "enum Level {\n    Low = 1\n    High\n}\n\nfun main() {\n    println(Level.Low)\n}",
        "enum Level {\n    Low = 1\n    High = 2\n}\n\nfun main() {\n    println(Level.Low.value)\n}",
    ),
    Code(
        "E0227",
        "wrong number of type arguments",
        """
A generic type needs one argument for each of its type parameters; other types take none.""",
        "fun size(items: List) -> Int = 0\n\nfun main() {\n    println(size([1]))\n}",
        "fun size(items: List<Int>) -> Int = items.size\n\nfun main() {\n    println(size([1]))\n}",
    ),
    Code(
        "E0228",
        "a bound that is not met",
        """
A type parameter with a bound, as in `<T: Comparable<T>>`, takes only types that are a kind of the bound.""",
        "class Card(let rank: Int)\n\nfun main() {\n    println(max(Card(1), Card(2)))\n}",
        "class Card(let rank: Int) : Comparable<Card> {\n"
        "    override fun compareTo(other: Card) -> Int = rank - other.rank\n}\n\n"
        "fun main() {\n    println(max(Card(1), Card(2)))\n}",
    ),
    Code(
        "E0229",
        "a wrong parameter",
        """
A variadic parameter is the last one and has no default.  An overriding method inherits the defaults of what it
overrides.""",
        "fun sum(numbers: Int..., scale: Int) -> Int = scale * numbers.size\n\nfun main() {\n    println(1)\n}",
        "fun sum(scale: Int, numbers: Int...) -> Int = scale * numbers.size\n\nfun main() {\n"
        "    println(sum(1, 2, 3))\n}",
    ),
    Code(
        "E0230",
        "a type alias that means itself",
        """
An alias is another name for a type, so it cannot be part of that type.  Recursive things are classes or enums.""",
        "typealias Tree = List<Tree>\n\nfun main() {\n    println(1)\n}",
        "class Tree(let children: List<Tree>)\n\nfun main() {\n    println(Tree([]))\n}",
    ),
    Code(
        "E0231",
        "a type must be written",
        """
A type can be left out where it follows from a value.  It does not follow from `null`, nor from a value that needs the
very declaration that it belongs to.""",
        "fun count(n: Int) = if n == 0 { 0 } else { count(n - 1) }\n\nfun main() {\n    println(count(3))\n}",
        "fun count(n: Int) -> Int = if n == 0 { 0 } else { count(n - 1) }\n\nfun main() {\n    println(count(3))\n}",
    ),
)
