"""Parts that the pages of the explorer share: cards, charts, map, word cloud."""
