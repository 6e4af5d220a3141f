-- What an operator does once, as superuser, in the database of the application: a registry,
-- and a role for the application that may register, audit and read.  Variable: password.
CREATE EXTENSION cgae;
SELECT cgae.create_registry();

SELECT format('CREATE ROLE cgae_app LOGIN PASSWORD %L', :'password')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cgae_app') \gexec
SELECT cgae.grant_access('cgae_app', 'registrar');
SELECT cgae.grant_access('cgae_app', 'auditor');

-- Events are also sent to whoever listens on channel cgae_events.
SELECT format('ALTER DATABASE %I SET cgae.notify = on', current_database()) \gexec

-- So that the tables are found by who knows no schemas.
SELECT format('ALTER DATABASE %I SET search_path = "$user", public, cgae', current_database()) \gexec
