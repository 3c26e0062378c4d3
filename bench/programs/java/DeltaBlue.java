import java.util.ArrayList;
import java.util.List;

/** DeltaBlue: an incremental solver of one-way constraints, after Freeman-Benson and Maloney. */
final class DeltaBlue extends Benchmark {
    private static final class Strength {
        final int value;
        final String name;

        Strength(int value, String name) {
            this.value = value;
            this.name = name;
        }

        boolean isStrongerThan(Strength other) {
            return value < other.value;
        }

        boolean isWeakerThan(Strength other) {
            return value > other.value;
        }

        Strength weaker(Strength other) {
            return value > other.value ? this : other;
        }

        Strength nextWeaker() {
            return switch (value) {
                case 0 -> STRONG_PREFERRED;
                case 1 -> PREFERRED;
                case 2 -> STRONG_DEFAULT;
                case 3 -> NORMAL;
                case 4 -> WEAK_DEFAULT;
                default -> WEAKEST;
            };
        }
    }

    private static final Strength REQUIRED = new Strength(0, "required");
    private static final Strength STRONG_PREFERRED = new Strength(1, "strongPreferred");
    private static final Strength PREFERRED = new Strength(2, "preferred");
    private static final Strength STRONG_DEFAULT = new Strength(3, "strongDefault");
    private static final Strength NORMAL = new Strength(4, "normal");
    private static final Strength WEAK_DEFAULT = new Strength(5, "weakDefault");
    private static final Strength WEAKEST = new Strength(6, "weakest");

    private static final int NO_DIRECTION = 0;
    private static final int FORWARD = 1;
    private static final int BACKWARD = -1;

    private static final class Variable {
        final String name;
        int value;
        final List<Constraint> constraints = new ArrayList<>();
        Constraint determinedBy = null;
        int mark = 0;
        Strength walkStrength = WEAKEST;
        boolean stay = true;

        Variable(String name, int value) {
            this.name = name;
            this.value = value;
        }

        void addConstraint(Constraint constraint) {
            constraints.add(constraint);
        }

        void removeConstraint(Constraint constraint) {
            constraints.remove(constraint);
            if (determinedBy == constraint) {
                determinedBy = null;
            }
        }
    }

    private abstract static class Constraint {
        final Strength strength;

        Constraint(Strength strength) {
            this.strength = strength;
        }

        abstract boolean isSatisfied();

        abstract void addToGraph();

        abstract void removeFromGraph();

        abstract void chooseMethod(int mark);

        abstract void markInputs(int mark);

        abstract boolean inputsKnown(int mark);

        abstract Variable output();

        abstract void markUnsatisfied();

        abstract void recalculate();

        abstract void execute();

        boolean isInput() {
            return false;
        }

        void addTo(Planner planner) {
            addToGraph();
            planner.incrementalAdd(this);
        }

        void destroy(Planner planner) {
            if (isSatisfied()) {
                planner.incrementalRemove(this);
            } else {
                removeFromGraph();
            }
        }

        Constraint satisfy(int mark, Planner planner) {
            chooseMethod(mark);
            if (!isSatisfied()) {
                if (strength == REQUIRED) {
                    throw new IllegalStateException("cannot satisfy a required constraint");
                }
                return null;
            }
            markInputs(mark);
            Variable out = output();
            Constraint overridden = out.determinedBy;
            if (overridden != null) {
                overridden.markUnsatisfied();
            }
            out.determinedBy = this;
            if (!planner.addPropagate(this, mark)) {
                throw new IllegalStateException("there is a cycle");
            }
            out.mark = mark;
            return overridden;
        }
    }

    private abstract static class UnaryConstraint extends Constraint {
        final Variable target;
        private boolean satisfied = false;

        UnaryConstraint(Variable target, Strength strength) {
            super(strength);
            this.target = target;
        }

        @Override
        void addToGraph() {
            target.addConstraint(this);
            satisfied = false;
        }

        @Override
        void removeFromGraph() {
            target.removeConstraint(this);
            satisfied = false;
        }

        @Override
        void chooseMethod(int mark) {
            satisfied = target.mark != mark && strength.isStrongerThan(target.walkStrength);
        }

        @Override
        boolean isSatisfied() {
            return satisfied;
        }

        @Override
        void markInputs(int mark) {}

        @Override
        boolean inputsKnown(int mark) {
            return true;
        }

        @Override
        Variable output() {
            return target;
        }

        @Override
        void markUnsatisfied() {
            satisfied = false;
        }

        @Override
        void recalculate() {
            target.walkStrength = strength;
            target.stay = !isInput();
            if (target.stay) {
                execute();
            }
        }
    }

    private static final class StayConstraint extends UnaryConstraint {
        StayConstraint(Variable target, Strength strength) {
            super(target, strength);
        }

        @Override
        void execute() {}
    }

    private static final class EditConstraint extends UnaryConstraint {
        EditConstraint(Variable target, Strength strength) {
            super(target, strength);
        }

