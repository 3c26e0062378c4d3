"use strict";

// Sieve: how many primes there are up to n, after Eratosthenes.

const { Benchmark, measure } = require("./harness.js");

const RESULTS = { 1000: 168, 10000: 1229, 100000: 9592, 1000000: 78498, 10000000: 664579 };

class Sieve extends Benchmark {
    constructor(size) {
        super();
        this.size = size;
    }

    benchmark() {
        const size = this.size;
        const composite = new Uint8Array(size + 1);
        let count = 0;
        for (let i = 2; i <= size; i++) {
            if (composite[i] === 0) {
                count++;
                let multiple = i + i;
                while (multiple <= size) {
                    composite[multiple] = 1;
                    multiple += i;
                }
            }
        }
        return count;
    }

    verifyResult(result) { return RESULTS[this.size] === result; }
}

measure("sieve", (size) => new Sieve(size));
