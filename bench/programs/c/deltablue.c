/* DeltaBlue: an incremental solver of one-way constraints, after Freeman-Benson and Maloney. */

#include "harness.h"

const char *const benchmark_name = "deltablue";

typedef struct {
    int value;
    const char *name;
} Strength;

enum { STRENGTHS = 7 };
static const Strength strengths[STRENGTHS] = {
    {0, "required"}, {1, "strongPreferred"}, {2, "preferred"}, {3, "strongDefault"},
    {4, "normal"},   {5, "weakDefault"},     {6, "weakest"}};
#define REQUIRED (&strengths[0])
#define PREFERRED (&strengths[2])
#define STRONG_DEFAULT (&strengths[3])
#define NORMAL (&strengths[4])
#define WEAKEST (&strengths[6])

static bool stronger(const Strength *a, const Strength *b) { return a->value < b->value; }
static const Strength *weaker_of(const Strength *a, const Strength *b) { return a->value > b->value ? a : b; }

typedef struct Constraint Constraint;
typedef struct {
    int current_mark;
} Planner;

typedef struct {
    const char *name;
    int value;
    List constraints;
    Constraint *determined_by;
    int mark;
    const Strength *walk_strength;
    bool stay;
} Variable;

typedef struct {
    bool (*is_satisfied)(const Constraint *self);
    void (*add_to_graph)(Constraint *self);
    void (*remove_from_graph)(Constraint *self);
    void (*choose_method)(Constraint *self, int mark);
    void (*mark_inputs)(Constraint *self, int mark);
    bool (*inputs_known)(Constraint *self, int mark);
    Variable *(*output)(Constraint *self);
    void (*mark_unsatisfied)(Constraint *self);
    void (*recalculate)(Constraint *self);
    void (*execute)(Constraint *self);
    bool is_input;
} Methods;

struct Constraint {
    const Methods *methods;
    const Strength *strength;
};

static void incremental_add(Planner *self, Constraint *constraint);
static void incremental_remove(Planner *self, Constraint *constraint);
static bool add_propagate(Planner *self, Constraint *constraint, int mark);

static Variable *new_variable(const char *name, int value) {
    Variable *variable = allocate(sizeof(Variable));
    variable->name = name;
    variable->value = value;
    variable->walk_strength = WEAKEST;
    variable->stay = true;
    return variable;
}

static void remove_constraint(Variable *self, Constraint *constraint) {
    list_remove(&self->constraints, constraint);
    if (self->determined_by == constraint) self->determined_by = NULL;
}

static void constraint_add(Constraint *self, Planner *planner) {
    self->methods->add_to_graph(self);
    incremental_add(planner, self);
}

static void constraint_destroy(Constraint *self, Planner *planner) {
    if (self->methods->is_satisfied(self)) {
        incremental_remove(planner, self);
    } else {
        self->methods->remove_from_graph(self);
    }
}

static Constraint *satisfy(Constraint *self, int mark, Planner *planner) {
    self->methods->choose_method(self, mark);
    if (!self->methods->is_satisfied(self)) {
        if (self->strength == REQUIRED) fail("cannot satisfy a required constraint");
        return NULL;
    }
    self->methods->mark_inputs(self, mark);
    Variable *out = self->methods->output(self);
    Constraint *overridden = out->determined_by;
    if (overridden != NULL) overridden->methods->mark_unsatisfied(overridden);
    out->determined_by = self;
    if (!add_propagate(planner, self, mark)) fail("there is a cycle");
    out->mark = mark;
    return overridden;
}

typedef struct {
    Constraint base;
    Variable *target;
    bool satisfied;
} Unary;

static bool unary_is_satisfied(const Constraint *self) { return ((const Unary *)self)->satisfied; }
static void unary_add_to_graph(Constraint *self) {
    list_add(&((Unary *)self)->target->constraints, self);
    ((Unary *)self)->satisfied = false;
}
static void unary_remove_from_graph(Constraint *self) {
    remove_constraint(((Unary *)self)->target, self);
    ((Unary *)self)->satisfied = false;
}
static void unary_choose_method(Constraint *self, int mark) {
    Variable *target = ((Unary *)self)->target;
    ((Unary *)self)->satisfied = target->mark != mark && stronger(self->strength, target->walk_strength);
}
static void unary_mark_inputs(Constraint *self, int mark) { (void)self, (void)mark; }
static bool unary_inputs_known(Constraint *self, int mark) { return (void)self, (void)mark, true; }
static Variable *unary_output(Constraint *self) { return ((Unary *)self)->target; }
static void unary_mark_unsatisfied(Constraint *self) { ((Unary *)self)->satisfied = false; }
static void unary_recalculate(Constraint *self) {
    Variable *target = ((Unary *)self)->target;
    target->walk_strength = self->strength;
    target->stay = !self->methods->is_input;
    if (target->stay) self->methods->execute(self);
}
static void unary_execute(Constraint *self) { (void)self; }

