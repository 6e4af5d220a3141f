"""Concurrency oracle: random interleaved transactions over few agents, and an independent model.

Connections run transactions of one statement and of several, at all isolation levels, with
savepoints and rollbacks, sweeps, publications and bulk.  Then a model of the rules, written here
from the README and sharing nothing with the extension, replays each agent's history by seq
and is compared with every column of agents and every derived column of the history; and what
clients saw committed is compared with what is there: that and no more.

    oracle.py TRANSACTIONS SEED           (connects by PGHOST, PGPORT, PGUSER, PGDATABASE)

The last line is "N passed, N failed".
"""
import collections
import hashlib
import json
import math
import random
import sys
import threading
import time

import psycopg2
import psycopg2.extras
from psycopg2 import extensions

AGENTS = 8
CLIENTS = 8
TIERS = ['T0', 'T1', 'T2', 'T3', 'T4', 'T5']
LEVELS = [extensions.ISOLATION_LEVEL_READ_COMMITTED, extensions.ISOLATION_LEVEL_REPEATABLE_READ,
          extensions.ISOLATION_LEVEL_SERIALIZABLE]
# what a rule of the registry refuses: deregistered, reserved holds; no such hold; times, demotions; and a
# publication that open transactions keep waiting
REFUSALS = {'55000', '42704', '23514', '55P03'}
RETRIES = {'40001', '40P01'}
# A decay that the client works out: in the snapshot of its statement, while the agent may be certified
# before the row can be locked.  What no longer is the effective tier is refused, too.
LOWER = ("UPDATE cgae.agents SET current_tier = cgae.effective_tier(agent_id, clock_timestamp()) WHERE agent_id = %s AND status = 'active'"
         " AND current_tier > cgae.effective_tier(agent_id, clock_timestamp())")

passed = failed = 0


def check(what, complaints):
    """One assertion: there are no complaints."""
    global passed, failed
    if complaints:
        failed += 1
        print(f'not ok - {what}')
        for line in list(complaints)[:10]:
            print(f'#   {line}')
    else:
        passed += 1
        print(f'ok - {what}')


# --------------------------------------------------------------------------------------------
# The driver
# --------------------------------------------------------------------------------------------

def ids(count=1):
    return random.sample([f'a{i}' for i in range(AGENTS)], count)


def vector():
    return '(%s)' % ','.join(f'{1 - random.random() * random.random() * 0.9:.3f}' for _ in range(4))


def digest(config):
    return hashlib.sha256(json.dumps(json.loads(config), sort_keys=True).encode()).hexdigest()


class Work:
    """What a transaction did, to be believed once it has committed."""

    def __init__(self):
        self.certified = {}
        self.money = collections.Counter()
        self.policies = []

    def copy(self):
        other = Work()
        other.certified = dict(self.certified)
        other.money = self.money.copy()
        other.policies = list(self.policies)
        return other