        @Override
        boolean isInput() {
            return true;
        }

        @Override
        void execute() {}
    }

    private abstract static class BinaryConstraint extends Constraint {
        final Variable first;
        final Variable second;
        int direction = NO_DIRECTION;

        BinaryConstraint(Variable first, Variable second, Strength strength) {
            super(strength);
            this.first = first;
            this.second = second;
        }

        @Override
        void chooseMethod(int mark) {
            if (first.mark == mark) {
                boolean free = second.mark != mark && strength.isStrongerThan(second.walkStrength);
                direction = free ? FORWARD : NO_DIRECTION;
            } else if (second.mark == mark) {
                boolean free = first.mark != mark && strength.isStrongerThan(first.walkStrength);
                direction = free ? BACKWARD : NO_DIRECTION;
            } else if (first.walkStrength.isWeakerThan(second.walkStrength)) {
                direction = strength.isStrongerThan(first.walkStrength) ? BACKWARD : NO_DIRECTION;
            } else {
                direction = strength.isStrongerThan(second.walkStrength) ? FORWARD : NO_DIRECTION;
            }
        }

        @Override
        void addToGraph() {
            first.addConstraint(this);
            second.addConstraint(this);
            direction = NO_DIRECTION;
        }

        @Override
        void removeFromGraph() {
            first.removeConstraint(this);
            second.removeConstraint(this);
            direction = NO_DIRECTION;
        }

        @Override
        boolean isSatisfied() {
            return direction != NO_DIRECTION;
        }

        @Override
        void markInputs(int mark) {
            input().mark = mark;
        }

        Variable input() {
            return direction == FORWARD ? first : second;
        }

        @Override
        Variable output() {
            return direction == FORWARD ? second : first;
        }

        @Override
        void markUnsatisfied() {
            direction = NO_DIRECTION;
        }

        @Override
        boolean inputsKnown(int mark) {
            Variable source = input();
            return source.mark == mark || source.stay || source.determinedBy == null;
        }

        @Override
        void recalculate() {
            Variable source = input();
            Variable out = output();
            out.walkStrength = strength.weaker(source.walkStrength);
            out.stay = source.stay;
            if (out.stay) {
                execute();
            }
        }
    }

    private static final class EqualityConstraint extends BinaryConstraint {
        EqualityConstraint(Variable first, Variable second, Strength strength) {
            super(first, second, strength);
        }

        @Override
        void execute() {
            output().value = input().value;
        }
    }

    private static final class ScaleConstraint extends BinaryConstraint {
        final Variable scale;
        final Variable offset;

        ScaleConstraint(Variable source, Variable scale, Variable offset, Variable target, Strength strength) {
            super(source, target, strength);
            this.scale = scale;
            this.offset = offset;
        }

        @Override
        void addToGraph() {
            super.addToGraph();
            scale.addConstraint(this);
            offset.addConstraint(this);
        }

        @Override
        void removeFromGraph() {
            super.removeFromGraph();
            scale.removeConstraint(this);
            offset.removeConstraint(this);
        }

        @Override
        void markInputs(int mark) {
            super.markInputs(mark);
            scale.mark = mark;
            offset.mark = mark;
        }

        @Override
        void execute() {
            if (direction == FORWARD) {
                second.value = first.value * scale.value + offset.value;
            } else {
                first.value = (second.value - offset.value) / scale.value;
            }
        }

        @Override
        void recalculate() {
            Variable source = input();
            Variable out = output();
            out.walkStrength = strength.weaker(source.walkStrength);
            out.stay = source.stay && scale.stay && offset.stay;
            if (out.stay) {
                execute();
            }
        }
    }

    private static final class Plan {
        private final List<Constraint> constraints = new ArrayList<>();

        void add(Constraint constraint) {
            constraints.add(constraint);
        }

        void execute() {
            for (Constraint constraint : constraints) {
                constraint.execute();
            }
        }
    }

    private static final class Planner {
        private int currentMark = 0;

        int newMark() {
            currentMark++;
            return currentMark;
        }

        void incrementalAdd(Constraint constraint) {
            int mark = newMark();
            Constraint overridden = constraint.satisfy(mark, this);
            while (overridden != null) {
                overridden = overridden.satisfy(mark, this);
            }
        }

        void incrementalRemove(Constraint constraint) {
            Variable out = constraint.output();
            constraint.markUnsatisfied();
            constraint.removeFromGraph();
            List<Constraint> unsatisfied = removePropagateFrom(out);
            Strength strength = REQUIRED;
            while (true) {
                for (Constraint other : unsatisfied) {
                    if (other.strength == strength) {
                        incrementalAdd(other);
                    }
                }
                if (strength == WEAKEST) {
                    break;
                }
                strength = strength.nextWeaker();
            }
        }

