/* Mandelbrot: how many points of a square grid belong to the set. */

#include "harness.h"

const char *const benchmark_name = "mandelbrot";

enum { LIMIT = 50 };

static int size;

void prepare(int given) { size = given; }

static bool stays(double cr, double ci) {
    double zr = 0.0, zi = 0.0, rr = 0.0, ii = 0.0;
    int count = 0;
    while (count < LIMIT) {
        zi = 2.0 * zr * zi + ci;
        zr = rr - ii + cr;
        rr = zr * zr;
        ii = zi * zi;
        if (rr + ii > 4.0) return false;
        count++;
    }
    return true;
}

int64_t benchmark(void) {
    int64_t inside = 0;
    for (int row = 0; row < size; row++) {
        double ci = 3.0 * row / size - 1.5;
        for (int column = 0; column < size; column++) {
            double cr = 3.0 * column / size - 2.0;
            if (stays(cr, ci)) inside++;
        }
    }
    return inside;
}

bool verify_result(int64_t result) {
    double area = 9.0 * (double)result / ((double)size * size);
    return area > 1.5 && area < 1.65;
}
