"use strict";

// Mandelbrot: how many points of a square grid belong to the set.

const { Benchmark, measure } = require("./harness.js");

const LIMIT = 50;

class Mandelbrot extends Benchmark {
    constructor(size) {
        super();
        this.size = size;
    }

    benchmark() {
        let inside = 0;
        for (let row = 0; row < this.size; row++) {
            const ci = 3.0 * row / this.size - 1.5;
            for (let column = 0; column < this.size; column++) {
                const cr = 3.0 * column / this.size - 2.0;
                if (this.stays(cr, ci)) inside++;
            }
        }
        return inside;
    }

    stays(cr, ci) {
        let zr = 0.0;
        let zi = 0.0;
        let rr = 0.0;
        let ii = 0.0;
        let count = 0;
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

    verifyResult(result) {
        const area = 9.0 * result / (this.size * this.size);
        return area > 1.5 && area < 1.65;
    }
}

measure("mandelbrot", (size) => new Mandelbrot(size));
