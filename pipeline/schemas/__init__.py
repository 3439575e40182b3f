"""Schemas of tables and documents, declarations of stages: where the stages meet."""
