"""Words that several stages read: languages and countries as catalogues write them."""
