"""What the names and cells of columns say of their units, scales and order of dates."""
