"""The HTTP API: FastAPI application, routes, schemas, middleware."""
