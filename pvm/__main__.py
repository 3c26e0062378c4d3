"""``python -m pvm``: the same as ``pvm``."""

from pvm.cli import process

process()
