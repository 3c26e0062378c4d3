"""Binary trees: many short-lived trees and one that lives long, after The Computer Language Benchmarks Game."""

from __future__ import annotations

from harness import Benchmark, measure

MIN_DEPTH = 4


class Tree:
    def __init__(self, left: Tree | None, right: Tree | None) -> None:
        self.left = left
        self.right = right

    def count(self) -> int:
        if self.left is None or self.right is None:
            return 1
        return 1 + self.left.count() + self.right.count()

    @staticmethod
    def of_depth(depth: int) -> Tree:
        if depth == 0:
            return Tree(None, None)
        return Tree(Tree.of_depth(depth - 1), Tree.of_depth(depth - 1))


def nodes(depth: int) -> int:
    return (2 << depth) - 1


class BinaryTrees(Benchmark):
    def __init__(self, depth: int) -> None:
        self.depth = depth

    def benchmark(self) -> int:
        depth = self.depth
        total = Tree.of_depth(depth + 1).count()
        long_lived = Tree.of_depth(depth)
        for each in range(MIN_DEPTH, depth + 1, 2):
            for _ in range(1 << (depth - each + MIN_DEPTH)):
                total += Tree.of_depth(each).count()
        return total + long_lived.count()

    def verify_result(self, result: int) -> bool:
        depth = self.depth
        expected = nodes(depth + 1) + nodes(depth)
        for each in range(MIN_DEPTH, depth + 1, 2):
            expected += nodes(each) << (depth - each + MIN_DEPTH)
        return result == expected


measure("binarytrees", BinaryTrees)
