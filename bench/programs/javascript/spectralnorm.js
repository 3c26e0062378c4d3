"use strict";

// Spectral norm: the largest singular value of an infinite matrix, by the power method.

const { Benchmark, measure } = require("./harness.js");

function element(i, j) { return 1.0 / ((i + j) * (i + j + 1) / 2 + i + 1); }

function multiply(v, into) {
    for (let i = 0; i < v.length; i++) {
        let sum = 0.0;
        for (let j = 0; j < v.length; j++) sum += element(i, j) * v[j];
        into[i] = sum;
    }
}

function multiplyTransposed(v, into) {
    for (let i = 0; i < v.length; i++) {
        let sum = 0.0;
        for (let j = 0; j < v.length; j++) sum += element(j, i) * v[j];
        into[i] = sum;
    }
}

class SpectralNorm extends Benchmark {
    constructor(size) {
        super();
        this.size = size;
    }

    benchmark() {
        const u = new Float64Array(this.size).fill(1.0);
        const v = new Float64Array(this.size);
        const between = new Float64Array(this.size);
        for (let i = 0; i < 10; i++) {
            multiply(u, between);
            multiplyTransposed(between, v);
            multiply(v, between);
            multiplyTransposed(between, u);
        }
        let uv = 0.0;
        let vv = 0.0;
        for (let i = 0; i < this.size; i++) {
            uv += u[i] * v[i];
            vv += v[i] * v[i];
        }
        return Math.trunc(Math.sqrt(uv / vv) * 1.0e9);
    }

    verifyResult(result) { return Math.abs(result - 1274224153) < 4000000; }
}

measure("spectralnorm", (size) => new SpectralNorm(size));
