"""Runs stages in this process or on Dask: pieces, retries, scheduler, cluster."""
