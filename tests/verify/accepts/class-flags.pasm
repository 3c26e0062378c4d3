abstract class Shape
