"""One search of a release: words, meaning, titles and names, for the API, explorer and terminal."""
