"""DeltaBlue: an incremental solver of one-way constraints, after Freeman-Benson and Maloney."""

from __future__ import annotations

from abc import ABC, abstractmethod

from harness import Benchmark, measure


class Strength:
    def __init__(self, value: int, name: str) -> None:
        self.value = value
        self.name = name

    def is_stronger_than(self, other: Strength) -> bool:
        return self.value < other.value

    def is_weaker_than(self, other: Strength) -> bool:
        return self.value > other.value

    def weaker(self, other: Strength) -> Strength:
        return self if self.value > other.value else other

    def next_weaker(self) -> Strength:
        return STRENGTHS[min(self.value + 1, 6)]


REQUIRED = Strength(0, "required")
STRONG_PREFERRED = Strength(1, "strongPreferred")
PREFERRED = Strength(2, "preferred")
STRONG_DEFAULT = Strength(3, "strongDefault")
NORMAL = Strength(4, "normal")
WEAK_DEFAULT = Strength(5, "weakDefault")
WEAKEST = Strength(6, "weakest")
STRENGTHS = [REQUIRED, STRONG_PREFERRED, PREFERRED, STRONG_DEFAULT, NORMAL, WEAK_DEFAULT, WEAKEST]

NO_DIRECTION = 0
FORWARD = 1
BACKWARD = -1


class Variable:
    def __init__(self, name: str, value: int) -> None:
        self.name = name
        self.value = value
        self.constraints: list[Constraint] = []
        self.determined_by: Constraint | None = None
        self.mark = 0
        self.walk_strength = WEAKEST
        self.stay = True

    def add_constraint(self, constraint: Constraint) -> None:
        self.constraints.append(constraint)

    def remove_constraint(self, constraint: Constraint) -> None:
        self.constraints.remove(constraint)
        if self.determined_by is constraint:
            self.determined_by = None


class Constraint(ABC):
    def __init__(self, strength: Strength) -> None:
        self.strength = strength

    @abstractmethod
    def is_satisfied(self) -> bool: ...

    @abstractmethod
    def add_to_graph(self) -> None: ...

    @abstractmethod
    def remove_from_graph(self) -> None: ...

    @abstractmethod
    def choose_method(self, mark: int) -> None: ...

    @abstractmethod
    def mark_inputs(self, mark: int) -> None: ...

    @abstractmethod
    def inputs_known(self, mark: int) -> bool: ...

    @abstractmethod
    def output(self) -> Variable: ...

    @abstractmethod
    def mark_unsatisfied(self) -> None: ...

    @abstractmethod
    def recalculate(self) -> None: ...

    @abstractmethod
    def execute(self) -> None: ...

    def is_input(self) -> bool:
        return False

    def add_to(self, planner: Planner) -> None:
        self.add_to_graph()
        planner.incremental_add(self)

    def destroy(self, planner: Planner) -> None:
        if self.is_satisfied():
            planner.incremental_remove(self)
        else:
            self.remove_from_graph()

    def satisfy(self, mark: int, planner: Planner) -> Constraint | None:
        self.choose_method(mark)
        if not self.is_satisfied():
            if self.strength is REQUIRED:
                raise RuntimeError("cannot satisfy a required constraint")
            return None
        self.mark_inputs(mark)
        out = self.output()
        overridden = out.determined_by
        if overridden is not None:
            overridden.mark_unsatisfied()
        out.determined_by = self
        if not planner.add_propagate(self, mark):
            raise RuntimeError("there is a cycle")
        out.mark = mark
        return overridden


class UnaryConstraint(Constraint):
    def __init__(self, target: Variable, strength: Strength) -> None:
        super().__init__(strength)
        self.target = target
        self.satisfied = False

    def add_to_graph(self) -> None:
        self.target.add_constraint(self)
        self.satisfied = False

    def remove_from_graph(self) -> None:
        self.target.remove_constraint(self)
        self.satisfied = False

    def choose_method(self, mark: int) -> None:
        self.satisfied = self.target.mark != mark and self.strength.is_stronger_than(self.target.walk_strength)

    def is_satisfied(self) -> bool:
        return self.satisfied

    def mark_inputs(self, mark: int) -> None:
        pass

    def inputs_known(self, mark: int) -> bool:
        return True

    def output(self) -> Variable:
        return self.target

    def mark_unsatisfied(self) -> None:
        self.satisfied = False

    def recalculate(self) -> None:
        self.target.walk_strength = self.strength
        self.target.stay = not self.is_input()
        if self.target.stay:
            self.execute()


