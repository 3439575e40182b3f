"""The web explorer: a Streamlit application over a release."""
