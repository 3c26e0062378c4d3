; rule: class-super
; message: class Circle: expected a superclass that can be extended, found final class Shape
final class Shape
class Circle extends Shape
