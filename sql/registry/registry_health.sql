-- One row for operators and monitoring.  Each column is a query of its own: what is not selected
-- costs nothing.  "Now" is the later of the statement's and the transaction's beginning, which is
-- stable, so that an index can be asked for what is before or after it.
CREATE VIEW cgae.registry_health WITH (security_invoker = true) AS
    SELECT greatest(statement_timestamp(), transaction_timestamp()) AS checked_at,
        -- a probe of the index for each tier
        (SELECT max(greatest(statement_timestamp(), transaction_timestamp()) - d.tier_drop_at)
            FROM unnest(enum_range(NULL::cgae.tier)) AS t(tier),
                LATERAL (SELECT a.tier_drop_at FROM cgae.agents AS a
                    WHERE a.status = 'active' AND a.current_tier = t.tier
                        AND a.tier_drop_at
                            <= greatest(statement_timestamp(), transaction_timestamp())
                    ORDER BY a.tier_drop_at LIMIT 1) AS d) AS sweep_lag,
        (SELECT count(*) FROM cgae.agents AS a
            WHERE a.status = 'active' AND a.current_tier = ANY (enum_range(NULL::cgae.tier))
                AND a.tier_drop_at <= greatest(statement_timestamp(), transaction_timestamp()))
            AS overdue_agents,
        (SELECT count(*) FROM cgae.agents AS a
            WHERE a.status = 'active' AND a.current_tier = ANY (enum_range(NULL::cgae.tier))
                AND a.tier_drop_at > greatest(statement_timestamp(), transaction_timestamp())
                AND a.tier_drop_at <= greatest(statement_timestamp(), transaction_timestamp())
                    + interval '1 day') AS falling_within_a_day,
        -- readers must not foresee audits, but may look at the rest
        CASE WHEN has_table_privilege('cgae.audit_seeds', 'SELECT')
            THEN (SELECT count(*) FROM cgae.due_audits(NULL, NULL)) END AS overdue_audits,
        (SELECT count(*) FROM cgae.events AS e
            WHERE e.type = 'architecture_mismatch' AND e.recorded_at
                > greatest(statement_timestamp(), transaction_timestamp()) - interval '1 day')
            AS drift_last_day,
        (SELECT count(*) FROM cgae.agent_events AS e
            WHERE e.type = 'suspension' AND e.recorded_at
                > greatest(statement_timestamp(), transaction_timestamp()) - interval '1 day')
            AS suspensions_last_day,
        (SELECT jsonb_object_agg(s.status, jsonb_build_object('agents', s.agents, 'since', s.since))
            FROM (SELECT a.status, count(*) AS agents,
                    min(CASE a.status WHEN 'pending' THEN a.registered_at
                        WHEN 'active' THEN a.certified_at
                        WHEN 'deregistered' THEN a.deregistered_at
                        ELSE (SELECT min(e.occurred_at) FROM cgae.events AS e
                            WHERE e.agent_id = a.agent_id AND e.data ->> 'status' IS NOT NULL
                                AND e.seq > coalesce((SELECT max(b.seq) FROM cgae.events AS b
                                    WHERE b.agent_id = a.agent_id
                                        AND b.data ->> 'status' <> enum_out(a.status)::text), 0))
                        END) AS since
                FROM cgae.agents AS a WHERE a.status IS NOT NULL GROUP BY a.status) AS s)
            AS statuses,
        (SELECT jsonb_object_agg(h.hold, jsonb_build_object('agents', h.agents, 'since', h.since))
            FROM (SELECT u.hold, count(*) AS agents,
                    min(CASE u.hold WHEN 'failed_audit' THEN a.certified_at
                        ELSE (SELECT max(e.occurred_at) FROM cgae.events AS e
                            WHERE e.agent_id = a.agent_id
                                AND CASE u.hold WHEN 'architecture_drift'
                                    THEN e.type IN ('architecture_mismatch', 'architecture_update')
                                    ELSE e.type = 'suspension' AND e.data -> 'added' ? u.hold END)
                        END) AS since
                FROM cgae.agents AS a, unnest(a.holds) AS u(hold)
                WHERE a.status = 'suspended' AND u.hold IS NOT NULL GROUP BY u.hold) AS h)
            AS holds,
        p.version AS policy_version, p.effective_from AS policy_since,
        s.epoch AS seed_epoch,
        greatest(greatest(statement_timestamp(), transaction_timestamp()) - s.created_at,
            interval '0') AS seed_age,
        (SELECT jsonb_object_agg(l.level, l.roles)
            FROM (SELECT m.level, jsonb_agg(CASE g.grantee WHEN 0 THEN 'public'
                        ELSE pg_get_userbyid(g.grantee) END ORDER BY pg_get_userbyid(g.grantee))
                    AS roles
                FROM (VALUES ('reader', 'agents', NULL, 'SELECT'),
                        ('registrar', 'agents', NULL, 'INSERT'),
                        ('auditor', 'certifications', NULL, 'INSERT'),
                        ('operator', 'agents', 'holds', 'UPDATE'))
                        AS m(level, relation, attribute, privilege)
                    JOIN pg_class AS c ON c.relname = m.relation
                        AND c.relnamespace = 'cgae'::regnamespace
                    LEFT JOIN pg_attribute AS b ON b.attrelid = c.oid AND b.attname = m.attribute,
                    LATERAL aclexplode(CASE WHEN m.attribute IS NULL THEN c.relacl
                        ELSE b.attacl END) AS g
                WHERE g.privilege_type = m.privilege AND g.grantee <> c.relowner
                GROUP BY m.level) AS l) AS access,
        -- the guards record no fact of an agent later than its recorded_at
        (SELECT count(*) FROM cgae.agents AS a
            WHERE cgae.lies_ahead(greatest(a.recorded_at, a.registered_at, a.certified_at)))
            + (SELECT count(*) FROM cgae.gate_policies AS g WHERE cgae.lies_ahead(g.effective_from))
            + (SELECT count(*) FROM cgae.audit_epochs AS e WHERE cgae.lies_ahead(e.created_at))
            AS dates_ahead,
        (SELECT count(*) FROM cgae.agents AS a
            WHERE coalesce(a.status <> 'deregistered', true)
                AND (a.agent_id IS NULL
                    OR cgae.agent_fault(a.status, a.current_tier, a.current_robustness,
                        a.certified_at, a.holds, a.last_seq, a.architecture_hash) IS NOT NULL))
            AS unreadable_agents,
        -- who judges holds the policies, who locks or writes an agent holds its table
        (SELECT array_agg(DISTINCT l.pid ORDER BY l.pid)
            FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
            WHERE d.datname = current_database() AND l.granted AND l.pid <> pg_backend_pid()
                AND l.mode <> 'AccessShareLock'
                AND (l.relation = 'cgae.gate_policies'::regclass
                    OR (l.mode <> 'ShareUpdateExclusiveLock'
                        AND (l.relation = 'cgae.agents'::regclass
                            OR l.relation IN (SELECT t.relid
                                FROM pg_partition_tree('cgae.agents') AS t)))))
            AS publication_blockers
    FROM (SELECT 1) AS always(x)
        LEFT JOIN LATERAL (SELECT version, effective_from FROM cgae.gate_policies
            ORDER BY version DESC LIMIT 1) AS p ON true
        LEFT JOIN LATERAL (SELECT epoch, created_at FROM cgae.audit_epochs
            ORDER BY epoch DESC LIMIT 1) AS s ON true;

