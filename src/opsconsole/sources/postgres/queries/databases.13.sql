-- How far each database is from transaction id and multixact wraparound.
SELECT datname::text, age(datfrozenxid), mxid_age(datminmxid) FROM pg_database WHERE datallowconn ORDER BY 2 DESC
