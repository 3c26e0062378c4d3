; rule: class-super
; message: class Circle: expected a superclass that can be extended, found interface Shape
interface Shape
class Circle extends Shape
