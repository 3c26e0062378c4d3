"""The virtual file system: what a node is, how paths are walked, how file systems are mounted."""
