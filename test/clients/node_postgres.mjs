// The registry from node-postgres.  Copy what stands above the line.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

/** cgae.robustness as a value: numbers are exact both ways. */
export class Robustness {
  constructor(cc, er, as, ih) {
    Object.assign(this, { cc, er, as, ih });
  }

  static parse(text) {
    return new Robustness(...text.slice(1, -1).split(',').map(Number));
  }

  /** How node-postgres sends it as a parameter. */
  toPostgres() {
    return `(${this.cc},${this.er},${this.as},${this.ih})`;
  }
}

/** Once, before the first query: results of the type become Robustness.  Its OID is the database's own. */
export async function learnRobustness(db) {
  const { rows } = await db.query("SELECT oid, typarray FROM pg_type WHERE oid = 'cgae.robustness'::regtype");
  const parseArray = pg.types.getTypeParser(1009); // of text[]
  pg.types.setTypeParser(rows[0].oid, Robustness.parse);
  pg.types.setTypeParser(rows[0].typarray, (text) => parseArray(text).map(Robustness.parse));
}

/**
 * The hash of the configuration is that of the text that JSON.stringify() makes.  JavaScript has one kind of number
 * and writes 1.0 as 1, where Python writes 1.0: these are two architectures.  Who hashes one configuration in two
 * languages passes its text on as it is: a string is sent unchanged.
 */
export async function register(db, name, config) {
  const { rows } = await db.query('SELECT cgae.register_agent($1, $2) AS agent_id', [name, config]);
  return rows[0].agent_id;
}

/** One audit.  Look at outcome: drift suspends the agent and throws nothing. */
export async function certify(db, agentId, robustness, { observedHash, details = {}, requestId } = {}) {
  const { rows } = await db.query(
    `SELECT * FROM cgae.certify($1, $2, observed_architecture_hash => $3, audit_details => $4, request_id => $5)`,
    [agentId, robustness, observedHash, details, requestId]);
  return rows[0];
}

/** Lost connections, a server that restarts, serialization failures, deadlocks. */
const isTransient = (error) =>
  error.code === undefined || /^(ECONN|EPIPE|ETIMEDOUT|08|57P0|40001|40P01|55P03)/.test(error.code);

/** The same, whatever happens to the connection: repeated with one requestId, it is one audit. */
export async function certifySurely(db, agentId, robustness, options = {}, attempts = 5) {
  const requestId = randomUUID();
  for (let attempt = 1; ; attempt++) {
    try {
      return await certify(db, agentId, robustness, { ...options, requestId });
    } catch (error) {
      if (attempt === attempts || !isTransient(error)) throw error;
      await sleep(100 * 2 ** attempt);
    }
  }
}

