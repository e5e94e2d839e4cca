"""The script that Streamlit runs for every look at every page."""

from components import navigation

navigation.run()
