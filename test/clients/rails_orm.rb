#!/usr/bin/ruby
# The registry from Rails' Active Record (6.1, which Debian packages).  Copy what stands above the line.
require "active_record"
require "bigdecimal"
require "json"
require "pg"
require "securerandom"

# cgae.robustness as a value; every float comes back exactly.
Robustness = Struct.new(:cc, :er, :as, :ih) do
  def self.parse(text)
    new(*text[1..-2].split(",").map(&:to_f))
  end

  def to_s
    "(#{to_a.join(",")})"
  end
end

class RobustnessType < ActiveRecord::Type::Value
  def type
    :robustness
  end

  def cast(value)
    value.is_a?(String) ? Robustness.parse(value) : value
  end

  def serialize(value)
    value&.to_s
  end
end

# Columns that are not assigned are left out of an INSERT (partial_writes; partial_inserts since Rails 7)
# and derived by the registry.  Active Record reads back the key alone: hence read_back.
class Registered < ActiveRecord::Base
  self.abstract_class = true
  after_create :read_back

  def read_back
    @attributes = self.class.find_by!(own_key).instance_variable_get(:@attributes)
  end
end

# For tables and views with the column model_name.  Rails asks every record for its model_name, which is
# no text of yours; a class with a column of that name raises DangerousAttributeError.  So the method
# stays Rails', and the column is called name here.  In queries it keeps its own: where(model_name: "gpt-5").
module ModelName
  extend ActiveSupport::Concern

  class_methods do
    def instance_method_already_implemented?(method)
      method == "model_name" || super
    end
  end

  def name
    self[:model_name]
  end

  def name=(value)
    self[:model_name] = value
  end
end

class Agent < Registered
  include ModelName
  self.table_name = "cgae.agents"
  self.primary_key = "agent_id"
  has_many :certifications, -> { order(:seq) }, foreign_key: :agent_id, inverse_of: :agent
  has_one :standing, foreign_key: :agent_id

  attribute :initial_robustness, RobustnessType.new
  attribute :current_robustness, RobustnessType.new
  attr_readonly :model_config # so that upsert_all leaves it out of its UPDATE, as a registrar must
  before_create { self.agent_id ||= "agent_#{SecureRandom.hex(6)}" }

  def own_key
    { agent_id: agent_id }
  end

  def permits?(tier)
    self.class.connection.select_value(self.class.sanitize_sql(["SELECT cgae.permits(?, ?)", agent_id, tier]))
  end
end

class Certification < Registered
  self.table_name = "cgae.certifications"
  # The table's key is (agent_id, seq), and Rails before 7.1 wants one column: the request_id names what
  # this application has certified, and makes a repeated save safe.
  self.primary_key = "request_id"
  belongs_to :agent, foreign_key: :agent_id, inverse_of: :certifications, optional: true # the registry checks it

  attribute :robustness, RobustnessType.new
  before_create { self.request_id ||= SecureRandom.uuid }

  def own_key
    { agent_id: agent_id, request_id: request_id }
  end

  # Lost connections, serialization failures, deadlocks, locks not had in time.
  TRANSIENT = [ActiveRecord::ConnectionNotEstablished, ActiveRecord::SerializationFailure, ActiveRecord::Deadlocked,
               ActiveRecord::LockWaitTimeout, PG::ConnectionBad, PG::UnableToSend].freeze

  # Certify, or find what an earlier attempt under this request_id has made; repeated until one of them is known.
  # Look at outcome: drift suspends the agent and raises nothing.
  def self.certify_once(attempts: 5, **values)
    values[:request_id] ||= SecureRandom.uuid
    attempt = 0
    begin
      create!(**values)
    rescue ActiveRecord::RecordNotUnique
      find_by!(agent_id: values[:agent_id] || values[:agent].agent_id, request_id: values[:request_id])
    rescue *TRANSIENT, ActiveRecord::StatementInvalid => e
      raise unless TRANSIENT.any? { |kind| kind === e || kind === e.cause } && (attempt += 1) < attempts
      sleep 0.1 * 2**attempt
      retry
    end
  end
end

class Standing < ActiveRecord::Base # a view
  include ModelName
  self.table_name = "cgae.agent_standing"
  self.primary_key = "agent_id"
  belongs_to :agent, foreign_key: :agent_id
end

class Event < ActiveRecord::Base # a view
  self.table_name = "cgae.events"
  self.inheritance_column = "no_column" # type is a word of the history's and names no class
end