static const Methods stay_methods = {
    unary_is_satisfied, unary_add_to_graph, unary_remove_from_graph, unary_choose_method, unary_mark_inputs,
    unary_inputs_known, unary_output, unary_mark_unsatisfied, unary_recalculate, unary_execute, false};
static const Methods edit_methods = {
    unary_is_satisfied, unary_add_to_graph, unary_remove_from_graph, unary_choose_method, unary_mark_inputs,
    unary_inputs_known, unary_output, unary_mark_unsatisfied, unary_recalculate, unary_execute, true};

static Constraint *new_unary(const Methods *methods, Variable *target, const Strength *strength) {
    Unary *unary = allocate(sizeof(Unary));
    unary->base = (Constraint){methods, strength};
    unary->target = target;
    return &unary->base;
}

enum { NO_DIRECTION = 0, FORWARD = 1, BACKWARD = -1 };

typedef struct {
    Constraint base;
    Variable *first, *second;
    int direction;
} Binary;

static Variable *binary_input(Constraint *self) {
    Binary *binary = (Binary *)self;
    return binary->direction == FORWARD ? binary->first : binary->second;
}
static Variable *binary_output(Constraint *self) {
    Binary *binary = (Binary *)self;
    return binary->direction == FORWARD ? binary->second : binary->first;
}
static void binary_choose_method(Constraint *base, int mark) {
    Binary *self = (Binary *)base;
    const Strength *strength = base->strength;
    if (self->first->mark == mark) {
        bool is_free = self->second->mark != mark && stronger(strength, self->second->walk_strength);
        self->direction = is_free ? FORWARD : NO_DIRECTION;
    } else if (self->second->mark == mark) {
        bool is_free = self->first->mark != mark && stronger(strength, self->first->walk_strength);
        self->direction = is_free ? BACKWARD : NO_DIRECTION;
    } else if (stronger(self->second->walk_strength, self->first->walk_strength)) {
        self->direction = stronger(strength, self->first->walk_strength) ? BACKWARD : NO_DIRECTION;
    } else {
        self->direction = stronger(strength, self->second->walk_strength) ? FORWARD : NO_DIRECTION;
    }
}
static void binary_add_to_graph(Constraint *base) {
    Binary *self = (Binary *)base;
    list_add(&self->first->constraints, base);
    list_add(&self->second->constraints, base);
    self->direction = NO_DIRECTION;
}
static void binary_remove_from_graph(Constraint *base) {
    Binary *self = (Binary *)base;
    remove_constraint(self->first, base);
    remove_constraint(self->second, base);
    self->direction = NO_DIRECTION;
}
static bool binary_is_satisfied(const Constraint *self) { return ((const Binary *)self)->direction != NO_DIRECTION; }
static void binary_mark_inputs(Constraint *self, int mark) { binary_input(self)->mark = mark; }
static bool binary_inputs_known(Constraint *self, int mark) {
    Variable *source = binary_input(self);
    return source->mark == mark || source->stay || source->determined_by == NULL;
}
static void binary_mark_unsatisfied(Constraint *self) { ((Binary *)self)->direction = NO_DIRECTION; }
static void binary_recalculate(Constraint *self) {
    Variable *source = binary_input(self);
    Variable *out = binary_output(self);
    out->walk_strength = weaker_of(self->strength, source->walk_strength);
    out->stay = source->stay;
    if (out->stay) self->methods->execute(self);
}
static void equality_execute(Constraint *self) { binary_output(self)->value = binary_input(self)->value; }

