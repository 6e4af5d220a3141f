<?php
// The registry from PHP's PDO (8.1 and newer).  Copy what stands above the line.
//
// A model configuration is hashed as the text that is sent, and 1 and 1.0 are two architectures:
// json_encode() writes 1.0 as 1 unless it is told JSON_PRESERVE_ZERO_FRACTION.
declare(strict_types=1);

/** cgae.robustness as a value; every float comes back exactly. */
final class Robustness implements Stringable
{
    public function __construct(public readonly float $cc, public readonly float $er, public readonly float $as, public readonly float $ih)
    {
    }

    public static function parse(string $text): self
    {
        return new self(...array_map(floatval(...), explode(',', trim($text, '()'))));
    }

    public function __toString(): string
    {
        // json_encode() writes the shortest text that is the same number; a cast to string keeps 14 digits
        return '(' . trim(json_encode([$this->cc, $this->er, $this->as, $this->ih], JSON_THROW_ON_ERROR), '[]') . ')';
    }

    /** The text of an array of them, for a parameter of type cgae.robustness[]. */
    public static function list(self ...$several): string
    {
        return '{' . implode(',', array_map(fn (self $r) => "\"$r\"", $several)) . '}';
    }
}

// PDO sends text of no type, which becomes what the function asks for: no casts.  It reads "t" as true,
// integers as int; numeric and all other types are strings.
function connect(): PDO
{
    return new PDO('pgsql:host=' . getenv('PGHOST') . ';port=' . getenv('PGPORT') . ';dbname=' . getenv('PGDATABASE'),
        getenv('PGUSER'), getenv('PGPASSWORD') ?: null,
        [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_DEFAULT_FETCH_MODE => PDO::FETCH_ASSOC]);
}

/** The first row. */
function row(PDO $db, string $sql, mixed ...$args): array
{
    $statement = $db->prepare($sql);
    $statement->execute($args);
    return $statement->fetch() ?: [];
}

function register(PDO $db, string $name, array $config): string
{
    return row($db, 'SELECT cgae.register_agent(?, ?)', $name, json_encode($config, JSON_PRESERVE_ZERO_FRACTION | JSON_THROW_ON_ERROR))['register_agent'];
}

/** One audit.  Look at ['outcome']: drift suspends the agent and throws nothing. */
function certify(PDO $db, string $agentId, Robustness $robustness, ?string $observedHash = null, array $details = [], ?string $requestId = null): array
{
    return row($db, 'SELECT * FROM cgae.certify(?, ?, observed_architecture_hash => ?, audit_details => ?, request_id => ?)',
        $agentId, (string) $robustness, $observedHash, json_encode((object) $details, JSON_THROW_ON_ERROR), $requestId);
}

function permits(PDO $db, string $agentId, string $tier): bool
{
    return row($db, 'SELECT cgae.permits(?, ?)', $agentId, $tier)['permits'];
}

/** PDO tells a refusal's SQLSTATE, errorInfo[0], and its message; not its table, column or constraint. */
function isTransient(PDOException $e): bool
{
    // lost connections, a server that restarts, serialization failures, deadlocks, locks not had in time
    return preg_match('/^(08|57P0|40001|40P01|55P03)/', (string) ($e->errorInfo[0] ?? '08')) === 1
        || str_contains($e->getMessage(), 'server closed the connection');
}

/** One audit, whatever happens to the connection: repeated with one request_id it stays one. */
function certifySurely(callable $connect, string $agentId, Robustness $robustness, int $attempts = 5): array
{
    $requestId = bin2hex(random_bytes(16));
    for ($attempt = 1; ; $attempt++) {
        try {
            return certify($connect(), $agentId, $robustness, requestId: $requestId);
        } catch (PDOException $e) {
            if ($attempt === $attempts || !isTransient($e)) {
                throw $e;
            }
            usleep(100000 << $attempt);
        }
    }
}

// ----------------------------------------------------------------------------
require __DIR__ . '/tap.php';

$listener = connect();
$listener->exec('LISTEN cgae_events');
$db = connect();

$config = ['model' => 'gpt-5', 'provider' => 'azure_ai'];
$agent = register($db, 'gpt-5', $config);
$good = new Robustness(0.72, 0.1 + 0.8, 0.66, 0.8);
is(certify($db, $agent, $good, details: ['auditor' => 'lab 7']),
    ['outcome' => 'certified', 'agent_id' => $agent, 'seq' => 2, 'tier' => 'T3', 'status' => 'active', 'previous_tier' => null], 'certified');
