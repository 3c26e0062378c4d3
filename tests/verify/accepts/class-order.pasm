class Point
class Pixel extends Point
