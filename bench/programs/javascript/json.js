"use strict";

// JSON: a generated text is parsed to a tree, summed up and written again.

const { Benchmark, Random, measure } = require("./harness.js");

class JsonValue {
    total() { return 0; }
}

class JsonLiteral extends JsonValue {
    constructor(text) {
        super();
        this.text = text;
    }

    write(out) { out.push(this.text); }
}

class JsonInteger extends JsonValue {
    constructor(value) {
        super();
        this.value = value;
    }

    write(out) { out.push(String(this.value)); }
    total() { return this.value; }
}

class JsonDecimal extends JsonValue {
    constructor(value) {
        super();
        this.value = value;
    }

    write(out) {
        const hundredths = this.total();
        const rest = hundredths % 100;
        out.push(String(Math.trunc(hundredths / 100)));
        out.push(rest < 10 ? ".0" : ".");
        out.push(String(rest));
    }

    total() { return Math.trunc(this.value * 100.0 + 0.5); }
}

class JsonString extends JsonValue {
    constructor(text) {
        super();
        this.text = text;
    }

    write(out) { writeString(this.text, out); }
}

class JsonArray extends JsonValue {
    constructor() {
        super();
        this.items = [];
    }

    write(out) {
        out.push("[");
        let first = true;
        for (const item of this.items) {
            if (!first) out.push(",");
            first = false;
            item.write(out);
        }
        out.push("]");
    }

    total() {
        let sum = 0;
        for (const item of this.items) sum += item.total();
        return sum;
    }
}

class JsonObject extends JsonValue {
    constructor() {
        super();
        this.names = [];
        this.values = [];
    }

    add(name, value) {
        this.names.push(name);
        this.values.push(value);
    }

    write(out) {
        out.push("{");
        for (let i = 0; i < this.names.length; i++) {
            if (i > 0) out.push(",");
            writeString(this.names[i], out);
            out.push(":");
            this.values[i].write(out);
        }
        out.push("}");
    }

    total() {
        let sum = 0;
        for (const value of this.values) sum += value.total();
        return sum;
    }
}

function writeString(text, out) {
    out.push('"');
    let start = 0;
    for (let i = 0; i < text.length; i++) {
        const c = text.charCodeAt(i);
        if (c === QUOTE || c === BACKSLASH || c === NEWLINE) {
            out.push(text.slice(start, i));
            out.push("\\");
            out.push(c === NEWLINE ? "n" : c === QUOTE ? '"' : "\\");
            start = i + 1;
        }
    }
    out.push(text.slice(start));
    out.push('"');
}

const NEWLINE = 10;
const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const DIGIT_0 = 48;
const DIGIT_9 = 57;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const LETTER_F = 102;
const LETTER_N = 110;
const LETTER_T = 116;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

class Parser {
    constructor(text) {
        this.text = text;
        this.at = 0;
    }

    parse() {
        const value = this.value();
        this.skipBlanks();
        if (this.at !== this.text.length) this.fail("the end");
        return value;
    }

    fail(expected) { throw new Error(`expected ${expected} at ${this.at}`); }

    peek() {
        if (this.at >= this.text.length) this.fail("more");
        return this.text.charCodeAt(this.at);
    }

    skipBlanks() {
        while (this.at < this.text.length
            && (this.text.charCodeAt(this.at) === SPACE || this.text.charCodeAt(this.at) === NEWLINE)) this.at++;
    }

    accept(c) {
        this.skipBlanks();
        if (this.peek() !== c) return false;
        this.at++;
        return true;
    }

    expect(c) {
        if (!this.accept(c)) this.fail(String.fromCharCode(c));
    }

    value() {
        this.skipBlanks();
        const c = this.peek();
        if (c === OPEN_BRACE) return this.members();
        if (c === OPEN_BRACKET) return this.elements();
        if (c === QUOTE) return new JsonString(this.string());
        if (c === LETTER_N) return this.literal("null");
        if (c === LETTER_T) return this.literal("true");
        if (c === LETTER_F) return this.literal("false");
        return this.number();
    }

