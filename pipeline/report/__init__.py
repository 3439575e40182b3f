"""The quality report of a release: figures, charts, and the HTML page."""
