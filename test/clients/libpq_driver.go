// The registry from database/sql with lib/pq.  Copy what stands above the line.
package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/lib/pq"
)

// Robustness is cgae.robustness as a value; every double comes back exactly.  A column that may be
// NULL is scanned into a *Robustness.
type Robustness struct{ CC, ER, AS, IH float64 }

// Value is how it is sent: its text, of no type until the server finds it.
func (r Robustness) Value() (driver.Value, error) {
	text := func(score float64) string { return strconv.FormatFloat(score, 'g', -1, 64) }
	return "(" + text(r.CC) + "," + text(r.ER) + "," + text(r.AS) + "," + text(r.IH) + ")", nil
}

func (r *Robustness) Scan(src interface{}) error {
	text, isBytes := src.([]byte)
	fields := strings.Split(strings.Trim(string(text), "()"), ",")
	if !isBytes || len(fields) != 4 {
		return fmt.Errorf("not a cgae.robustness: %v", src)
	}
	for i, score := range []*float64{&r.CC, &r.ER, &r.AS, &r.IH} {
		var err error
		if *score, err = strconv.ParseFloat(fields[i], 64); err != nil {
			return err
		}
	}
	return nil
}

// JSON is a parameter or a result of type json or jsonb.
type JSON map[string]interface{}

func (j JSON) Value() (driver.Value, error) {
	if j == nil {
		return "{}", nil
	}
	text, err := json.Marshal(j)
	return string(text), err
}

func (j *JSON) Scan(src interface{}) error {
	text, _ := src.([]byte)
	return json.Unmarshal(text, j)
}

// Querier is a *sql.DB, *sql.Conn or *sql.Tx.
type Querier interface {
	QueryRowContext(ctx context.Context, query string, args ...interface{}) *sql.Row
}

// Certified is the result of an audit.  Look at Outcome: drift suspends the agent and is no error.
type Certified struct {
	Outcome, AgentID string
	Seq              int
	Tier             sql.NullString // none after drift
	Status           string
	PreviousTier     sql.NullString
}

// Audit holds what may be left out.
type Audit struct {
	ObservedHash, RequestID *string
	Details                 JSON
}

func Register(ctx context.Context, db Querier, name string, config JSON) (agentID string, err error) {
	err = db.QueryRowContext(ctx, "SELECT cgae.register_agent($1, $2)", name, config).Scan(&agentID)
	return
}

func Certify(ctx context.Context, db Querier, agentID string, r Robustness, audit Audit) (c Certified, err error) {
	err = db.QueryRowContext(ctx, `SELECT outcome, agent_id, seq, tier, status, previous_tier
		FROM cgae.certify($1, $2, observed_architecture_hash => $3, audit_details => $4, request_id => $5)`,
		agentID, r, audit.ObservedHash, audit.Details, audit.RequestID).
		Scan(&c.Outcome, &c.AgentID, &c.Seq, &c.Tier, &c.Status, &c.PreviousTier)
	return
}

