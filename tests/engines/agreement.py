"""What a run shows, to be the same on every engine: output, how it ended and where, fuel."""

from __future__ import annotations

from typing import NamedTuple

import pvm
from pvm.engines.native.debug import NO_DEBUG, Debug, debugging
from pvm.errors import PvmError

MODES = ("plain", "stress", "suspend", "both")
"""Ways of the interpreter to run a program, which must make no difference."""
COMPILED_MODES = (*(f"jit {mode}" for mode in MODES), "jit loops")
"""The same with every function compiled before it is entered; and entering and leaving compiled code in its loops."""
STAYS = (300, 2_000, 900, 6_000)
"""Units of fuel that a loop gets in compiled code before it is left again."""
CHECKS = 60
MOVES = 40
"""About so many in a program, whatever its length."""


def tier_of(mode: str) -> str:
    """The tier that a mode is of."""
    return "jit" if mode in COMPILED_MODES else "interpreter"


class Shown(NamedTuple):
    """What a run showed."""

    stdout: bytes
    stderr: bytes
    end: str
    """The status, or the error with its frames and causes."""
    fuel: int


def debug_for(mode: str, fuel: int) -> Debug:
    """What a mode means for a program that uses so much fuel."""
    tier, _, mode = mode.rpartition(" ")
    found = Debug(eager=True, speed=0) if tier == "jit" else NO_DEBUG
    if mode == "loops":
        found = found._replace(loops=STAYS)
    if mode in {"stress", "both"}:
        found = found._replace(stress=2, check_every=max(fuel // CHECKS, 80))
    if mode in {"suspend", "both"}:
        found = found._replace(suspend_every=max(fuel // MOVES, 50))
    return found


def run(
    module: pvm.Module,
    tier: str,
    *,
    stdin: str | bytes = b"",
    arguments: tuple[str, ...] = (),
    limits: pvm.Limits | None = None,
    debug: Debug = NO_DEBUG,
) -> Shown:
    """Run a program by itself: no files, a virtual clock."""
    kernel = pvm.Kernel(stdin=stdin, stdout=pvm.CAPTURE, stderr=pvm.CAPTURE, clock="virtual", seed=1)
    with (
        debugging(debug),
        pvm.Instance(module, kernel=kernel, limits=limits, tier=tier) as instance,  # type: ignore[arg-type] # a tier
    ):
        try:
            end = f"status {instance.run([module.name, *arguments])}"
        except PvmError as error:
            end = ended(error)
        used = instance.statistics.fuel_used
    return Shown(kernel.stdout_bytes, kernel.stderr_bytes, end, used)


def ended(error: BaseException | None) -> str:
    """An error as text, with every offset in its trace, and its causes."""
    parts = []
    while error is not None:
        frames = " < ".join(f"{frame}@{frame.pc}:{frame.column}" for frame in getattr(error, "frames", ()))
        names = [str(getattr(error, name, "")) for name in ("kind", "exception", "status")]
        parts.append(" ".join([type(error).__name__, *names, str(error), frames]))
        error = getattr(error, "cause", None)
    return "\ncaused by ".join(parts)
