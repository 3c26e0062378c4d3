"use strict";

// Sort: quicksort of integers in place, and merge sort of objects by a function that compares them.

const { Benchmark, Random, measure } = require("./harness.js");

function quicksort(items, from, to) {
    let low = from;
    let high = to;
    const pivot = items[(from + to) >> 1];
    while (low <= high) {
        while (items[low] < pivot) low++;
        while (items[high] > pivot) high--;
        if (low <= high) {
            const kept = items[low];
            items[low] = items[high];
            items[high] = kept;
            low++;
            high--;
        }
    }
    if (from < high) quicksort(items, from, high);
    if (low < to) quicksort(items, low, to);
}

class Record {
    constructor(key, index) {
        this.key = key;
        this.index = index;
    }
}

function mergesort(items, space, from, to, before) {
    if (to - from < 2) return;
    const middle = (from + to) >> 1;
    mergesort(items, space, from, middle, before);
    mergesort(items, space, middle, to, before);
    let left = from;
    let right = middle;
    for (let at = from; at < to; at++) {
        if (left < middle && (right >= to || !before(items[right], items[left]))) {
            space[at] = items[left];
            left++;
        } else {
            space[at] = items[right];
            right++;
        }
    }
    for (let at = from; at < to; at++) items[at] = space[at];
}

class Sort extends Benchmark {
    constructor(size) {
        super();
        const random = new Random();
        this.numbers = [];
        for (let i = 0; i < size; i++) this.numbers.push(random.next(1000000));
        this.sorted = [];
        this.records = [];
    }

    benchmark() {
        const numbers = this.numbers;
        const size = numbers.length;
        this.sorted = numbers.slice();
        quicksort(this.sorted, 0, size - 1);
        this.records = numbers.map((number, i) => new Record(number % 1000, i));
        mergesort(this.records, this.records.slice(), 0, size, (a, b) => a.key < b.key);
        let total = 0;
        for (let i = 0; i < size; i++) {
            total += (i % 7 + 1) * this.sorted[i] + (i % 5 + 1) * this.records[i].key;
        }
        return total;
    }

    verifyResult(result) {
        let expected = 0;
        let actual = 0;
        for (let i = 0; i < this.numbers.length; i++) {
            expected += this.numbers[i];
            actual += this.sorted[i];
            if (i > 0) {
                if (this.sorted[i - 1] > this.sorted[i]) return false;
                const a = this.records[i - 1];
                const b = this.records[i];
                if (a.key > b.key || (a.key === b.key && a.index >= b.index)) return false;
            }
        }
        return actual === expected && result > 0;
    }
}

measure("sort", (size) => new Sort(size));
