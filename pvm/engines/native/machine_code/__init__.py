"""Machine code: objects to blobs, blobs to the cache and into memory, and the process that compiles them.

What runs in the host process (``target``, ``blob``, ``cache``, ``compiling``, ``foreign``, ``loader``) loads neither
llvmlite nor ctypes.
"""
