"""The virtual operating system: every program that PVM runs reaches its files, streams and clock here.

``README.md`` in this folder describes the model; ``docs/abi.md`` lists the hypercalls.
"""

from pvm.kernel.abi import Errno, Hypercall
from pvm.kernel.clock import HostClock, VirtualClock
from pvm.kernel.grants import HostDir, MemDir, TarDir
from pvm.kernel.kernel import Kernel
from pvm.kernel.process import Process
from pvm.kernel.quotas import Quotas, Usage
from pvm.kernel.streams import CAPTURE, INHERIT
from pvm.kernel.task import ProcessExit, Span, Task, WouldBlock

__all__ = [
    "CAPTURE",
    "INHERIT",
    "Errno",
    "HostClock",
    "HostDir",
    "Hypercall",
    "Kernel",
    "MemDir",
    "Process",
    "ProcessExit",
    "Quotas",
    "Span",
    "TarDir",
    "Task",
    "Usage",
    "VirtualClock",
    "WouldBlock",
]
