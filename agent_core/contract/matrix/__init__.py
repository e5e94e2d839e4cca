"""What each provider can hold a sandbox to, a table for each.

`native` is held outside the sandbox, by the provider, the kernel or this app, where code can't reach it.
`guard` is held by a guard of ours inside, good against accidents, not against intent. `fixed` is the
provider's own value, whatever the contract says. `unenforceable` is refused before a sandbox opens.
"""
