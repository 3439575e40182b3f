"""Statistics over the films of a release: shares with intervals, ratings weighted by votes."""
