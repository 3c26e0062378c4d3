"""The embedding API: the only place where engines, kernel, verifier and compiler meet."""
