// The registry from Knex.  Copy what stands above the line.
//
// A model configuration is hashed as the text that JSON.stringify() makes: it writes 1.0 as 1, and
// these are two architectures.  See node_postgres.mjs.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import knex from 'knex';
import { Robustness, learnRobustness } from './node_postgres.mjs';

/** A pool whose results have Robustness where the registry has cgae.robustness. */
export async function connect(connection) {
  const db = knex({ client: 'pg', connection, pool: { min: 0, max: 5 } });
  // raw() has a syntax of its own for parameters; the driver, which node_postgres.mjs speaks to, is below
  const driver = await db.client.acquireConnection();
  try {
    await learnRobustness(driver);
  } finally {
    await db.client.releaseConnection(driver);
  }
  return db;
}

/** Columns that are left out are derived by the registry: name in returning() what shall be read back. */
export async function register(db, { agent_id, model_name, model_config, provenance = {} }) {
  const row = { model_name, model_config: JSON.stringify(model_config), provenance };
  const [agent] = await db('cgae.agents').insert(agent_id ? { agent_id, ...row } : row).returning('*');
  return agent;
}

/** Register, or rename who is registered.  Only what a registrar may update stands in merge(); all of the row would be refused. */
export async function registerOrRename(db, { agent_id, model_name, model_config }) {
  const [agent] = await db('cgae.agents').insert({ agent_id, model_name, model_config: JSON.stringify(model_config) })
    .onConflict('agent_id').merge(['agent_id', 'model_name']).returning('*');
  return agent;
}

const isTransient = (error) =>
  error.name === 'KnexTimeoutError' || /^(ECONN|EPIPE|ETIMEDOUT|08|57P0|40001|40P01|55P03)/.test(error.code ?? 'ECONN');

/**
 * One audit, repeated with one request_id whatever happens to the connection.
 * Look at outcome: drift suspends the agent and throws nothing.
 */
export async function certifySurely(db, agentId, robustness, { observedHash = null, details = {}, requestId = randomUUID() } = {}, attempts = 5) {
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await db.raw(
        'SELECT * FROM cgae.certify(:agentId, :robustness, observed_architecture_hash => :observedHash, audit_details => :details, request_id => :requestId)',
        { agentId, robustness, observedHash, details, requestId });
      return rows[0];
    } catch (error) {
      if (attempt === attempts || !isTransient(error)) throw error;
      await sleep(100 * 2 ** attempt);
    }
  }
}

