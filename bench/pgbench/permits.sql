\set k 100000000000 + random(0, :agents - 1)
SELECT cgae.permits('agent_' || :k::text, 'T3');
