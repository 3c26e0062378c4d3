; a rich module
module rich
throwable Throwable
trap divide-by-zero = Arith
trap index-out-of-bounds = Arith
start init

import runtime string.concat (ref string, ref string) -> ref string
import kernel fd_write (i32, ref array u8) -> i64
import host log (ref string, i32) as (string, bool)
import host plain (i64, ref? any) -> f32

class Throwable {
  field message: ref? string
  field trace: ref? array i32
}
interface Shape {
  method area (ref Shape) -> f64
  method name (ref Shape) -> ref string = Shape.name
}
interface Solid extends Shape
class Arith extends Throwable
class Point implements Shape {
  field x: f64
  const y: f32
  field small: u8
  field next: ref? Point
  field "odd name": i16
  field callback: ref? func (i64, ref func () -> i32) -> i64
  method area (ref Point) -> f64 = Point.area
}
final class "Odd class {" extends Point {
  field x: i64
}

global counter: i64 = -5
global const limit: i32 = 0xffff_ffff
global ratio: f64 = -0.0
global f: f32 = 0.1
global n: f64 = nan
global head: ref? Point

func init() {
    return
}
func Shape.name(self: ref Shape) -> ref string {
    string.const "shape\n\u{1F600}\"\\"
    return
}
func Point.area(self: ref Point) -> f64 {
    local.get self
    field.get Point.x
    f64.const 1e300
    f64.mul
    return
}
func sum(n: i64) -> i64 {
  .local i: i64, total: i64
  .line sum.peb 1:1
    i64.const 0
    local.set total
    i64.const 1
    local.set i
@loop:
  .line 2:5
    local.get i
    local.get n
    i64.gt_s
    branch.if @done
  .line sum.peb 3:9 in helper from #1
    local.get total
    local.get i
    i64.add
    local.set total
  .line 2:5
    local.get i
    i64.const 1
    i64.add
    local.set i
    jump @loop
@done:
    local.get total
    return
}
func try(a: i64, b: i64, s: ref? string) -> i64 {
  .local x: i64
  .try outer @all
  .try inner @arith catch Arith
    local.get a
    local.get b
    i64.div_s
    local.set x
  .end inner
  .end outer
    local.get s
    branch.non_null @text
    local.get x
    return
@text [| ref string]:
    ref.drop
    i32.const 1
    switch @one @two @one
@one:
@uno:
    i64.const 1
    return
@two locals 3 except a:
    i64.const -0x10
    return
@arith:
    field.get Throwable.message
    ref.drop
    i64.const 0
    return
@all:
    throw
}
export main = sum
export sum as (u64) -> i64
attribute "source:sum.peb" {
  "fn sum(n) {\n  while i <= n {\n    x"
}
attribute blob {
  hex "00ff80"
}
attribute empty
