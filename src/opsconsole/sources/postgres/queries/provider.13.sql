-- Whose managed service this is, by the roles that such services bring along.
SELECT CASE rolname WHEN 'rdsadmin' THEN 'Amazon RDS' WHEN 'cloudsqladmin' THEN 'Google Cloud SQL'
                    WHEN 'alloydbadmin' THEN 'Google AlloyDB' WHEN 'azuresu' THEN 'Azure' WHEN 'azure_pg_admin' THEN 'Azure'
                    WHEN 'supabase_admin' THEN 'Supabase' WHEN 'neon_superuser' THEN 'Neon'
                    WHEN '_dodb' THEN 'DigitalOcean' END
FROM pg_roles
WHERE rolname IN ('rdsadmin', 'cloudsqladmin', 'alloydbadmin', 'azuresu', 'azure_pg_admin', 'supabase_admin',
                  'neon_superuser', '_dodb')
ORDER BY 1
LIMIT 1
