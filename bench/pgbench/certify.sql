\set k 100000000000 + random(0, :agents - 1)
\set cc random(350, 1000) / 1000.0
\set er random(350, 1000) / 1000.0
\set as random(300, 1000) / 1000.0
\set ih random(550, 1000) / 1000.0
SELECT * FROM cgae.certify('agent_' || :k::text, cgae.robustness(:cc, :er, :as, :ih));
