"""PVM: a process-level virtual machine that runs untrusted programs inside Python."""
