"""What a worker does when the program that it compiled for has ended: it compiles what is left, for the next run.

A short run ends before all that is hot in it is compiled.  The command line leaves the rest to the worker: at the
least priority, for a limited time, and with nothing of the terminal or of pipes that somebody waits for.  One worker of
a user does so at a time; where there is one already, the next run finds what was wanted and asks for it.
"""

from __future__ import annotations

import marshal
import os
import signal
import time
from contextlib import suppress

from pvm.engines.native.jit.build import compiled_function, known_program
from pvm.engines.native.jit.installed import decode_notes, encode_notes
from pvm.engines.native.jit.kept import HotFunction, Rest, store_hot
from pvm.engines.native.machine_code.target import Target
from pvm.user_cache import take_turn

LEAST_PRIORITY = 19
SECONDS = 60
"""After which a worker ends whatever it is at; its processor time is limited by whoever asks it."""
STORE_AFTER = 0.5
"""Seconds between two times that the entry is written: the next run may come at any time."""


def finish(target: Target, argument: bytes) -> None:
    """Compile what is left of a program and keep it."""
    rest = Rest(*marshal.loads(argument))  # noqa: S302 - from the process that started this one
    data = known_program(rest.program)
    if data is None or not take_turn("afterwards"):
        return
    os.nice(LEAST_PRIORITY)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)
    done: dict[int, HotFunction] = {}
    wanted, skipped = dict(rest.wanted), set(rest.compiled)
    stored = time.monotonic()
    while wanted:
        function = max(wanted, key=lambda each: wanted[each])
        heat = wanted.pop(function)
        skipped.add(function)
        blob = None
        with suppress(Exception):  # the next run asks for it again, and says why there is none
            blob = compiled_function(target, data, function, rest.profile)
        if blob is None:
            continue
        translations, called = decode_notes(blob.notes)
        missing = {each: None if each in rest.translated else fields for each, fields in translations.items()}
        done[function] = HotFunction(heat, blob._replace(notes=encode_notes(missing, called)))
        for each in rest.entered.intersection(called) - skipped:
            wanted[each] = max(heat, wanted.get(each, 0))
        if time.monotonic() - stored > STORE_AFTER:
            store_hot(rest.key, done, wanted)
            stored = time.monotonic()
    store_hot(rest.key, done, wanted)
