// The registry from postgres.js.  Copy what stands above the line.
//
// A model configuration is hashed as the text that JSON.stringify() makes, and JavaScript has one
// kind of number: JSON.stringify(1.0) is "1", where Python writes "1.0".  These are two
// architectures.  Who hashes the same configuration in two languages passes the text on as it is.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';

/** cgae.robustness as a value: numbers are exact both ways. */
export class Robustness {
  constructor(cc, er, as, ih) {
    Object.assign(this, { cc, er, as, ih });
  }

  static parse(text) {
    return new Robustness(...text.slice(1, -1).split(',').map(Number));
  }

  toString() {
    return `(${this.cc},${this.er},${this.as},${this.ih})`;
  }
}

/** A connection pool that knows the type: its OIDs are the database's own and asked for first. */
export async function connect(options = {}) {
  const first = postgres({ ...options, max: 1 });
  const [{ oid, typarray }] = await first`SELECT oid::int, typarray::int FROM pg_type WHERE oid = 'cgae.robustness'::regtype`;
  await first.end();
  const fromArray = (text) => [...text.matchAll(/\([^)]*\)/g)].map(([value]) => Robustness.parse(value));
  return postgres({
    ...options,
    types: {
      robustness: { to: oid, from: [oid], serialize: String, parse: Robustness.parse },
      robustnessArray: { to: typarray, from: [typarray], serialize: (values) => `{${values.map((value) => `"${value}"`)}}`, parse: fromArray },
    },
  });
}

// postgres.js asks the server for each parameter's type and serializes with JSON.stringify() whatever
// shall be json, a string that is JSON already too: hence ::text::json where a text is passed on.
// An object needs no cast.  sql.json() is of type jsonb, for which there is no register_agent().

export async function register(sql, name, config) {
  const [{ agent_id }] = await sql`SELECT cgae.register_agent(${name}, ${JSON.stringify(config)}::text::json) AS agent_id`;
  return agent_id;
}

/** One audit.  Look at outcome: drift suspends the agent and throws nothing. */
export async function certify(sql, agentId, robustness, { observedHash = null, details = {}, requestId = null } = {}) {
  const [result] = await sql`
    SELECT * FROM cgae.certify(${agentId}, ${robustness.toString()}, observed_architecture_hash => ${observedHash},
      audit_details => ${sql.json(details)}, request_id => ${requestId})`;
  return { ...result };
}

/** Lost connections, a server that restarts, serialization failures, deadlocks, locks not had in time. */
const isTransient = (error) => /^(ECONN|EPIPE|ETIMEDOUT|CONN|08|57P0|40001|40P01|55P03)/.test(error.code ?? 'ECONN');

/** The same, whatever happens to the connection: repeated with one requestId, it is one audit. */
export async function certifySurely(sql, agentId, robustness, options = {}, attempts = 5) {
  const requestId = randomUUID();
  for (let attempt = 1; ; attempt++) {
    try {
      return await certify(sql, agentId, robustness, { ...options, requestId });
    } catch (error) {
      if (attempt === attempts || !isTransient(error)) throw error;
      await sleep(100 * 2 ** attempt);
    }
  }
}

