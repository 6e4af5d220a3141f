// The registry from JDBC (pgJDBC 42).  Copy what stands above the line.
import java.lang.reflect.Proxy;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.util.PGobject;
import org.postgresql.util.PSQLException;

public final class Jdbc {
  /** cgae.robustness as a value; doubles are exact both ways. */
  record Robustness(double cc, double er, double as, double ih) {
    static Robustness parse(String text) {
      if (text == null) return null;
      double[] s = Arrays.stream(text.substring(1, text.length() - 1).split(",")).mapToDouble(Double::parseDouble).toArray();
      return new Robustness(s[0], s[1], s[2], s[3]);
    }

    @Override
    public String toString() {
      return "(" + cc + "," + er + "," + as + "," + ih + ")";
    }

    /** For setObject(): a parameter of its own type, which needs no cast. */
    PGobject toObject() throws SQLException {
      PGobject object = new PGobject();
      object.setType("cgae.robustness");
      object.setValue(toString());
      return object;
    }
  }

  record Certified(String outcome, String agentId, int seq, String tier, String status, String previousTier) {
    static Certified read(ResultSet row) throws SQLException {
      return new Certified(row.getString("outcome"), row.getString("agent_id"), row.getInt("seq"), row.getString("tier"),
          row.getString("status"), row.getString("previous_tier"));
    }
  }

  // setString() sends varchar, from which PostgreSQL converts to no other type by itself: hence the
  // casts.  The connection's parameter stringtype=unspecified would make them superfluous.
  static String register(Connection db, String name, String config) throws SQLException {
    try (PreparedStatement s = db.prepareStatement("SELECT cgae.register_agent(?, ?::json)")) {
      s.setString(1, name);
      s.setString(2, config);
      ResultSet rows = s.executeQuery();
      rows.next();
      return rows.getString(1);
    }
  }

  /** One audit.  Look at outcome: drift suspends the agent and throws nothing.  observedHash, requestId may be null. */
  static Certified certify(Connection db, String agentId, Robustness robustness, String observedHash, String details, String requestId)
      throws SQLException {
    try (PreparedStatement s = db.prepareStatement("SELECT * FROM cgae.certify(?, ?::cgae.robustness,"
        + " observed_architecture_hash => ?, audit_details => ?::jsonb, request_id => ?)")) {
      s.setString(1, agentId);
      s.setString(2, robustness.toString());
      s.setString(3, observedHash);
      s.setString(4, details == null ? "{}" : details);
      s.setString(5, requestId);
      ResultSet rows = s.executeQuery();
      rows.next();
      return Certified.read(rows);
    }
  }

  static boolean permits(Connection db, String agentId, String tier) throws SQLException {
    try (PreparedStatement s = db.prepareStatement("SELECT cgae.permits(?, ?::cgae.tier)")) {
      s.setString(1, agentId);
      s.setString(2, tier);
      ResultSet rows = s.executeQuery();
      rows.next();
      return rows.getBoolean(1);
    }
  }

  interface Connector {
    Connection connect() throws SQLException;
  }

  /** Lost connections, a server that restarts, serialization failures, deadlocks, locks not had in time. */
  static boolean isTransient(SQLException e) {
    String state = String.valueOf(e.getSQLState());
    return e instanceof SQLTransientException || state.startsWith("08") || state.startsWith("57P0")
        || Set.of("40001", "40P01", "55P03").contains(state);
  }

  /** One audit, whatever happens to the connection: repeated with one request_id it stays one. */
  static Certified certifySurely(Connector connector, String agentId, Robustness robustness, int attempts)
      throws SQLException, InterruptedException {
    String requestId = UUID.randomUUID().toString();
    for (int attempt = 1;; attempt++) {
      try (Connection db = connector.connect()) {
        return certify(db, agentId, robustness, null, null, requestId);
      } catch (SQLException e) {
        if (attempt == attempts || !isTransient(e)) throw e;
        Thread.sleep(100L << attempt);
      }
    }
  }

