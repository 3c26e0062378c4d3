; subclasses, interfaces, null and every reference where any is expected; exact arrays and functions
interface Named {
  method name (ref Named) -> ref string
}
class Shape implements Named {
  method name (ref Shape) -> ref string = name
}
class Circle extends Shape
func name(self: ref any) -> ref string {
  string.const "shape"
  return
}
func as_named(circle: ref Circle) -> ref Named {
  local.get circle
  return
}
func as_any(circle: ref Circle) -> ref? any {
  local.get circle
  return
}
func nothing() -> ref? Circle {
  ref.null
  return
}
func chosen(shape: ref Shape, circle: ref Circle, c: i32) -> ref Shape {
  local.get circle
  local.get shape
  local.get c
  ref.select ref Shape
  return
}
func dispatched(circle: ref Circle) -> ref string {
  local.get circle
  call.virtual Circle.name
  ref.drop
  local.get circle
  call.virtual Shape.name
  ref.drop
  local.get circle
  call.interface Named.name
  return
}
func narrowed(shape: ref? any) -> ref Circle {
  local.get shape
  branch.instance @is ref Circle
  ref.cast ref Circle
  return
@is [| ref Circle] locals 1
  return
}
func lengths(bytes: ref array u8, any: ref array ref) -> i64 {
  local.get bytes
  array.size
  local.get any
  array.size
  i64.add
  return
}
