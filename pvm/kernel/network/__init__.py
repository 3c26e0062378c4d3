"""The network by policy: what guests may reach outside, what may reach them, and the names that they can look up.

This is the policy only; sockets are the engines' business.  Nothing here is imported unless a kernel has a network.
"""

from pvm.kernel.network.policy import NetworkPolicy, Refused
from pvm.kernel.network.rules import Destination, Network, Published

__all__ = ["Destination", "Network", "NetworkPolicy", "Published", "Refused"]
