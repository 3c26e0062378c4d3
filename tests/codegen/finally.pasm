final class List<String> extends Object implements Iterable<String> {
  field items: ref array ref
  field length: i64
  method Object.toString (ref Object) -> ref string = List<String>.toString
}

final class FormatError extends Exception

func main() -> i64 {
  .local ref array ref
  .line finally.peb 22:13
    string.const "x"
    call parse
    object.new Box<Int>
  .line 22:5
    call println
  .line 23:13
    i64.const 2
  .line 23:20
    array.new ref
    local.set #0
    local.get #0
    i64.const 0
    string.const "skip"
    array.set ref
    local.get #0
    i64.const 1
    string.const "stop"
    array.set ref
    local.get #0
    call listOf<String>
  .line 23:13
    call search
    object.new Box<Int>
  .line 23:5
    call println
    i64.const 0
    return
}

func parse(text: ref string) -> i64 {
  .local e: ref FormatError
  .local i64
  .try h0 @L0 catch FormatError
  .line finally.peb 4:24
    local.get text
    call String.toInt
  .end h0
    jump @L1
@L0:
    local.set e
  .line 4:64
    i64.const -1
@L1 [i64]:
    local.set #2
    i64.const 100
    local.get #2
  .line 4:12
    i64.add_checked_s
    return
}

func search(texts: ref List<String>) -> i64 {
  .local tried: i64
  .local ref List<String>
  .local i64
  .local text: ref string
  .local i64
  .local ref? Exception
  .local i32
  .line finally.peb 8:17
    i64.const 0
    local.set tried
  .line 9:17
    local.get texts
    local.set #2
    i64.const 0
    local.set #3
    jump @L10
@L0:
    local.get #2
    local.get #3
    call List<String>.get
    local.set text
  .line 10:9
    i64.const 0
    local.set #5
    ref.null
    local.set #6
  .try h0 @L3
  .line 11:13
    local.get text
    string.const "skip"
  .line 11:16
    call.runtime string.equals
    branch.unless @L1
  .line 11:33
    i32.const 2
    local.set #7
    jump @L4
@L1:
  .line 12:13
    local.get text
    string.const "stop"
  .line 12:16
    call.runtime string.equals
    branch.unless @L2
  .line 12:33
    i32.const 3
    local.set #7
    jump @L4
@L2:
  .line 13:13
    local.get text
  .line 13:20
    call String.toInt
    local.set #5
    i32.const 4
    local.set #7
    jump @L4
  .end h0
@L3:
    local.set #6
    i32.const 1
    local.set #7
@L4:
  .line 15:13
    local.get tried
    i64.const 1
    i64.add_checked_s
    local.set tried
    local.get #7
    switch @L8 @L8 @L5 @L6 @L7
@L5:
    jump @L9
@L6:
    jump @L11
@L7:
    local.get #5
    return
@L8:
    local.get #6
    ref.as_non_null
    throw
@L9:
    local.get #3
    i64.const 1
    i64.add
    local.set #3
@L10:
  .line 9:17
    local.get #3
    local.get #2
    call List<String>.size.get
    i64.lt_s
    branch.if @L0
@L11:
  .line 18:5
    local.get tried
    i64.const -1
  .line 18:12
    i64.mul_checked_s
    return
}
