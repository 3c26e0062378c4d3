"use strict";

// Binary trees: many short-lived trees and one that lives long, after The Computer Language Benchmarks Game.

const { Benchmark, measure } = require("./harness.js");

const MIN_DEPTH = 4;

class Tree {
    constructor(left, right) {
        this.left = left;
        this.right = right;
    }

    count() {
        if (this.left === null || this.right === null) return 1;
        return 1 + this.left.count() + this.right.count();
    }

    static ofDepth(depth) {
        if (depth === 0) return new Tree(null, null);
        return new Tree(Tree.ofDepth(depth - 1), Tree.ofDepth(depth - 1));
    }
}

function nodes(depth) { return 2 ** (depth + 1) - 1; }

class BinaryTrees extends Benchmark {
    constructor(depth) {
        super();
        this.depth = depth;
    }

    benchmark() {
        let total = Tree.ofDepth(this.depth + 1).count();
        const longLived = Tree.ofDepth(this.depth);
        for (let each = MIN_DEPTH; each <= this.depth; each += 2) {
            const trees = 1 << (this.depth - each + MIN_DEPTH);
            for (let i = 0; i < trees; i++) total += Tree.ofDepth(each).count();
        }
        return total + longLived.count();
    }

    verifyResult(result) {
        let expected = nodes(this.depth + 1) + nodes(this.depth);
        for (let each = MIN_DEPTH; each <= this.depth; each += 2) {
            expected += nodes(each) * 2 ** (this.depth - each + MIN_DEPTH);
        }
        return result === expected;
    }
}

measure("binarytrees", (size) => new BinaryTrees(size));
