"""How the micro-genres of one release continue in the next."""