class StayConstraint(UnaryConstraint):
    def execute(self) -> None:
        pass


class EditConstraint(UnaryConstraint):
    def is_input(self) -> bool:
        return True

    def execute(self) -> None:
        pass


class BinaryConstraint(Constraint):
    def __init__(self, first: Variable, second: Variable, strength: Strength) -> None:
        super().__init__(strength)
        self.first = first
        self.second = second
        self.direction = NO_DIRECTION

    def choose_method(self, mark: int) -> None:
        first, second, strength = self.first, self.second, self.strength
        if first.mark == mark:
            free = second.mark != mark and strength.is_stronger_than(second.walk_strength)
            self.direction = FORWARD if free else NO_DIRECTION
        elif second.mark == mark:
            free = first.mark != mark and strength.is_stronger_than(first.walk_strength)
            self.direction = BACKWARD if free else NO_DIRECTION
        elif first.walk_strength.is_weaker_than(second.walk_strength):
            self.direction = BACKWARD if strength.is_stronger_than(first.walk_strength) else NO_DIRECTION
        else:
            self.direction = FORWARD if strength.is_stronger_than(second.walk_strength) else NO_DIRECTION

    def add_to_graph(self) -> None:
        self.first.add_constraint(self)
        self.second.add_constraint(self)
        self.direction = NO_DIRECTION

    def remove_from_graph(self) -> None:
        self.first.remove_constraint(self)
        self.second.remove_constraint(self)
        self.direction = NO_DIRECTION

    def is_satisfied(self) -> bool:
        return self.direction != NO_DIRECTION

    def mark_inputs(self, mark: int) -> None:
        self.input().mark = mark

    def input(self) -> Variable:
        return self.first if self.direction == FORWARD else self.second

    def output(self) -> Variable:
        return self.second if self.direction == FORWARD else self.first

    def mark_unsatisfied(self) -> None:
        self.direction = NO_DIRECTION

    def inputs_known(self, mark: int) -> bool:
        source = self.input()
        return source.mark == mark or source.stay or source.determined_by is None

    def recalculate(self) -> None:
        source = self.input()
        out = self.output()
        out.walk_strength = self.strength.weaker(source.walk_strength)
        out.stay = source.stay
        if out.stay:
            self.execute()


class EqualityConstraint(BinaryConstraint):
    def execute(self) -> None:
        self.output().value = self.input().value


class ScaleConstraint(BinaryConstraint):
    def __init__(
        self, source: Variable, scale: Variable, offset: Variable, target: Variable, strength: Strength
    ) -> None:
        super().__init__(source, target, strength)
        self.scale = scale
        self.offset = offset

    def add_to_graph(self) -> None:
        super().add_to_graph()
        self.scale.add_constraint(self)
        self.offset.add_constraint(self)

    def remove_from_graph(self) -> None:
        super().remove_from_graph()
        self.scale.remove_constraint(self)
        self.offset.remove_constraint(self)

    def mark_inputs(self, mark: int) -> None:
        super().mark_inputs(mark)
        self.scale.mark = mark
        self.offset.mark = mark

    def execute(self) -> None:
        if self.direction == FORWARD:
            self.second.value = self.first.value * self.scale.value + self.offset.value
        else:
            self.first.value = (self.second.value - self.offset.value) // self.scale.value

    def recalculate(self) -> None:
        source = self.input()
        out = self.output()
        out.walk_strength = self.strength.weaker(source.walk_strength)
        out.stay = source.stay and self.scale.stay and self.offset.stay
        if out.stay:
            self.execute()


class Plan:
    def __init__(self) -> None:
        self.constraints: list[Constraint] = []

    def add(self, constraint: Constraint) -> None:
        self.constraints.append(constraint)

    def execute(self) -> None:
        for constraint in self.constraints:
            constraint.execute()


