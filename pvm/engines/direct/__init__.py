"""Direct execution: x86-64 Linux programs run on the CPU, and the virtual kernel answers their system calls."""
