"use strict";

// Ping-pong: two asynchronous functions that hand a number to each other over channels without room.

const { Benchmark, measure } = require("./harness.js");

class Channel {
    constructor() {
        this.sender = null;
        this.receiver = null;
    }

    send(value) {
        const receiver = this.receiver;
        if (receiver !== null) {
            this.receiver = null;
            receiver(value);
            return Promise.resolve();
        }
        return new Promise((taken) => { this.sender = { value, taken }; });
    }

    receive() {
        const sender = this.sender;
        if (sender !== null) {
            this.sender = null;
            sender.taken();
            return Promise.resolve(sender.value);
        }
        return new Promise((given) => { this.receiver = given; });
    }
}

class PingPong extends Benchmark {
    constructor(rounds) {
        super();
        this.rounds = rounds;
    }

    async benchmark() {
        const ping = new Channel();
        const pong = new Channel();
        const other = this.answer(ping, pong);
        let value = 0;
        for (let i = 0; i < this.rounds; i++) {
            await ping.send(value);
            value = await pong.receive();
        }
        await ping.send(null);
        await other;
        return value;
    }

    async answer(ping, pong) {
        while (true) {
            const value = await ping.receive();
            if (value === null) return;
            await pong.send(value + 1);
        }
    }

    verifyResult(result) { return result === this.rounds; }
}

measure("pingpong", (size) => new PingPong(size));
