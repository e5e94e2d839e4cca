"""From a `Query` to code: pandas and plotly that a person can read and learn from.

Names from files stand in the code as string literals only, never in a comment, an identifier or a
format string. What the answer needs is printed as `label: value` lines.
"""
