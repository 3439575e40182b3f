"""The only code that commits: pieces of work, releases, verification, pruning."""
