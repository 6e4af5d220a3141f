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

-- A table of the application's own: its rows name agents of tier T3 or higher.
CREATE TABLE jobs (
  id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  agent_id text NOT NULL,
  reward numeric NOT NULL DEFAULT 1
);
CREATE TRIGGER needs_t3 AFTER INSERT OR UPDATE OF agent_id ON jobs
  FOR EACH ROW EXECUTE FUNCTION cgae.require_tier('agent_id', 'T3');
GRANT SELECT, INSERT ON jobs TO cgae_app;