class Planner:
    def __init__(self) -> None:
        self.current_mark = 0

    def new_mark(self) -> int:
        self.current_mark += 1
        return self.current_mark

    def incremental_add(self, constraint: Constraint) -> None:
        mark = self.new_mark()
        overridden = constraint.satisfy(mark, self)
        while overridden is not None:
            overridden = overridden.satisfy(mark, self)

    def incremental_remove(self, constraint: Constraint) -> None:
        out = constraint.output()
        constraint.mark_unsatisfied()
        constraint.remove_from_graph()
        unsatisfied = self.remove_propagate_from(out)
        strength = REQUIRED
        while True:
            for other in unsatisfied:
                if other.strength is strength:
                    self.incremental_add(other)
            if strength is WEAKEST:
                break
            strength = strength.next_weaker()

    def make_plan(self, sources: list[Constraint]) -> Plan:
        mark = self.new_mark()
        plan = Plan()
        todo = sources
        while todo:
            constraint = todo.pop()
            out = constraint.output()
            if out.mark != mark and constraint.inputs_known(mark):
                plan.add(constraint)
                out.mark = mark
                self.add_constraints_consuming(out, todo)
        return plan

    def extract_plan(self, constraints: list[Constraint]) -> Plan:
        sources = []
        for constraint in constraints:
            if constraint.is_input() and constraint.is_satisfied():
                sources.append(constraint)
        return self.make_plan(sources)

    def add_propagate(self, constraint: Constraint, mark: int) -> bool:
        todo = [constraint]
        while todo:
            following = todo.pop()
            out = following.output()
            if out.mark == mark:
                self.incremental_remove(constraint)
                return False
            following.recalculate()
            self.add_constraints_consuming(out, todo)
        return True

    def remove_propagate_from(self, out: Variable) -> list[Constraint]:
        out.determined_by = None
        out.walk_strength = WEAKEST
        out.stay = True
        unsatisfied = []
        todo = [out]
        while todo:
            variable = todo.pop()
            for constraint in variable.constraints:
                if not constraint.is_satisfied():
                    unsatisfied.append(constraint)
            determining = variable.determined_by
            for following in variable.constraints:
                if following is not determining and following.is_satisfied():
                    following.recalculate()
                    todo.append(following.output())
        return unsatisfied

    def add_constraints_consuming(self, variable: Variable, into: list[Constraint]) -> None:
        determining = variable.determined_by
        for constraint in variable.constraints:
            if constraint is not determining and constraint.is_satisfied():
                into.append(constraint)


class DeltaBlue(Benchmark):
    def __init__(self, size: int) -> None:
        self.size = size
        self.errors = 0

    def benchmark(self) -> int:
        self.errors = 0
        return self.chain_test(self.size) + self.projection_test(self.size)

    def check(self, found: int, expected: int) -> int:
        if found != expected:
            self.errors += 1
        return found

    def chain_test(self, n: int) -> int:
        planner = Planner()
        variables: list[Variable] = []
        for i in range(n + 1):
            variable = Variable("v", 0)
            if i > 0:
                EqualityConstraint(variables[-1], variable, REQUIRED).add_to(planner)
            variables.append(variable)
        first = variables[0]
        last = variables[n]
        StayConstraint(last, STRONG_DEFAULT).add_to(planner)
        edit = EditConstraint(first, PREFERRED)
        edit.add_to(planner)
        plan = planner.extract_plan([edit])
        total = 0
        for i in range(100):
            first.value = i
            plan.execute()
            total += self.check(last.value, i)
        return total

    def projection_test(self, n: int) -> int:
        planner = Planner()
        scale = Variable("scale", 10)
        offset = Variable("offset", 1000)
        targets: list[Variable] = []
        source = Variable("source", 0)
        target = Variable("target", 0)
        for i in range(n):
            source = Variable("source", i)
            target = Variable("target", i)
            targets.append(target)
            StayConstraint(source, NORMAL).add_to(planner)
            ScaleConstraint(source, scale, offset, target, REQUIRED).add_to(planner)
        self.change(planner, source, 17)
        total = self.check(target.value, 1170)
        self.change(planner, target, 1050)
        total += self.check(source.value, 5)
        self.change(planner, scale, 5)
        for i in range(n - 1):
            total += self.check(targets[i].value, i * 5 + 1000)
        self.change(planner, offset, 2000)
        for i in range(n - 1):
            total += self.check(targets[i].value, i * 5 + 2000)
        return total

    def change(self, planner: Planner, variable: Variable, value: int) -> None:
        edit = EditConstraint(variable, PREFERRED)
        edit.add_to(planner)
        plan = planner.extract_plan([edit])
        for _ in range(10):
            variable.value = value
            plan.execute()
        edit.destroy(planner)

    def verify_result(self, result: int) -> bool:
        last = self.size - 1
        return self.errors == 0 and result == 4950 + 1175 + last * 3000 + 5 * last * (last - 1)


measure("deltablue", DeltaBlue)
