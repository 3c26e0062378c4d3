func main() -> i64 {
  .line loops.peb 27:13
    i64.const 10
    call count
    i64.const 50
  .line 27:25
    call firstSquareAbove
  .line 27:13
    i64.add_checked_s
    object.new Box<Int>
  .line 27:5
    call println
  .line 28:13
    i64.const 3
  .line 28:19
    array.new f64
  .line 28:13
    call total
    object.new Box<Float>
  .line 28:5
    call println
    i64.const 0
    return
}

func count(n: i64) -> i64 {
  .local found: i64
  .local i: i64
  .local i64
  .line loops.peb 4:17
    i64.const 0
    local.set found
  .line 5:14
    i64.const 0
    local.set i
  .line 5:18
    local.get n
    local.set #3
  .line 5:14
    jump @L3
@L0:
  .line 6:9
    local.get i
    i64.const 3
  .line 6:12
    i64.rem_s
    i64.const 0
    i64.eq
    branch.if @L1
    local.get i
    i64.const 5
  .line 6:26
    i64.rem_s
    i64.const 0
    i64.eq
    branch.unless @L2
@L1:
  .line 6:39
    local.get found
    i64.const 1
    i64.add_checked_s
    local.set found
@L2:
    local.get i
    i64.const 1
    i64.add
    local.set i
@L3:
  .line 5:14
    local.get i
    local.get #3
    i64.lt_s
    branch.if @L0
  .line 8:5
    local.get found
    return
}

func firstSquareAbove(limit: i64) -> i64 {
  .local n: i64
  .line loops.peb 12:13
    i64.const 0
    local.set n
@L0:
  .line 14:9
    local.get n
    local.get n
  .line 14:12
    i64.mul_checked_s
    local.get limit
    i64.gt_s
    branch.if @L1
  .line 15:9
    local.get n
    i64.const 1
    i64.add_checked_s
    local.set n
    jump @L0
@L1:
  .line 17:5
    local.get n
    return
}

func total(numbers: ref array f64) -> f64 {
  .local sum: f64
  .local ref array f64
  .local i64
  .local x: f64
  .line loops.peb 21:15
    f64.const 0.0
    local.set sum
  .line 22:14
    local.get numbers
    local.set #2
    i64.const 0
    local.set #3
    jump @L1
@L0:
    local.get #2
    local.get #3
    array.get f64
    local.set x
  .line 22:24
    local.get sum
    local.get x
    f64.add
    local.set sum
    local.get #3
    i64.const 1
    i64.add
    local.set #3
@L1:
  .line 22:14
    local.get #3
    local.get #2
    array.size
    i64.lt_s
    branch.if @L0
  .line 23:5
    local.get sum
    return
}
