/* Matrix multiplication of floats, row by row. */

#include "harness.h"

const char *const benchmark_name = "matmul";

static int size;
static double **a, **b, *probe;

static double **matrix(void) {
    double **m = allocate((size_t)size * sizeof(double *));
    for (int i = 0; i < size; i++) m[i] = allocate((size_t)size * sizeof(double));
    return m;
}

void prepare(int given) {
    size = given;
    a = matrix();
    b = matrix();
    probe = allocate((size_t)size * sizeof(double));
    for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
            a[i][j] = (i * 3 + j * 7) % 10;
            b[i][j] = (i * 5 + j * 2) % 11;
        }
        probe[i] = i % 3 + 1;
    }
}

static double **multiply(double **left, double **right) {
    double **c = matrix();
    for (int i = 0; i < size; i++) {
        const double *left_row = left[i];
        double *c_row = c[i];
        for (int k = 0; k < size; k++) {
            double factor = left_row[k];
            const double *right_row = right[k];
            for (int j = 0; j < size; j++) c_row[j] += factor * right_row[j];
        }
    }
    return c;
}

static double *apply(double **m, const double *v) {
    double *result = allocate((size_t)size * sizeof(double));
    for (int i = 0; i < size; i++) {
        double sum = 0.0;
        for (int j = 0; j < size; j++) sum += m[i][j] * v[j];
        result[i] = sum;
    }
    return result;
}

static int64_t total(const double *v) {
    double sum = 0.0;
    for (int i = 0; i < size; i++) sum += (i % 5 + 1) * v[i];
    return (int64_t)sum;
}

int64_t benchmark(void) { return total(apply(multiply(a, b), probe)); }

bool verify_result(int64_t result) { return result == total(apply(a, apply(b, probe))); }