    literal(word) {
        for (let i = 0; i < word.length; i++) {
            if (this.peek() !== word.charCodeAt(i)) this.fail(word);
            this.at++;
        }
        return new JsonLiteral(word);
    }

    isDigit() {
        if (this.at >= this.text.length) return false;
        const c = this.text.charCodeAt(this.at);
        return c >= DIGIT_0 && c <= DIGIT_9;
    }

    number() {
        const isNegative = this.peek() === MINUS;
        if (isNegative) this.at++;
        if (!this.isDigit()) this.fail("a value");
        let whole = 0;
        while (this.isDigit()) {
            whole = whole * 10 + (this.text.charCodeAt(this.at) - DIGIT_0);
            this.at++;
        }
        if (this.at < this.text.length && this.text.charCodeAt(this.at) === POINT) {
            this.at++;
            let fraction = 0.0;
            let place = 0.1;
            while (this.isDigit()) {
                fraction += (this.text.charCodeAt(this.at) - DIGIT_0) * place;
                place /= 10.0;
                this.at++;
            }
            const value = whole + fraction;
            return new JsonDecimal(isNegative ? -value : value);
        }
        return new JsonInteger(isNegative ? -whole : whole);
    }

    string() {
        this.expect(QUOTE);
        const start = this.at;
        while (this.peek() !== QUOTE) {
            if (this.text.charCodeAt(this.at) === BACKSLASH) return this.escapedString(start);
            this.at++;
        }
        this.at++;
        return this.text.slice(start, this.at - 1);
    }

    escapedString(start) {
        let out = this.text.slice(start, this.at);
        while (this.peek() !== QUOTE) {
            if (this.text.charCodeAt(this.at) === BACKSLASH) {
                this.at++;
                const c = this.peek();
                out += c === LETTER_N ? "\n" : String.fromCharCode(c);
                this.at++;
            } else {
                const from = this.at;
                while (this.peek() !== QUOTE && this.text.charCodeAt(this.at) !== BACKSLASH) this.at++;
                out += this.text.slice(from, this.at);
            }
        }
        this.at++;
        return out;
    }

    elements() {
        this.expect(OPEN_BRACKET);
        const array = new JsonArray();
        if (this.accept(CLOSE_BRACKET)) return array;
        array.items.push(this.value());
        while (this.accept(COMMA)) array.items.push(this.value());
        this.expect(CLOSE_BRACKET);
        return array;
    }

    members() {
        this.expect(OPEN_BRACE);
        const object = new JsonObject();
        if (this.accept(CLOSE_BRACE)) return object;
        this.member(object);
        while (this.accept(COMMA)) this.member(object);
        this.expect(CLOSE_BRACE);
        return object;
    }

    member(object) {
        this.skipBlanks();
        const name = this.string();
        this.expect(COLON);
        object.add(name, this.value());
    }
}

class Json extends Benchmark {
    constructor(size) {
        super();
        this.expected = 0;
        this.written = "";
        const random = new Random();
        const out = ["["];
        for (let i = 0; i < size; i++) {
            if (i > 0) out.push(",");
            this.addRecord(i, random, out);
        }
        out.push("]");
        this.text = out.join("");
    }

    addRecord(id, random, out) {
        const whole = random.next(1000);
        const quarter = random.next(4) * 25;
        const balance = random.next(200000) - 100000;
        const point = quarter === 0 ? ".0" : ".";
        out.push(`{"id":${id},"name":"user ${random.next(10000)}","score":${whole}${point}${quarter},`);
        out.push(`"balance":${balance},"active":${random.next(2) === 0},"parent":null,"tags":[`);
        const tags = random.next(5);
        for (let i = 0; i < tags; i++) {
            if (i > 0) out.push(",");
            out.push(`"tag${random.next(100)}"`);
        }
        out.push(`],"note":"said \\"${random.next(50)}\\"\\nand left"}`);
        this.expected += id + whole * 100 + quarter + balance;
    }

    benchmark() {
        const value = new Parser(this.text).parse();
        const out = [];
        value.write(out);
        this.written = out.join("");
        return value.total();
    }

    verifyResult(result) { return result === this.expected && this.written === this.text; }
}

measure("json", (size) => new Json(size));
