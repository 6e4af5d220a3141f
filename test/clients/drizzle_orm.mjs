// The registry from Drizzle.  Copy what stands above the line.
//
// A model configuration is hashed as the text that JSON.stringify() makes: it writes 1.0 as 1, and
// these are two architectures.  See node_postgres.mjs.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { and, asc, eq, gte, sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { customType, doublePrecision, integer, json, jsonb, numeric, pgSchema, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import pg from 'pg';
import { Robustness } from './node_postgres.mjs';

const robustness = customType({
  dataType: () => 'cgae.robustness',
  toDriver: (value) => value.toPostgres(),
  fromDriver: Robustness.parse,
});

const cgae = pgSchema('cgae');
export const tier = cgae.enum('tier', ['T0', 'T1', 'T2', 'T3', 'T4', 'T5']);
export const status = cgae.enum('agent_status', ['pending', 'active', 'suspended', 'expired', 'deregistered']);

// Columns that are left out of an INSERT are derived by the registry, and come with returning().
export const agents = cgae.table('agents', {
  agentId: text('agent_id').primaryKey().default(sql`DEFAULT`),
  modelName: text('model_name').notNull(),
  modelConfig: json('model_config'),
  provenance: jsonb('provenance'),
  architectureHash: text('architecture_hash'),
  status: status('status'),
  holds: text('holds').array(),
  currentTier: tier('current_tier'),
  currentRobustness: robustness('current_robustness'),
  balance: numeric('balance'),
});

export const certifications = cgae.table('certifications', {
  agentId: text('agent_id').notNull().references(() => agents.agentId),
  seq: integer('seq'),
  outcome: text('outcome'), // look at it: drift suspends the agent and throws nothing
  robustness: robustness('robustness'),
  tier: tier('tier'),
  previousTier: tier('previous_tier'),
  status: status('status'),
  auditType: text('audit_type'),
  auditDetails: jsonb('audit_details'),
  observedArchitectureHash: text('observed_architecture_hash'),
  certifiedAt: timestamp('certified_at', { withTimezone: true }),
  auditor: text('auditor'),
  requestId: text('request_id'),
}, (table) => [primaryKey({ columns: [table.agentId, table.seq] })]);

export const agentStanding = cgae.view('agent_standing', {
  agentId: text('agent_id'), status: status('status'), effectiveTier: tier('effective_tier'), budgetCeiling: numeric('budget_ceiling'), cc: doublePrecision('cc'),
}).existing();

export const events = cgae.view('events', {
  agentId: text('agent_id'), seq: integer('seq'), type: text('type'), data: jsonb('data'),
}).existing();

/** Register, or rename who is registered: only what a registrar may update stands in set. */
export async function registerOrRename(db, values) {
  const [agent] = await db.insert(agents).values(values)
    .onConflictDoUpdate({ target: agents.agentId, set: { agentId: sql`excluded.agent_id`, modelName: sql`excluded.model_name` } }).returning();
  return agent;
}

/** The driver's error: code is the SQLSTATE. */
export const refusalOf = (error) => error.cause ?? error;

/** One audit, whatever happens to the connection: repeated with one request_id it stays one. */
export async function certifySurely(db, agentId, vector, requestId = randomUUID(), attempts = 5) {
  for (let attempt = 1; ; attempt++) {
    try {
      const { rows } = await db.execute(sql`SELECT * FROM cgae.certify(${agentId}, ${vector.toPostgres()}, request_id => ${requestId})`);
      return rows[0];
    } catch (error) {
      if (attempt === attempts || !/^(ECONN|08|57P0|40001|40P01|55P03)/.test(refusalOf(error).code ?? 'ECONN')) throw error;
      await sleep(100 * 2 ** attempt);
    }
  }
}

