func main() -> i64 {
  .local slots: ref array i64
  .line remainders.peb 16:17
    i64.const 16
    array.new i64
    local.set slots
  .line 17:5
    i64.const 3
    local.get slots
    call ring
  .line 18:13
    local.get slots
  .line 18:16
    call Array<Int>.toString
    string.const " "
    i64.const 4
  .line 18:25
    call isEven
    call Bool.toString
  .line 18:13
    call.runtime string.concat
    string.const " "
    i64.const 4
  .line 18:38
    call isOdd
    call Bool.toString
  .line 18:13
    call.runtime string.concat
    call.runtime string.concat3
  .line 18:5
    call println
    i64.const 0
    return
}

func ring(n: i64, slots: ref array i64) {
  .local i: i64
  .local i: i64
  .local ref Iterator<Int>
  .line remainders.peb 6:14
    i64.const 0
    local.set #2
  .line 6:18
    local.get n
    local.set #3
  .line 6:14
    jump @L1
@L0:
  .line 6:22
    local.get slots
    local.get #2
    i64.const 15
    i64.and
    local.get #2
    i64.const 3
  .line 6:42
    i64.mul_checked_s
    i64.const 1
    i64.add_checked_s
    i64.const 7
    i64.and
  .line 6:22
    array.set i64
    local.get #2
    i64.const 1
    i64.add
    local.set #2
@L1:
  .line 6:14
    local.get #2
    local.get #3
    i64.lt_s
    branch.if @L0
  .line 7:14
    local.get n
    local.set #3
  .line 7:17
    jump @L3
@L2:
  .line 7:22
    local.get slots
    local.get #3
    i64.const 16
  .line 7:28
    i64.rem_s
    local.get #3
    i64.const 5
  .line 7:38
    i64.rem_s
  .line 7:22
    array.set i64
    local.get #3
    i64.const 1
    i64.add
    local.set #3
@L3:
  .line 7:17
    local.get #3
    i64.const 10
    i64.le_s
    branch.if @L2
  .line 8:14
    i64.const 9
    local.get n
    call Int.downTo
    call IntProgression.iterator
    local.set #4
    jump @L5
@L4:
    local.get #4
    call.interface Iterator<Int>."Iterator<Int>.next"
    local.set #3
  .line 8:28
    local.get slots
    local.get #3
    i64.const 16
  .line 8:34
    i64.rem_s
    local.get slots
    array.size
    i64.const 3
    i64.and
  .line 8:28
    array.set i64
@L5:
  .line 8:14
    local.get #4
    call.interface Iterator<Int>."Iterator<Int>.hasNext"
    branch.if @L4
    return
}
