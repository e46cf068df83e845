-- Extensions of this database whose files are of another version than what is installed.
SELECT name::text, installed_version, default_version FROM pg_available_extensions WHERE installed_version IS NOT NULL