static const Methods equality_methods = {
    binary_is_satisfied, binary_add_to_graph, binary_remove_from_graph, binary_choose_method, binary_mark_inputs,
    binary_inputs_known, binary_output, binary_mark_unsatisfied, binary_recalculate, equality_execute, false};

static Constraint *new_equality(Variable *first, Variable *second, const Strength *strength) {
    Binary *binary = allocate(sizeof(Binary));
    *binary = (Binary){{&equality_methods, strength}, first, second, NO_DIRECTION};
    return &binary->base;
}

typedef struct {
    Binary base;
    Variable *scale, *offset;
} Scale;

static void scale_add_to_graph(Constraint *self) {
    binary_add_to_graph(self);
    list_add(&((Scale *)self)->scale->constraints, self);
    list_add(&((Scale *)self)->offset->constraints, self);
}
static void scale_remove_from_graph(Constraint *self) {
    binary_remove_from_graph(self);
    remove_constraint(((Scale *)self)->scale, self);
    remove_constraint(((Scale *)self)->offset, self);
}
static void scale_mark_inputs(Constraint *self, int mark) {
    binary_mark_inputs(self, mark);
    ((Scale *)self)->scale->mark = mark;
    ((Scale *)self)->offset->mark = mark;
}
static void scale_execute(Constraint *base) {
    Scale *self = (Scale *)base;
    Variable *first = self->base.first;
    Variable *second = self->base.second;
    if (self->base.direction == FORWARD) {
        second->value = first->value * self->scale->value + self->offset->value;
    } else {
        first->value = (second->value - self->offset->value) / self->scale->value;
    }
}
static void scale_recalculate(Constraint *base) {
    Scale *self = (Scale *)base;
    Variable *source = binary_input(base);
    Variable *out = binary_output(base);
    out->walk_strength = weaker_of(base->strength, source->walk_strength);
    out->stay = source->stay && self->scale->stay && self->offset->stay;
    if (out->stay) base->methods->execute(base);
}

static const Methods scale_methods = {
    binary_is_satisfied, scale_add_to_graph, scale_remove_from_graph, binary_choose_method, scale_mark_inputs,
    binary_inputs_known, binary_output, binary_mark_unsatisfied, scale_recalculate, scale_execute, false};

static Constraint *new_scale(
    Variable *source, Variable *scale, Variable *offset, Variable *target, const Strength *strength) {
    Scale *made = allocate(sizeof(Scale));
    *made = (Scale){{{&scale_methods, strength}, source, target, NO_DIRECTION}, scale, offset};
    return &made->base.base;
}

static void execute_plan(const List *plan) {
    for (int i = 0; i < plan->size; i++) {
        Constraint *constraint = plan->items[i];
        constraint->methods->execute(constraint);
    }
}

static int new_mark(Planner *self) { return ++self->current_mark; }

static void add_constraints_consuming(Variable *variable, List *into) {
    Constraint *determining = variable->determined_by;
    for (int i = 0; i < variable->constraints.size; i++) {
        Constraint *constraint = variable->constraints.items[i];
        if (constraint != determining && constraint->methods->is_satisfied(constraint)) list_add(into, constraint);
    }
}

static void incremental_add(Planner *self, Constraint *constraint) {
    int mark = new_mark(self);
    Constraint *overridden = satisfy(constraint, mark, self);
    while (overridden != NULL) overridden = satisfy(overridden, mark, self);
}

static List remove_propagate_from(Variable *out) {
    out->determined_by = NULL;
    out->walk_strength = WEAKEST;
    out->stay = true;
    List unsatisfied = {0};
    List todo = {0};
    list_add(&todo, out);
    while (todo.size > 0) {
        Variable *variable = list_remove_last(&todo);
        for (int i = 0; i < variable->constraints.size; i++) {
            Constraint *constraint = variable->constraints.items[i];
            if (!constraint->methods->is_satisfied(constraint)) list_add(&unsatisfied, constraint);
        }
        Constraint *determining = variable->determined_by;
        for (int i = 0; i < variable->constraints.size; i++) {
            Constraint *next = variable->constraints.items[i];
            if (next != determining && next->methods->is_satisfied(next)) {
                next->methods->recalculate(next);
                list_add(&todo, next->methods->output(next));
            }
        }
    }
    return unsatisfied;
}

