"""Films from the TMDB API: asked for once, kept as they were answered, written as a catalogue.

`limiter` and `client` ask; `answers` keeps; `paging`, `exports` and `rounds` say what to ask for;
`films` reads an answer; `catalogue` and `outcome` write; `source` reads it as `tmdb:FOLDER`.

One process asks on behalf of a whole run. The work is waiting, not computing: one event loop keeps
40 requests a second going with a few per cent of a core, and a limit within one process needs no
server that other processes would have to reach before each request.
"""

ATTRIBUTION = "This product uses the TMDB API but is not endorsed or certified by TMDB."
