"""The forms in which tables of films come: CSV, JSON, Parquet, spreadsheets, databases, archives."""
