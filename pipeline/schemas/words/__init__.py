"""Words that several stages read: languages, countries and genres as catalogues write them."""
