"""Log records and their context, redaction of secrets, memory, MLflow."""
