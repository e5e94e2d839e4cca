"""A hostile model, scripted: its attempts run through the real tool layer and the real sandbox, without a network.

What it tries is written out in `attacks`; `canaries` lays out what it must not get at; `bench` is the
conversation that it works in; `runner` says of each attempt what was seen and what stopped it.
"""
