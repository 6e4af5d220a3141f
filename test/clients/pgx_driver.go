// The registry from pgx (version 4, which Debian packages).  Copy what stands above the line.
package main

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgconn"
	"github.com/jackc/pgtype"
	"github.com/jackc/pgx/v4"
	"github.com/jackc/pgx/v4/pgxpool"
)

// Robustness is cgae.robustness as a value; every double comes back exactly.  A column that may be
// NULL is scanned into a *Robustness.
type Robustness struct{ CC, ER, AS, IH float64 }

func (r Robustness) scores() []float64 { return []float64{r.CC, r.ER, r.AS, r.IH} }

func (r Robustness) String() string {
	var text []string
	for _, score := range r.scores() {
		text = append(text, strconv.FormatFloat(score, 'g', -1, 64))
	}
	return "(" + strings.Join(text, ",") + ")"
}

// robustnessValue is what pgx converts a Robustness with, in text and in binary.
type robustnessValue struct {
	r       Robustness
	present bool
}

func (v *robustnessValue) Set(src interface{}) error {
	switch value := src.(type) {
	case nil:
		*v = robustnessValue{}
	case Robustness:
		*v = robustnessValue{value, true}
	case *Robustness:
		*v = robustnessValue{}
		if value != nil {
			*v = robustnessValue{*value, true}
		}
	default:
		return fmt.Errorf("cannot convert %T to cgae.robustness", src)
	}
	return nil
}

func (v robustnessValue) Get() interface{} {
	if !v.present {
		return nil
	}
	return v.r
}

func (v *robustnessValue) AssignTo(dst interface{}) error {
	switch target := dst.(type) {
	case *Robustness:
		if !v.present {
			return errors.New("cannot scan NULL into a Robustness")
		}
		*target = v.r
	case **Robustness:
		*target = nil
		if v.present {
			r := v.r
			*target = &r
		}
	default:
		return fmt.Errorf("cannot scan cgae.robustness into %T", dst)
	}
	return nil
}

func (v *robustnessValue) DecodeText(ci *pgtype.ConnInfo, src []byte) error {
	*v = robustnessValue{}
	if src == nil {
		return nil
	}
	var scores [4]float64
	for i, field := range strings.Split(strings.Trim(string(src), "()"), ",") {
		score, err := strconv.ParseFloat(field, 64)
		if err != nil || i > 3 {
			return fmt.Errorf("not a cgae.robustness: %q", src)
		}
		scores[i] = score
	}
	*v = robustnessValue{Robustness{scores[0], scores[1], scores[2], scores[3]}, true}
	return nil
}

func (v robustnessValue) EncodeText(ci *pgtype.ConnInfo, buf []byte) ([]byte, error) {
	if !v.present {
		return nil, nil
	}
	return append(buf, v.r.String()...), nil
}

// The binary form has 33 bytes: a version byte, 1, and cc, er, as, ih as big-endian doubles.
func (v *robustnessValue) DecodeBinary(ci *pgtype.ConnInfo, src []byte) error {
	*v = robustnessValue{}
	if src == nil {
		return nil
	}
	if len(src) != 33 || src[0] != 1 {
		return fmt.Errorf("not a cgae.robustness: %x", src)
	}
	var scores [4]float64
	for i := range scores {
		scores[i] = math.Float64frombits(binary.BigEndian.Uint64(src[1+8*i:]))
	}
	*v = robustnessValue{Robustness{scores[0], scores[1], scores[2], scores[3]}, true}
	return nil
}

func (v robustnessValue) EncodeBinary(ci *pgtype.ConnInfo, buf []byte) ([]byte, error) {
	if !v.present {
		return nil, nil
	}
	buf = append(buf, 1)
	for _, score := range v.r.scores() {
		var bits [8]byte
		binary.BigEndian.PutUint64(bits[:], math.Float64bits(score))
		buf = append(buf, bits[:]...)
	}
	return buf, nil
}

// Learn teaches a connection the type and its array, whose OIDs are the database's own: AfterConnect of a pool.
func Learn(ctx context.Context, conn *pgx.Conn) error {
	var oid, array uint32
	err := conn.QueryRow(ctx, "SELECT oid, typarray FROM pg_type WHERE oid = 'cgae.robustness'::regtype").Scan(&oid, &array)
	if err != nil {
		return err
	}
	element := func() pgtype.ValueTranscoder { return &robustnessValue{} }
	conn.ConnInfo().RegisterDataType(pgtype.DataType{Value: element(), Name: "robustness", OID: oid})
	conn.ConnInfo().RegisterDataType(pgtype.DataType{Value: pgtype.NewArrayType("_robustness", oid, element), Name: "_robustness", OID: array})
	return nil
}

