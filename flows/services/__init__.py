"""Processes around the flows: Prefect server, UI, deployments, Dask processes, certificates."""
