"""The rules that a module must keep: a closed set, each with a stable name and one sentence.

Names are part of the public interface (``VerifyError.rule``); they may be added, never changed.
``Broken`` carries a broken rule from where it is found to where function and offset are known.
"""

from __future__ import annotations

from enum import Enum


class Rule(Enum):
    """A rule: its name and what it demands."""

    # Any index, any type, any size
    INDEX_RANGE = ("index-range", "Every index names an entry of the table that it points into.")
    TYPE = ("type", "A declared type is one that a file can name; the type of null alone is not.")
    LIMITS = ("limits", "Sizes and counts stay below the verifier's limits.")

    # Tables
    DUPLICATE_SIGNATURE = ("duplicate-signature", "No two entries of the signature table are equal.")
    SIGNATURE = ("signature", "A signature has at most one result.")
    CLASS_ORDER = ("class-order", "A class stands after the classes that it extends and implements.")
    CLASS_SUPER = ("class-super", "A superclass is neither final nor an interface.")
    CLASS_INTERFACE = ("class-interface", "What a class implements are interfaces, each listed once.")
    CLASS_FLAGS = ("class-flags", "The flags of a class are known ones.")
    INTERFACE_SHAPE = ("interface-shape", "An interface has no superclass and no fields, and is not final.")
    FIELD_TYPE = ("field-type", "A field has a reference type if and only if its storage is a reference.")
    DUPLICATE_METHOD = ("duplicate-method", "A class declares each method name once.")
    METHOD_RECEIVER = ("method-receiver", "A new method's first parameter is a non-null reference to its class.")
    METHOD_FUNCTION = (
        "method-function",
        "A method's function takes the class or something above it first, and otherwise agrees with the method.",
    )
    OVERRIDE_SIGNATURE = ("override-signature", "A method that overrides has the signature of the slot.")
    INTERFACE_CONFLICT = (
        "interface-conflict",
        "Methods of one name in several interfaces of a class agree except for the receiver.",
    )
    INTERFACE_IMPLEMENTED = (
        "interface-implemented",
        "A class has, for each method of its interfaces, a method or default of that name that agrees with it.",
    )
    ABSTRACT_METHOD = ("abstract-method", "A class that is not abstract has a function for every slot.")
    RUNTIME_IMPORT = ("runtime-import", "A runtime import has the name and signature of a runtime function.")
    IMPORT_BOUNDARY = ("import-boundary", "The signature of a kernel or host import can cross its boundary.")
    GLOBAL_TYPE = ("global-type", "A global that is a reference is nullable.")
    GLOBAL_INITIAL = ("global-initial", "The initial value of a global is one of its type, and 0 for a reference.")
    NAN_CONSTANT = ("nan-constant", "A NaN constant is the canonical quiet NaN.")
    EXPORT_BOUNDARY = ("export-boundary", "The boundary signature of an export matches its function.")
    DUPLICATE_EXPORT = ("duplicate-export", "No two exports have one name.")
    START_SIGNATURE = ("start-signature", "The start function has neither parameters nor results.")
    THROWABLE = (
        "throwable",
        "Exceptions need a throwable class whose first fields are message: ref? string and trace: ref? array i32.",
    )
    TRAP_CLASS = (
        "trap-class",
        "A trap kind maps once, to a class below throwable that can be instantiated with default fields.",
    )
    POSITION_TABLE = ("position-table", "Source positions are not negative, and chains of callers end soon.")
    LINE_TABLE = ("line-table", "The offsets of the line table ascend and lie in the code.")

    # Code
    MALFORMED_CODE = ("malformed-code", "The code of a function is a sequence of instructions.")
    PRIVILEGED_OPCODE = (
        "privileged-opcode",
        "Privileged opcodes stand only in a privileged module, which only the loader of the runtime image accepts.",
    )
    BRANCH_TARGET = ("branch-target", "Labels ascend and each stands at the start of an instruction.")
    LABEL_LOCALS = ("label-locals", "A label counts at most all locals, and its gaps ascend below that count.")
    UNREACHABLE_CODE = ("unreachable-code", "After an instruction that never falls through comes a label.")
    FALLS_OFF_END = ("falls-off-end", "The last instruction of a function never falls through.")
    STACK_UNDERFLOW = ("stack-underflow", "An instruction finds its operands on the stacks.")
    STACK_TYPE = ("stack-type", "A value is of the type expected where it is used, stored, or carried to a label.")
    NULL_OPERAND = ("null-operand", "A reference that may be null does not stand where a non-null one is expected.")
    STACK_DEPTH_AT_LABEL = ("stack-depth-at-label", "Control reaches a label with as many values as it declares.")
    BACKWARD_STACK_NOT_EMPTY = ("backward-stack-not-empty", "Both stacks are empty at the target of a backward branch.")
    UNINITIALISED_LOCAL = (
        "uninitialised-local",
        "A local is initialised on every path before it is read, or before a label says so.",
    )
    IMMUTABLE_FIELD = ("immutable-field", "Only mutable fields are written.")
    IMMUTABLE_GLOBAL = ("immutable-global", "Only mutable globals are written.")
    ABSTRACT_INSTANTIATED = ("abstract-instantiated", "Only classes that are neither abstract nor interfaces are made.")
    NOT_DEFAULTABLE = ("not-defaultable", "An object made of defaults has no non-null reference field.")
    DISPATCH_KIND = (
        "dispatch-kind",
        "Virtual calls name a class, interface calls an interface.",
    )
    IMPORT_KIND = ("import-kind", "call.runtime names a runtime import, hypercall a kernel or host import.")
    TAIL_RESULT = ("tail-result", "A function called in place of the frame has the results of the caller.")
    CLOSURE_ENVIRONMENT = ("closure-environment", "A captured first parameter is a reference.")
    MISSING_SIGNATURE = ("missing-signature", "The type of a function value is in the signature table.")
    HANDLER_RANGE = ("handler-range", "A handler covers whole instructions, at least one.")
    HANDLER_NESTING = ("handler-nesting", "Handler ranges nest or are disjoint, the inner one first in the table.")
    HANDLER_CLASS = ("handler-class", "A handler catches a class below throwable.")
    HANDLER_TARGET = (
        "handler-target",
        "A handler's label stands after its range and declares the exception alone.",
    )
    HANDLER_LOCALS = ("handler-locals", "Locals that a handler's label needs are initialised all over its range.")

    def __init__(self, label: str, sentence: str) -> None:
        self.label = label
        self.sentence = sentence


class Broken(Exception):
    """A rule is broken, at a place not known yet; never leaves the package: ``VerifyError`` replaces it."""

    def __init__(self, rule: Rule, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


BY_LABEL = {rule.label: rule for rule in Rule}
