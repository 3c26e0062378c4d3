; rule: interface-shape
; message: class Shape: expected an interface without the flag final, found one with it
final interface Shape
