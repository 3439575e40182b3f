"""Programs of others that are measured beside this project, each with its defaults."""
