"""`microgenres fetch`: films from the TMDB API."""
