final class Stack<Int> extends Object {
  field items: ref array i64
  field size: i64
}

final class Stack<String> extends Object {
  field items: ref array ref
  field size: i64
}

final class Stack extends Object {
  field items: ref array ref
  field size: i64
}

final class Point extends Object {
  const x: i64
}

final class "Pair<Int, String>" extends Object {
  const first: i64
  const second: ref string
}

final class "Pair<String, Int>" extends Object {
  const first: ref string
  const second: i64
}

func main() -> i64 {
  .local numbers: ref Stack<Int>
  .local texts: ref Stack<String>
  .local points: ref Stack
  .line generics.peb 24:19
    call Stack<Int>.new
    local.set numbers
  .line 25:5
    local.get numbers
    i64.const 5
    call Stack<Int>.push
  .line 26:17
    call Stack<String>.new
    local.set texts
  .line 27:5
    local.get texts
    string.const "a"
    call Stack<String>.push
  .line 28:18
    call Stack.new
    local.set points
  .line 29:5
    local.get points
    i64.const 7
  .line 29:17
    object.new Point
  .line 29:5
    call Stack.push
  .line 30:13
    local.get numbers
    call Stack<Int>.pop
    local.get points
  .line 30:29
    call Stack.pop
    ref.cast ref Point
    field.get Point.x
  .line 30:13
    i64.add_checked_s
    object.new Box<Int>
  .line 30:5
    call println
  .line 31:13
    local.get texts
    call Stack<String>.pop
  .line 31:5
    call println
  .line 32:13
    i64.const 1
    string.const "a"
    object.new "Pair<Int, String>"
    call "Pair<Int, String>.swapped"
    field.get "Pair<String, Int>".first
  .line 32:5
    call println
    i64.const 0
    return
}

func Stack<Int>.new() -> ref Stack<Int> {
  .local items: ref array i64
  .local size: i64
  .line generics.peb 8:35
    i64.const 4
    array.new i64
    local.set items
  .line 9:29
    i64.const 0
    local.set size
    local.get items
    local.get size
  .line 7:7
    object.new Stack<Int>
    return
}

func Stack<Int>.push(this: ref Stack<Int>, item: i64) {
  .line generics.peb 12:9
    local.get this
    field.get Stack<Int>.items
    local.get this
    field.get Stack<Int>.size
    local.get item
    array.set i64
  .line 13:9
    local.get this
    local.get this
    field.get Stack<Int>.size
    i64.const 1
    i64.add_checked_s
    field.set Stack<Int>.size
    return
}

func Stack<String>.new() -> ref Stack<String> {
  .local items: ref array ref
  .local size: i64
  .line generics.peb 8:35
    i64.const 4
    array.new ref
    local.set items
  .line 9:29
    i64.const 0
    local.set size
    local.get items
    local.get size
  .line 7:7
    object.new Stack<String>
    return
}

func Stack<String>.push(this: ref Stack<String>, item: ref string) {
  .line generics.peb 12:9
    local.get this
    field.get Stack<String>.items
    local.get this
    field.get Stack<String>.size
    local.get item
    array.set ref
  .line 13:9
    local.get this
    local.get this
    field.get Stack<String>.size
    i64.const 1
    i64.add_checked_s
    field.set Stack<String>.size
    return
}

func Stack.new() -> ref Stack {
  .local items: ref array ref
  .local size: i64
  .line generics.peb 8:35
    i64.const 4
    array.new ref
    local.set items
  .line 9:29
    i64.const 0
    local.set size
    local.get items
    local.get size
  .line 7:7
    object.new Stack
    return
}

func Stack.push(this: ref Stack, item: ref? any) {
  .line generics.peb 12:9
    local.get this
    field.get Stack.items
    local.get this
    field.get Stack.size
    local.get item
    array.set ref
  .line 13:9
    local.get this
    local.get this
    field.get Stack.size
    i64.const 1
    i64.add_checked_s
    field.set Stack.size
    return
}

func Stack<Int>.pop(this: ref Stack<Int>) -> i64 {
  .line generics.peb 16:9
    local.get this
    local.get this
    field.get Stack<Int>.size
    i64.const 1
    i64.sub_checked_s
    field.set Stack<Int>.size
  .line 17:9
    local.get this
    field.get Stack<Int>.items
    local.get this
    field.get Stack<Int>.size
  .line 17:16
    array.get i64
    return
}

func Stack.pop(this: ref Stack) -> ref? any {
  .line generics.peb 16:9
    local.get this
    local.get this
    field.get Stack.size
    i64.const 1
    i64.sub_checked_s
    field.set Stack.size
  .line 17:9
    local.get this
    field.get Stack.items
    local.get this
    field.get Stack.size
  .line 17:16
    array.get ref
    return
}

func Stack<String>.pop(this: ref Stack<String>) -> ref string {
  .line generics.peb 16:9
    local.get this
    local.get this
    field.get Stack<String>.size
    i64.const 1
    i64.sub_checked_s
    field.set Stack<String>.size
  .line 17:9
    local.get this
    field.get Stack<String>.items
    local.get this
    field.get Stack<String>.size
  .line 17:16
    array.get ref
    ref.cast ref string
    return
}

func "Pair<Int, String>.swapped"(this: ref "Pair<Int, String>") -> ref "Pair<String, Int>" {
    local.get this
    field.get "Pair<Int, String>".second
    local.get this
    field.get "Pair<Int, String>".first
  .line generics.peb 4:35
    object.new "Pair<String, Int>"
    return
}
