"""Side-by-side measurements, each a command that writes a table."""
