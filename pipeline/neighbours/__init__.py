"""The FAISS index of films, and the nearest films of each film."""
