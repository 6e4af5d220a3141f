// The registry from Sequelize 6.  Copy what stands above the line.
//
// A model configuration is hashed as the text that JSON.stringify() makes: it writes 1.0 as 1, and
// these are two architectures.  See node_postgres.mjs.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { ConnectionError, DataTypes, DatabaseError, Model, QueryTypes, Sequelize, UniqueConstraintError } from 'sequelize';
import { Robustness } from './node_postgres.mjs';

/** The column type cgae.robustness, by its text. */
class ROBUSTNESS extends DataTypes.ABSTRACT {
  toSql() { return 'cgae.robustness'; }
  _stringify(value) { return value?.toPostgres?.() ?? value; }
}
ROBUSTNESS.prototype.key = ROBUSTNESS.key = 'ROBUSTNESS';
const robustness = {
  type: new ROBUSTNESS(),
  get() {
    const value = this.getDataValue('robustness');
    return typeof value === 'string' ? Robustness.parse(value) : value;
  },
};

export class Agent extends Model {}
export class Certification extends Model {}
export class Standing extends Model {} // a view
export class Event extends Model {} // a view

/** Columns that are left out of an INSERT are derived by the registry, and read back from it. */
export function define(sequelize) {
  const options = { sequelize, schema: 'cgae', timestamps: false };
  const text = DataTypes.TEXT; // enums are read and written as text
  Agent.init({
    agent_id: { type: text, primaryKey: true, defaultValue: () => `agent_${randomUUID().replaceAll('-', '').slice(0, 12)}` },
    model_name: { type: text, allowNull: false },
    model_config: DataTypes.JSON,
    provenance: DataTypes.JSONB,
    architecture_hash: text,
    status: text,
    holds: DataTypes.ARRAY(text),
    current_tier: text,
    balance: DataTypes.DECIMAL,
  }, { ...options, tableName: 'agents' });
  Certification.init({
    agent_id: { type: text, primaryKey: true },
    seq: { type: DataTypes.INTEGER, primaryKey: true },
    outcome: text, // look at it: drift suspends the agent and throws nothing
    robustness,
    tier: text,
    previous_tier: text,
    status: text,
    audit_type: text,
    audit_details: DataTypes.JSONB,
    observed_architecture_hash: text,
    certified_at: DataTypes.DATE,
    auditor: text,
    request_id: text,
  }, { ...options, tableName: 'certifications' });
  Standing.init({
    agent_id: { type: text, primaryKey: true }, status: text, effective_tier: text, budget_ceiling: DataTypes.DECIMAL, cc: DataTypes.DOUBLE,
  }, { ...options, tableName: 'agent_standing' });
  Event.init({
    agent_id: { type: text, primaryKey: true }, seq: { type: DataTypes.INTEGER, primaryKey: true }, type: text, data: DataTypes.JSONB,
  }, { ...options, tableName: 'events' });
  Agent.hasMany(Certification, { foreignKey: 'agent_id' });
  Certification.belongsTo(Agent, { foreignKey: 'agent_id' });
}

/** Register, or rename who is registered.  What fields names is updated: only what a registrar may; the rest of the row is inserted. */
export async function registerOrRename(values) {
  const [agent] = await Agent.upsert(values, { fields: ['agent_id', 'model_name'], returning: true });
  return agent;
}

const isTransient = (error) =>
  error instanceof ConnectionError || (error instanceof DatabaseError && /^(ECONN|08|57P0|40001|40P01|55P03)/.test(error.parent.code ?? 'ECONN'));

/** Certify, or find what an earlier attempt under this request_id has made; repeated until one of them is known. */
export async function certifyOnce(values, attempts = 5) {
  const { agent_id, request_id = randomUUID() } = values;
  for (let attempt = 1; ; attempt++) {
    try {
      return await Certification.create({ ...values, request_id });
    } catch (error) {
      if (error instanceof UniqueConstraintError && error.parent.constraint === 'certifications_request_id_key') {
        return Certification.findOne({ where: { agent_id, request_id } });
      }
      if (attempt === attempts || !isTransient(error)) throw error;
      await sleep(100 * 2 ** attempt);
    }
  }
}

