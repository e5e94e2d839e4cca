"""Ringfence: a data analyst in a ring-fenced sandbox. Start with `streamlit run app.py`."""

from components import navigation

navigation.run()