static void incremental_remove(Planner *self, Constraint *constraint) {
    Variable *out = constraint->methods->output(constraint);
    constraint->methods->mark_unsatisfied(constraint);
    constraint->methods->remove_from_graph(constraint);
    List unsatisfied = remove_propagate_from(out);
    for (int strength = 0; strength < STRENGTHS; strength++) {
        for (int i = 0; i < unsatisfied.size; i++) {
            Constraint *other = unsatisfied.items[i];
            if (other->strength == &strengths[strength]) incremental_add(self, other);
        }
    }
}

static List make_plan(Planner *self, List *todo) {
    int mark = new_mark(self);
    List plan = {0};
    while (todo->size > 0) {
        Constraint *constraint = list_remove_last(todo);
        Variable *out = constraint->methods->output(constraint);
        if (out->mark != mark && constraint->methods->inputs_known(constraint, mark)) {
            list_add(&plan, constraint);
            out->mark = mark;
            add_constraints_consuming(out, todo);
        }
    }
    return plan;
}

static List extract_plan(Planner *self, Constraint *edit) {
    List sources = {0};
    if (edit->methods->is_input && edit->methods->is_satisfied(edit)) list_add(&sources, edit);
    return make_plan(self, &sources);
}

static bool add_propagate(Planner *self, Constraint *constraint, int mark) {
    List todo = {0};
    list_add(&todo, constraint);
    while (todo.size > 0) {
        Constraint *next = list_remove_last(&todo);
        Variable *out = next->methods->output(next);
        if (out->mark == mark) {
            incremental_remove(self, constraint);
            return false;
        }
        next->methods->recalculate(next);
        add_constraints_consuming(out, &todo);
    }
    return true;
}

static int size, errors;

void prepare(int given) { size = given; }

static int check(int found, int expected) {
    if (found != expected) errors++;
    return found;
}

static int64_t chain_test(int n) {
    Planner planner = {0};
    Variable **variables = allocate((size_t)(n + 1) * sizeof(Variable *));
    for (int i = 0; i <= n; i++) {
        variables[i] = new_variable("v", 0);
        if (i > 0) constraint_add(new_equality(variables[i - 1], variables[i], REQUIRED), &planner);
    }
    constraint_add(new_unary(&stay_methods, variables[n], STRONG_DEFAULT), &planner);
    Constraint *edit = new_unary(&edit_methods, variables[0], PREFERRED);
    constraint_add(edit, &planner);
    List plan = extract_plan(&planner, edit);
    int64_t total = 0;
    for (int i = 0; i < 100; i++) {
        variables[0]->value = i;
        execute_plan(&plan);
        total += check(variables[n]->value, i);
    }
    return total;
}

static void change(Planner *planner, Variable *variable, int value) {
    Constraint *edit = new_unary(&edit_methods, variable, PREFERRED);
    constraint_add(edit, planner);
    List plan = extract_plan(planner, edit);
    for (int i = 0; i < 10; i++) {
        variable->value = value;
        execute_plan(&plan);
    }
    constraint_destroy(edit, planner);
}

static int64_t projection_test(int n) {
    Planner planner = {0};
    Variable *scale = new_variable("scale", 10);
    Variable *offset = new_variable("offset", 1000);
    Variable **targets = allocate((size_t)n * sizeof(Variable *));
    Variable *source = NULL;
    Variable *target = NULL;
    for (int i = 0; i < n; i++) {
        source = new_variable("source", i);
        target = targets[i] = new_variable("target", i);
        constraint_add(new_unary(&stay_methods, source, NORMAL), &planner);
        constraint_add(new_scale(source, scale, offset, target, REQUIRED), &planner);
    }
    change(&planner, source, 17);
    int64_t total = check(target->value, 1170);
    change(&planner, target, 1050);
    total += check(source->value, 5);
    change(&planner, scale, 5);
    for (int i = 0; i < n - 1; i++) total += check(targets[i]->value, i * 5 + 1000);
    change(&planner, offset, 2000);
    for (int i = 0; i < n - 1; i++) total += check(targets[i]->value, i * 5 + 2000);
    return total;
}

int64_t benchmark(void) {
    errors = 0;
    return chain_test(size) + projection_test(size);
}

bool verify_result(int64_t result) {
    int64_t last = size - 1;
    return errors == 0 && result == 4950 + 1175 + last * 3000 + 5 * last * (last - 1);
}
