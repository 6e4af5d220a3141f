#!/usr/bin/python3
"""The registry from SQLAlchemy (1.4 and newer).  Copy what stands above the line."""
import json
import select as waiting
import time
import uuid
from dataclasses import astuple, dataclass

from sqlalchemy import (TIMESTAMP, Column, FetchedValue, Float, ForeignKey, Integer, Numeric, Text, bindparam,
                        create_engine, func, select, text)
from sqlalchemy.dialects.postgresql import ARRAY, ENUM, JSON, JSONB, insert
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import Session, declarative_base, relationship
from sqlalchemy.types import UserDefinedType


@dataclass(frozen=True)
class Robustness:
    cc: float
    er: float
    as_: float
    ih: float


class RobustnessType(UserDefinedType):
    cache_ok = True

    def get_col_spec(self, **kw):
        return "cgae.robustness"

    def bind_processor(self, dialect):
        return lambda value: None if value is None else "({!r},{!r},{!r},{!r})".format(*astuple(value))

    def result_processor(self, dialect, coltype):
        return lambda value: None if value is None else Robustness(*map(float, value[1:-1].split(",")))


Tier = ENUM("T0", "T1", "T2", "T3", "T4", "T5", name="tier", schema="cgae", create_type=False)
Status = ENUM("pending", "active", "suspended", "expired", "deregistered", name="agent_status", schema="cgae", create_type=False)
Base = declarative_base()


def derived(*args, **options):
    """A column that the registry fills in: left out of INSERTs and read back."""
    return Column(*args, server_default=FetchedValue(), server_onupdate=FetchedValue(), **options)


class Agent(Base):
    __tablename__ = "agents"
    __table_args__ = {"schema": "cgae"}
    __mapper_args__ = {"eager_defaults": True}  # INSERT ... RETURNING the derived ones

    agent_id = derived(Text, primary_key=True)
    model_name = Column(Text, nullable=False)
    model_config = Column(JSON)
    provenance = Column(JSONB, server_default=FetchedValue())
    architecture_hash = derived(Text)
    status = derived(Status)
    holds = derived(ARRAY(Text))
    current_tier = derived(Tier)
    current_robustness = derived(RobustnessType)
    certified_at = derived(TIMESTAMP(timezone=True))
    balance = Column(Numeric, server_default=FetchedValue())
    certifications = relationship("Certification", back_populates="agent", order_by="Certification.seq")


class Certification(Base):
    __tablename__ = "certifications"
    __table_args__ = {"schema": "cgae"}
    __mapper_args__ = {"eager_defaults": True}

    agent_id = Column(Text, ForeignKey("cgae.agents.agent_id"), primary_key=True)
    seq = derived(Integer, primary_key=True, autoincrement=False)
    outcome = derived(Text)  # look at it: drift suspends the agent and raises nothing
    robustness = Column(RobustnessType)
    tier = derived(Tier)
    previous_tier = derived(Tier)
    status = derived(Status)
    audit_type = Column(Text, server_default=FetchedValue())
    audit_details = Column(JSONB, server_default=FetchedValue())
    observed_architecture_hash = Column(Text)
    certified_at = Column(TIMESTAMP(timezone=True), server_default=FetchedValue())
    auditor = derived(Text)
    request_id = Column(Text)
    agent = relationship("Agent", back_populates="certifications")


class Standing(Base):  # a view
    __tablename__ = "agent_standing"
    __table_args__ = {"schema": "cgae"}

    agent_id = Column(Text, primary_key=True)
    status = Column(Status)
    effective_tier = Column(Tier)
    budget_ceiling = Column(Numeric)
    cc = Column(Float(53))
    binding_dimension = Column(Text)


class Event(Base):  # a view
    __tablename__ = "events"
    __table_args__ = {"schema": "cgae"}

    agent_id = Column(Text, primary_key=True)
    seq = Column(Integer, primary_key=True)
    type = Column(Text)
    data = Column(JSONB)


def register_or_rename(session, agent_id, model_name, model_config):
    """Of an agent that is registered already, set what a registrar may update; a configuration is not among it."""
    statement = insert(Agent).values(agent_id=agent_id, model_name=model_name, model_config=model_config)
    session.execute(statement.on_conflict_do_update(
        index_elements=["agent_id"], set_={"agent_id": statement.excluded.agent_id, "model_name": statement.excluded.model_name}))
    return session.get(Agent, agent_id, populate_existing=True)


