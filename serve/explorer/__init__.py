"""The web explorer: pages over a release, rendered by the server."""