// Querier is a pool, a connection or a transaction.
type Querier interface {
	QueryRow(ctx context.Context, sql string, args ...interface{}) pgx.Row
}

// Certified is the result of an audit.  Look at Outcome: drift suspends the agent and is no error.
type Certified struct {
	Outcome, AgentID string
	Seq              int
	Tier             *string // nil after drift
	Status           string
	PreviousTier     *string
}

// Audit holds what may be left out.
type Audit struct {
	ObservedHash, RequestID *string
	Details                 map[string]interface{}
}

func Register(ctx context.Context, db Querier, name string, config interface{}) (agentID string, err error) {
	err = db.QueryRow(ctx, "SELECT cgae.register_agent($1, $2)", name, config).Scan(&agentID)
	return
}

func Certify(ctx context.Context, db Querier, agentID string, r Robustness, audit Audit) (c Certified, err error) {
	if audit.Details == nil {
		audit.Details = map[string]interface{}{}
	}
	err = db.QueryRow(ctx, `SELECT outcome, agent_id, seq, tier, status, previous_tier
		FROM cgae.certify($1, $2, observed_architecture_hash => $3, audit_details => $4, request_id => $5)`,
		agentID, r, audit.ObservedHash, audit.Details, audit.RequestID).
		Scan(&c.Outcome, &c.AgentID, &c.Seq, &c.Tier, &c.Status, &c.PreviousTier)
	return
}

// transient: lost connections, a server that restarts, serialization failures, deadlocks, locks not had in time.
func transient(err error) bool {
	var refusal *pgconn.PgError
	if !errors.As(err, &refusal) {
		return true
	}
	return strings.HasPrefix(refusal.Code, "08") || strings.HasPrefix(refusal.Code, "57P0") ||
		refusal.Code == "40001" || refusal.Code == "40P01" || refusal.Code == "55P03"
}

// CertifySurely is Certify whatever happens to the connection: under one request_id it is one audit.
func CertifySurely(ctx context.Context, db Querier, agentID string, r Robustness, requestID string, attempts int) (c Certified, err error) {
	for attempt := 1; ; attempt++ {
		c, err = Certify(ctx, db, agentID, r, Audit{RequestID: &requestID})
		if err == nil || attempt == attempts || ctx.Err() != nil || !transient(err) {
			return
		}
		time.Sleep(100 * time.Millisecond << attempt)
	}
}

// ----------------------------------------------------------------------------

type lossy struct {
	Querier
	lost int
}

type lostRow struct{ row pgx.Row }

func (l lostRow) Scan(dst ...interface{}) error {
	must(l.row.Scan(dst...))
	return errors.New("read tcp: connection reset by peer")
}

// QueryRow lets the server commit and loses its first answer.
func (l *lossy) QueryRow(ctx context.Context, sql string, args ...interface{}) pgx.Row {
	row := l.Querier.QueryRow(ctx, sql, args...)
	if l.lost++; l.lost > 1 {
		return row
	}
	return lostRow{row}
}

func str(s string) *string { return &s }