        private Plan makePlan(List<Constraint> sources) {
            int mark = newMark();
            Plan plan = new Plan();
            List<Constraint> todo = sources;
            while (!todo.isEmpty()) {
                Constraint constraint = todo.remove(todo.size() - 1);
                Variable out = constraint.output();
                if (out.mark != mark && constraint.inputsKnown(mark)) {
                    plan.add(constraint);
                    out.mark = mark;
                    addConstraintsConsuming(out, todo);
                }
            }
            return plan;
        }

        Plan extractPlan(List<Constraint> constraints) {
            List<Constraint> sources = new ArrayList<>();
            for (Constraint constraint : constraints) {
                if (constraint.isInput() && constraint.isSatisfied()) {
                    sources.add(constraint);
                }
            }
            return makePlan(sources);
        }

        boolean addPropagate(Constraint constraint, int mark) {
            List<Constraint> todo = new ArrayList<>();
            todo.add(constraint);
            while (!todo.isEmpty()) {
                Constraint next = todo.remove(todo.size() - 1);
                Variable out = next.output();
                if (out.mark == mark) {
                    incrementalRemove(constraint);
                    return false;
                }
                next.recalculate();
                addConstraintsConsuming(out, todo);
            }
            return true;
        }

        private List<Constraint> removePropagateFrom(Variable out) {
            out.determinedBy = null;
            out.walkStrength = WEAKEST;
            out.stay = true;
            List<Constraint> unsatisfied = new ArrayList<>();
            List<Variable> todo = new ArrayList<>();
            todo.add(out);
            while (!todo.isEmpty()) {
                Variable variable = todo.remove(todo.size() - 1);
                for (Constraint constraint : variable.constraints) {
                    if (!constraint.isSatisfied()) {
                        unsatisfied.add(constraint);
                    }
                }
                Constraint determining = variable.determinedBy;
                for (Constraint next : variable.constraints) {
                    if (next != determining && next.isSatisfied()) {
                        next.recalculate();
                        todo.add(next.output());
                    }
                }
            }
            return unsatisfied;
        }

        private void addConstraintsConsuming(Variable variable, List<Constraint> into) {
            Constraint determining = variable.determinedBy;
            for (Constraint constraint : variable.constraints) {
                if (constraint != determining && constraint.isSatisfied()) {
                    into.add(constraint);
                }
            }
        }
    }

    private final int size;
    private int errors = 0;

    DeltaBlue(int size) {
        this.size = size;
    }

    @Override
    long benchmark() {
        errors = 0;
        return chainTest(size) + projectionTest(size);
    }

    private int check(int found, int expected) {
        if (found != expected) {
            errors++;
        }
        return found;
    }

    private long chainTest(int n) {
        Planner planner = new Planner();
        List<Variable> variables = new ArrayList<>();
        for (int i = 0; i <= n; i++) {
            Variable variable = new Variable("v", 0);
            if (i > 0) {
                new EqualityConstraint(variables.get(i - 1), variable, REQUIRED).addTo(planner);
            }
            variables.add(variable);
        }
        Variable first = variables.get(0);
        Variable last = variables.get(n);
        new StayConstraint(last, STRONG_DEFAULT).addTo(planner);
        EditConstraint edit = new EditConstraint(first, PREFERRED);
        edit.addTo(planner);
        Plan plan = planner.extractPlan(List.of(edit));
        long total = 0;
        for (int i = 0; i < 100; i++) {
            first.value = i;
            plan.execute();
            total += check(last.value, i);
        }
        return total;
    }

    private long projectionTest(int n) {
        Planner planner = new Planner();
        Variable scale = new Variable("scale", 10);
        Variable offset = new Variable("offset", 1000);
        List<Variable> targets = new ArrayList<>();
        Variable source = null;
        Variable target = null;
        for (int i = 0; i < n; i++) {
            source = new Variable("source", i);
            target = new Variable("target", i);
            targets.add(target);
            new StayConstraint(source, NORMAL).addTo(planner);
            new ScaleConstraint(source, scale, offset, target, REQUIRED).addTo(planner);
        }
        change(planner, source, 17);
        long total = check(target.value, 1170);
        change(planner, target, 1050);
        total += check(source.value, 5);
        change(planner, scale, 5);
        for (int i = 0; i < n - 1; i++) {
            total += check(targets.get(i).value, i * 5 + 1000);
        }
        change(planner, offset, 2000);
        for (int i = 0; i < n - 1; i++) {
            total += check(targets.get(i).value, i * 5 + 2000);
        }
        return total;
    }

    private void change(Planner planner, Variable variable, int value) {
        EditConstraint edit = new EditConstraint(variable, PREFERRED);
        edit.addTo(planner);
        Plan plan = planner.extractPlan(List.of(edit));
        for (int i = 0; i < 10; i++) {
            variable.value = value;
            plan.execute();
        }
        edit.destroy(planner);
    }

    @Override
    boolean verifyResult(long result) {
        long last = size - 1;
        return errors == 0 && result == 4950 + 1175 + last * 3000 + 5 * last * (last - 1);
    }

    public static void main(String[] args) {
        measure("deltablue", args, DeltaBlue::new);
    }
}
