"""What the trends page reads from its address, its tables, and its word cloud."""
