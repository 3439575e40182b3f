"""Is this clustering any good? The verdict of the quality page and the figures behind it."""
