// The registry from TypeORM 0.3.  Copy what stands above the line.
//
// Models are EntitySchemas, which need no decorators; with decorators the same options stand in
// @Entity() and @Column().  A model configuration is hashed as the text that JSON.stringify() makes:
// it writes 1.0 as 1, and these are two architectures.  See node_postgres.mjs.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DataSource, EntitySchema, MoreThanOrEqual, QueryFailedError } from 'typeorm';
import { Robustness } from './node_postgres.mjs';

/** The column type cgae.robustness, by its text. */
const robustness = {
  type: 'text',
  nullable: true,
  transformer: {
    to: (value) => value?.toPostgres?.() ?? value,
    from: (value) => (typeof value === 'string' ? Robustness.parse(value) : value),
  },
};

/** A column that the registry fills in: not in an INSERT or UPDATE, but in its RETURNING. */
const derived = (column) => ({ ...column, insert: false, update: false, default: () => 'NULL' });
const text = { type: 'text' }; // enums are read and written as text
const optional = { type: 'text', nullable: true };

export const Agent = new EntitySchema({
  name: 'Agent',
  schema: 'cgae',
  tableName: 'agents',
  columns: {
    agent_id: { type: 'text', primary: true, default: () => 'DEFAULT' },
    model_name: text,
    model_config: { type: 'json', nullable: true },
    provenance: { type: 'jsonb', default: () => 'DEFAULT' },
    wallet_address: optional,
    architecture_hash: derived(text),
    status: derived(text),
    holds: derived({ type: 'text', array: true }),
    current_tier: derived(text),
    current_robustness: derived(robustness),
    certified_at: derived({ type: 'timestamptz' }),
    balance: { type: 'numeric', default: () => 'DEFAULT' },
  },
});

export const Certification = new EntitySchema({
  name: 'Certification',
  schema: 'cgae',
  tableName: 'certifications',
  columns: {
    agent_id: { type: 'text', primary: true },
    seq: derived({ type: 'int', primary: true }),
    outcome: derived(text), // look at it: drift suspends the agent and throws nothing
    robustness,
    tier: derived(text),
    previous_tier: derived(text),
    status: derived(text),
    audit_type: { type: 'text', default: () => 'DEFAULT' },
    audit_details: { type: 'jsonb', default: () => 'DEFAULT' },
    observed_architecture_hash: optional,
    certified_at: { type: 'timestamptz', default: () => 'DEFAULT' },
    auditor: derived(text),
    request_id: optional,
  },
});

export const Standing = new EntitySchema({ // a view
  name: 'Standing',
  schema: 'cgae',
  tableName: 'agent_standing',
  columns: {
    agent_id: { type: 'text', primary: true }, status: text, effective_tier: text, budget_ceiling: { type: 'numeric' },
    cc: { type: 'float8' }, holds: { type: 'text', array: true },
  },
});

export const Event = new EntitySchema({ // a view
  name: 'Event',
  schema: 'cgae',
  tableName: 'events',
  columns: { agent_id: { type: 'text', primary: true }, seq: { type: 'int', primary: true }, type: text, data: { type: 'jsonb' } },
});

export const entities = [Agent, Certification, Standing, Event]; // synchronize: false, since the registry makes its tables

/** Register, or rename who is registered.  orUpdate() names what a registrar may update; upsert() would set all that is given. */
export async function registerOrRename(manager, agent) {
  await manager.createQueryBuilder().insert().into(Agent).values(agent)
    .orUpdate(['agent_id', 'model_name'], ['agent_id']).execute();
  return manager.findOneByOrFail(Agent, { agent_id: agent.agent_id });
}

const isTransient = (error) => !(error instanceof QueryFailedError) || /^(ECONN|08|57P0|40001|40P01|55P03)/.test(error.driverError.code ?? 'ECONN');

/** Certify, or find what an earlier attempt under this request_id has made; repeated until one of them is known. */
export async function certifyOnce(manager, values, attempts = 5) {
  const { agent_id, request_id = randomUUID() } = values;
  for (let attempt = 1; ; attempt++) {
    try {
      // save() writes into what it is given, and would take a second one for an update
      return await manager.save(Certification, { ...values, request_id });
    } catch (error) {
      if (error.driverError?.constraint === 'certifications_request_id_key') {
        return manager.findOneByOrFail(Certification, { agent_id, request_id });
      }
      if (attempt === attempts || !isTransient(error)) throw error;
      await sleep(100 * 2 ** attempt);
    }
  }
}

