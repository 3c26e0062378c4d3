"use strict";

// DeltaBlue: an incremental solver of one-way constraints, after Freeman-Benson and Maloney.

const { Benchmark, measure } = require("./harness.js");

class Strength {
    constructor(value, name) {
        this.value = value;
        this.name = name;
    }

    isStrongerThan(other) { return this.value < other.value; }
    isWeakerThan(other) { return this.value > other.value; }
    weaker(other) { return this.value > other.value ? this : other; }

    nextWeaker() {
        switch (this.value) {
            case 0: return STRONG_PREFERRED;
            case 1: return PREFERRED;
            case 2: return STRONG_DEFAULT;
            case 3: return NORMAL;
            case 4: return WEAK_DEFAULT;
            default: return WEAKEST;
        }
    }
}

const REQUIRED = new Strength(0, "required");
const STRONG_PREFERRED = new Strength(1, "strongPreferred");
const PREFERRED = new Strength(2, "preferred");
const STRONG_DEFAULT = new Strength(3, "strongDefault");
const NORMAL = new Strength(4, "normal");
const WEAK_DEFAULT = new Strength(5, "weakDefault");
const WEAKEST = new Strength(6, "weakest");

const NO_DIRECTION = 0;
const FORWARD = 1;
const BACKWARD = -1;

class Variable {
    constructor(name, value) {
        this.name = name;
        this.value = value;
        this.constraints = [];
        this.determinedBy = null;
        this.mark = 0;
        this.walkStrength = WEAKEST;
        this.stay = true;
    }

    addConstraint(constraint) { this.constraints.push(constraint); }

    removeConstraint(constraint) {
        const at = this.constraints.indexOf(constraint);
        if (at >= 0) this.constraints.splice(at, 1);
        if (this.determinedBy === constraint) this.determinedBy = null;
    }
}

class Constraint {
    constructor(strength) { this.strength = strength; }

    isInput() { return false; }

    addTo(planner) {
        this.addToGraph();
        planner.incrementalAdd(this);
    }

    destroy(planner) {
        if (this.isSatisfied()) {
            planner.incrementalRemove(this);
        } else {
            this.removeFromGraph();
        }
    }

    satisfy(mark, planner) {
        this.chooseMethod(mark);
        if (!this.isSatisfied()) {
            if (this.strength === REQUIRED) throw new Error("cannot satisfy a required constraint");
            return null;
        }
        this.markInputs(mark);
        const out = this.output();
        const overridden = out.determinedBy;
        if (overridden !== null) overridden.markUnsatisfied();
        out.determinedBy = this;
        if (!planner.addPropagate(this, mark)) throw new Error("there is a cycle");
        out.mark = mark;
        return overridden;
    }
}

class UnaryConstraint extends Constraint {
    constructor(target, strength) {
        super(strength);
        this.target = target;
        this.satisfied = false;
    }

    addToGraph() {
        this.target.addConstraint(this);
        this.satisfied = false;
    }

    removeFromGraph() {
        this.target.removeConstraint(this);
        this.satisfied = false;
    }

    chooseMethod(mark) {
        this.satisfied = this.target.mark !== mark && this.strength.isStrongerThan(this.target.walkStrength);
    }

    isSatisfied() { return this.satisfied; }
    markInputs(mark) {}
    inputsKnown(mark) { return true; }
    output() { return this.target; }
    markUnsatisfied() { this.satisfied = false; }

    recalculate() {
        this.target.walkStrength = this.strength;
        this.target.stay = !this.isInput();
        if (this.target.stay) this.execute();
    }
}

class StayConstraint extends UnaryConstraint {
    execute() {}
}

class EditConstraint extends UnaryConstraint {
    isInput() { return true; }
    execute() {}
}

class BinaryConstraint extends Constraint {
    constructor(first, second, strength) {
        super(strength);
        this.first = first;
        this.second = second;
        this.direction = NO_DIRECTION;
    }

