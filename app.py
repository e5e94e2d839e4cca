"""Ringfence: a data analyst in a ring-fenced sandbox. Start with `streamlit run app.py`."""

import streamlit as st

from components import server

app = st.App("components/screen.py", middleware=server.MIDDLEWARE, routes=server.ROUTES, lifespan=server.lifespan)
