"""What a worker does when the program that it compiled for has ended: it compiles what is left, for the next run.

A short run ends before all that is hot in it is compiled.  The command line leaves the rest to the worker: at the
least priority, for a limited time, and with nothing of the terminal or of pipes that somebody waits for.  One worker of
a user does so at a time; where there is one already, the next run finds what was wanted and asks for it.  A run that
goes on meanwhile takes what is kept as it comes, and what that run compiles is not compiled here.
"""

from __future__ import annotations

import marshal
import os
import signal
import time
from contextlib import suppress

from pvm.engines.native.jit.build import compiled_function, known_program
from pvm.engines.native.jit.installed import decode_notes, encode_notes
from pvm.engines.native.jit.kept import TURN, HotFunction, Rest, hot_version, load_hot, store_hot
from pvm.engines.native.machine_code.target import Target
from pvm.user_cache import take_turn

LEAST_PRIORITY = 19
SECONDS = 60
"""After which a worker ends whatever it is at; its processor time is limited by whoever asks it."""
STORE_AFTER = 0.05
"""Seconds between two times that the entry is written, at least: the next run may come at any time."""
STORE_SHARE = 20
"""How much longer than that takes it is not written again."""


def finish(target: Target, argument: bytes) -> None:
    """Compile what is left of a program and keep it."""
    rest = Rest(*marshal.loads(argument))  # noqa: S302 - from the process that started this one
    data = known_program(rest.program)
    if data is None or not take_turn(TURN, rest.key):
        return
    os.nice(LEAST_PRIORITY)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(SECONDS)
    begun = time.process_time()
    done: dict[int, HotFunction] = {}
    wanted, skipped = dict(rest.wanted), set(rest.compiled)
    store_at, version = time.monotonic() + STORE_AFTER, None
    while wanted and time.process_time() - begun < rest.seconds:
        if hot_version(rest.key) != version:
            version = hot_version(rest.key)
            elsewhere = load_hot(rest.key).functions.keys()
            skipped |= elsewhere
            wanted = {function: heat for function, heat in wanted.items() if function not in elsewhere}
            continue
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
        now = time.monotonic()
        if now >= store_at:
            store_hot(rest.key, done, wanted)
            store_at = time.monotonic() + max(STORE_AFTER, STORE_SHARE * (time.monotonic() - now))
    store_hot(rest.key, done, wanted)