    chooseMethod(mark) {
        const { first, second, strength } = this;
        if (first.mark === mark) {
            const free = second.mark !== mark && strength.isStrongerThan(second.walkStrength);
            this.direction = free ? FORWARD : NO_DIRECTION;
        } else if (second.mark === mark) {
            const free = first.mark !== mark && strength.isStrongerThan(first.walkStrength);
            this.direction = free ? BACKWARD : NO_DIRECTION;
        } else if (first.walkStrength.isWeakerThan(second.walkStrength)) {
            this.direction = strength.isStrongerThan(first.walkStrength) ? BACKWARD : NO_DIRECTION;
        } else {
            this.direction = strength.isStrongerThan(second.walkStrength) ? FORWARD : NO_DIRECTION;
        }
    }

    addToGraph() {
        this.first.addConstraint(this);
        this.second.addConstraint(this);
        this.direction = NO_DIRECTION;
    }

    removeFromGraph() {
        this.first.removeConstraint(this);
        this.second.removeConstraint(this);
        this.direction = NO_DIRECTION;
    }

    isSatisfied() { return this.direction !== NO_DIRECTION; }
    markInputs(mark) { this.input().mark = mark; }
    input() { return this.direction === FORWARD ? this.first : this.second; }
    output() { return this.direction === FORWARD ? this.second : this.first; }
    markUnsatisfied() { this.direction = NO_DIRECTION; }

    inputsKnown(mark) {
        const source = this.input();
        return source.mark === mark || source.stay || source.determinedBy === null;
    }

    recalculate() {
        const source = this.input();
        const out = this.output();
        out.walkStrength = this.strength.weaker(source.walkStrength);
        out.stay = source.stay;
        if (out.stay) this.execute();
    }
}

class EqualityConstraint extends BinaryConstraint {
    execute() { this.output().value = this.input().value; }
}

class ScaleConstraint extends BinaryConstraint {
    constructor(source, scale, offset, target, strength) {
        super(source, target, strength);
        this.scale = scale;
        this.offset = offset;
    }

    addToGraph() {
        super.addToGraph();
        this.scale.addConstraint(this);
        this.offset.addConstraint(this);
    }

    removeFromGraph() {
        super.removeFromGraph();
        this.scale.removeConstraint(this);
        this.offset.removeConstraint(this);
    }

    markInputs(mark) {
        super.markInputs(mark);
        this.scale.mark = mark;
        this.offset.mark = mark;
    }

    execute() {
        if (this.direction === FORWARD) {
            this.second.value = this.first.value * this.scale.value + this.offset.value;
        } else {
            this.first.value = Math.trunc((this.second.value - this.offset.value) / this.scale.value);
        }
    }

    recalculate() {
        const source = this.input();
        const out = this.output();
        out.walkStrength = this.strength.weaker(source.walkStrength);
        out.stay = source.stay && this.scale.stay && this.offset.stay;
        if (out.stay) this.execute();
    }
}

class Plan {
    constructor() { this.constraints = []; }
    add(constraint) { this.constraints.push(constraint); }
    execute() { for (const constraint of this.constraints) constraint.execute(); }
}

class Planner {
    constructor() { this.currentMark = 0; }

    newMark() {
        this.currentMark++;
        return this.currentMark;
    }

    incrementalAdd(constraint) {
        const mark = this.newMark();
        let overridden = constraint.satisfy(mark, this);
        while (overridden !== null) overridden = overridden.satisfy(mark, this);
    }

    incrementalRemove(constraint) {
        const out = constraint.output();
        constraint.markUnsatisfied();
        constraint.removeFromGraph();
        const unsatisfied = this.removePropagateFrom(out);
        let strength = REQUIRED;
        while (true) {
            for (const other of unsatisfied) {
                if (other.strength === strength) this.incrementalAdd(other);
            }
            if (strength === WEAKEST) break;
            strength = strength.nextWeaker();
        }
    }

    makePlan(sources) {
        const mark = this.newMark();
        const plan = new Plan();
        const todo = sources;
        while (todo.length > 0) {
            const constraint = todo.pop();
            const out = constraint.output();
            if (out.mark !== mark && constraint.inputsKnown(mark)) {
                plan.add(constraint);
                out.mark = mark;
                this.addConstraintsConsuming(out, todo);
            }
        }
        return plan;
    }

