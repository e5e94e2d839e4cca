"""What the screen is made of; with `app.py` and `pages`, the only code that imports Streamlit.

Components draw values and return values. They call `agent_core.session` and nothing below it.
Tested by `AppTest` in `tests/screen`.
"""
