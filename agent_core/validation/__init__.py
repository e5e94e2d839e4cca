"""Whether what the contract promises is kept: a hostile model, and probes, in the sandbox itself."""
