"""One file per command, a package per group; `release` and `operate` are panels of the help."""
