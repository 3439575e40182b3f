"""JSON documents: where the rows are in them, and reading them in flat memory."""
