"use strict";

// Hash maps: insertions, look-ups and removals, with integers and with strings as keys.

const { Benchmark, Random, measure } = require("./harness.js");

class HashMix extends Benchmark {
    constructor(size) {
        super();
        const random = new Random();
        this.keys = [];
        for (let i = 0; i < size; i++) this.keys.push(random.next(size));
    }

    benchmark() { return this.integers() * 1000000 + this.strings(); }

    integers() {
        const counts = new Map();
        for (const key of this.keys) counts.set(key, (counts.get(key) ?? 0) + 1);
        for (const key of this.keys) {
            if (key % 3 === 0) counts.delete(key);
        }
        let hits = 0;
        for (let key = 0; key < this.keys.length; key++) hits += counts.get(key) ?? 0;
        return hits;
    }

    strings() {
        const places = new Map();
        let again = 0;
        for (let i = 0; i < this.keys.length; i++) {
            const name = `key ${this.keys[i] % 1000}`;
            if (places.has(name)) {
                again++;
            } else {
                places.set(name, i);
            }
        }
        let total = again;
        for (const place of places.values()) total += place;
        return total % 1000000;
    }

    verifyResult(result) {
        let hits = 0;
        let total = 0;
        const isMet = new Array(1000).fill(false);
        for (let i = 0; i < this.keys.length; i++) {
            if (this.keys[i] % 3 !== 0) hits++;
            const name = this.keys[i] % 1000;
            total += isMet[name] ? 1 : i;
            isMet[name] = true;
        }
        return result === hits * 1000000 + total % 1000000;
    }
}

measure("hashmap", (size) => new HashMix(size));
