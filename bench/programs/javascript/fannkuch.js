"use strict";

// Fannkuch: flips of pancakes over all permutations, after The Computer Language Benchmarks Game.

const { Benchmark, measure } = require("./harness.js");

const RESULTS = { 6: 49010, 7: 228016, 8: 1616022, 9: 8629030, 10: 73196038 };

class Fannkuch extends Benchmark {
    constructor(size) {
        super();
        this.size = size;
        this.first = new Array(size).fill(0);
        this.flipped = new Array(size).fill(0);
        this.counts = new Array(size).fill(0);
    }

    benchmark() {
        for (let i = 0; i < this.size; i++) this.first[i] = i;
        let left = this.size;
        let checksum = 0;
        let maxFlips = 0;
        let isEven = true;
        while (true) {
            while (left > 1) {
                this.counts[left - 1] = left;
                left--;
            }
            const flips = this.countFlips();
            if (flips > maxFlips) maxFlips = flips;
            checksum += isEven ? flips : -flips;
            isEven = !isEven;
            left = this.nextPermutation();
            if (left === this.size) return checksum * 1000 + maxFlips;
        }
    }

    countFlips() {
        const flipped = this.flipped;
        let flips = 0;
        for (let i = 0; i < this.size; i++) flipped[i] = this.first[i];
        let top = flipped[0];
        while (top !== 0) {
            let low = 0;
            let high = top;
            while (low < high) {
                const kept = flipped[low];
                flipped[low] = flipped[high];
                flipped[high] = kept;
                low++;
                high--;
            }
            flips++;
            top = flipped[0];
        }
        return flips;
    }

    nextPermutation() {
        const { first, counts } = this;
        let left = 1;
        while (left < this.size) {
            const kept = first[0];
            for (let i = 0; i < left; i++) first[i] = first[i + 1];
            first[left] = kept;
            counts[left]--;
            if (counts[left] > 0) return left;
            left++;
        }
        return left;
    }

    verifyResult(result) { return RESULTS[this.size] === result; }
}

measure("fannkuch", (size) => new Fannkuch(size));