is(permits($db, $agent, 'T3'), true, 'permitted what it was certified for');

// robustness is a value: to the server and back, in arrays
$back = fn (string $sql, mixed ...$args) => Robustness::parse(current(row($db, $sql, ...$args)));
ok($back('SELECT current_robustness FROM cgae.agents WHERE agent_id = ?', $agent) == $good, 'robustness comes back exactly');
$tiny = new Robustness(5e-324, 0, 1, 0.1);
ok($back('SELECT ?::cgae.robustness', (string) $tiny) == $tiny, 'the smallest double');
is(row($db, 'SELECT cgae.chain_tier(?)', Robustness::list($good, new Robustness(0.4, 1, 1, 1))), ['chain_tier' => 'T1'], 'arrays of it');
is(json_decode(row($db, 'SELECT ?::cgae.robustness::jsonb AS j', (string) $good)['j'], true), ['as' => 0.66, 'cc' => 0.72, 'er' => 0.1 + 0.8, 'ih' => 0.8], 'jsonb of it');
$emulated = connect();
$emulated->setAttribute(PDO::ATTR_EMULATE_PREPARES, true);
is(certify($emulated, $agent, $good)['tier'], 'T3', 'with emulated prepared statements too');

// a plain INSERT does the same; derived columns are left out and returned
is(row($db, 'INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES (?, ?, ?)'
    . ' RETURNING seq, outcome, tier, previous_tier, status, auditor', $agent, (string) new Robustness(0.7, 0.7, 0.7, 0.8), 'spot'),
    ['seq' => 4, 'outcome' => 'certified', 'tier' => 'T3', 'previous_tier' => 'T3', 'status' => 'active', 'auditor' => 'cgae_app'], 'INSERT ... RETURNING');

// refusals, by SQLSTATE
$refusal = function (string $sql, mixed ...$args) use ($db): string {
    try {
        row($db, $sql, ...$args);
        return 'accepted';
    } catch (PDOException $e) {
        return $e->errorInfo[0];
    }
};
is($refusal("INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES (?, ?, now() + '1 day')", $agent, $good), '23514', 'a time ahead is refused');
is($refusal('SELECT cgae.certify(?, ?)', 'nobody', $good), '23503', 'so is an unknown agent');
is($refusal('SELECT cgae.certify(?, ?)', $agent, '(1.5,1,1,1)'), '22003', '... a score out of range');
is($refusal("INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES (?, ?, 'T5')", $agent, $good), '428C9', "... a tier of one's own");
is($refusal("UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = ?", $agent), '42501', '... and what the role may not do');

// safe retry: the server commits, and the answer is lost
$lost = 0;
$connectBadly = function () use (&$lost) {
    if ($lost++ > 0) {
        return connect();
    }
    return new class ('pgsql:host=' . getenv('PGHOST') . ';port=' . getenv('PGPORT') . ';dbname=' . getenv('PGDATABASE'), getenv('PGUSER'), getenv('PGPASSWORD') ?: null) extends PDO {
        public function prepare(string $query, array $options = []): PDOStatement|false
        {
            $this->setAttribute(PDO::ATTR_STATEMENT_CLASS, [LostStatement::class]);
            return parent::prepare($query, $options);
        }
    };
};
final class LostStatement extends PDOStatement
{
    public function execute(?array $params = null): bool
    {
        parent::execute($params);
        $e = new PDOException('SQLSTATE[HY000]: General error: 7 server closed the connection unexpectedly');
        $e->errorInfo = ['HY000', 7, 'server closed the connection unexpectedly'];
        throw $e;
    }
}
$repeated = certifySurely($connectBadly, $agent, $good);
is([$lost, $repeated['seq'], $repeated['tier']], [2, 5, 'T3'], 'repeated after the connection broke: the first result');
is(row($db, 'SELECT last_seq FROM cgae.agents WHERE agent_id = ?', $agent), ['last_seq' => 5], '... and one certification');
certify($db, $agent, $good, requestId: 'audit 7');
is($refusal('SELECT cgae.certify(?, ?, request_id => ?)', $agent, '(1,1,1,1)', 'audit 7'), '23505', 'another audit under the same request_id is refused');