CERTIFY = text("SELECT * FROM cgae.certify(:agent_id, :robustness, request_id => :request_id)").bindparams(
    bindparam("robustness", type_=RobustnessType))


def certify_surely(engine, agent_id, robustness, attempts=5):
    """One audit, whatever happens to the connection: repeated with one request_id it stays one."""
    request_id = str(uuid.uuid4())
    for attempt in range(attempts):
        try:
            with engine.begin() as conn:
                return conn.execute(CERTIFY, {"agent_id": agent_id, "robustness": robustness, "request_id": request_id}).one()
        except DBAPIError as e:
            if attempt == attempts - 1 or not (e.connection_invalidated or e.orig.pgcode in ("40001", "40P01", "55P03")):
                raise
            time.sleep(0.1 * 2 ** attempt)


# ----------------------------------------------------------------------------
def main():
    from tap import done, is_, ok

    engine = create_engine("postgresql+psycopg2://", future=True)  # PGHOST, PGUSER, ... say where
    listener = engine.raw_connection()
    listener.set_session(autocommit=True)
    listener.cursor().execute("LISTEN cgae_events")

    good = Robustness(0.72, 0.1 + 0.8, 0.66, 0.8)
    with Session(engine, future=True) as session:
        agent = Agent(model_name="gpt-5", model_config={"model": "gpt-5"}, provenance={"lab": 7})
        session.add(agent)
        session.flush()
        is_((agent.agent_id[:6], agent.status, agent.current_tier, agent.holds, agent.balance), ("agent_", "pending", "T0", [], 0),
            "a new agent, with what the registry filled in")
        is_(agent.architecture_hash, session.scalar(select(func.cgae.architecture_hash('{"model": "gpt-5"}'))), "... its architecture hashed")

        certification = Certification(agent=agent, robustness=good, audit_details={"auditor": "lab 7"})
        session.add(certification)
        session.flush()
        is_((certification.seq, certification.outcome, certification.tier, certification.status, certification.audit_type, certification.auditor),
            (2, "certified", "T3", "active", "registration", "cgae_app"), "certified by the model's INSERT, derived columns filled in")
        ok(certification.certified_at is not None, "... the time too")
        session.commit()  # expires what was read: the agent is read again
        is_((agent.status, agent.current_tier, agent.current_robustness), ("active", "T3", good), "the agent as it now is")
        agent.model_name = "gpt-5 turbo"  # writes this column and no other
        session.commit()
        is_(session.scalar(select(func.cgae.permits(agent.agent_id, "T3"))), True, "permitted what it was certified for")
        is_(session.scalars(select(Agent.model_name).where(Agent.current_tier >= "T2", Agent.status == "active")).all(), ["gpt-5 turbo"], "tiers compare in their order")
        is_(session.scalars(select(Certification.seq).where(Certification.robustness == good)).all(), [2], "robustness compares as a value")
        agent_id = agent.agent_id

    # refusals: one class by kind, SQLSTATE and fields from the driver
    for want, refused in (
            (("23514", "certified_at", "not_in_the_future"), Certification(agent_id=agent_id, robustness=good, certified_at="2100-01-01 00:00+00")),
            (("23503", "agent_id", "certifications_agent_id_fkey"), Certification(agent_id="nobody", robustness=good)),
            (("428C9", "tier", None), Certification(agent_id=agent_id, robustness=good, tier="T5")),
            (("23502", "model_config", None), Agent(model_name="no architecture"))):
        with Session(engine, future=True) as session:
            session.add(refused)
            try:
                session.commit()
                ok(False, f"refused with {want}")
            except DBAPIError as e:
                is_((e.orig.pgcode, e.orig.diag.column_name, e.orig.diag.constraint_name), want, f"{type(e).__name__}: {e.orig.diag.message_primary}")

    # safe retry: the server commits, and the answer is lost
    lost = []

    class BadEngine:
        def begin(self):
            context = engine.begin()

            class Broken:
                def __enter__(self):
                    self.conn = context.__enter__()
                    return self.conn

                def __exit__(self, *error):
                    context.__exit__(*error)
                    if not lost:
                        lost.append(True)
                        raise DBAPIError("COMMIT", None, Exception("server closed the connection"), connection_invalidated=True)
            return Broken()
    result = certify_surely(BadEngine(), agent_id, good)
    is_((len(lost), result.seq, result.tier), (1, 3, "T3"), "repeated after the connection broke: the first result")
    with Session(engine, future=True) as session:
        is_(session.get(Agent, agent_id).certifications[-1].seq, 3, "... and one certification")
        request_id = session.get(Certification, (agent_id, 3)).request_id
        session.add(Certification(agent_id=agent_id, robustness=good, request_id=request_id))
        try:
            session.commit()
            ok(False, "an INSERT with a used request_id is refused")
        except IntegrityError as e:
            is_(e.orig.diag.constraint_name, "certifications_request_id_key", "an INSERT with a used request_id is refused")

    # upsert, a table that needs a tier, a demotion
    with Session(engine, future=True) as session:
        is_(register_or_rename(session, agent_id, "gpt-5", {"model": "gpt-5"}).model_name, "gpt-5", "an upsert renames")
        is_(register_or_rename(session, "a7", "new", {"model": "gpt-5"}).status, "pending", "... or registers")
        session.rollback()
        session.execute(text("INSERT INTO jobs (agent_id) VALUES (:a)"), {"a": agent_id})
        demotion = Certification(agent_id=agent_id, robustness=Robustness(0.5, 0.6, 0.7, 0.8), audit_type="demotion")
        session.add(demotion)
        session.flush()
        is_((demotion.outcome, demotion.tier, demotion.previous_tier), ("certified", "T2", "T3"), "demoted, by the model's INSERT")
        try:
            session.execute(text("INSERT INTO jobs (agent_id) VALUES (:a)"), {"a": agent_id})
            ok(False, "a job is refused")
        except DBAPIError as e:
            is_((type(e).__name__, e.orig.pgcode, e.orig.diag.schema_name, e.orig.diag.table_name), ("ProgrammingError", "42501", "public", "jobs"), f"a job is refused: {e.orig.diag.message_primary}")
        session.rollback()

    # scores whose ih fails are an outcome, and so is drift: the row is there, and the suspension lasts
    with Session(engine, future=True) as session:
        failed = Certification(agent_id=agent_id, robustness=Robustness(0.72, 0.9, 0.9, 0.49))
        session.add(failed)
        session.commit()
        is_((failed.outcome, failed.tier, failed.agent.status, failed.agent.holds), ("failed", "T0", "suspended", ["failed_audit"]), "an audit that failed")
        drift = Certification(agent_id=agent_id, robustness=good, observed_architecture_hash="badc0ffee0ddf00d")
        session.add(drift)
        session.commit()
        is_((drift.outcome, drift.tier, drift.agent.status, drift.agent.holds), ("architecture_mismatch", None, "suspended", ["architecture_drift", "failed_audit"]), "drift")
        is_(session.scalar(select(func.cgae.permits(agent_id, "T1"))), False, "... and it lasts")

        standing = session.get(Standing, agent_id)
        is_((standing.status, standing.effective_tier, standing.budget_ceiling, standing.cc), ("suspended", "T0", 0, 0.72), "agent_standing")
        history = session.scalars(select(Event).where(Event.agent_id == agent_id).order_by(Event.seq)).all()
        is_([(e.seq, e.type) for e in history], [(1, "registration"), (2, "certification"), (3, "certification"), (4, "certification"), (5, "architecture_mismatch")], "events, without a gap")
        is_(history[4].data["observed_hash"], "badc0ffee0ddf00d", "... with their data")

    # what others did comes as notifications
    heard = []
    while len(heard) < len(history):
        listener.poll()
        if not listener.notifies and not waiting.select([listener], [], [], 60)[0]:
            break
        while listener.notifies:
            event = json.loads(listener.notifies.pop(0).payload)
            heard.append((event["seq"], event["type"]))
    is_(heard, [(e.seq, e.type) for e in history], "each event was sent to who listens")
    done()


if __name__ == "__main__":
    main()
