"""The shim: answers questions about read-only host directories inside of the guest, without leaving it.

A mediated call costs two switches between processes.  Where a guest only looks at what it was granted read-only, they
are not needed: the jail has a detached mount of each such directory, and the guest may open, stat and list in there
itself, since nothing else can be reached through it (``mounts.py``).  So the first time that a call site traps, its
instruction that loads the number is replaced by a jump to a trampoline (``sites.py``), which comes here.  The
shim tries the call on the mount, shows what came of it as the kernel would, and goes on behind the site.  Whatever
it is not sure of, it leaves to the ``syscall`` instruction of the site, which still traps as before.

Nothing here is trusted: the shim runs in the guest, which can do all that it does, or leave it alone.  It is part
of the stub's file, and so is the table of mounts that it reads; both are read-only.

It uses no floating-point or vector register, since a system call keeps them all, and little stack.
"""
