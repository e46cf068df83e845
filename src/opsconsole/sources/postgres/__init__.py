"""PostgreSQL 13–18: one read-only connection per server, one .sql file per query and version floor."""