// transient: lost connections, a server that restarts, serialization failures, deadlocks, locks not had in time.
func transient(err error) bool {
	var refusal *pq.Error
	if !errors.As(err, &refusal) {
		return true
	}
	return refusal.Code.Class() == "08" || strings.HasPrefix(string(refusal.Code), "57P0") ||
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

// lossy lets the server commit and loses its first answer.
type lossy struct {
	db      *sql.DB
	queries int
}

func (l *lossy) QueryRowContext(ctx context.Context, query string, args ...interface{}) *sql.Row {
	if l.queries++; l.queries > 1 {
		return l.db.QueryRowContext(ctx, query, args...)
	}
	_, err := l.db.ExecContext(ctx, query, args...)
	must(err)
	broken, _ := sql.Open("postgres", "host=/nowhere")
	return broken.QueryRowContext(ctx, "")
}

func str(s string) *string { return &s }

func some(s string) sql.NullString { return sql.NullString{String: s, Valid: true} }

func main() {
	ctx := context.Background()
	const dsn = "sslmode=disable" // PGHOST, PGUSER, ... say where
	listener := pq.NewListener(dsn, time.Second, time.Minute, nil)
	must(listener.Listen("cgae_events"))
	db, err := sql.Open("postgres", dsn)
	must(err)

	agent, err := Register(ctx, db, "gpt-5", JSON{"model": "gpt-5", "provider": "azure_ai"})
	must(err)
	good := Robustness{0.72, 0.1 + 0.8, 0.66, 0.8}
	c, err := Certify(ctx, db, agent, good, Audit{Details: JSON{"auditor": "lab 7"}})
	must(err)
	is(c, Certified{"certified", agent, 2, some("T3"), "active", sql.NullString{}}, "certified")

	// one: the first row's columns as text, joined; an error's SQLSTATE, table, column and constraint
	one := func(query string, args ...interface{}) string {
		rows, err := db.Query(query, args...)
		if err == nil {
			defer rows.Close()
			if rows.Next() {
				columns, _ := rows.Columns()
				values, targets := make([]sql.NullString, len(columns)), []interface{}{}
				for i := range values {
					targets = append(targets, &values[i])
				}
				must(rows.Scan(targets...))
				var text []string
				for _, value := range values {
					text = append(text, value.String)
				}
				return strings.Join(text, " ")
			}
			err = rows.Err()
		}
		var e *pq.Error
		if errors.As(err, &e) {
			return strings.TrimSpace(strings.Join([]string{string(e.Code), e.Table, e.Column, e.Constraint}, " "))
		}
		must(err)
		return ""
	}
	is(one("SELECT cgae.permits($1, $2)", agent, "T3"), "true", "permitted what it was certified for")

	// robustness is a value: to the server and back, NULL, arrays
	var back Robustness
	must(db.QueryRow("SELECT current_robustness FROM cgae.agents WHERE agent_id = $1", agent).Scan(&back))
	is(back, good, "robustness comes back exactly")
	tiny := Robustness{5e-324, 0, 1, 0.1}
	must(db.QueryRow("SELECT $1::cgae.robustness", tiny).Scan(&back))
	is(back, tiny, "the smallest double")
	maybe := &good
	must(db.QueryRow("SELECT $1::cgae.robustness", (*Robustness)(nil)).Scan(&maybe))
	is(maybe, (*Robustness)(nil), "NULL")
	var several []Robustness
	must(db.QueryRow("SELECT $1::cgae.robustness[]", pq.Array([]Robustness{good, tiny})).Scan(pq.Array(&several)))
	is(several, []Robustness{good, tiny}, "arrays of it")
	is(one("SELECT cgae.chain_tier($1)", pq.Array([]Robustness{good, {0.4, 1, 1, 1}})), "T1", "a chain of it")
	var scores JSON
	must(db.QueryRow("SELECT $1::cgae.robustness::jsonb", good).Scan(&scores))
	is(scores, JSON{"cc": 0.72, "er": 0.1 + 0.8, "as": 0.66, "ih": 0.8}, "jsonb of it")

	// a plain INSERT does the same; derived columns are left out and returned
	is(one(`INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES ($1, $2, $3)
		RETURNING seq, outcome, tier, previous_tier, status, auditor`, agent, Robustness{0.7, 0.7, 0.7, 0.8}, "spot"),
		"3 certified T3 T3 active cgae_app", "INSERT ... RETURNING")

	// refusals: SQLSTATE, and fields to tell them apart
	is(one("INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES ($1, $2, now() + '1 day')", agent, good),
		"23514 certifications certified_at not_in_the_future", "a time ahead is refused")
	is(one("SELECT cgae.certify('nobody', $1)", good), "23503 certifications agent_id certifications_agent_id_fkey", "so is an unknown agent")
	is(one("SELECT cgae.certify($1, $2)", agent, Robustness{1.5, 1, 1, 1}), "22003", "... a score out of range")
	is(one("INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES ($1, $2, 'T5')", agent, good), "428C9 certifications tier", "... a tier of one's own")
	is(one("UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = $1", agent), "42501", "... and what the role may not do")

	// safe retry: the server commits, and the answer is lost
	bad := &lossy{db: db}
	c, err = CertifySurely(ctx, bad, agent, good, "audit 6", 5)
	must(err)
	is(c, Certified{"certified", agent, 4, some("T3"), "active", some("T3")}, "repeated after the connection broke: the first result")
	is(one("SELECT last_seq FROM cgae.agents WHERE agent_id = $1", agent), "4", "... and one certification")
	is(bad.queries, 2, "... of two attempts")
	used := strings.Fields(one("SELECT cgae.certify($1, $2, request_id => $3)", agent, Robustness{1, 1, 1, 1}, "audit 6"))
	is([]string{used[0], used[len(used)-1]}, []string{"23505", "certifications_request_id_key"}, "another audit under the same request_id is refused")

	// an upsert that sets the key to itself, as many tools write it
	is(one(`INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES ($1, $2, $3)
		ON CONFLICT (agent_id) DO UPDATE SET agent_id = EXCLUDED.agent_id, model_name = EXCLUDED.model_name RETURNING model_name, status`,
		agent, "gpt-5 turbo", JSON{"model": "gpt-5", "provider": "azure_ai"}), "gpt-5 turbo active", "upsert")

	// many in one statement
	is(one("SELECT array_agg(seq || tier::text ORDER BY seq) FROM cgae.certify_many($1, $2)", pq.Array([]string{agent, agent}),
		pq.Array([]Robustness{good, {0.66, 0.66, 0.66, 1}})), "{5T3,6T3}", "certify_many() takes pq.Array")

	// a table that needs a tier
	is(one("INSERT INTO jobs (agent_id) VALUES ($1) RETURNING reward", agent), "1", "a job for who holds the tier")
	is(one("SELECT outcome, tier, previous_tier, status FROM cgae.demote($1, $2)", agent, Robustness{0.3, 0.3, 0.3, 1}), "certified T1 T3 active", "demoted")
	is(one("INSERT INTO jobs (agent_id) VALUES ($1)", agent), "42501 jobs", "a job is refused, its table named")

	// scores whose ih fails, and drift, are outcomes and no errors
	c, err = Certify(ctx, db, agent, Robustness{1, 1, 1, 0.49}, Audit{})
	must(err)
	is(c, Certified{"failed", agent, 9, some("T0"), "suspended", some("T1")}, "an audit that failed")
	c, err = Certify(ctx, db, agent, good, Audit{ObservedHash: str("badc0ffee0ddf00d")})
	must(err)
	is([]interface{}{c.Outcome, c.Tier.Valid, c.Status}, []interface{}{"architecture_mismatch", false, "suspended"}, "drift")
	is(one("SELECT cgae.permits($1, 'T1')", agent), "false", "... and it lasts")

	// views; every time of every row is read
	is(one("SELECT status, effective_tier, cc, holds FROM cgae.agent_standing WHERE agent_id = $1", agent), "suspended T0 1 {architecture_drift,failed_audit}", "agent_standing")
	var history, heard []string
	rows, err := db.Query("SELECT type, agent_id, seq FROM cgae.events WHERE agent_id = $1 ORDER BY seq", agent)
	must(err)
	for rows.Next() {
		var eventType, id string
		var seq int
		must(rows.Scan(&eventType, &id, &seq))
		history = append(history, fmt.Sprintf("%s %s %d", eventType, id, seq))
	}
	must(rows.Err())
	for _, relation := range []string{"gate_policies", "registry_health", "agent_standing", "agents", "certifications", "certification_history"} {
		rows, err := db.Query("SELECT * FROM cgae." + relation)
		must(err)
		types, err := rows.ColumnTypes()
		must(err)
		strange, count := "", 0
		for ; rows.Next(); count++ {
			values, targets := make([]interface{}, len(types)), []interface{}{}
			for i := range values {
				targets = append(targets, &values[i])
			}
			must(rows.Scan(targets...))
			for i, column := range types {
				_, isTime := values[i].(time.Time)
				if column.DatabaseTypeName() == "TIMESTAMPTZ" && values[i] != nil && !isTime {
					strange += fmt.Sprintf(" %s is %s", column.Name(), values[i])
				}
			}
		}
		must(rows.Err())
		ok(count > 0 && strange == "", "every column of "+relation, fmt.Sprintf("%d rows;%s", count, strange))
	}

	// what others did comes as notifications
	timeout := time.After(time.Minute)
	for waiting := true; waiting && len(heard) < len(history); {
		select {
		case notification := <-listener.Notify:
			var e struct {
				Type, Agent string
				Seq         int
			}
			must(json.Unmarshal([]byte(notification.Extra), &e))
			heard = append(heard, fmt.Sprintf("%s %s %d", e.Type, e.Agent, e.Seq))
		case <-timeout:
			waiting = false
		}
	}
	is(heard, history, "each event was sent to who listens")
	must(listener.Close())
	must(db.Close())
	done()
}
