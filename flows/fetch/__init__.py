"""The flow that fetches films from the TMDB API."""
