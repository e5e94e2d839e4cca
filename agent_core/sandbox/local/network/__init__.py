"""The sandbox's only way out: a proxy of the app that decides each connection by the contract in force.

The network namespace of a sandbox holds nothing but its own loopback. Before any code runs, the worker
opens a listener there and gives it to the host, which answers on it. So nothing inside relays, nothing
inside can be killed or replaced to any effect, and each sandbox reaches its own proxy and no other.
"""
