"""The pages of the explorer: each module has a page's route and the values of its template."""
