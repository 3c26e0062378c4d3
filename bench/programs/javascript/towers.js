"use strict";

// Towers: the towers of Hanoi, with disks that are linked objects.

const { Benchmark, measure } = require("./harness.js");

class Disk {
    constructor(size) {
        this.size = size;
        this.next = null;
    }
}

class Towers extends Benchmark {
    constructor(disks) {
        super();
        this.disks = disks;
        this.piles = [null, null, null];
        this.moves = 0;
    }

    benchmark() {
        this.piles.fill(null);
        for (let size = this.disks; size >= 1; size--) this.push(new Disk(size), 0);
        this.moves = 0;
        this.move(this.disks, 0, 1);
        return this.moves;
    }

    push(disk, pile) {
        const top = this.piles[pile];
        if (top !== null && disk.size >= top.size) throw new Error("a large disk on a small one");
        disk.next = top;
        this.piles[pile] = disk;
    }

    pop(pile) {
        const top = this.piles[pile];
        if (top === null) throw new Error(`no disk on pile ${pile}`);
        this.piles[pile] = top.next;
        top.next = null;
        return top;
    }

    moveTop(from, to) {
        this.push(this.pop(from), to);
        this.moves++;
    }

    move(count, from, to) {
        if (count === 1) {
            this.moveTop(from, to);
            return;
        }
        const other = 3 - from - to;
        this.move(count - 1, from, other);
        this.moveTop(from, to);
        this.move(count - 1, other, to);
    }

    verifyResult(result) {
        return result === 2 ** this.disks - 1 && this.piles[0] === null && this.piles[2] === null
            && this.piles[1].size === 1;
    }
}

measure("towers", (size) => new Towers(size));
