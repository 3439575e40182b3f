"""Places films that are not in a release into its micro-genres."""
