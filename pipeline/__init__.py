"""What the product knows, without Prefect, FastAPI or Streamlit; see `docs/architecture.md`."""