// ----------------------------------------------------------------------------
async function main() {
  const { done, is, ok } = await import('./tap.mjs');
  const { default: pg } = await import('pg');
  const db = await connect({}); // PGHOST, PGUSER, ... say where
  const heard = [];
  const listener = new pg.Client();
  await listener.connect();
  listener.on('notification', ({ payload }) => heard.push(JSON.parse(payload)));
  await listener.query('LISTEN cgae_events');
  const one = async (sql, args) => Object.values((await db.raw(sql, args)).rows[0])[0];

  const config = { model: 'gpt-5', provider: 'azure_ai' };
  const agent = await register(db, { model_name: 'gpt-5', model_config: config });
  is([agent.status, agent.current_tier, agent.holds, agent.architecture_hash.length, agent.balance], ['pending', 'T0', [], 16, '0'], 'a new agent, with what the registry filled in');
  const { agent_id } = agent;

  const good = new Robustness(0.72, 0.1 + 0.8, 0.66, 0.8);
  const [first] = await db('cgae.certifications').insert({ agent_id, robustness: good, audit_details: { auditor: 'lab 7' } })
    .returning(['seq', 'outcome', 'tier', 'previous_tier', 'status', 'audit_type', 'auditor', 'robustness']);
  is(first, { seq: 2, outcome: 'certified', tier: 'T3', previous_tier: null, status: 'active', audit_type: 'registration', auditor: 'cgae_app', robustness: good },
    'certified by an INSERT, derived columns returned');
  is(await one('SELECT cgae.permits(?, ?)', [agent_id, 'T3']), true, 'permitted what it was certified for');
  is((await db('cgae.certifications').where({ robustness: good })).length, 1, 'robustness compares as a value');
  is(await db('cgae.agents').where('current_tier', '>=', 'T2').pluck('agent_id'), [agent_id], 'tiers compare in their order');
  is(await one('SELECT cgae.chain_tier(?)', [[good, new Robustness(0.4, 1, 1, 1)]]), 'T1', 'a chain of it');
  await db('cgae.agents').where({ agent_id }).update({ provenance: { lab: 7 } });

  // a batch of audits in one INSERT
  const batch = await db('cgae.certifications').insert([{ agent_id, robustness: good }, { agent_id, robustness: '(0.7,0.7,0.7,0.8)', audit_type: 'spot' }]).returning(['seq', 'tier']);
  is(batch, [{ seq: 3, tier: 'T3' }, { seq: 4, tier: 'T3' }], 'several rows');

  // refusals: SQLSTATE, and fields to tell them apart
  const refusal = (query) => query.then(() => 'accepted', ({ code, table, column, constraint }) => [code, table, column, constraint]);
  is(await refusal(db('cgae.certifications').insert({ agent_id, robustness: good, certified_at: new Date('2100-01-01') })),
    ['23514', 'certifications', 'certified_at', 'not_in_the_future'], 'a time ahead is refused');
  is(await refusal(db('cgae.certifications').insert({ agent_id: 'nobody', robustness: good })),
    ['23503', 'certifications', 'agent_id', 'certifications_agent_id_fkey'], 'so is an unknown agent');
  is((await refusal(db('cgae.certifications').insert({ agent_id, robustness: '(1.5,1,1,1)' })))[0], '22003', '... a score out of range');
  is(await refusal(db('cgae.certifications').insert({ agent_id, robustness: good, tier: 'T5' })), ['428C9', 'certifications', 'tier', undefined], "... a tier of one's own");
  is(await refusal(db('cgae.agents').where({ agent_id }).update({ current_tier: 'T5' })), ['42501', undefined, undefined, undefined], '... and what the role may not do');

  // safe retry: the server commits, and the answer is lost
  const lost = [];
  const badDb = {
    async raw(...args) {
      const answer = await db.raw(...args);
      if (lost.push(answer.rows[0]) === 1) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      return answer;
    },
  };
  is([await certifySurely(badDb, agent_id, good, { requestId: 'audit 7' }), lost.length], [lost[0], 2], 'repeated after the connection broke: the first result');
  is(await one('SELECT last_seq FROM cgae.agents WHERE agent_id = ?', [agent_id]), 5, '... and one certification');
  const keyOf = async (query) => (({ 0: code, 3: constraint }) => [code, constraint])(await refusal(query));
  is(await keyOf(certifySurely(db, agent_id, new Robustness(1, 1, 1, 1), { requestId: 'audit 7' })),
    ['23505', 'certifications_request_id_key'], 'another audit under the same request_id is refused');
  is(await keyOf(db('cgae.certifications').insert({ agent_id, robustness: good, request_id: 'audit 7' })),
    ['23505', 'certifications_request_id_key'], '... and an INSERT under it');
  is(await db('cgae.certifications').insert({ agent_id, robustness: good, request_id: 'audit 7' }).onConflict().ignore().returning('seq').catch(({ code }) => code),
    [], '... which onConflict().ignore() makes nothing of');

  // upsert: by what a registrar may update, the key among it
  is((({ model_name, status, current_tier }) => [model_name, status, current_tier])(await registerOrRename(db, { agent_id, model_name: 'gpt-5 turbo', model_config: config })),
    ['gpt-5 turbo', 'active', 'T3'], 'an upsert renames');
  is((await registerOrRename(db, { agent_id: 'a7', model_name: 'new', model_config: config })).status, 'pending', '... or registers');
  is(await refusal(db('cgae.agents').insert({ agent_id, model_name: 'x', model_config: JSON.stringify(config) }).onConflict('agent_id').merge()),
    ['42501', undefined, undefined, undefined], '... but merges no configuration, which a registrar may not change');

  // a table that needs a tier
  is((await db('jobs').insert({ agent_id }).returning('reward'))[0], { reward: '1' }, 'a job for who holds the tier');
  const { rows: [demoted] } = await db.raw('SELECT * FROM cgae.demote(?, ?)', [agent_id, new Robustness(0.3, 0.3, 0.3, 1)]);
  is([demoted.outcome, demoted.tier, demoted.previous_tier, demoted.status], ['certified', 'T1', 'T3', 'active'], 'demoted');
  is(await refusal(db('jobs').insert({ agent_id })), ['42501', 'jobs', undefined, undefined], 'a job is refused, its table named');
  is(await refusal(db.transaction(async (trx) => {
    await trx('cgae.certifications').insert({ agent_id, robustness: good });
    await trx('jobs').insert({ agent_id: 'a7' });
  })), ['42501', 'jobs', undefined, undefined], '... in a transaction, which takes the certification with it');
  is(await one('SELECT cgae.permits(?, ?)', [agent_id, 'T3']), false, '... and leaves the agent as it was');

  // scores whose ih fails, and drift, are outcomes and no errors
  const failed = await certifySurely(db, agent_id, new Robustness(1, 1, 1, 0.49));
  is([failed.outcome, failed.tier, failed.status], ['failed', 'T0', 'suspended'], 'an audit that failed');
  const drift = await certifySurely(db, agent_id, good, { observedHash: 'badc0ffee0ddf00d' });
  is([drift.outcome, drift.tier, drift.status], ['architecture_mismatch', null, 'suspended'], 'drift');
  is(await one('SELECT cgae.permits(?, ?)', [agent_id, 'T1']), false, '... and it lasts');

  // views; every column of every row is read
  is(await db('cgae.agent_standing').where({ agent_id }).first('status', 'effective_tier', 'cc', 'holds'),
    { status: 'suspended', effective_tier: 'T0', cc: 1, holds: ['architecture_drift', 'failed_audit'] }, 'agent_standing');
  const history = await db('cgae.events').where({ agent_id }).orderBy('seq');
  is(history.map(({ seq }) => seq), history.map((_, i) => i + 1), 'events, without a gap');
  is(history.at(-1).data.observed_hash, 'badc0ffee0ddf00d', '... with their data');
  for (const relation of ['gate_policies', 'registry_health', 'agent_standing', 'agents', 'certifications', 'certification_history']) {
    const rows = await db(`cgae.${relation}`);
    const times = rows.flatMap((r) => Object.values(r)).filter((value) => value instanceof Date || Math.abs(value) === Infinity);
    ok(rows.length > 0 && times.every((time) => time instanceof Date && time.getFullYear() > 2000), `every column of ${relation}`, times.join('\n'));
  }

  // what others did comes as notifications, those about the other agent left out
  const mine = () => heard.filter((event) => event.agent === agent_id);
  for (let i = 0; mine().length < history.length && i < 1200; i++) await sleep(50);
  is(mine(), history.map(({ seq, type }) => ({ type, agent: agent_id, seq })), 'each event was sent to who listens');
  await listener.end();
  await db.destroy();
  done();
}

if (import.meta.url === `file://${process.argv[1]}`) await main();
