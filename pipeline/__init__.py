"""What the product knows, without Prefect or FastAPI; see `docs/architecture.md`."""
