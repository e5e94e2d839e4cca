"""The built-in analyst: a Messages-API endpoint that plans by rules, for use without a key.

It is an endpoint like any other: the planner doesn't know it, and it imports no layer of ours but
values. It writes real pandas and plotly from the columns that the conversation names.
"""
