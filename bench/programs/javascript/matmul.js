"use strict";

// Matrix multiplication of floats, row by row.

const { Benchmark, measure } = require("./harness.js");

function matrix(size, element) {
    return Array.from({ length: size }, (_, i) => Float64Array.from({ length: size }, (_, j) => element(i, j)));
}

function multiply(a, b) {
    const size = a.length;
    const c = matrix(size, () => 0);
    for (let i = 0; i < size; i++) {
        const aRow = a[i];
        const cRow = c[i];
        for (let k = 0; k < size; k++) {
            const factor = aRow[k];
            const bRow = b[k];
            for (let j = 0; j < size; j++) cRow[j] += factor * bRow[j];
        }
    }
    return c;
}

function apply(m, v) {
    const result = new Float64Array(v.length);
    for (let i = 0; i < v.length; i++) {
        let sum = 0.0;
        for (let j = 0; j < v.length; j++) sum += m[i][j] * v[j];
        result[i] = sum;
    }
    return result;
}

function total(v) {
    let sum = 0.0;
    for (let i = 0; i < v.length; i++) sum += (i % 5 + 1) * v[i];
    return sum;
}

class MatMul extends Benchmark {
    constructor(size) {
        super();
        this.a = matrix(size, (i, j) => (i * 3 + j * 7) % 10);
        this.b = matrix(size, (i, j) => (i * 5 + j * 2) % 11);
        this.probe = Float64Array.from({ length: size }, (_, i) => i % 3 + 1);
    }

    benchmark() { return total(apply(multiply(this.a, this.b), this.probe)); }
    verifyResult(result) { return result === total(apply(this.a, apply(this.b, this.probe))); }
}

measure("matmul", (size) => new MatMul(size));