class Client(threading.Thread):
    def __init__(self, number, count, phase, seed):
        super().__init__()
        self.number, self.count, self.phase = number, count, phase
        self.random = random.Random(f'{seed} {number} {phase}')
        self.committed = Work()
        self.states = collections.Counter()
        self.complaints = []
        self.ops = 0

    def op(self):
        self.ops += 1
        return f'{self.phase[0]}{self.number}-{self.ops}'

    # each returns (statement, arguments, what to do with the rows)
    def certify(self, agent):
        op, r = self.op(), self.random
        observed = r.choice([None] * 6 + ['registered'] * 3 + ['badc0ffee0ddf00d'])
        hash_sql = '(SELECT architecture_hash FROM cgae.agents WHERE agent_id = %(a)s)' if observed == 'registered' else '%(o)s'
        at = r.choice(['NULL'] * 5 + ["clock_timestamp() - interval '1 ms'"])
        how = r.random()
        arguments = {'a': agent, 'v': vector(), 'o': observed, 'd': json.dumps({'op': op})}
        if how < 0.6:
            sql = (f'SELECT agent_id, seq, outcome, tier::text, status::text, previous_tier::text FROM cgae.certify(%(a)s, %(v)s, '
                   f"'spot', {hash_sql}, %(d)s, {at})")
        elif how < 0.9:
            sql = (f"INSERT INTO cgae.certifications (agent_id, robustness, audit_type, observed_architecture_hash, audit_details, certified_at) "
                   f"VALUES (%(a)s, %(v)s, 'spot', {hash_sql}, %(d)s, {at}) "
                   f'RETURNING agent_id, seq, outcome, tier::text, status::text, previous_tier::text')
        else:
            sql = ("INSERT INTO cgae.certifications (agent_id, robustness, audit_type, audit_details) "
                   "VALUES (%(a)s, '(0.1,0.1,0.1,0.9)', 'demotion', %(d)s) "
                   'RETURNING agent_id, seq, outcome, tier::text, status::text, previous_tier::text')
        return sql, arguments, lambda work, rows: work.certified.__setitem__(op, rows[0])

    def bulk(self):
        count = self.random.randint(2, 6)
        ops = [self.op() for _ in range(count)]

        def believe(work, rows):
            for op, row in zip(ops, rows):
                work.certified[op] = row
        return ('SELECT agent_id, seq, outcome, tier::text, status::text, previous_tier::text FROM cgae.certify_many(%s, %s::cgae.robustness[], NULL, NULL, %s::jsonb[])',
                ([self.random.choice(ids(AGENTS)) for _ in range(count)], [vector() for _ in range(count)], [json.dumps({'op': op}) for op in ops]), believe)

    def pay(self, agent):
        amount = self.random.randint(1, 9)
        return ('UPDATE cgae.agents SET balance = balance + %s, total_earned = total_earned + %s WHERE agent_id = %s', (amount, amount, agent),
                lambda work, rows: work.money.update({agent: amount}))

    def hold(self, agent):
        hold = self.random.choice(['x', 'y', 'failed_audit', 'architecture_drift'])
        return self.random.choice([
            ('SELECT cgae.suspend(%s, %s)', (agent, hold), None),
            ('SELECT cgae.reinstate(%s, %s)', (agent, hold), None),
            ("UPDATE cgae.agents SET holds = '{}' WHERE agent_id = %s AND holds <@ '{x,y,z}'", (agent,), None),
            ("UPDATE cgae.agents SET holds = '{z,y}' WHERE agent_id = %s AND holds <@ '{x,y,z}'", (agent,), None)])

    def observe(self, agent):
        return self.random.choice([
            ('SELECT cgae.observe_architecture(%s, %s)', (agent, '0123456789abcdef'), None),
            ('SELECT cgae.observe_architecture(%(a)s, (SELECT architecture_hash FROM cgae.agents WHERE agent_id = %(a)s))', {'a': agent}, None),
            ('UPDATE cgae.agents SET observed_architecture_hash = %s WHERE agent_id = %s', ('fedcba9876543210', agent), None)])

    def architecture(self, agent):
        return 'SELECT cgae.update_architecture(%s, %s)', (agent, json.dumps({'n': self.random.randint(1, 5)})), None

    def mixed(self, agent):
        """One UPDATE that asks for several things at once."""
        return ("UPDATE cgae.agents SET holds = '{x}', model_config = %s, observed_architecture_hash = 'aaaaaaaaaaaaaaaa', model_name = 'm' WHERE agent_id = %s AND holds <@ '{x,y,z}'",
                (json.dumps({'n': self.random.randint(1, 5)}), agent), None)

    def lower(self, agent):
        return LOWER, (agent,), None

    def retire(self, agent):
        # a new agent each time: the others go on
        return ("WITH r AS (SELECT cgae.register_agent('m', '{}', agent_id => %(a)s) AS id) SELECT id FROM r", {'a': f'r{self.op()}'}, None) \
            if self.random.random() < 0.5 else \
            ("SELECT cgae.deregister_agent(agent_id) FROM cgae.agents WHERE agent_id LIKE 'r%%' AND status <> 'deregistered' ORDER BY agent_id LIMIT 1", (), None)

    def sweep(self):
        return 'SELECT * FROM cgae.apply_decay(clock_timestamp(), 3)', (), None

    def publish(self):
        cc = [0] + sorted(self.random.sample(range(20, 95), 5))
        return ('SELECT cgae.publish_policy(cc => %s::float8[], ih_threshold => %s, decay_rate => %s)',
                ([c / 100 for c in cc], self.random.choice([0.3, 0.5, 0.7]), self.random.choice([0, 0.02, 0.05])),
                lambda work, rows: work.policies.append(rows[0][0]))

    def of_one(self, agent):
        return self.random.choices([self.certify, self.pay, self.hold, self.observe, self.architecture, self.mixed, self.lower, self.retire],
                                   [10, 4, 4, 3, 1, 1, 2, 0 if self.phase == 'ordered' else 1])[0](agent)

    def transaction(self):
        """A list of statements, None for a savepoint, False for going back to it; its isolation; and whether it rolls back."""
        r = self.random
        level = r.choice(LEVELS)
        ordered = self.phase == 'ordered'
        if self.phase == 'single' or r.random() < 0.3:
            what = r.random()
            if what < 0.03 and not ordered:
                return [self.publish()], LEVELS[0], False
            if what < 0.08:
                return [self.sweep()], level, False
            if what < 0.18:
                return [self.bulk()], level, False
            return [self.of_one(ids()[0])], level, False
        if not ordered and r.random() < 0.05:
            # a policy that was never in force judges nobody after it
            agent = ids()[0]
            return [None, self.publish(), self.certify(agent), False, self.certify(agent)], LEVELS[0], False
        statements = []
        agents = ids(r.randint(1, 3))
        if ordered:
            agents.sort()
        for agent in agents:
            saved = r.random() < 0.3
            if saved:
                statements.append(None)
            statements += [self.of_one(agent) for _ in range(r.randint(1, 2))]
            if saved and r.random() < 0.6:
                statements.append(False)
                statements.append(self.certify(agent))
        if not ordered and r.random() < 0.1:
            statements.append(self.sweep())
        if not ordered and r.random() < 0.02:
            statements.append(self.publish())
            level = LEVELS[0]
        return statements, level, r.random() < 0.15

    def attempt(self, connection, statements, rolls_back):
        """Run it once; None when it committed or was refused, else the SQLSTATE to retry for."""
        work = Work()
        saved = None
        sql = None
        cursor = connection.cursor()
        try:
            for statement in statements:
                if statement is None:
                    cursor.execute('SAVEPOINT s')
                    saved = work.copy()
                elif statement is False:
                    cursor.execute('ROLLBACK TO s')
                    work = saved.copy()
                else:
                    sql, arguments, believe = statement
                    cursor.execute(sql, arguments)
                    if believe is not None:
                        believe(work, cursor.fetchall() if cursor.description else [])
                if len(statements) > 1 and self.random.random() < 0.3:
                    time.sleep(self.random.random() * 0.005)
            if rolls_back:
                connection.rollback()
                return None
            connection.commit()
        except psycopg2.Error as error:
            connection.rollback()
            state = error.pgcode or str(error)
            self.states[state] += 1
            if state in RETRIES:
                return state
            if state not in REFUSALS and not (state == '428C9' and sql == LOWER):
                self.complaints.append(f'{state}: {error} in {[s and s[0] for s in statements]}')
            return None
        self.committed.certified.update(work.certified)
        self.committed.money += work.money
        self.committed.policies += work.policies
        self.states['committed'] += 1
        return None

    def run(self):
        connection = psycopg2.connect('')
        connection.cursor().execute("SET client_min_messages = error; SET deadlock_timeout = '100ms'")
        connection.commit()
        for _ in range(self.count):
            statements, level, rolls_back = self.transaction()
            connection.set_isolation_level(level)
            for tries in range(200):
                state = self.attempt(connection, statements, rolls_back)
                if state is None:
                    break
                time.sleep(self.random.random() * 0.002 * min(tries + 1, 20))
            else:
                self.complaints.append(f'given up after 200 serialization failures: {statements}')
        connection.close()


