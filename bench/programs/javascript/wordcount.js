"use strict";

// Word count: how often each word occurs in a large text, and the words that do most often.

const { Benchmark, Random, measure } = require("./harness.js");

const VOCABULARY = 2000;
const TOP = 10;

class Entry {
    constructor(word, count) {
        this.word = word;
        this.count = count;
    }
}

function newWord(number, random) {
    let out = "";
    const letters = random.next(6);
    for (let i = 0; i < letters; i++) out += String.fromCharCode(97 + random.next(16));
    let rest = number;
    do {
        out += String.fromCharCode(113 + rest % 10);
        rest = Math.trunc(rest / 10);
    } while (rest > 0);
    return out;
}

class WordCount extends Benchmark {
    constructor(size) {
        super();
        this.vocabulary = [];
        this.expected = new Array(VOCABULARY).fill(0);
        this.found = new Map();
        this.top = [];
        const random = new Random();
        for (let i = 0; i < VOCABULARY; i++) this.vocabulary.push(newWord(i, random));
        const out = [];
        for (let i = 0; i < size; i++) {
            let place = Math.trunc(random.next(VOCABULARY) * random.next(1000) / 1000);
            place = Math.trunc(place * random.next(1000) / 1000);
            this.expected[place]++;
            const word = this.vocabulary[place];
            if (i % 12 === 0) {
                out.push(word.slice(0, 1).toUpperCase());
                out.push(word.slice(1));
            } else {
                out.push(word);
            }
            out.push(i % 12 === 11 ? ".\n" : i % 5 === 4 ? ", " : " ");
        }
        this.text = out.join("");
    }

    benchmark() {
        this.found = this.counts();
        const entries = [];
        for (const [word, count] of this.found) entries.push(new Entry(word, count));
        entries.sort((a, b) => (a.count !== b.count ? b.count - a.count : a.word < b.word ? -1 : 1));
        this.top = entries.slice(0, TOP);
        let total = 0;
        for (let i = 0; i < this.top.length; i++) total += (i + 1) * this.top[i].count;
        return total * 10000 + this.found.size;
    }

    counts() {
        const lowered = this.text.toLowerCase();
        const counts = new Map();
        let start = -1;
        for (let i = 0; i < lowered.length; i++) {
            const c = lowered.charCodeAt(i);
            if (c >= 97 && c <= 122) {
                if (start < 0) start = i;
            } else if (start >= 0) {
                const word = lowered.slice(start, i);
                counts.set(word, (counts.get(word) ?? 0) + 1);
                start = -1;
            }
        }
        return counts;
    }

    verifyResult(result) {
        let different = 0;
        for (let i = 0; i < VOCABULARY; i++) {
            if ((this.found.get(this.vocabulary[i]) ?? 0) !== this.expected[i]) return false;
            if (this.expected[i] > 0) different++;
        }
        for (let i = 1; i < this.top.length; i++) {
            if (this.top[i - 1].count < this.top[i].count) return false;
        }
        return this.found.size === different && result % 10000 === different;
    }
}

measure("wordcount", (size) => new WordCount(size));