// ----------------------------------------------------------------------------
async function main() {
  const { done, is, ok } = await import('./tap.mjs');
  const pool = new pg.Pool(); // PGHOST, PGUSER, ... say where
  const listener = new pg.Client();
  await listener.connect();
  const heard = [];
  listener.on('notification', ({ payload }) => heard.push(JSON.parse(payload)));
  await listener.query('LISTEN cgae_events');
  await learnRobustness(pool);

  const agent = await register(pool, 'gpt-5', { model: 'gpt-5', provider: 'azure_ai' });
  const good = new Robustness(0.72, 0.1 + 0.8, 0.66, 0.8);
  const result = await certify(pool, agent, good, { details: { auditor: 'lab 7' } });
  is([result.outcome, result.tier, result.status, result.seq], ['certified', 'T3', 'active', 2], 'certified');
  const one = async (sql, args) => Object.values((await pool.query(sql, args)).rows[0])[0];
  is(await one('SELECT cgae.permits($1, $2)', [agent, 'T3']), true, 'permitted what it was certified for');

  // robustness is a value: to the server and back, in arrays
  is(await one('SELECT current_robustness FROM cgae.agents WHERE agent_id = $1', [agent]), good, 'robustness comes back exactly');
  is(await one('SELECT $1::cgae.robustness[]', [[good, good]]), [good, good], 'arrays of it');
  is(await one('SELECT cgae.chain_tier($1)', [[good, new Robustness(0.4, 1, 1, 1)]]), 'T1', 'a chain of it');
  is(await one('SELECT $1::cgae.robustness::jsonb', [good]), { ...good }, 'jsonb of it');
  is(await one('SELECT cgae.gate_tier($1)', ['(0.9,0.9,0.9,0.9)']), 'T5', 'its text');

  // a plain INSERT does the same; derived columns are left out and returned
  const inserted = await pool.query(
    `INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES ($1, $2, $3)
     RETURNING seq, outcome, tier, previous_tier, status, auditor`, [agent, new Robustness(0.5, 0.6, 0.7, 0.8), 'spot']);
  is(inserted.rows[0], { seq: 3, outcome: 'certified', tier: 'T2', previous_tier: 'T3', status: 'active', auditor: 'cgae_app' }, 'INSERT ... RETURNING');

  // refusals: SQLSTATE, and fields to tell them apart
  const refusal = async (sql, args) => pool.query(sql, args).then(() => 'accepted', ({ code, column, constraint }) => [code, column, constraint]);
  is(await refusal(`INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ($1, $2, now() + '1 day')`, [agent, good]),
    ['23514', 'certified_at', 'not_in_the_future'], 'a time ahead is refused');
  is(await refusal('SELECT cgae.certify($1, $2)', ['nobody', good]), ['23503', 'agent_id', 'certifications_agent_id_fkey'], 'so is an unknown agent');
  is(await refusal('SELECT cgae.certify($1, $2)', [agent, '(1.5,1,1,1)']), ['22003', undefined, undefined], '... a score out of range');
  is((await refusal(`UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = $1`, [agent]))[0], '42501', '... and what the role may not do');

  // safe retry: the server commits, and the answer is lost
  const lost = [];
  const badPool = {
    async query(...args) {
      const answer = await pool.query(...args);
      if (lost.push(answer.rows[0]) === 1) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      return answer;
    },
  };
  const repeated = await certifySurely(badPool, agent, good);
  is([lost.length, repeated], [2, lost[0]], 'repeated after the connection broke: the first result');
  is(await one('SELECT last_seq FROM cgae.agents WHERE agent_id = $1', [agent]), 4, '... and one certification');
  await certify(pool, agent, good, { requestId: 'audit 7' });
  is(await certify(pool, agent, new Robustness(1, 1, 1, 1), { requestId: 'audit 7' }).catch((error) => [error.code, error.constraint]),
    ['23505', 'certifications_request_id_key'], 'another audit under the same request_id is refused');

  // an upsert that sets the key to itself, as many tools write it
  const upserted = await pool.query(
    `INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ($1, $2, $3)
     ON CONFLICT (agent_id) DO UPDATE SET agent_id = EXCLUDED.agent_id, model_name = EXCLUDED.model_name RETURNING model_name, status`,
    [agent, 'gpt-5 turbo', { model: 'gpt-5', provider: 'azure_ai' }]);
  is(upserted.rows[0], { model_name: 'gpt-5 turbo', status: 'active' }, 'upsert');

  // numbers of a configuration
  const numbered = await register(pool, 'x', { temperature: 1.0 });
  const textual = await register(pool, 'x', '{"temperature": 1.0}');
  is(await one(`SELECT model_config::text FROM cgae.agents WHERE agent_id = $1`, [numbered]), '{"temperature":1}', 'JavaScript writes 1.0 as 1');
  is(await one(`SELECT model_config::text FROM cgae.agents WHERE agent_id = $1`, [textual]), '{"temperature": 1.0}', '... a text is sent as it is');
  is(await one(`SELECT count(DISTINCT architecture_hash)::int FROM cgae.agents WHERE agent_id IN ($1, $2)`, [numbered, textual]), 2, '... and these are two architectures');

  // a table that needs a tier
  is((await pool.query('INSERT INTO jobs (agent_id) VALUES ($1) RETURNING reward', [agent])).rows, [{ reward: '1' }], 'a job for who holds the tier');
  const { rows: [demoted] } = await pool.query(`SELECT * FROM cgae.demote($1, $2, 'lab 7 again')`, [agent, new Robustness(0.5, 0.6, 0.7, 0.8)]);
  is([demoted.outcome, demoted.tier, demoted.previous_tier], ['certified', 'T2', 'T3'], 'demoted');
  is(await pool.query('INSERT INTO jobs (agent_id) VALUES ($1)', [agent]).catch(({ code, schema, table }) => [code, schema, table]), ['42501', 'public', 'jobs'], 'a job is refused, its table named');

  // many in one statement
  const many = await pool.query('SELECT * FROM cgae.certify_many($1, $2)', [[agent, agent], [good, new Robustness(0.3, 0.3, 0.3, 1)]]);
  is(many.rows.map(({ seq, tier }) => [seq, tier]), [[8, 'T3'], [9, 'T1']], 'certify_many() takes arrays');

  // scores whose ih fails are an outcome, and so is drift: neither is an error
  const failed = await certify(pool, agent, new Robustness(0.3, 0.3, 0.3, 0.49));
  is([failed.outcome, failed.tier, failed.status], ['failed', 'T0', 'suspended'], 'an audit that failed');
  const drift = await certify(pool, agent, good, { observedHash: 'badc0ffee0ddf00d' });
  is([drift.outcome, drift.tier, drift.status], ['architecture_mismatch', null, 'suspended'], 'drift');
  is(await one('SELECT cgae.permits($1, $2)', [agent, 'T1']), false, '... and it lasts');

  // views
  const standing = await pool.query('SELECT status, effective_tier, cc, holds FROM cgae.agent_standing WHERE agent_id = $1', [agent]);
  is(standing.rows[0], { status: 'suspended', effective_tier: 'T0', cc: 0.3, holds: ['architecture_drift', 'failed_audit'] }, 'agent_standing');
  const { rows: history } = await pool.query('SELECT seq, type, data FROM cgae.events WHERE agent_id = $1 ORDER BY seq', [agent]);
  is(history.map(({ seq }) => seq), history.map((_, i) => i + 1), 'events, without a gap');
  is(history.at(-1).data.observed_hash, 'badc0ffee0ddf00d', '... with their data');

  for (const relation of ['gate_policies', 'registry_health', 'agent_standing', 'agents', 'certifications', 'certification_history']) {
    const { rows } = await pool.query(`SELECT * FROM cgae.${relation}`);
    const times = rows.flatMap((row) => Object.values(row)).filter((value) => value instanceof Date || Math.abs(value) === Infinity);
    ok(rows.length > 0 && times.every((time) => time instanceof Date && time.getFullYear() > 2000), `every column of ${relation}`, times.join('\n'));
  }

  // what others did comes as notifications
  const mine = () => heard.filter((event) => event.agent === agent); // not about the other agents
  for (let i = 0; mine().length < history.length && i < 1200; i++) await sleep(50);
  is(mine(), history.map(({ seq, type }) => ({ type, agent, seq })), 'each event was sent to who listens');
  await listener.end();
  await pool.end();
  done();
}

if (import.meta.url === `file://${process.argv[1]}`) await main();
