"""The system calls of x86-64 Linux: what each one is, and what is done with it."""