    extractPlan(constraints) {
        const sources = [];
        for (const constraint of constraints) {
            if (constraint.isInput() && constraint.isSatisfied()) sources.push(constraint);
        }
        return this.makePlan(sources);
    }

    addPropagate(constraint, mark) {
        const todo = [constraint];
        while (todo.length > 0) {
            const next = todo.pop();
            const out = next.output();
            if (out.mark === mark) {
                this.incrementalRemove(constraint);
                return false;
            }
            next.recalculate();
            this.addConstraintsConsuming(out, todo);
        }
        return true;
    }

    removePropagateFrom(out) {
        out.determinedBy = null;
        out.walkStrength = WEAKEST;
        out.stay = true;
        const unsatisfied = [];
        const todo = [out];
        while (todo.length > 0) {
            const variable = todo.pop();
            for (const constraint of variable.constraints) {
                if (!constraint.isSatisfied()) unsatisfied.push(constraint);
            }
            const determining = variable.determinedBy;
            for (const next of variable.constraints) {
                if (next !== determining && next.isSatisfied()) {
                    next.recalculate();
                    todo.push(next.output());
                }
            }
        }
        return unsatisfied;
    }

    addConstraintsConsuming(variable, into) {
        const determining = variable.determinedBy;
        for (const constraint of variable.constraints) {
            if (constraint !== determining && constraint.isSatisfied()) into.push(constraint);
        }
    }
}

class DeltaBlue extends Benchmark {
    constructor(size) {
        super();
        this.size = size;
        this.errors = 0;
    }

    benchmark() {
        this.errors = 0;
        return this.chainTest(this.size) + this.projectionTest(this.size);
    }

    check(found, expected) {
        if (found !== expected) this.errors++;
        return found;
    }

    chainTest(n) {
        const planner = new Planner();
        const variables = [];
        for (let i = 0; i <= n; i++) {
            const variable = new Variable("v", 0);
            if (i > 0) new EqualityConstraint(variables[i - 1], variable, REQUIRED).addTo(planner);
            variables.push(variable);
        }
        const first = variables[0];
        const last = variables[n];
        new StayConstraint(last, STRONG_DEFAULT).addTo(planner);
        const edit = new EditConstraint(first, PREFERRED);
        edit.addTo(planner);
        const plan = planner.extractPlan([edit]);
        let total = 0;
        for (let i = 0; i < 100; i++) {
            first.value = i;
            plan.execute();
            total += this.check(last.value, i);
        }
        return total;
    }

    projectionTest(n) {
        const planner = new Planner();
        const scale = new Variable("scale", 10);
        const offset = new Variable("offset", 1000);
        const targets = [];
        let source = null;
        let target = null;
        for (let i = 0; i < n; i++) {
            source = new Variable("source", i);
            target = new Variable("target", i);
            targets.push(target);
            new StayConstraint(source, NORMAL).addTo(planner);
            new ScaleConstraint(source, scale, offset, target, REQUIRED).addTo(planner);
        }
        this.change(planner, source, 17);
        let total = this.check(target.value, 1170);
        this.change(planner, target, 1050);
        total += this.check(source.value, 5);
        this.change(planner, scale, 5);
        for (let i = 0; i < n - 1; i++) total += this.check(targets[i].value, i * 5 + 1000);
        this.change(planner, offset, 2000);
        for (let i = 0; i < n - 1; i++) total += this.check(targets[i].value, i * 5 + 2000);
        return total;
    }

    change(planner, variable, value) {
        const edit = new EditConstraint(variable, PREFERRED);
        edit.addTo(planner);
        const plan = planner.extractPlan([edit]);
        for (let i = 0; i < 10; i++) {
            variable.value = value;
            plan.execute();
        }
        edit.destroy(planner);
    }

    verifyResult(result) {
        const last = this.size - 1;
        return this.errors === 0 && result === 4950 + 1175 + last * 3000 + 5 * last * (last - 1);
    }
}

measure("deltablue", (size) => new DeltaBlue(size));