func main() {
	ctx := context.Background()
	listener, err := pgx.Connect(ctx, "") // PGHOST, PGUSER, ... say where
	must(err)
	_, err = listener.Exec(ctx, "LISTEN cgae_events")
	must(err)
	config, err := pgxpool.ParseConfig("")
	must(err)
	config.AfterConnect = Learn
	db, err := pgxpool.ConnectConfig(ctx, config)
	must(err)

	agent, err := Register(ctx, db, "gpt-5", map[string]string{"model": "gpt-5", "provider": "azure_ai"})
	must(err)
	good := Robustness{0.72, 0.1 + 0.8, 0.66, 0.8}
	c, err := Certify(ctx, db, agent, good, Audit{Details: map[string]interface{}{"auditor": "lab 7"}})
	must(err)
	is(c, Certified{"certified", agent, 2, str("T3"), "active", nil}, "certified")
	row := func(sql string, args ...interface{}) []interface{} {
		rows, err := db.Query(ctx, sql, args...)
		must(err)
		defer rows.Close()
		if !rows.Next() {
			must(rows.Err())
			return nil
		}
		values, err := rows.Values()
		must(err)
		return values
	}
	list := func(values ...interface{}) []interface{} { return values }
	is(row("SELECT cgae.permits($1, $2)", agent, "T3"), list(true), "permitted what it was certified for")

	// robustness is a value: to the server and back, in binary and text, NULL, arrays
	var back Robustness
	must(db.QueryRow(ctx, "SELECT current_robustness FROM cgae.agents WHERE agent_id = $1", agent).Scan(&back))
	is(back, good, "robustness comes back exactly")
	must(db.QueryRow(ctx, "SELECT $1::cgae.robustness", pgx.QueryResultFormats{pgx.TextFormatCode}, good).Scan(&back))
	is(back, good, "... as text too")
	tiny := Robustness{math.SmallestNonzeroFloat64, 0, 1, 0.1}
	must(db.QueryRow(ctx, "SELECT $1::cgae.robustness", tiny).Scan(&back))
	is(back, tiny, "the smallest double")
	var bytes []byte
	must(db.QueryRow(ctx, "SELECT cgae.robustness_send($1)", good).Scan(&bytes))
	mine, _ := robustnessValue{good, true}.EncodeBinary(nil, nil)
	is(mine, bytes, "the bytes are those of robustness_send()")
	is(len(mine), 33, "... 33 of them")
	maybe := &good
	must(db.QueryRow(ctx, "SELECT $1::cgae.robustness", (*Robustness)(nil)).Scan(&maybe))
	is(maybe, (*Robustness)(nil), "NULL")
	var several []Robustness
	must(db.QueryRow(ctx, "SELECT $1::cgae.robustness[]", []Robustness{good, tiny}).Scan(&several))
	is(several, []Robustness{good, tiny}, "arrays of it")
	is(row("SELECT cgae.chain_tier($1)::text", []Robustness{good, {0.4, 1, 1, 1}}), list("T1"), "a chain of it")
	is(row("SELECT $1::cgae.robustness::jsonb", good), list(map[string]interface{}{"cc": 0.72, "er": 0.1 + 0.8, "as": 0.66, "ih": 0.8}), "jsonb of it")

	// a plain INSERT does the same; derived columns are left out and returned
	is(row(`INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES ($1, $2, $3)
		RETURNING seq, outcome, tier::text, previous_tier::text, status::text, auditor`, agent, Robustness{0.7, 0.7, 0.7, 0.8}, "spot"),
		list(int32(3), "certified", "T3", "T3", "active", "cgae_app"), "INSERT ... RETURNING")

	// refusals: SQLSTATE, and fields to tell them apart
	refusal := func(sql string, args ...interface{}) [4]string {
		_, err := db.Exec(ctx, sql, args...)
		var e *pgconn.PgError
		if !errors.As(err, &e) {
			return [4]string{fmt.Sprint(err)}
		}
		return [4]string{e.Code, e.TableName, e.ColumnName, e.ConstraintName}
	}
	is(refusal("INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ($1, $2, now() + '1 day')", agent, good),
		[4]string{"23514", "certifications", "certified_at", "not_in_the_future"}, "a time ahead is refused")
	is(refusal("SELECT cgae.certify('nobody', $1)", good), [4]string{"23503", "certifications", "agent_id", "certifications_agent_id_fkey"}, "so is an unknown agent")
	is(refusal("SELECT cgae.certify($1, $2)", agent, Robustness{1.5, 1, 1, 1})[0], "22003", "... a score out of range")
	is(refusal("SELECT cgae.certify($1, $2)", agent, Robustness{math.NaN(), 1, 1, 1})[0], "22003", "... NaN")
	is(refusal("INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES ($1, $2, 'T5')", agent, good),
		[4]string{"428C9", "certifications", "tier", ""}, "... a tier of one's own")
	is(refusal("UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = $1", agent), [4]string{"42501", "", "", ""}, "... and what the role may not do")

	// safe retry: the server commits, and the answer is lost
	bad := &lossy{Querier: db}
	c, err = CertifySurely(ctx, bad, agent, good, "audit 6", 5)
	must(err)
	is(c, Certified{"certified", agent, 4, str("T3"), "active", str("T3")}, "repeated after the connection broke: the first result")
	is(row("SELECT last_seq FROM cgae.agents WHERE agent_id = $1", agent), list(int32(4)), "... and one certification")
	is(bad.lost, 2, "... of two attempts")
	used := refusal("SELECT cgae.certify($1, $2, request_id => $3)", agent, Robustness{1, 1, 1, 1}, "audit 6")
	is([]string{used[0], used[3]}, []string{"23505", "certifications_request_id_key"}, "another audit under the same request_id is refused")

	// an upsert that sets the key to itself, as many tools write it
	is(row(`INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ($1, $2, $3)
		ON CONFLICT (agent_id) DO UPDATE SET agent_id = EXCLUDED.agent_id, model_name = EXCLUDED.model_name RETURNING model_name, status::text`,
		agent, "gpt-5 turbo", `{"model": "gpt-5", "provider": "azure_ai"}`), list("gpt-5 turbo", "active"), "upsert")

	// many in one statement
	is(row("SELECT array_agg(seq || tier::text ORDER BY seq)::text FROM cgae.certify_many($1, $2)", []string{agent, agent}, []Robustness{good, {0.66, 0.66, 0.66, 1}}),
		list("{5T3,6T3}"), "certify_many() takes slices")

	// a table that needs a tier
	is(refusal("INSERT INTO jobs (agent_id) VALUES ($1)", agent)[0], "<nil>", "a job for who holds the tier")
	is(row("SELECT outcome, tier::text, previous_tier::text, status::text FROM cgae.demote($1, $2)", agent, Robustness{0.3, 0.3, 0.3, 1}),
		list("certified", "T1", "T3", "active"), "demoted")
	is(refusal("INSERT INTO jobs (agent_id) VALUES ($1)", agent), [4]string{"42501", "jobs", "", ""}, "a job is refused, its table named")

	// scores whose ih fails, and drift, are outcomes and no errors
	c, err = Certify(ctx, db, agent, Robustness{1, 1, 1, 0.49}, Audit{})
	must(err)
	is(c, Certified{"failed", agent, 9, str("T0"), "suspended", str("T1")}, "an audit that failed")
	c, err = Certify(ctx, db, agent, good, Audit{ObservedHash: str("badc0ffee0ddf00d")})
	must(err)
	is([]interface{}{c.Outcome, c.Tier, c.Status}, list("architecture_mismatch", (*string)(nil), "suspended"), "drift")
	is(row("SELECT cgae.permits($1, 'T1')", agent), list(false), "... and it lasts")

	// views; every column of every row is read
	is(row("SELECT status::text, effective_tier::text, cc, holds::text FROM cgae.agent_standing WHERE agent_id = $1", agent),
		list("suspended", "T0", 1.0, "{architecture_drift,failed_audit}"), "agent_standing")
	type event struct {
		Type, Agent string
		Seq         int
	}
	var history, heard []event
	rows, err := db.Query(ctx, "SELECT type, agent_id, seq FROM cgae.events WHERE agent_id = $1 ORDER BY seq", agent)
	must(err)
	for rows.Next() {
		var e event
		must(rows.Scan(&e.Type, &e.Agent, &e.Seq))
		history = append(history, e)
	}
	must(rows.Err())
	for _, relation := range []string{"gate_policies", "registry_health", "agent_standing", "agents", "certifications", "certification_history"} {
		rows, err := db.Query(ctx, "SELECT * FROM cgae."+relation)
		must(err)
		strange, count := "", 0
		for ; rows.Next(); count++ {
			values, err := rows.Values()
			must(err)
			for i, field := range rows.FieldDescriptions() {
				_, time := values[i].(time.Time)
				if field.DataTypeOID == pgtype.TimestamptzOID && values[i] != nil && !time {
					strange += fmt.Sprintf(" %s is %v", field.Name, values[i])
				}
			}
		}
		must(rows.Err())
		ok(count > 0 && strange == "", "every column of "+relation, fmt.Sprintf("%d rows;%s", count, strange))
	}

	// what others did comes as notifications
	patience, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for len(heard) < len(history) {
		notification, err := listener.WaitForNotification(patience)
		must(err)
		var e event
		must(json.Unmarshal([]byte(notification.Payload), &e))
		heard = append(heard, e)
	}
	is(heard, history, "each event was sent to who listens")
	db.Close()
	must(listener.Close(ctx))
	done()
}