def drive(count, phase, seed):
    """Run a phase; deadlocks are for those who take several agents in any order."""
    kind = {'single': 'of one statement', 'ordered': 'that take agents in order', 'any': 'of any kind'}[phase]
    clients = [Client(number, count // CLIENTS, phase, seed) for number in range(CLIENTS)]
    began = time.time()
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    states = sum((client.states for client in clients), collections.Counter())
    print(f'# {count} transactions {kind} in {time.time() - began:.0f} s: {dict(sorted(states.items()))}')
    check(f'transactions {kind}: no errors but refusals and 40001, which retries overcome', [c for client in clients for c in client.complaints])
    check('... and isolation was put to the test', [] if states['40001'] > 0 else ['no serialization failure'])
    if phase != 'any':
        check('... and no deadlock', [f'{states["40P01"]} deadlocks'] if states['40P01'] else [])

    # a last policy by itself: it must reach everybody, whatever state the others left it in
    last = Client(CLIENTS, 0, phase, seed)
    connection = psycopg2.connect('')
    last.attempt(connection, [last.publish()], False)
    connection.close()
    return clients + [last]


# --------------------------------------------------------------------------------------------
# The model
# --------------------------------------------------------------------------------------------

def gate(policy, r):
    """The weakest link decides; ih is a switch."""
    if r[3] < policy['ih_threshold']:
        return 0
    return min(max(k for k in range(6) if r[d] >= policy[dimension][k]) for d, dimension in enumerate(('cc', 'er', 'as_')))


def decayed(policy, r, seconds):
    factor = math.exp(-policy['decay_rate'] * (seconds / policy['step']))
    return [x * factor for x in r]


def falls_at(policy, r, tier):
    """Seconds after the certification until the vector is below a tier, by the closed form."""
    if gate(policy, r) < tier:
        return 0.0
    bounds = [(r[d], policy[dimension][tier]) for d, dimension in enumerate(('cc', 'er', 'as_'))] + [(r[3], policy['ih_threshold'])]
    if policy['decay_rate'] == 0:
        return None
    return min(max(math.log(x / theta), 0) / policy['decay_rate'] for x, theta in bounds if theta > 0) * policy['step']


class Agent:
    """One agent as the rules have it."""

    def __init__(self, agent_id):
        self.agent_id = agent_id
        self.status, self.holds, self.hash, self.observed = 'pending', set(), None, None
        self.certified_tier, self.current_tier, self.vector, self.initial = None, 0, None, [0.0] * 4
        self.certified_at = self.registered_at = self.deregistered_at = self.recorded_at = None
        self.count = self.seq = 0
        self.demotion = None
        self.rated = None
        self.complaints = []

    def complain(self, text):
        self.complaints.append(f'{self.agent_id} {self.seq}: {text}')

    def expect(self, what, got, want):
        if got != want:
            self.complain(f'{what} is {got!r}, the model says {want!r}')

    def settle(self):
        """The status that the holds leave a certified or pending agent in."""
        self.status = 'suspended' if self.holds else 'active' if self.count else 'pending'

    def certification(self, row, policies):
        self.expect('previous_tier', row['previous_tier'], None if self.certified_tier is None else TIERS[self.certified_tier])
        observed = row['observed_architecture_hash']
        if observed is not None:
            self.observed = observed
        if observed is not None and not self.hash.startswith(observed):
            self.expect('outcome', row['outcome'], 'architecture_mismatch')
            self.expect('tier', row['tier'], None)
            self.holds.add('architecture_drift')
            self.status = 'suspended'
        else:
            policy = policies[row['policy_version']]
            r = [row['cc'], row['er'], row['as_'], row['ih']]
            tier = gate(policy, r)
            self.expect('outcome', row['outcome'], 'failed' if r[3] < policy['ih_threshold'] else 'certified')
            self.expect('tier', row['tier'], TIERS[tier])
            if self.certified_at is not None and row['certified_at'] < self.certified_at:
                self.complain('certified before the last certification')
            if row['audit_type'] == 'demotion':
                self.demotion = (TIERS[self.certified_tier], TIERS[tier])
                if tier >= self.certified_tier:
                    self.complain('a demotion that does not lower')
            if r[3] < policy['ih_threshold']:
                self.holds.add('failed_audit')
            else:
                self.holds.discard('failed_audit')
                if observed is not None:
                    self.holds.discard('architecture_drift')
            if self.count == 0:
                self.initial = r
            self.count += 1
            self.certified_tier = self.current_tier = tier
            self.vector, self.certified_at, self.rated = r, row['certified_at'], row['policy_version']
            self.settle()
        self.expect('status', row['status'], self.status)

    def event(self, row, policies):
        data, kind = row['data'], row['type']
        if kind == 'registration':
            self.hash, self.registered_at = data['architecture_hash'], row['occurred_at']
        elif kind == 'architecture_update':
            self.expect('old hash', data['old_architecture_hash'], self.hash)
            self.hash = data['architecture_hash']
            if self.count:
                self.holds.add('architecture_drift')
                self.status = 'suspended'
        elif kind == 'architecture_mismatch':
            self.expect('expected hash', data['expected_hash'], self.hash)
            self.observed = data['observed_hash']
            self.holds.add('architecture_drift')
            self.status = 'suspended'
        elif kind == 'demotion':
            self.expect('demotion', (data['old_tier'], data['new_tier']), self.demotion)
            self.demotion = None
            return
        elif kind in ('suspension', 'reinstatement'):
            if kind == 'suspension':
                self.expect('held before', self.holds & set(data['added']), set())
                self.holds |= set(data['added'])
            else:
                self.expect('not held before', set(data['lifted']) - self.holds, set())
                self.holds -= set(data['lifted'])
            self.expect('holds', data['holds'], sorted(self.holds))
            self.settle()
        elif kind in ('decay', 'expiration'):
            tier = TIERS.index(data['new_tier'])
            self.expect('old tier', data['old_tier'], TIERS[self.current_tier])
            if data.get('cause', 'policy') != 'policy':
                self.complain(f'cause {data["cause"]}')
            if tier >= self.current_tier:
                self.complain(f'decay from {self.current_tier} to {tier}')
            seconds = (row['occurred_at'] - self.certified_at).total_seconds() + 1e-5
            if not any(gate(policy, decayed(policy, self.vector, seconds)) <= tier for policy in policies.values()):
                self.complain('no policy explains this decay')
            if tier == 0 and self.status == 'active':
                self.status = 'expired'
            self.expect('type', kind, 'expiration' if self.status == 'expired' else 'decay')
            self.current_tier = tier
        elif kind == 'deregistration':
            self.status, self.deregistered_at = 'deregistered', row['occurred_at']
        else:
            self.complain(f'unknown event {kind}')
        self.expect('status', data['status'], self.status)

    def compare(self, row, policies, money):
        """The end of the history against the agent's row, column by column."""
        self.expect('last_seq', row['last_seq'], self.seq)
        self.expect('status', row['status'], self.status)
        self.expect('holds', row['holds'], sorted(self.holds))
        self.expect('certification_count', row['certification_count'], self.count)
        self.expect('certified_tier', row['certified_tier'], None if self.certified_tier is None else TIERS[self.certified_tier])
        self.expect('current_tier', row['current_tier'], TIERS[self.current_tier])
        self.expect('current_robustness', row['current_robustness'], self.vector)
        self.expect('initial_robustness', row['initial_robustness'], self.initial)
        self.expect('certified_at', row['certified_at'], self.certified_at)
        self.expect('last_audit_at', row['last_audit_at'], self.certified_at)
        self.expect('registered_at', row['registered_at'], self.registered_at)
        self.expect('deregistered_at', row['deregistered_at'], self.deregistered_at)
        self.expect('recorded_at', row['recorded_at'], self.recorded_at)
        self.expect('observed_architecture_hash', row['observed_architecture_hash'], self.observed)
        self.expect('architecture_digest', row['architecture_digest'], self.hash)
        self.expect('architecture_hash', row['architecture_hash'], self.hash[:16])
        self.expect('model_config', digest(row['model_config']), self.hash)
        self.expect('balance', row['balance'], money)
        self.expect('total_earned', row['total_earned'], money)
        if self.count == 0 or self.current_tier == 0:
            self.expect('tier_drop_at', row['drop'], None)
        elif self.status != 'deregistered':
            # the last publication has brought everybody to it
            want = falls_at(policies[max(policies)], self.vector, self.current_tier)
            got = row['drop']
            if got != want and not (got is not None and want is not None and abs(got - want) < 1e-3):
                self.complain(f'tier_drop_at is {got} s after the certification, the model says {want}')
        if self.count and self.status != 'deregistered':
            self.compare_rating(row['rated_policy'], policies)

    def compare_rating(self, rated, policies):
        """The last publication rated everybody, or did not grant the tier, which then waits for a sweep."""
        newest = max(policies)
        if not self.rated <= rated <= newest:
            self.complain(f'rated_policy is {rated}, after {self.rated} and before {newest}')
        elif rated < newest:
            falls = falls_at(policies[newest], self.vector, self.current_tier) if self.current_tier else None
            since = (policies[newest]['effective_from'] - self.certified_at).total_seconds()
            if falls is None or falls > since + 1:
                self.complain(f'rated_policy is {rated}, but policy {newest} grants {TIERS[self.current_tier]}')


def replay(clients):
    connection = psycopg2.connect('')
    cursor = connection.cursor(cursor_factory=psycopg2.extras.DictCursor)

    cursor.execute('SELECT version, cc, er, as_, ih_threshold, decay_rate, effective_from, extract(epoch FROM time_step)::float8 AS step FROM cgae.gate_policies')
    policies = {row['version']: row for row in cursor.fetchall()}
    cursor.execute('''SELECT agent_id, seq, outcome, tier::text, previous_tier::text, audit_type, audit_details, observed_architecture_hash, certified_at, recorded_at,
        policy_version, status::text, cgae.cc(robustness) AS cc, cgae.er(robustness) AS er, cgae.as_(robustness) AS as_, cgae.ih(robustness) AS ih
        FROM cgae.certifications''')
    certifications = cursor.fetchall()
    cursor.execute('SELECT agent_id, seq, type, occurred_at, data, recorded_at FROM cgae.agent_events')
    events = cursor.fetchall()
    cursor.execute('''SELECT agent_id, last_seq, status::text, holds, certification_count, certified_tier::text, current_tier::text,
        current_robustness::float8[], initial_robustness::float8[], certified_at, last_audit_at, registered_at, deregistered_at, recorded_at, rated_policy, observed_architecture_hash,
        architecture_digest, architecture_hash, model_config::text, balance, total_earned,
        extract(epoch FROM tier_drop_at - certified_at)::float8 AS drop FROM cgae.agents''')
    rows = {row['agent_id']: row for row in cursor.fetchall()}
    print(f'# {len(rows)} agents, {len(certifications)} certifications, {len(events)} events, {len(policies)} policies')

    history = collections.defaultdict(list)
    for row in certifications:
        history[row['agent_id']].append((row['seq'], Agent.certification, row))
    for row in events:
        history[row['agent_id']].append((row['seq'], Agent.event, row))
    money = sum((client.committed.money for client in clients), collections.Counter())

    complaints = [f'{agent_id} has a history, but is no agent' for agent_id in set(history) - set(rows)]
    for agent_id, row in rows.items():
        agent = Agent(agent_id)
        for seq, step, fact in sorted(history[agent_id], key=lambda entry: entry[0]):
            if seq != agent.seq + 1:
                agent.complain(f'followed by {seq}')
            if agent.status == 'deregistered':
                agent.complain('something follows the deregistration')
            if agent.recorded_at is not None and fact['recorded_at'] < agent.recorded_at:
                agent.complain(f'{seq} was recorded before it')
            agent.seq, agent.recorded_at = seq, fact['recorded_at']
            step(agent, fact, policies)
        agent.compare(row, policies, money[agent_id])
        complaints += agent.complaints
    check('every agent is where the replay of its history ends', complaints)

    # what clients saw committed, no less and no more
    seen = {}
    for client in clients:
        seen.update(client.committed.certified)
    there = {row['audit_details']['op']: (row['agent_id'], row['seq'], row['outcome'], row['tier'], row['status'], row['previous_tier']) for row in certifications}
    check('every committed certification is there as its client saw it',
          [f'{op}: seen {row}, there {there.get(op)}' for op, row in seen.items() if there.get(op) != tuple(row)])
    check('no other certification is there', sorted(set(there) - set(seen)))
    published = sorted(version for client in clients for version in client.committed.policies)
    check('policies likewise', [] if published == sorted(policies)[2:] else [f'seen {published}, there {sorted(policies)}'])

    cursor.execute('SELECT agent_id, rule, detail FROM cgae.check_registry()')
    check('check_registry() agrees', [tuple(row) for row in cursor.fetchall()])
    connection.close()


def main():
    count, seed = int(sys.argv[1]), sys.argv[2]
    random.seed(seed)
    print(f'# seed {seed}')
    connection = psycopg2.connect('')
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute('CREATE EXTENSION cgae')
    cursor.execute('SELECT cgae.create_registry()')
    # tiers fall within seconds
    cursor.execute("SELECT cgae.publish_policy(decay_rate => 0.05, time_step => '1 second')")
    for i in range(AGENTS):
        cursor.execute("SELECT cgae.register_agent('m', %s, agent_id => %s, registered_at => now() - interval '1 hour')", (json.dumps({'n': i}), f'a{i}'))
    connection.close()

    clients = []
    for phase in ('single', 'ordered', 'any'):
        clients += drive(count // 3, phase, seed)
        replay(clients)
    print(f'{passed} passed, {failed} failed')
    sys.exit(1 if failed else 0)


main()
