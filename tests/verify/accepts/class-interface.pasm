interface Shape
interface Round extends Shape
class Circle implements Shape, Round