# ----------------------------------------------------------------------------
if $PROGRAM_NAME == __FILE__
  require_relative "tap"

  Warning[:deprecated] = false
  ActiveRecord::Base.establish_connection(adapter: "postgresql", host: ENV["PGHOST"], database: ENV["PGDATABASE"], min_messages: "warning")
  db = ActiveRecord::Base.connection
  listener = PG.connect
  listener.exec("LISTEN cgae_events")

  agent = Agent.create!(name: "gpt-5", model_config: { model: "gpt-5" }, provenance: { lab: 7 })
  Tap.is([agent.agent_id[0, 6], agent.status, agent.current_tier, agent.holds, agent.balance, agent.architecture_hash.size],
         ["agent_", "pending", "T0", [], 0, 16], "a new agent, with what the registry filled in")

  # the column model_name, and Rails' method of that name
  Tap.is([agent.name, agent[:model_name], Agent.find_by(model_name: "gpt-5")], ["gpt-5", "gpt-5", agent], "the column model_name by another name")
  Tap.is([agent.model_name.singular, agent.to_param, agent.to_partial_path], ["agent", agent.agent_id, "agents/agent"], "... since forms, routes and partials ask for Rails' own")
  plain = Class.new(ActiveRecord::Base) { self.table_name = "cgae.agents" }
  begin
    plain.new
    Tap.ok(false, "a model without the cure is refused by Rails")
  rescue ActiveRecord::DangerousAttributeError => e
    Tap.ok(e.message.include?("model_name"), "a model without the cure is refused by Rails: #{e.message}")
  end
  reader = Class.new(ActiveRecord::Base) do
    self.table_name = "cgae.agents"
    self.primary_key = "agent_id"
    self.ignored_columns = ["model_name"]
  end
  Tap.is(reader.find(agent.agent_id).status, "pending", "ignored_columns is a cure for models that read and do not register")

  good = Robustness.new(0.72, 0.1 + 0.8, 0.66, 0.8)
  certification = agent.certifications.create!(robustness: good, audit_details: { auditor: "lab 7" })
  Tap.is(%i[seq outcome tier previous_tier status audit_type auditor].map { |c| certification[c] },
         [2, "certified", "T3", nil, "active", "registration", "cgae_app"], "certified by the model's INSERT, derived columns read back")
  Tap.ok(certification.certified_at.is_a?(Time), "... the time too")
  Tap.is(agent.certifications.reload.map(&:robustness), [good], "robustness comes back exactly")
  Tap.is(Certification.where(robustness: good).count, 1, "... and compares as a value")

  agent.name = "gpt-5 turbo" # writes what was assigned and no other column
  agent.save!
  agent.reload
  Tap.is([agent.name, agent.status, agent.current_tier, agent.current_robustness, agent.model_config],
         ["gpt-5 turbo", "active", "T3", good, { "model" => "gpt-5" }], "an older object saves what is its own")
  Tap.is(Agent.where("current_tier >= 'T2'").where(status: "active").pluck(:model_name), ["gpt-5 turbo"], "tiers compare in their order")
  Tap.is(agent.permits?("T3"), true, "permitted what it was certified for")

  # refusals: one class by kind, SQLSTATE and fields from the driver
  refusal = lambda do |&statement|
    Agent.transaction(requires_new: true, &statement)
    "accepted"
  rescue ActiveRecord::StatementInvalid => e
    [e.class.name.demodulize] + [PG::PG_DIAG_SQLSTATE, PG::PG_DIAG_TABLE_NAME, PG::PG_DIAG_COLUMN_NAME, PG::PG_DIAG_CONSTRAINT_NAME].map { |f| e.cause.result.error_field(f) }
  end
  Tap.is(refusal.call { Certification.create!(agent: agent, robustness: good, certified_at: "2100-01-01") },
         ["StatementInvalid", "23514", "certifications", "certified_at", "not_in_the_future"], "a time ahead is refused")
  Tap.is(refusal.call { Certification.create!(agent_id: "nobody", robustness: good) },
         ["InvalidForeignKey", "23503", "certifications", "agent_id", "certifications_agent_id_fkey"], "so is an unknown agent")
  Tap.is(refusal.call { Certification.create!(agent: agent, robustness: Robustness.new(1.5, 1, 1, 1)) }.second, "22003", "... a score out of range")
  Tap.is(refusal.call { Certification.create!(agent: agent, robustness: good, tier: "T5") }, ["StatementInvalid", "428C9", "certifications", "tier", nil], "... a tier of one's own")
  Tap.is(refusal.call { Agent.create!(name: "no architecture") }, ["NotNullViolation", "23502", "agents", "model_config", nil], "... no architecture")
  Tap.is(refusal.call { Agent.find(agent.agent_id).update!(current_tier: "T5") }, ["StatementInvalid", "42501", nil, nil, nil], "... and what the role may not do")

  # safe retry: the server commits, and the answer is lost
  lost = []
  Certification.after_commit do
    if lost.empty?
      lost << seq
      raise PG::ConnectionBad, "server closed the connection unexpectedly"
    end
  end
  repeated = Certification.certify_once(agent: agent, robustness: good)
  Tap.is([lost, repeated.seq, repeated.tier, repeated.robustness], [[3], 3, "T3", good], "repeated after the connection broke: the first row")
  Tap.is(Certification.where(agent: agent).count, 2, "... and one certification")
  Tap.is(refusal.call { Certification.create!(agent: agent, robustness: good, request_id: repeated.request_id) }.values_at(0, 1, 4),
         ["RecordNotUnique", "23505", "certifications_request_id_key"], "a used request_id is refused")

  # upserts
  Agent.upsert_all([{ agent_id: agent.agent_id, model_name: "gpt-5", model_config: { model: "gpt-5" } },
                    { agent_id: "a7", model_name: "new", model_config: { model: "gpt-5" } }], unique_by: :agent_id)
  Tap.is(Agent.order(:agent_id).pluck(:agent_id, :model_name, :status), [["a7", "new", "pending"], [agent.agent_id, "gpt-5", "active"]], "upsert_all")
  Tap.is(db.select_value(Agent.sanitize_sql(["INSERT INTO cgae.agents (agent_id, model_name, model_config) VALUES (?, 'again', '{}') " \
         "ON CONFLICT (agent_id) DO UPDATE SET agent_id = excluded.agent_id, model_name = excluded.model_name RETURNING model_name", "a7"])),
         "again", "... that sets the key to itself, as other tools write it")

  # a table that needs a tier
  job = Class.new(ActiveRecord::Base) { self.table_name = "jobs" }
  Tap.is(job.create!(agent_id: agent.agent_id).persisted?, true, "a job for who holds the tier")
  demoted = db.select_one(Agent.sanitize_sql(["SELECT * FROM cgae.demote(?, ?)", agent.agent_id, "(0.3,0.3,0.3,1)"]))
  Tap.is(demoted.values_at("outcome", "tier", "previous_tier", "status"), ["certified", "T1", "T3", "active"], "demoted")
  Tap.is(refusal.call { job.create!(agent_id: agent.agent_id) }, ["StatementInvalid", "42501", "jobs", nil, nil], "a job is refused, its table named")

  # scores whose ih fails, and drift, are outcomes and no errors: the row is there, and the suspension lasts
  failed = Certification.certify_once(agent: agent, robustness: Robustness.new(1.0, 1.0, 1.0, 0.49))
  Tap.is([failed.outcome, failed.tier, failed.status], ["failed", "T0", "suspended"], "an audit that failed")
  drift = Certification.certify_once(agent: agent, robustness: good, observed_architecture_hash: "badc0ffee0ddf00d")
  Tap.is([drift.outcome, drift.tier, drift.status], ["architecture_mismatch", nil, "suspended"], "drift")
  Tap.is(agent.permits?("T1"), false, "... and it lasts")

  # views; every column of every row is read
  Tap.is([agent.standing.status, agent.standing.effective_tier, agent.standing.budget_ceiling, agent.standing.cc, agent.standing.holds],
         ["suspended", "T0", 0, 1.0, %w[architecture_drift failed_audit]], "agent_standing")
  history = Event.where(agent_id: agent.agent_id).order(:seq).to_a
  Tap.is(history.map(&:seq), (1..history.size).to_a, "events, without a gap")
  Tap.is([history.last.type, history.last.data["observed_hash"]], %w[architecture_mismatch badc0ffee0ddf00d], "... with their data")
  %w[gate_policies registry_health agent_standing agents certifications certification_history].each do |relation|
    rows = db.select_all("SELECT * FROM cgae.#{relation}").cast_values.map { |row| Array(row) }
    strange = rows.flatten.select { |v| (v.is_a?(Time) && v.year < 2000) || v.to_s.match?(/\A-?infinity\z/i) }
    Tap.ok(!rows.empty? && strange.empty?, "every column of #{relation}", strange.inspect)
  end

  # what others did comes as notifications, those about the other agent left out
  heard = []
  hear = lambda do |_channel, _pid, payload|
    event = JSON.parse(payload)
    heard << event.values_at("seq", "type") if event["agent"] == agent.agent_id
  end
  loop { break if heard.size >= history.size || !listener.wait_for_notify(60, &hear) }
  Tap.is(heard, history.map { |e| [e.seq, e.type] }, "each event was sent to who listens")
  Tap.done
end
