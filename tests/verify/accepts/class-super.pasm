class Shape
final class Circle extends Shape