  // --------------------------------------------------------------------------
  static String url(String options) {
    return "jdbc:postgresql://" + System.getenv("PGHOST") + ":" + System.getenv("PGPORT") + "/" + System.getenv("PGDATABASE") + options;
  }

  static Connection connect(String options) throws SQLException {
    return DriverManager.getConnection(url(options), System.getenv("PGUSER"), System.getenv("PGPASSWORD"));
  }

  static PreparedStatement prepared(Connection db, String sql, Object... args) throws SQLException {
    PreparedStatement s = db.prepareStatement(sql);
    for (int i = 0; i < args.length; i++) {
      s.setObject(i + 1, args[i] instanceof Robustness r ? r.toObject() : args[i]);
    }
    return s;
  }

  /** The first row, each value as text. */
  static List<String> row(Connection db, String sql, Object... args) throws SQLException {
    try (PreparedStatement s = prepared(db, sql, args)) {
      ResultSet rows = s.executeQuery();
      rows.next();
      List<String> values = new ArrayList<>();
      for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) values.add(rows.getString(i));
      return values;
    }
  }

  /** SQLSTATE, table, column and constraint of a refusal. */
  static List<String> refusal(Connection db, String sql, Object... args) throws SQLException {
    try (PreparedStatement s = prepared(db, sql, args)) {
      s.execute();
      return List.of("accepted");
    } catch (PSQLException e) {
      var m = e.getServerErrorMessage();
      return Arrays.asList(e.getSQLState(), m.getTable(), m.getColumn(), m.getConstraint());
    }
  }

  public static void main(String[] args) throws Exception {
    Connection listener = connect("");
    listener.createStatement().execute("LISTEN cgae_events");
    Connection db = connect("");

    String agent = register(db, "gpt-5", "{\"model\": \"gpt-5\", \"provider\": \"azure_ai\"}");
    Robustness good = new Robustness(0.72, 0.1 + 0.8, 0.66, 0.8);
    Tap.is(certify(db, agent, good, null, "{\"auditor\": \"lab 7\"}", null), new Certified("certified", agent, 2, "T3", "active", null), "certified");
    Tap.is(permits(db, agent, "T3"), true, "permitted what it was certified for");

    // what setString() sends needs casts, or a connection with stringtype=unspecified
    Tap.is(refusal(db, "SELECT cgae.register_agent(?, ?)", "x", "{}").get(0), "42883", "without ::json no such function is found");
    Tap.is(refusal(db, "SELECT cgae.certify(?, ?)", agent, good.toString()).get(0), "42883", "... nor without ::cgae.robustness");
    Tap.is(refusal(db, "SELECT cgae.permits(?, ?)", agent, "T1").get(0), "42883", "... nor without ::cgae.tier");
    try (Connection untyped = connect("?stringtype=unspecified")) {
      Tap.is(row(untyped, "SELECT cgae.register_agent(?, ?)", "x", "{}").get(0).substring(0, 6), "agent_", "stringtype=unspecified: register_agent() without a cast");
      Tap.is(row(untyped, "SELECT cgae.gate_tier(?), cgae.permits(?, ?)", good.toString(), agent, "T3"), List.of("T3", "t"), "... and the others");
    }

    // robustness is a value: to the server and back, in arrays
    Tap.is(Robustness.parse(row(db, "SELECT current_robustness FROM cgae.agents WHERE agent_id = ?", agent).get(0)), good, "robustness comes back exactly");
    Tap.is(row(db, "SELECT cgae.chain_tier(?)", db.createArrayOf("cgae.robustness", new Object[] {good, new Robustness(0.4, 1, 1, 1)})), List.of("T1"), "arrays of it");
    Tap.is(Robustness.parse(row(db, "SELECT ?", new Robustness(5e-324, 0, 1, 1e-5)).get(0)), new Robustness(5e-324, 0, 1, 1e-5), "the smallest double");
    boolean same = true; // from the fifth execution on the statement is prepared on the server
    try (PreparedStatement s = db.prepareStatement("SELECT r, cgae.gate_tier(r) FROM (SELECT ?::cgae.robustness) AS v(r)")) {
      for (int i = 0; i < 10; i++) {
        Robustness r = new Robustness(i / 9.0, 1, 1, 1);
        s.setObject(1, r.toObject());
        ResultSet rows = s.executeQuery();
        rows.next();
        same &= Robustness.parse(rows.getString(1)).equals(r);
      }
    }
    Tap.is(same, true, "... also by a statement that the driver has prepared");

    // a plain INSERT does the same; derived columns are left out and returned
    Tap.is(row(db, "INSERT INTO cgae.certifications (agent_id, robustness, audit_type) VALUES (?, ?, ?)"
        + " RETURNING seq, outcome, tier, previous_tier, status, auditor", agent, new Robustness(0.7, 0.7, 0.7, 0.8), "spot"),
        List.of("3", "certified", "T3", "T3", "active", "cgae_app"), "INSERT ... RETURNING");
    try (PreparedStatement s = db.prepareStatement("INSERT INTO cgae.certifications (agent_id, robustness) VALUES (?, ?)", new String[] {"seq", "tier"})) {
      s.setString(1, agent);
      s.setObject(2, good.toObject());
      s.executeUpdate();
      ResultSet keys = s.getGeneratedKeys();
      keys.next();
      Tap.is(List.of(keys.getInt("seq"), keys.getString("tier")), List.of(4, "T3"), "... by getGeneratedKeys() too");
    }

    // refusals: SQLSTATE, and fields to tell them apart
    Tap.is(refusal(db, "INSERT INTO cgae.certifications (agent_id, robustness, certified_at) VALUES (?, ?, now() + '1 day')", agent, good),
        List.of("23514", "certifications", "certified_at", "not_in_the_future"), "a time ahead is refused");
    Tap.is(refusal(db, "SELECT cgae.certify(?, ?)", "nobody", good), List.of("23503", "certifications", "agent_id", "certifications_agent_id_fkey"), "so is an unknown agent");
    Tap.is(refusal(db, "SELECT cgae.certify(?, ?)", agent, new Robustness(1.5, 1, 1, 1)).get(0), "22003", "... a score out of range");
    Tap.is(refusal(db, "INSERT INTO cgae.certifications (agent_id, robustness, tier) VALUES (?, ?, 'T5')", agent, good),
        Arrays.asList("428C9", "certifications", "tier", null), "... a tier of one's own");
    Tap.is(refusal(db, "UPDATE cgae.agents SET current_tier = 'T5' WHERE agent_id = ?", agent), Arrays.asList("42501", null, null, null), "... and what the role may not do");

    // safe retry: the server commits, and the answer is lost
    List<String> lost = new ArrayList<>();
    Connector bad = () -> {
      Connection real = connect("");
      if (!lost.isEmpty()) return real;
      return (Connection) Proxy.newProxyInstance(Jdbc.class.getClassLoader(), new Class<?>[] {Connection.class}, (proxy, method, arguments) -> {
        if (!method.getName().equals("close")) return method.invoke(real, arguments);
        real.close();
        lost.addAll(row(db, "SELECT last_seq FROM cgae.agents WHERE agent_id = ?", agent));
        throw new SQLException("An I/O error occurred while sending to the backend.", "08006");
      });
    };
    Certified repeated = certifySurely(bad, agent, good, 5);
    Tap.is(List.of(lost, repeated.seq(), repeated.tier()), List.of(List.of("5"), 5, "T3"), "repeated after the connection broke: the first result");
    Tap.is(row(db, "SELECT last_seq FROM cgae.agents WHERE agent_id = ?", agent), List.of("5"), "... and one certification");
    certify(db, agent, good, null, null, "audit 7");
    List<String> used = refusal(db, "SELECT cgae.certify(?, ?, request_id => ?)", agent, new Robustness(1, 1, 1, 1), "audit 7");
    Tap.is(List.of(used.get(0), used.get(used.size() - 1)), List.of("23505", "certifications_request_id_key"), "another audit under the same request_id is refused");

    // an upsert that sets the key to itself, as many tools write it
    Tap.is(row(db, "INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES (?, ?, ?::json)"
        + " ON CONFLICT (agent_id) DO UPDATE SET agent_id = EXCLUDED.agent_id, model_name = EXCLUDED.model_name RETURNING model_name, status",
        agent, "gpt-5 turbo", "{\"model\": \"gpt-5\", \"provider\": \"azure_ai\"}"), List.of("gpt-5 turbo", "active"), "upsert");

    // many in one statement
    Tap.is(row(db, "SELECT array_agg(ROW(seq, tier)::text ORDER BY seq) FROM cgae.certify_many(?, ?)", db.createArrayOf("text", new Object[] {agent, agent}),
        db.createArrayOf("cgae.robustness", new Object[] {good, new Robustness(0.66, 0.66, 0.66, 1)})), List.of("{\"(7,T3)\",\"(8,T3)\"}"), "certify_many() takes arrays");

    // a table that needs a tier
    Tap.is(refusal(db, "INSERT INTO jobs (agent_id) VALUES (?)", agent), List.of("accepted"), "a job for who holds the tier");
    Tap.is(row(db, "SELECT outcome, tier, previous_tier, status FROM cgae.demote(?, ?)", agent, new Robustness(0.3, 0.3, 0.3, 1)), List.of("certified", "T1", "T3", "active"), "demoted");
    Tap.is(refusal(db, "INSERT INTO jobs (agent_id) VALUES (?)", agent), Arrays.asList("42501", "jobs", null, null), "a job is refused, its table named");

    // scores whose ih fails, and drift, are outcomes and no errors
    Tap.is(certify(db, agent, new Robustness(1, 1, 1, 0.49), null, null, null), new Certified("failed", agent, 11, "T0", "suspended", "T1"), "an audit that failed");
    Tap.is(certify(db, agent, good, "badc0ffee0ddf00d", null, null).outcome(), "architecture_mismatch", "drift");
    Tap.is(permits(db, agent, "T1"), false, "... and it lasts");

    // views; every column of every row is read
    Tap.is(row(db, "SELECT status, effective_tier, cc, holds FROM cgae.agent_standing WHERE agent_id = ?", agent),
        List.of("suspended", "T0", "1", "{architecture_drift,failed_audit}"), "agent_standing");
    List<String> history = new ArrayList<>();
    try (PreparedStatement s = prepared(db, "SELECT seq, type FROM cgae.events WHERE agent_id = ? ORDER BY seq", agent)) {
      for (ResultSet rows = s.executeQuery(); rows.next();) history.add("{\"type\":\"" + rows.getString("type") + "\",\"agent\":\"" + agent + "\",\"seq\":" + rows.getInt("seq") + "}");
    }
    for (String relation : List.of("gate_policies", "registry_health", "agent_standing", "agents", "certifications", "certification_history")) {
      List<Integer> strange = new ArrayList<>();
      int count = 0;
      ResultSet rows = db.createStatement().executeQuery("SELECT * FROM cgae." + relation);
      for (; rows.next(); count++) {
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
          rows.getObject(i);
          if (rows.getMetaData().getColumnTypeName(i).equals("timestamptz") && rows.getObject(i) != null) {
            int year = rows.getObject(i, OffsetDateTime.class).getYear();
            if (year < 2000 || year > 9999) strange.add(year);
          }
        }
      }
      Tap.ok(count > 0 && strange.isEmpty(), "every column of " + relation, count + " rows, years " + strange);
    }

    // what others did comes as notifications, those about the other agent left out
    List<String> heard = new ArrayList<>();
    PGConnection source = listener.unwrap(PGConnection.class);
    while (heard.size() < history.size()) {
      PGNotification[] some = source.getNotifications(60000);
      if (some == null || some.length == 0) break;
      for (PGNotification n : some) {
        String event = n.getParameter().replaceAll("\\s", "");
        if (event.contains(agent)) heard.add(event);
      }
    }
    Collections.sort(heard);
    Collections.sort(history);
    Tap.is(heard, history, "each event was sent to who listens");
    db.close();
    listener.close();
    Tap.done();
  }
}
