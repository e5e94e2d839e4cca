"""Ringfence with no screen attached: planning, tools, sandbox, and the contract over them.

Imports point one way: session -> planning -> tools -> files -> sandbox -> events -> contract -> errors.
Nothing in here imports streamlit; `import-linter` (see pyproject.toml) holds both rules.
"""
