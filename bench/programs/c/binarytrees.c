/* Binary trees: many short-lived trees and one that lives long, after The Computer Language Benchmarks Game. */

#include "harness.h"

#include <stdlib.h>

const char *const benchmark_name = "binarytrees";

enum { MIN_DEPTH = 4 };

typedef struct Tree {
    struct Tree *left, *right;
} Tree;

static Tree *tree_of_depth(int depth) {
    Tree *tree = malloc(sizeof(Tree));
    if (tree == NULL) fail("no memory");
    tree->left = depth == 0 ? NULL : tree_of_depth(depth - 1);
    tree->right = depth == 0 ? NULL : tree_of_depth(depth - 1);
    return tree;
}

static int count_nodes(const Tree *tree) {
    if (tree->left == NULL || tree->right == NULL) return 1;
    return 1 + count_nodes(tree->left) + count_nodes(tree->right);
}

static void free_tree(Tree *tree) {
    if (tree == NULL) return;
    free_tree(tree->left);
    free_tree(tree->right);
    free(tree);
}

static int count_and_free(Tree *tree) {
    int count = count_nodes(tree);
    free_tree(tree);
    return count;
}

static int depth;

void prepare(int size) { depth = size; }

int64_t benchmark(void) {
    int64_t total = count_and_free(tree_of_depth(depth + 1));
    Tree *long_lived = tree_of_depth(depth);
    for (int each = MIN_DEPTH; each <= depth; each += 2) {
        int trees = 1 << (depth - each + MIN_DEPTH);
        for (int i = 0; i < trees; i++) total += count_and_free(tree_of_depth(each));
    }
    return total + count_and_free(long_lived);
}

static int64_t nodes(int of_depth) { return (INT64_C(2) << of_depth) - 1; }

bool verify_result(int64_t result) {
    int64_t expected = nodes(depth + 1) + nodes(depth);
    for (int each = MIN_DEPTH; each <= depth; each += 2) expected += nodes(each) << (depth - each + MIN_DEPTH);
    return result == expected;
}
