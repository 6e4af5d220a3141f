-- Peer: the registry's tables without any rule.  The same columns of the same types, the same
-- defaults, primary keys, indexes and foreign keys, the same rows in the same order; no triggers.
CREATE SCHEMA plain;
SET synchronous_commit = off;

CREATE TABLE plain.agents (LIKE cgae.agents INCLUDING ALL);
CREATE TABLE plain.certifications (LIKE cgae.certifications INCLUDING ALL);
CREATE TABLE plain.agent_events (LIKE cgae.agent_events INCLUDING ALL);

INSERT INTO plain.agents SELECT * FROM cgae.agents;
INSERT INTO plain.certifications SELECT * FROM cgae.certifications;
INSERT INTO plain.agent_events SELECT * FROM cgae.agent_events;

ALTER TABLE plain.certifications ADD FOREIGN KEY (agent_id) REFERENCES plain.agents;
ALTER TABLE plain.agent_events ADD FOREIGN KEY (agent_id) REFERENCES plain.agents;

VACUUM (ANALYZE, FREEZE) plain.agents;
VACUUM (ANALYZE, FREEZE) plain.certifications;
VACUUM (ANALYZE, FREEZE) plain.agent_events;
