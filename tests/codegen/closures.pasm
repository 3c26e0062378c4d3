func main() -> i64 {
  .local total: ref Cell<i64>
  .local name: ref string
  .local offset: i64
  .local ref array i64
  .local show: ref func (ref? any) -> ref? any
  .local showInt: ref func (i64) -> ref? any
  .local showText: ref func (ref? any) -> ref? any
  .line closures.peb 5:5
    object.new_default Cell<i64>
    local.set total
  .line 6:16
    string.const "x"
    local.set name
  .line 7:18
    i64.const 10
    local.set offset
  .line 8:17
    i64.const 0
    local.get total
    field.set Cell<i64>.value
  .line 9:13
    i64.const 1
  .line 9:22
    func.ref "main.lambda#1"
  .line 9:13
    call "apply<Int, Int>"
    object.new Box<Int>
  .line 9:5
    call println
  .line 10:13
    string.const "a"
    local.get name
  .line 10:24
    closure.new "main.lambda#2"
  .line 10:13
    call "apply<String, String>"
  .line 10:5
    call println
  .line 11:13
    i64.const 1
    local.get offset
  .line 11:22
    object.new Environment<i64>
    closure.new "main.lambda#3"
  .line 11:13
    call "apply<Int, Int>"
    object.new Box<Int>
  .line 11:5
    call println
  .line 12:5
    i64.const 2
    array.new i64
    local.set #3
    local.get #3
    i64.const 0
    i64.const 1
    array.set i64
    local.get #3
    i64.const 1
    i64.const 2
    array.set i64
    local.get #3
    call listOf<Int>
    local.get total
  .line 12:20
    closure.new "main.lambda#4"
  .line 12:5
    call List<Int>.forEach
  .line 13:13
    local.get total
    field.get Cell<i64>.value
    object.new Box<Int>
  .line 13:5
    call println
  .line 14:34
    func.ref "main.lambda#5"
    local.set show
  .line 15:36
    local.get show
    closure.new adapter
    local.set showInt
  .line 16:40
    local.get show
    local.set showText
  .line 17:13
    i64.const 1
    local.get showInt
    call.ref (i64) -> ref? any
    ref.cast ref string
    string.const "b"
    local.get showText
  .line 17:26
    call.ref (ref? any) -> ref? any
    ref.cast ref string
  .line 17:13
    call.runtime string.concat
  .line 17:5
    call println
    i64.const 0
    return
}

func "main.lambda#1"(it: i64) -> i64 {
  .line closures.peb 9:24
    local.get it
    i64.const 1
    i64.add_checked_s
    return
}

func "apply<Int, Int>"(value: i64, change: ref func (i64) -> i64) -> i64 {
    local.get value
    local.get change
  .line closures.peb 3:52
    call.ref (i64) -> i64
    return
}

func "main.lambda#2"(name: ref string, ref? any) -> ref? any {
  .local it: ref string
    local.get #1
  .line closures.peb 10:24
    ref.cast ref string
    local.set it
  .line 10:26
    local.get it
    local.get name
    call.runtime string.concat
    return
}

func "apply<String, String>"(value: ref string, change: ref func (ref? any) -> ref? any) -> ref string {
    local.get value
    local.get change
  .line closures.peb 3:52
    call.ref (ref? any) -> ref? any
    ref.cast ref string
    return
}

func "main.lambda#3"(ref Environment<i64>, it: i64) -> i64 {
  .local offset: i64
    local.get #0
    field.get Environment<i64>.captured0
    local.set offset
  .line closures.peb 11:24
    local.get it
    local.get offset
    i64.add_checked_s
    return
}

func "main.lambda#4"(total: ref Cell<i64>, it: i64) -> ref? any {
  .line closures.peb 12:22
    local.get total
    field.get Cell<i64>.value
    local.get it
    i64.add_checked_s
    local.get total
    field.set Cell<i64>.value
    ref.null
    return
}

func "main.lambda#5"(value: ref? any) -> ref? any {
  .line closures.peb 14:45
    local.get value
  .line 14:48
    call anyToString
    return
}
