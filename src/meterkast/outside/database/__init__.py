"""The centre's one database: registry and meter-day blocks, SQLite by default and portable to PostgreSQL."""
