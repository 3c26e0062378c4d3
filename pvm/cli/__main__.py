"""``python -m pvm.cli``: the same as ``pvm``."""

from pvm.cli import process

process()