// ----------------------------------------------------------------------------
async function main() {
  const { done, is, ok } = await import('./tap.mjs');
  const pool = new pg.Pool(); // PGHOST, PGUSER, ... say where
  const db = drizzle(pool);
  const heard = [];
  const listener = new pg.Client();
  await listener.connect();
  listener.on('notification', ({ payload }) => heard.push(JSON.parse(payload)));
  await listener.query('LISTEN cgae_events');
  const permits = async (agentId, required) => (await db.execute(sql`SELECT cgae.permits(${agentId}, ${required})`)).rows[0].permits;

  const good = new Robustness(0.72, 0.1 + 0.8, 0.66, 0.8);
  const [agent] = await db.insert(agents).values({ modelName: 'gpt-5', modelConfig: { model: 'gpt-5' } }).returning();
  is([agent.agentId.slice(0, 6), agent.status, agent.currentTier, agent.holds, agent.architectureHash.length], ['agent_', 'pending', 'T0', [], 16],
    'a new agent, with what the registry filled in');
  const { agentId } = agent;

  const [certification] = await db.insert(certifications).values({ agentId, robustness: good, auditDetails: { auditor: 'lab 7' } }).returning();
  is([certification.seq, certification.outcome, certification.tier, certification.previousTier, certification.status, certification.auditType, certification.auditor],
    [2, 'certified', 'T3', null, 'active', 'registration', 'cgae_app'], 'certified by an INSERT, derived columns returned');
  ok(certification.certifiedAt instanceof Date, '... the time too');
  is(certification.robustness, good, 'robustness comes back exactly');
  is((await db.select().from(certifications).where(eq(certifications.robustness, good))).length, 1, '... and compares as a value');

  await db.update(agents).set({ modelName: 'gpt-5 turbo' }).where(eq(agents.agentId, agentId));
  is(await db.select({ name: agents.modelName, r: agents.currentRobustness }).from(agents).where(and(gte(agents.currentTier, 'T2'), eq(agents.status, 'active'))),
    [{ name: 'gpt-5 turbo', r: good }], 'tiers compare in their order');
  is(await permits(agentId, 'T3'), true, 'permitted what it was certified for');

  // refusals: SQLSTATE, and fields to tell them apart
  const refusal = (query) => query.then(() => 'accepted', (error) => [refusalOf(error).code, refusalOf(error).column, refusalOf(error).constraint]);
  is(await refusal(db.insert(certifications).values({ agentId, robustness: good, certifiedAt: new Date('2100-01-01') })),
    ['23514', 'certified_at', 'not_in_the_future'], 'a time ahead is refused');
  is(await refusal(db.insert(certifications).values({ agentId: 'nobody', robustness: good })), ['23503', 'agent_id', 'certifications_agent_id_fkey'], 'so is an unknown agent');
  is(await refusal(db.insert(certifications).values({ agentId, robustness: good, tier: 'T5' })), ['428C9', 'tier', undefined], "... a tier of one's own");
  is(await refusal(db.update(agents).set({ currentTier: 'T5' }).where(eq(agents.agentId, agentId))), ['42501', undefined, undefined], '... and what the role may not do');

  // safe retry: the server commits, and the answer is lost
  const lost = [];
  const badDb = {
    async execute(query) {
      const answer = await db.execute(query);
      if (lost.push(answer.rows[0]) === 1) throw Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' });
      return answer;
    },
  };
  const repeated = await certifySurely(badDb, agentId, good, 'audit 7');
  is([lost.length, repeated, repeated.seq], [2, lost[0], 3], 'repeated after the connection broke: the first result');
  is((({ 0: code, 2: constraint }) => [code, constraint])(await refusal(db.insert(certifications).values({ agentId, robustness: good, requestId: 'audit 7' }))),
    ['23505', 'certifications_request_id_key'], 'an INSERT with a used request_id is refused');
  is(await db.$count(certifications, eq(certifications.agentId, agentId)), 2, '... and there is one certification');

  // upsert: by what a registrar may update, the key among it
  const modelConfig = { model: 'gpt-5' };
  is((({ modelName, status, currentTier }) => [modelName, status, currentTier])(await registerOrRename(db, { agentId, modelName: 'gpt-5', modelConfig })), ['gpt-5', 'active', 'T3'], 'an upsert renames');
  is((await registerOrRename(db, { agentId: 'a7', modelName: 'new', modelConfig })).status, 'pending', '... or registers');

  // a table that needs a tier, a demotion
  await db.execute(sql`INSERT INTO jobs (agent_id) VALUES (${agentId})`);
  const [demotion] = await db.insert(certifications).values({ agentId, robustness: new Robustness(0.5, 0.6, 0.7, 0.8), auditType: 'demotion' }).returning();
  is([demotion.outcome, demotion.tier, demotion.previousTier], ['certified', 'T2', 'T3'], 'demoted, by an INSERT');
  is(await db.execute(sql`INSERT INTO jobs (agent_id) VALUES (${agentId})`).catch((error) => [refusalOf(error).code, refusalOf(error).schema, refusalOf(error).table]),
    ['42501', 'public', 'jobs'], 'a job is refused, its table named');

  // scores whose ih fails are an outcome, and so is drift: the row is there, and the suspension lasts
  const [failed] = await db.insert(certifications).values({ agentId, robustness: new Robustness(0.72, 0.9, 0.9, 0.49) }).returning();
  is([failed.outcome, failed.tier, failed.status], ['failed', 'T0', 'suspended'], 'an audit that failed');
  const [drift] = await db.insert(certifications).values({ agentId, robustness: good, observedArchitectureHash: 'badc0ffee0ddf00d' }).returning();
  is([drift.outcome, drift.tier, drift.status], ['architecture_mismatch', null, 'suspended'], 'drift');
  is(await permits(agentId, 'T1'), false, '... and it lasts');

  // views
  const [standing] = await db.select().from(agentStanding).where(eq(agentStanding.agentId, agentId));
  is(standing, { agentId, status: 'suspended', effectiveTier: 'T0', budgetCeiling: '0', cc: 0.72 }, 'agent_standing');
  const history = await db.select().from(events).where(eq(events.agentId, agentId)).orderBy(asc(events.seq));
  is(history.map(({ seq, type }) => [seq, type]), [[1, 'registration'], [2, 'certification'], [3, 'certification'], [4, 'certification'], [5, 'demotion'], [6, 'certification'], [7, 'architecture_mismatch']], 'events, without a gap');

  // what others did comes as notifications
  const mine = () => heard.filter((event) => event.agent === agentId); // not about the other agent
  for (let i = 0; mine().length < history.length && i < 1200; i++) await sleep(50);
  is(mine(), history.map(({ seq, type }) => ({ type, agent: agentId, seq })), 'each event was sent to who listens');
  await listener.end();
  await pool.end();
  done();
}

if (import.meta.url === `file://${process.argv[1]}`) await main();
