abstract class Animal extends Object {
  const name: ref string
  method Animal.describe (ref Animal) -> ref string = Animal.describe
  method Animal.sound (ref Animal) -> ref string
}

final class Dog extends Animal {
  method Animal.sound (ref Animal) -> ref string = Dog.sound
}

final class Cat extends Animal {
  method Animal.describe (ref Animal) -> ref string = Cat.describe
  method Animal.sound (ref Animal) -> ref string = Cat.sound
}

interface Comparable {
  method Comparable.compareTo (ref Comparable, ref? any) -> i64
}

final class Version extends Object implements Comparable {
  const number: i64
  method Comparable.compareTo (ref Version, ref? any) -> i64 = "Version.compareTo (bridge)"
}

func main() -> i64 {
  .local ref array ref
  .local ref List
  .local i64
  .local animal: ref Animal
  .line dispatch.peb 24:19
    i64.const 2
    array.new ref
    local.set #0
    local.get #0
    i64.const 0
    string.const "Rex"
  .line 24:20
    object.new Dog
    array.set ref
    local.get #0
    i64.const 1
    string.const "Tom"
  .line 24:32
    object.new Cat
    array.set ref
    local.get #0
  .line 24:19
    call listOf
    local.set #1
    i64.const 0
    local.set #2
    jump @L1
@L0:
    local.get #1
    local.get #2
    call List.get
    ref.cast ref Animal
    local.set animal
  .line 24:54
    local.get animal
    call.virtual Animal."Animal.describe"
  .line 24:46
    call println
    local.get #2
    i64.const 1
    i64.add
    local.set #2
@L1:
  .line 24:19
    local.get #2
    local.get #1
    call List.size.get
    i64.lt_s
    branch.if @L0
  .line 25:13
    i64.const 1
  .line 25:21
    object.new Version
    i64.const 2
  .line 25:33
    object.new Version
  .line 25:13
    call largest
    ref.cast ref Version
    field.get Version.number
    object.new Box<Int>
  .line 25:5
    call println
  .line 26:13
    i64.const 3
    i64.const 4
    call largest<Int>
    object.new Box<Int>
  .line 26:5
    call println
  .line 27:13
    string.const "a"
    string.const "b"
    call largest<String>
  .line 27:5
    call println
    i64.const 0
    return
}

func Animal.describe(this: ref Animal) -> ref string {
    local.get this
    field.get Animal.name
    string.const " says "
    local.get this
  .line dispatch.peb 5:53
    call.virtual Animal."Animal.sound"
  .line 5:37
    call.runtime string.concat3
    return
}

func Cat.describe(this: ref Cat) -> ref string {
    string.const "the cat "
    local.get this
  .line dispatch.peb 14:52
    call Animal.describe
  .line 14:41
    call.runtime string.concat
    return
}

func largest(a: ref? any, b: ref? any) -> ref? any {
    local.get a
    ref.cast ref Comparable
    local.get b
  .line dispatch.peb 21:53
    call.interface Comparable."Comparable.compareTo"
    i64.const 0
    i64.lt_s
    branch.unless @L0
  .line 21:61
    local.get b
    jump @L1
@L0:
  .line 21:72
    local.get a
@L1 [| ref? any]:
    return
}

func largest<Int>(a: i64, b: i64) -> i64 {
    local.get a
    local.get b
  .line dispatch.peb 21:53
    call Int.compareTo
    i64.const 0
    i64.lt_s
    branch.unless @L0
  .line 21:61
    local.get b
    jump @L1
@L0:
  .line 21:72
    local.get a
@L1 [i64]:
    return
}

func largest<String>(a: ref string, b: ref string) -> ref string {
    local.get a
    local.get b
  .line dispatch.peb 21:53
    call String.compareTo
    i64.const 0
    i64.lt_s
    branch.unless @L0
  .line 21:61
    local.get b
    jump @L1
@L0:
  .line 21:72
    local.get a
@L1 [| ref string]:
    return
}

func "Version.compareTo (bridge)"(ref Version, ref? any) -> i64 {
    local.get #0
    local.get #1
  .line dispatch.peb 18:18
    ref.cast ref Version
    call Version.compareTo
    return
}

func Version.compareTo(this: ref Version, other: ref Version) -> i64 {
    local.get this
    field.get Version.number
    local.get other
    field.get Version.number
  .line dispatch.peb 18:53
    i64.sub_checked_s
    return
}