COMMENT ON VIEW cgae.registry_health IS
    'what an operator or a monitoring system asks, in one row; each column is a query of its own, select those you need';
COMMENT ON COLUMN cgae.registry_health.checked_at IS
    'instant that all columns speak of: now';
COMMENT ON COLUMN cgae.registry_health.sweep_lag IS
    'how long the longest overdue active agent waits for its tier to be lowered by a sweep; null when none does; index probes';
COMMENT ON COLUMN cgae.registry_health.overdue_agents IS
    'active agents whose stored tier has fallen and waits for a sweep; permissions do not wait; costs as much as there are';
COMMENT ON COLUMN cgae.registry_health.falling_within_a_day IS
    'active agents whose stored tier decay lowers within 24 hours; costs as much as there are';
COMMENT ON COLUMN cgae.registry_health.overdue_audits IS
    'spot audits due now, see due_audits(); null for who may not read audit_seeds; a pass over the active agents';
COMMENT ON COLUMN cgae.registry_health.drift_last_day IS
    'architecture mismatches recorded in the last 24 hours; a pass over certifications and events';
COMMENT ON COLUMN cgae.registry_health.suspensions_last_day IS
    'suspensions by operators recorded in the last 24 hours; a pass over events';
COMMENT ON COLUMN cgae.registry_health.statuses IS
    'by status: number of agents, and since when the one has it that has it longest (active: its last certification); a pass over agents, and the history of those suspended or expired';
COMMENT ON COLUMN cgae.registry_health.holds IS
    'by hold: number of suspended agents, and since when it stands that stands longest; null when nobody is suspended; the history of those suspended';
COMMENT ON COLUMN cgae.registry_health.policy_version IS
    'version of the policy in force';
COMMENT ON COLUMN cgae.registry_health.policy_since IS
    'since when it is';
COMMENT ON COLUMN cgae.registry_health.seed_epoch IS
    'current epoch of the spot-audit lottery';
COMMENT ON COLUMN cgae.registry_health.seed_age IS
    'how long it has lasted: until it ends nobody else can check its draws';
COMMENT ON COLUMN cgae.registry_health.access IS
    'by access level: roles that hold it by a grant to themselves, the owner left out; every level reads; null when there is none';
COMMENT ON COLUMN cgae.registry_health.dates_ahead IS
    'agents, policies and audit epochs with a date that lies more than a minute ahead of the clock, from when the clock was wrong; check_registry() names them; a pass over agents';
COMMENT ON COLUMN cgae.registry_health.unreadable_agents IS
    'agents, the deregistered left out, whose rows cannot be read, see agent_fault(): they count as T0, and sweeps and publications pass them by; a pass over agents';
COMMENT ON COLUMN cgae.registry_health.publication_blockers IS
    'processes whose open transaction a publication would have to wait for now, which is refused after 5 seconds; null when there is none';

-- cgae.grant_access() opens it; the owner's default privileges do not.
REVOKE ALL ON cgae.registry_health FROM PUBLIC;
