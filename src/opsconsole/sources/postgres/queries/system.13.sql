-- The identifier that a primary shares with its replicas.
SELECT system_identifier::text FROM pg_control_system()
