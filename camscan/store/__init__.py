"""What is kept of runs: a database of evidence and of what was concluded, SQLite or PostgreSQL."""
