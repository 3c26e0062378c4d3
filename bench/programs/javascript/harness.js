"use strict";

// Runs a benchmark some times and prints how long each iteration took.

class Benchmark {
    benchmark() { throw new Error("abstract"); }
    verifyResult(result) { throw new Error("abstract"); }
}

// Numbers that look random and are the same in every language (Park and Miller's generator).
class Random {
    constructor() { this.seed = 42; }
    next(bound) {
        this.seed = this.seed * 16807 % 2147483647;
        return this.seed % bound;
    }
}

// What `benchmark` gives may be a promise.
async function measure(name, make) {
    const args = process.argv.slice(2);
    if (args.length !== 2) {
        console.error(`usage: ${name} ITERATIONS SIZE`);
        process.exit(2);
    }
    const iterations = Number(args[0]);
    const size = Number(args[1]);
    const benchmark = make(size);
    let result = 0;
    for (let i = 0; i < iterations; i++) {
        const started = process.hrtime.bigint();
        result = benchmark.benchmark();
        if (result instanceof Promise) result = await result;
        const elapsed = process.hrtime.bigint() - started;
        if (!benchmark.verifyResult(result)) {
            console.error(`${name}: wrong result ${result} for size ${size}`);
            process.exit(1);
        }
        console.log(`${name}: iterations=1 runtime: ${elapsed / 1000n}us`);
    }
    console.log(`${name}: result=${result}`);
}

module.exports = { Benchmark, Random, measure };
