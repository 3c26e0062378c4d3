"""The answers to mediated system calls, a module for each family."""