// ----------------------------------------------------------------------------
async function main() {
  const { done, is, ok } = await import('./tap.mjs');
  const { PGHOST: host, PGPORT: port, PGUSER: user, PGPASSWORD: password, PGDATABASE: database } = process.env;
  const sequelize = new Sequelize(database, user, password, { host, port, dialect: 'postgres', logging: false });
  define(sequelize);
  const heard = [];
  const listener = new pg.Client();
  await listener.connect();
  listener.on('notification', ({ payload }) => heard.push(JSON.parse(payload)));
  await listener.query('LISTEN cgae_events');
  const permits = async (...replacements) =>
    (await sequelize.query('SELECT cgae.permits(?, ?)', { replacements, type: QueryTypes.SELECT, plain: true })).permits;

  const good = new Robustness(0.72, 0.1 + 0.8, 0.66, 0.8);
  const agent = await Agent.create({ model_name: 'gpt-5', model_config: { model: 'gpt-5' } });
  is([agent.status, agent.current_tier, agent.holds, agent.architecture_hash.length], ['pending', 'T0', [], 16], 'a new agent, with what the registry filled in');

  const certification = await Certification.create({ agent_id: agent.agent_id, robustness: good, audit_details: { auditor: 'lab 7' } });
  is(['seq', 'outcome', 'tier', 'previous_tier', 'status', 'audit_type', 'auditor'].map((column) => certification[column]),
    [2, 'certified', 'T3', null, 'active', 'registration', 'cgae_app'], "certified by the model's INSERT, derived columns filled in");
  ok(certification.certified_at instanceof Date, '... the time too');
  await certification.reload();
  is(certification.robustness, good, 'robustness comes back exactly');
  is((await Certification.findAll({ where: { robustness: good.toPostgres() } })).length, 1, '... and compares as a value, by its text');

  agent.model_name = 'gpt-5 turbo'; // save() writes what was set and no other column
  await agent.save();
  await agent.reload();
  is([agent.model_name, agent.status, agent.current_tier], ['gpt-5 turbo', 'active', 'T3'], 'an older object saves what was changed, and reads what the audit made of it');
  is(await permits(agent.agent_id, 'T3'), true, 'permitted what it was certified for');

  // refusals: one class by kind, SQLSTATE and fields from the driver
  const refusal = (promise) => promise.then(() => 'accepted', (error) => [error.name, error.parent.code, error.parent.column, error.parent.constraint]);
  const { agent_id } = agent;
  is(await refusal(Certification.create({ agent_id, robustness: good, certified_at: new Date('2100-01-01') })),
    ['SequelizeDatabaseError', '23514', 'certified_at', 'not_in_the_future'], 'a time ahead is refused');
  is(await refusal(Certification.create({ agent_id: 'nobody', robustness: good })),
    ['SequelizeForeignKeyConstraintError', '23503', 'agent_id', 'certifications_agent_id_fkey'], 'so is an unknown agent');
  is(await refusal(Certification.create({ agent_id, robustness: good, tier: 'T5' })), ['SequelizeDatabaseError', '428C9', 'tier', undefined], '... a tier of one\'s own');
  is(await refusal(agent.update({ current_tier: 'T5' })), ['SequelizeDatabaseError', '42501', undefined, undefined], '... and what the role may not do');

  // safe retry: the server commits, and the answer is lost
  let lost = 0;
  Certification.addHook('afterCreate', 'lose', () => {
    if (lost++ === 0) throw new ConnectionError(new Error('Connection terminated unexpectedly'));
  });
  const request_id = randomUUID();
  const repeated = await certifyOnce({ agent_id, robustness: good, request_id });
  Certification.removeHook('afterCreate', 'lose');
  is([lost, repeated.seq, repeated.tier, repeated.robustness], [1, 3, 'T3', good], 'repeated after the connection broke: the first row');
  is(await Certification.count({ where: { agent_id } }), 2, '... and one certification');
  const used = await Certification.create({ agent_id, robustness: good, request_id }).catch((error) => error);
  is([used.name, used.fields], ['SequelizeUniqueConstraintError', { agent_id, request_id }], 'a used request_id is refused, its key told');

  // upsert: by what a registrar may update, the key among it
  const model_config = { model: 'gpt-5' };
  is((({ model_name, status }) => [model_name, status])(await registerOrRename({ agent_id, model_name: 'gpt-5', model_config })), ['gpt-5', 'active'], 'an upsert renames');
  is((({ model_name, status }) => [model_name, status])(await registerOrRename({ agent_id: 'a7', model_name: 'new', model_config })), ['new', 'pending'], '... or registers');
  await Agent.bulkCreate([{ agent_id: 'a7', model_name: 'newer', model_config }], { updateOnDuplicate: ['agent_id', 'model_name'] });
  is((await Agent.findByPk('a7')).model_name, 'newer', '... bulkCreate() too');
  is(await refusal(Agent.upsert({ agent_id, model_name: 'x', model_config })), ['SequelizeDatabaseError', '42501', undefined, undefined], '... but updates no configuration, which a registrar may not change');

  // a table that needs a tier, a demotion
  await sequelize.query('INSERT INTO jobs (agent_id) VALUES (?)', { replacements: [agent_id] });
  const demotion = await Certification.create({ agent_id, robustness: new Robustness(0.5, 0.6, 0.7, 0.8), audit_type: 'demotion' });
  is([demotion.outcome, demotion.tier, demotion.previous_tier], ['certified', 'T2', 'T3'], "demoted, by the model's INSERT");
  is(await sequelize.query('INSERT INTO jobs (agent_id) VALUES (?)', { replacements: [agent_id] }).catch(({ parent: { code, schema, table } }) => [code, schema, table]),
    ['42501', 'public', 'jobs'], 'a job is refused, its table named');

  // scores whose ih fails are an outcome, and so is drift: the row is there, and the suspension lasts
  const failed = await Certification.create({ agent_id, robustness: new Robustness(0.72, 0.9, 0.9, 0.49) });
  is([failed.outcome, failed.tier, failed.status], ['failed', 'T0', 'suspended'], 'an audit that failed');
  const drift = await Certification.create({ agent_id, robustness: good, observed_architecture_hash: 'badc0ffee0ddf00d' });
  is([drift.outcome, drift.tier, drift.status], ['architecture_mismatch', null, 'suspended'], 'drift');
  is(await permits(agent_id, 'T1'), false, '... and it lasts');
  is((await agent.reload({ include: Certification })).Certifications.map(({ outcome }) => outcome), ['certified', 'certified', 'certified', 'failed', 'architecture_mismatch'], '... on record with the others');

  // views
  const standing = await Standing.findByPk(agent_id);
  is([standing.status, standing.effective_tier, standing.cc], ['suspended', 'T0', 0.72], 'agent_standing');
  const history = await Event.findAll({ where: { agent_id }, order: ['seq'] });
  is(history.map(({ seq, type }) => [seq, type]), [[1, 'registration'], [2, 'certification'], [3, 'certification'], [4, 'certification'], [5, 'demotion'], [6, 'certification'], [7, 'architecture_mismatch']], 'events, without a gap');

  // what others did comes as notifications
  const mine = () => heard.filter((event) => event.agent === agent_id); // not about the other agent
  for (let i = 0; mine().length < history.length && i < 1200; i++) await sleep(50);
  is(mine(), history.map(({ seq, type }) => ({ type, agent: agent_id, seq })), 'each event was sent to who listens');
  await listener.end();
  await sequelize.close();
  done();
}

if (import.meta.url === `file://${process.argv[1]}`) await main();