// an upsert that sets the key to itself, as many tools write it
is(row($db, 'INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES (?, ?, ?)'
    . ' ON CONFLICT (agent_id) DO UPDATE SET agent_id = EXCLUDED.agent_id, model_name = EXCLUDED.model_name RETURNING model_name, status',
    $agent, 'gpt-5 turbo', json_encode($config)), ['model_name' => 'gpt-5 turbo', 'status' => 'active'], 'upsert');

// many in one statement
is(row($db, "SELECT array_agg(seq || tier::text ORDER BY seq) AS made FROM cgae.certify_many(?, ?)", "{{$agent},{$agent}}",
    Robustness::list($good, new Robustness(0.66, 0.66, 0.66, 1))), ['made' => '{7T3,8T3}'], 'certify_many() takes the text of arrays');

// a table that needs a tier
is(row($db, 'INSERT INTO jobs (agent_id) VALUES (?) RETURNING reward', $agent), ['reward' => '1'], 'a job for who holds the tier');
is(row($db, 'SELECT outcome, tier, previous_tier, status FROM cgae.demote(?, ?)', $agent, '(0.3,0.3,0.3,1)'),
    ['outcome' => 'certified', 'tier' => 'T1', 'previous_tier' => 'T3', 'status' => 'active'], 'demoted');
is($refusal('INSERT INTO jobs (agent_id) VALUES (?)', $agent), '42501', 'a job is refused');

// scores whose ih fails, and drift, are outcomes and no errors
$failed = certify($db, $agent, new Robustness(1, 1, 1, 0.49));
is([$failed['outcome'], $failed['tier'], $failed['status']], ['failed', 'T0', 'suspended'], 'an audit that failed');
$drift = certify($db, $agent, $good, observedHash: 'badc0ffee0ddf00d');
is([$drift['outcome'], $drift['tier'], $drift['status']], ['architecture_mismatch', null, 'suspended'], 'drift');
is(permits($db, $agent, 'T1'), false, '... and it lasts');

// numbers of a configuration
is(json_encode(['t' => 1.0], JSON_PRESERVE_ZERO_FRACTION), '{"t":1.0}', '1.0 stays 1.0 with JSON_PRESERVE_ZERO_FRACTION');
is(json_encode(['t' => 1.0]), '{"t":1}', '... and becomes 1 without');
is(row($db, 'SELECT cgae.architecture_hash(?) = cgae.architecture_hash(?) AS same', '{"t":1.0}', '{"t":1}'), ['same' => false], '... which is another architecture');

// views; every column of every row is read
is(row($db, 'SELECT status, effective_tier, cc, holds FROM cgae.agent_standing WHERE agent_id = ?', $agent),
    ['status' => 'suspended', 'effective_tier' => 'T0', 'cc' => '1', 'holds' => '{architecture_drift,failed_audit}'], 'agent_standing');
$statement = $db->prepare('SELECT type, agent_id AS agent, seq FROM cgae.events WHERE agent_id = ? ORDER BY seq');
$statement->execute([$agent]);
$history = $statement->fetchAll();
is(array_column($history, 'seq'), range(1, count($history)), 'events, without a gap');
foreach (['gate_policies', 'registry_health', 'agent_standing', 'agents', 'certifications', 'certification_history'] as $relation) {
    $statement = $db->query("SELECT * FROM cgae.$relation");
    $rows = $statement->fetchAll();
    $strange = [];
    for ($i = 0; $i < $statement->columnCount(); $i++) {
        ['native_type' => $type, 'name' => $name] = $statement->getColumnMeta($i);
        foreach ($rows as $row) {
            if ($type === 'timestamptz' && $row[$name] !== null && date_create($row[$name]) === false) {
                $strange[] = "$name is $row[$name]";
            }
        }
    }
    ok($rows !== [] && $strange === [], "every column of $relation", implode(', ', $strange));
}

// what others did comes as notifications
$heard = [];
while (count($heard) < count($history) && $notification = $listener->pgsqlGetNotify(PDO::FETCH_ASSOC, 60000)) {
    $heard[] = json_decode($notification['payload'], true);
}
is($heard, $history, 'each event was sent to who listens');
done();
