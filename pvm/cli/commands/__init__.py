"""One module for each command; its ``command`` is what the group shows."""
