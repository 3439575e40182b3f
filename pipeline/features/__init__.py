"""Films to the text that is embedded, and to points in the space of the clustering."""
