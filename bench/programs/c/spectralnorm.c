/* Spectral norm: the largest singular value of an infinite matrix, by the power method. */

#include "harness.h"

#include <math.h>
#include <stdlib.h>

const char *const benchmark_name = "spectralnorm";

static int size;

static double element(int i, int j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

static void multiply(const double *v, double *into) {
    for (int i = 0; i < size; i++) {
        double sum = 0.0;
        for (int j = 0; j < size; j++) sum += element(i, j) * v[j];
        into[i] = sum;
    }
}

static void multiply_transposed(const double *v, double *into) {
    for (int i = 0; i < size; i++) {
        double sum = 0.0;
        for (int j = 0; j < size; j++) sum += element(j, i) * v[j];
        into[i] = sum;
    }
}

void prepare(int given) { size = given; }

int64_t benchmark(void) {
    size_t bytes = (size_t)size * sizeof(double);
    double *u = allocate(bytes);
    double *v = allocate(bytes);
    double *between = allocate(bytes);
    for (int i = 0; i < size; i++) u[i] = 1.0;
    for (int i = 0; i < 10; i++) {
        multiply(u, between);
        multiply_transposed(between, v);
        multiply(v, between);
        multiply_transposed(between, u);
    }
    double uv = 0.0, vv = 0.0;
    for (int i = 0; i < size; i++) {
        uv += u[i] * v[i];
        vv += v[i] * v[i];
    }
    return (int64_t)(sqrt(uv / vv) * 1.0e9);
}

bool verify_result(int64_t result) { return llabs(result - 1274224153) < 4000000; }
