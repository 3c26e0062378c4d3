"use strict";

// Strings: a text is built piece by piece, split, taken apart, replaced and searched.

const { Benchmark, measure } = require("./harness.js");

class Strings extends Benchmark {
    constructor(size) {
        super();
        this.size = size;
    }

    benchmark() {
        const text = this.build();
        let sum = 0;
        let out = "";
        for (const part of text.split(",")) {
            const colon = part.indexOf(":");
            sum += Number.parseInt(part.slice(colon + 1), 10);
            out += part.slice(0, colon).toUpperCase();
            out += ";";
        }
        const replaced = out.replaceAll(";", ", ");
        return sum * 1000 + this.count(replaced, "ITEM1") % 1000 + replaced.length;
    }

    build() {
        let out = "";
        for (let i = 0; i < this.size; i++) {
            if (i > 0) out += ",";
            out += `item${i % 100}:`;
            out += i;
        }
        return out;
    }

    count(text, part) {
        let found = 0;
        let at = text.indexOf(part);
        while (at >= 0) {
            found++;
            at = text.indexOf(part, at + part.length);
        }
        return found;
    }

    verifyResult(result) {
        let ones = 0;
        let length = 0;
        for (let i = 0; i < this.size; i++) {
            const n = i % 100;
            if (n === 1 || (n >= 10 && n < 20)) ones++;
            length += n < 10 ? 7 : 8;
        }
        return result === this.size * (this.size - 1) / 2 * 1000 + ones % 1000 + length;
    }
}

measure("strings", (size) => new Strings(size));
