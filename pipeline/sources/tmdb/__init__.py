"""Films from the TMDB API: each requested once, stored as received, written as a catalogue.

`rate_limiter` and `client` send requests; `downloader` sends many at once; `response_cache` stores
the responses; `discovery`, `id_export` and `fetch_session` decide what to request; `film_mapping`
reads a response; `catalogue_writer` and `fetch_manifest` write; `source` reads the result as
`tmdb:FOLDER`.

One process sends all requests of a run. The work is waiting, not computing: one event loop sends 40
requests per second with a few per cent of a core, and a rate limit within one process needs no
server that other processes would have to contact before each request.
"""

ATTRIBUTION = "This product uses the TMDB API but is not endorsed or certified by TMDB."
