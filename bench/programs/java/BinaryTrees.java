/** Binary trees: many short-lived trees and one that lives long, after The Computer Language Benchmarks Game. */
final class BinaryTrees extends Benchmark {
    private static final int MIN_DEPTH = 4;

    private static final class Tree {
        private final Tree left;
        private final Tree right;

        Tree(Tree left, Tree right) {
            this.left = left;
            this.right = right;
        }

        int count() {
            if (left == null || right == null) {
                return 1;
            }
            return 1 + left.count() + right.count();
        }

        static Tree ofDepth(int depth) {
            if (depth == 0) {
                return new Tree(null, null);
            }
            return new Tree(ofDepth(depth - 1), ofDepth(depth - 1));
        }
    }

    private final int depth;

    BinaryTrees(int depth) {
        this.depth = depth;
    }

    @Override
    long benchmark() {
        long total = Tree.ofDepth(depth + 1).count();
        Tree longLived = Tree.ofDepth(depth);
        for (int each = MIN_DEPTH; each <= depth; each += 2) {
            int trees = 1 << (depth - each + MIN_DEPTH);
            for (int i = 0; i < trees; i++) {
                total += Tree.ofDepth(each).count();
            }
        }
        return total + longLived.count();
    }

    private static long nodes(int depth) {
        return (2L << depth) - 1;
    }

    @Override
    boolean verifyResult(long result) {
        long expected = nodes(depth + 1) + nodes(depth);
        for (int each = MIN_DEPTH; each <= depth; each += 2) {
            expected += nodes(each) << (depth - each + MIN_DEPTH);
        }
        return result == expected;
    }

    public static void main(String[] args) {
        measure("binarytrees", args, BinaryTrees::new);
    }
}
