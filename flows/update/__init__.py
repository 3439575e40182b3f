"""The flow that brings a release up to date with a changed catalogue."""