// ----------------------------------------------------------------------------
async function main() {
  const { done, is, ok } = await import('./tap.mjs');
  const { PGHOST: host, PGPORT: port, PGUSER: username, PGPASSWORD: password, PGDATABASE: database } = process.env;
  const source = await new DataSource({ type: 'postgres', host, port: Number(port), username, password, database, entities, installExtensions: false }).initialize();
  const { manager } = source;
  const heard = [];
  const listener = new pg.Client();
  await listener.connect();
  listener.on('notification', ({ payload }) => heard.push(JSON.parse(payload)));
  await listener.query('LISTEN cgae_events');
  const permits = async (...args) => (await source.query('SELECT cgae.permits($1, $2)', args))[0].permits;

  const config = { model: 'gpt-5', provider: 'azure_ai' };
  const agent = await manager.save(Agent, { model_name: 'gpt-5', model_config: config });
  is([agent.agent_id.slice(0, 6), agent.status, agent.current_tier, agent.holds, agent.architecture_hash.length, agent.balance],
    ['agent_', 'pending', 'T0', [], 16, '0'], 'a new agent, with what the registry filled in');
  const { agent_id } = agent;

  const good = new Robustness(0.72, 0.1 + 0.8, 0.66, 0.8);
  const first = await manager.save(Certification, { agent_id, robustness: good, audit_details: { auditor: 'lab 7' } });
  is(['seq', 'outcome', 'tier', 'previous_tier', 'status', 'audit_type', 'auditor'].map((column) => first[column]),
    [2, 'certified', 'T3', null, 'active', 'registration', 'cgae_app'], "certified by the model's INSERT, derived columns filled in");
  ok(first.certified_at instanceof Date, '... the time too');
  is((await manager.findOneByOrFail(Certification, { agent_id, seq: 2 })).robustness, good, 'robustness comes back exactly');
  is(await manager.countBy(Certification, { robustness: good }), 1, '... and compares as a value');

  agent.model_name = 'gpt-5 turbo'; // save() compares with what is stored, and writes what differs
  agent.wallet_address = '0x7';
  await manager.save(Agent, agent);
  is((({ model_name, wallet_address, status, current_tier, current_robustness }) => [model_name, wallet_address, status, current_tier, current_robustness])(
    await manager.findOneByOrFail(Agent, { agent_id })), ['gpt-5 turbo', '0x7', 'active', 'T3', good], 'an older object saves what was changed');
  is((await manager.findBy(Agent, { current_tier: MoreThanOrEqual('T2'), status: 'active' })).map((a) => a.agent_id), [agent_id], 'tiers compare in their order');
  is(await permits(agent_id, 'T3'), true, 'permitted what it was certified for');
  const several = await manager.save(Certification, [{ agent_id, robustness: good }, { agent_id, robustness: new Robustness(0.7, 0.7, 0.7, 0.8), audit_type: 'spot' }]);
  is(several.map(({ seq, tier }) => [seq, tier]), [[3, 'T3'], [4, 'T3']], 'several rows');

  // refusals: SQLSTATE, and fields to tell them apart
  const refusal = (promise) => promise.then(() => 'accepted', ({ driverError: { code, table, column, constraint } }) => [code, table, column, constraint]);
  is(await refusal(manager.save(Certification, { agent_id, robustness: good, certified_at: new Date('2100-01-01') })),
    ['23514', 'certifications', 'certified_at', 'not_in_the_future'], 'a time ahead is refused');
  is(await refusal(manager.save(Certification, { agent_id: 'nobody', robustness: good })),
    ['23503', 'certifications', 'agent_id', 'certifications_agent_id_fkey'], 'so is an unknown agent');
  is((await refusal(manager.save(Certification, { agent_id, robustness: new Robustness(1.5, 1, 1, 1) })))[0], '22003', '... a score out of range');
  is(await refusal(source.query("INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES ($1, $2, 'T5')", [agent_id, good.toPostgres()])),
    ['428C9', 'certifications', 'tier', undefined], "... a tier of one's own");
  is(await refusal(source.query("UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = $1", [agent_id])), ['42501', undefined, undefined, undefined], '... and what the role may not do');

  // safe retry: the server commits, and the answer is lost
  let attempts = 0;
  const badManager = Object.create(manager, {
    save: {
      value: async (...args) => {
        const saved = await manager.save(...args);
        if (++attempts === 1) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
        return saved;
      },
    },
  });
  const repeated = await certifyOnce(badManager, { agent_id, robustness: good, request_id: 'audit 5' });
  is([repeated.seq, repeated.tier, repeated.robustness, attempts], [5, 'T3', good, 1], 'repeated after the connection broke: the first row');
  is(await manager.countBy(Certification, { agent_id }), 4, '... and one certification');
  is(await manager.save(Certification, { agent_id, robustness: good, request_id: 'audit 5' }).catch(({ driverError: { code, constraint } }) => [code, constraint]),
    ['23505', 'certifications_request_id_key'], 'a used request_id is refused');

  // upsert: by what a registrar may update, the key among it
  is((({ model_name, status, current_tier }) => [model_name, status, current_tier])(await registerOrRename(manager, { agent_id, model_name: 'gpt-5', model_config: config })),
    ['gpt-5', 'active', 'T3'], 'an upsert renames');
  is((await registerOrRename(manager, { agent_id: 'a7', model_name: 'new', model_config: config })).status, 'pending', '... or registers');
  is(await refusal(manager.upsert(Agent, { agent_id, model_name: 'x', model_config: config }, ['agent_id'])),
    ['42501', undefined, undefined, undefined], '... but upsert() would set the configuration, which a registrar may not change');

  // a table that needs a tier
  is(await source.query('INSERT INTO jobs (agent_id) VALUES ($1) RETURNING reward', [agent_id]), [{ reward: '1' }], 'a job for who holds the tier');
  const [demoted] = await source.query('SELECT * FROM cgae.demote($1, $2)', [agent_id, '(0.3,0.3,0.3,1)']);
  is([demoted.outcome, demoted.tier, demoted.previous_tier, demoted.status], ['certified', 'T1', 'T3', 'active'], 'demoted');
  is(await refusal(source.query('INSERT INTO jobs (agent_id) VALUES ($1)', [agent_id])), ['42501', 'jobs', undefined, undefined], 'a job is refused, its table named');

  // scores whose ih fails, and drift, are outcomes and no errors: the row is there, and the suspension lasts
  const failed = await certifyOnce(manager, { agent_id, robustness: new Robustness(1, 1, 1, 0.49) });
  is([failed.outcome, failed.tier, failed.status], ['failed', 'T0', 'suspended'], 'an audit that failed');
  const drift = await certifyOnce(manager, { agent_id, robustness: good, observed_architecture_hash: 'badc0ffee0ddf00d' });
  is([drift.outcome, drift.tier, drift.status], ['architecture_mismatch', null, 'suspended'], 'drift');
  is(await permits(agent_id, 'T1'), false, '... and it lasts');

  // views
  const standing = await manager.findOneByOrFail(Standing, { agent_id });
  is([standing.status, standing.effective_tier, standing.budget_ceiling, standing.cc, standing.holds], ['suspended', 'T0', '0', 1, ['architecture_drift', 'failed_audit']], 'agent_standing');
  const history = await manager.find(Event, { where: { agent_id }, order: { seq: 'ASC' } });
  is(history.map(({ seq }) => seq), history.map((_, i) => i + 1), 'events, without a gap');
  is(history.at(-1).data.observed_hash, 'badc0ffee0ddf00d', '... with their data');

  // what others did comes as notifications, those about the other agent left out
  const mine = () => heard.filter((event) => event.agent === agent_id);
  for (let i = 0; mine().length < history.length && i < 1200; i++) await sleep(50);
  is(mine(), history.map(({ seq, type }) => ({ type, agent: agent_id, seq })), 'each event was sent to who listens');
  await listener.end();
  await source.destroy();
  done();
}

if (import.meta.url === `file://${process.argv[1]}`) await main();
