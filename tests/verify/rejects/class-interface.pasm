; rule: class-interface
; message: class Circle: expected an interface, found class Shape
class Shape
class Circle implements Shape