// ----------------------------------------------------------------------------
async function main() {
  const { done, is, ok } = await import('./tap.mjs');
  const notices = [];
  const sql = await connect({ onnotice: ({ message }) => notices.push(message) }); // PGHOST, PGUSER, ... say where
  const heard = [];
  await sql.listen('cgae_events', (payload) => heard.push(JSON.parse(payload)));
  const one = async (query) => Object.values((await query)[0])[0];

  const config = { model: 'gpt-5', provider: 'azure_ai' };
  const agent = await register(sql, 'gpt-5', config);
  const good = new Robustness(0.72, 0.1 + 0.8, 0.66, 0.8);
  is(await certify(sql, agent, good, { details: { auditor: 'lab 7' } }),
    { outcome: 'certified', agent_id: agent, seq: 2, tier: 'T3', status: 'active', previous_tier: null }, 'certified');
  is(await one(sql`SELECT cgae.permits(${agent}, ${'T3'})`), true, 'permitted what it was certified for');

  // configurations: text, objects, and what becomes of a string without ::text
  const kept = async (id) => one(sql`SELECT model_config::text FROM cgae.agents WHERE agent_id = ${id}`);
  is(await kept(agent), JSON.stringify(config), 'the configuration as it was written');
  is(await kept(await one(sql`SELECT cgae.register_agent(${'x'}, ${config})`)), JSON.stringify(config), '... as an object too, without a cast');
  is(await one(sql`SELECT cgae.register_agent(${'x'}, ${sql.json(config)})`).catch(({ code }) => code), '42883', '... sql.json() is jsonb, for which there is no such function');
  for (const [name, query] of [['::json', sql`SELECT cgae.register_agent(${'x'}, ${JSON.stringify(config)}::json)`],
    ['no cast', sql`SELECT cgae.register_agent(${'x'}, ${JSON.stringify(config)})`]]) {
    is(await query.catch((error) => [error.code, error.constraint_name]), ['23514', 'model_config_is_object'], `... and a string with ${name} is serialized twice`);
  }
  const hash = async (text) => one(sql`SELECT cgae.architecture_hash(${text}::text::json)`);
  is(JSON.stringify({ temperature: 1.0 }), '{"temperature":1}', 'JavaScript writes 1.0 as 1');
  is(await hash('{"temperature": 1.0}') === await hash('{"temperature": 1}'), false, '... which is another architecture');
  is(await hash('{"temperature": 1}'), await hash(JSON.stringify({ temperature: 1.0 })), '... whatever the spaces');

  // robustness is a value: to the server and back, in arrays
  is(await one(sql`SELECT current_robustness FROM cgae.agents WHERE agent_id = ${agent}`), good, 'robustness comes back exactly');
  is(await one(sql`SELECT ${sql.typed.robustness(good)}`), good, 'a parameter of its own type');
  is(await one(sql`SELECT ${sql.typed.robustnessArray([good, good])}`), [good, good], 'arrays of it');
  is(await one(sql`SELECT cgae.chain_tier(${sql.typed.robustnessArray([good, new Robustness(0.4, 1, 1, 1)])})`), 'T1', 'a chain of it');
  is(await one(sql`SELECT ${good.toString()}::cgae.robustness::jsonb`), { ...good }, 'jsonb of it');

  // a plain INSERT does the same; derived columns are left out and returned
  const row = { agent_id: agent, robustness: '(0.7,0.7,0.7,0.8)', audit_type: 'spot' };
  const [inserted] = await sql`INSERT INTO cgae.certifications ${sql(row)} RETURNING seq, outcome, tier, previous_tier, status, auditor`;
  is({ ...inserted }, { seq: 3, outcome: 'certified', tier: 'T3', previous_tier: 'T3', status: 'active', auditor: 'cgae_app' }, 'INSERT ... RETURNING');

  // refusals: SQLSTATE, and fields to tell them apart
  const refusal = (query) => query.then(() => 'accepted', (error) => [error.code, error.table_name, error.column_name, error.constraint_name]);
  is(await refusal(sql`INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES (${agent}, ${good.toString()}, now() + '1 day')`),
    ['23514', 'certifications', 'certified_at', 'not_in_the_future'], 'a time ahead is refused');
  is(await refusal(certify(sql, 'nobody', good)), ['23503', 'certifications', 'agent_id', 'certifications_agent_id_fkey'], 'so is an unknown agent');
  is((await refusal(certify(sql, agent, new Robustness(1.5, 1, 1, 1))))[0], '22003', '... a score out of range');
  is(await refusal(sql`INSERT INTO cgae.certifications ${sql({ ...row, tier: 'T5' })}`), ['428C9', 'certifications', 'tier', undefined], "... a tier of one's own");
  is(await refusal(sql`UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = ${agent}`), ['42501', undefined, undefined, undefined], '... and what the role may not do');

  // safe retry: the server commits, and the answer is lost
  const lost = [];
  const badSql = Object.assign(async (...args) => {
    const answer = await sql(...args);
    if (lost.push({ ...answer[0] }) === 1) throw Object.assign(new Error('write CONNECTION_CLOSED'), { code: 'CONNECTION_CLOSED' });
    return answer;
  }, { json: sql.json });
  is([await certifySurely(badSql, agent, good), lost.length], [lost[0], 2], 'repeated after the connection broke: the first result');
  is(await one(sql`SELECT last_seq FROM cgae.agents WHERE agent_id = ${agent}`), 4, '... and one certification');
  await certify(sql, agent, good, { requestId: 'audit 7' });
  is(await certify(sql, agent, new Robustness(1, 1, 1, 1), { requestId: 'audit 7' }).catch((error) => [error.code, error.constraint_name]),
    ['23505', 'certifications_request_id_key'], 'another audit under the same request_id is refused');

  // an upsert that sets the key to itself, as many tools write it
  const upsert = { agent_id: agent, model_name: 'gpt-5 turbo', model_config: config };
  is((await sql`INSERT INTO cgae.agents ${sql(upsert)} ON CONFLICT (agent_id)
    DO UPDATE SET agent_id = EXCLUDED.agent_id, model_name = EXCLUDED.model_name RETURNING model_name, status`).map((r) => ({ ...r })),
  [{ model_name: 'gpt-5 turbo', status: 'active' }], 'upsert');

  // many in one statement
  const many = await sql`SELECT * FROM cgae.certify_many(${[agent, agent]}, ${sql.typed.robustnessArray([good, new Robustness(0.66, 0.66, 0.66, 1)])})`;
  is(many.map(({ seq, tier }) => [seq, tier]), [[6, 'T3'], [7, 'T3']], 'certify_many() takes arrays');

  // a table that needs a tier
  is((await sql`INSERT INTO jobs ${sql({ agent_id: agent })} RETURNING reward`)[0].reward, '1', 'a job for who holds the tier');
  const [demoted] = await sql`SELECT * FROM cgae.demote(${agent}, ${'(0.3,0.3,0.3,1)'})`;
  is([demoted.outcome, demoted.tier, demoted.previous_tier, demoted.status], ['certified', 'T1', 'T3', 'active'], 'demoted');
  is(await refusal(sql`INSERT INTO jobs ${sql({ agent_id: agent })}`), ['42501', 'jobs', undefined, undefined], 'a job is refused, its table named');

  // scores whose ih fails, and drift, are outcomes and no errors
  const failed = await certify(sql, agent, new Robustness(1, 1, 1, 0.49));
  is([failed.outcome, failed.tier, failed.status], ['failed', 'T0', 'suspended'], 'an audit that failed');
  const drift = await certify(sql, agent, good, { observedHash: 'badc0ffee0ddf00d' });
  is([drift.outcome, drift.tier, drift.status], ['architecture_mismatch', null, 'suspended'], 'drift');
  ok(notices.some((message) => message.includes('suspended')), '... a warning says so');
  is(await one(sql`SELECT cgae.permits(${agent}, ${'T1'})`), false, '... and it lasts');

  // views; every column of every row is read
  const [standing] = await sql`SELECT status, effective_tier, cc, holds FROM cgae.agent_standing WHERE agent_id = ${agent}`;
  is({ ...standing }, { status: 'suspended', effective_tier: 'T0', cc: 1, holds: ['architecture_drift', 'failed_audit'] }, 'agent_standing');
  const history = await sql`SELECT seq, type, data FROM cgae.events WHERE agent_id = ${agent} ORDER BY seq`;
  is(history.map(({ seq }) => seq), history.map((_, i) => i + 1), 'events, without a gap');
  is(history.at(-1).data.observed_hash, 'badc0ffee0ddf00d', '... with their data');
  for (const relation of ['gate_policies', 'registry_health', 'agent_standing', 'agents', 'certifications', 'certification_history']) {
    const rows = await sql`SELECT * FROM cgae.${sql(relation)}`;
    const times = rows.flatMap((r) => Object.values(r)).filter((value) => value instanceof Date);
    ok(rows.length > 0 && times.every((time) => time.getFullYear() > 2000), `every column of ${relation}`, times.join('\n'));
  }

  // what others did comes as notifications, those about the other agents left out
  const mine = () => heard.filter((event) => event.agent === agent);
  for (let i = 0; mine().length < history.length && i < 1200; i++) await sleep(50);
  is(mine(), history.map(({ seq, type }) => ({ type, agent, seq })), 'each event was sent to who listens');
  await sql.end();
  done();
}

if (import.meta.url === `file://${process.argv[1]}`) await main();
