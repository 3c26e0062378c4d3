"use strict";

// Queens: all ways to put n queens on a board of n by n so that none attacks another.

const { Benchmark, measure } = require("./harness.js");

const RESULTS = { 4: 2, 5: 10, 6: 4, 7: 40, 8: 92, 9: 352, 10: 724, 11: 2680, 12: 14200 };

class Board {
    constructor(size) {
        this.size = size;
        this.freeRows = new Array(size).fill(true);
        this.freeRising = new Array(2 * size).fill(true);
        this.freeFalling = new Array(2 * size).fill(true);
    }

    solutions(column) {
        if (column === this.size) return 1;
        let found = 0;
        for (let row = 0; row < this.size; row++) {
            if (this.isFree(row, column)) {
                this.mark(row, column, false);
                found += this.solutions(column + 1);
                this.mark(row, column, true);
            }
        }
        return found;
    }

    isFree(row, column) {
        return this.freeRows[row] && this.freeRising[row + column] && this.freeFalling[row - column + this.size];
    }

    mark(row, column, free) {
        this.freeRows[row] = free;
        this.freeRising[row + column] = free;
        this.freeFalling[row - column + this.size] = free;
    }
}

class Queens extends Benchmark {
    constructor(size) {
        super();
        this.size = size;
    }

    benchmark() { return new Board(this.size).solutions(0); }
    verifyResult(result) { return RESULTS[this.size] === result; }
}

measure("queens", (size) => new Queens(size));
