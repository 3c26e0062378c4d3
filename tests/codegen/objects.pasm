final class Point extends Object {
  const x: f64
  const y: f64
  method Object.toString (ref Object) -> ref string = Point.toString
}

final class Counter extends Object {
  const start: i64
  field value: i64
  const isBig: u8
}

func main() -> i64 {
  .line objects.peb 23:13
    f64.const 1.0
    f64.const 2.0
    object.new Point
    global.get objects.origin
  .line 23:32
    ref.as_non_null
  .line 23:13
    call Point.equals
    object.new Box<Bool>
  .line 23:5
    call println
  .line 24:13
    i64.const 5
    call make
    field.get Counter.value
    object.new Box<Int>
  .line 24:5
    call println
    i64.const 0
    return
}

func "origin (initializer)"() {
  .line objects.peb 13:14
    f64.const 0.0
    f64.const 0.0
    object.new Point
    global.set objects.origin
    return
}

func make(n: i64) -> ref Counter {
  .line objects.peb 18:5
    global.get objects.calls
    i64.const 1
    i64.add_checked_s
    global.set objects.calls
  .line 19:5
    local.get n
    i64.const 10
  .line 19:20
    i64.add_checked_s
  .line 19:12
    call Counter.new
    return
}

func Counter.new(start: i64) -> ref Counter {
  .local value: i64
  .local isBig: i32
  .local ref Counter
  .line objects.peb 6:22
    local.get start
    i64.const 2
    i64.mul_checked_s
    local.set value
  .line 7:23
    local.get start
    i64.const 100
    i64.gt_s
    local.set isBig
    local.get start
    local.get value
    local.get isBig
  .line 5:7
    object.new Counter
    local.set #3
    local.get #3
    local.get start
    call Counter.init
    local.get #3
    return
}

func Point.toString(this: ref Point) -> ref string {
    string.const "Point(x: "
    local.get this
    field.get Point.x
  .line objects.peb 3:12
    call.runtime string.from_f64
    string.const ", y: "
    call.runtime string.concat
    local.get this
    field.get Point.y
    call.runtime string.from_f64
    string.const ")"
    call.runtime string.concat
    call.runtime string.concat3
    return
}

func Counter.init(this: ref Counter, start: i64) {
  .line objects.peb 9:9
    local.get this
    local.get this
    field.get Counter.value
    i64.const 1
    i64.add_checked_s
    field.set Counter.value
    return
}
