#!/usr/bin/python3
"""The registry from Django (3.2 and newer).  Copy what stands above the line.

The search_path must name cgae (setup.sql does that for the database), since Django knows no schemas.
"""
import json
import os
import select
import uuid
from dataclasses import astuple, dataclass

import django
from django.conf import settings

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": os.environ["PGDATABASE"]}},
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField", USE_TZ=True)
django.setup()

from django.db import IntegrityError, OperationalError, connection, models, transaction  # noqa: E402


@dataclass(frozen=True)
class Robustness:
    cc: float
    er: float
    as_: float
    ih: float


class RobustnessField(models.Field):
    def db_type(self, connection):
        return "cgae.robustness"

    def from_db_value(self, value, expression, connection):
        return None if value is None else Robustness(*map(float, value[1:-1].split(",")))

    def get_prep_value(self, value):
        return None if value is None else "({!r},{!r},{!r},{!r})".format(*astuple(value))


class ConfigField(models.JSONField):
    """A column of type json, which the driver has parsed already."""

    def from_db_value(self, value, expression, connection):
        return value if isinstance(value, dict) else super().from_db_value(value, expression, connection)


def derived(field, **options):
    """A field that the registry fills in: NULL in an INSERT, and read back from it."""
    cls = type("Derived" + field.__name__, (field,), {"db_returning": True})
    return cls(null=True, editable=False, **options)


class Registered(models.Model):
    writable = []  # what save() updates; Django would send every column, and the derived ones are refused

    class Meta:
        abstract = True
        managed = False

    def save(self, *args, **options):
        if not self._state.adding:
            options.setdefault("update_fields", self.writable)
        super().save(*args, **options)


def new_agent_id():
    return "agent_" + uuid.uuid4().hex[:12]


class Agent(Registered):
    agent_id = models.TextField(primary_key=True, default=new_agent_id)
    model_name = models.TextField()
    model_config = ConfigField(null=True)
    provenance = models.JSONField(default=dict)
    architecture_hash = derived(models.TextField)
    status = derived(models.TextField)
    current_tier = derived(models.TextField)
    current_robustness = derived(RobustnessField)
    balance = models.DecimalField(max_digits=1000, decimal_places=18, default=0)

    writable = ["model_name", "provenance"]

    class Meta(Registered.Meta):
        db_table = "agents"
        app_label = "registry"


class Certification(Registered):
    # The table's key is (agent_id, seq), and Django before 5.2 wants one column: the request_id
    # names what this application has certified, and makes a repeated save() safe.
    request_id = models.TextField(primary_key=True, default=uuid.uuid4)
    agent = models.ForeignKey(Agent, models.DO_NOTHING)
    seq = derived(models.IntegerField)
    outcome = derived(models.TextField)  # look at it: drift suspends the agent and raises nothing
    robustness = RobustnessField(null=True)
    tier = derived(models.TextField)
    previous_tier = derived(models.TextField)
    status = derived(models.TextField)
    audit_type = derived(models.TextField)  # when not given: a registration first, then a re-certification
    audit_details = models.JSONField(default=dict)
    observed_architecture_hash = models.TextField(null=True)
    certified_at = derived(models.DateTimeField)
    auditor = derived(models.TextField)
    recorded_at = derived(models.DateTimeField)

    class Meta(Registered.Meta):
        db_table = "certifications"
        app_label = "registry"


class Standing(models.Model):  # a view
    agent = models.OneToOneField(Agent, models.DO_NOTHING, primary_key=True, related_name="standing")
    status = models.TextField()
    effective_tier = models.TextField()
    budget_ceiling = models.DecimalField(max_digits=1000, decimal_places=18)
    cc = models.FloatField()

    class Meta:
        db_table = "agent_standing"
        app_label = "registry"
        managed = False


def certify_once(agent, robustness, request_id, **audit):
    """Certify, or find what an earlier attempt under this request_id has made.  May be repeated at will."""
    try:
        with transaction.atomic():
            return Certification.objects.create(agent=agent, robustness=robustness, request_id=request_id, **audit)
    except IntegrityError as e:
        if e.__cause__.diag.constraint_name != "certifications_request_id_key":
            raise
        return Certification.objects.get(agent=agent, request_id=request_id)


def register_or_rename(agent_id, model_name, model_config):
    """Of an agent that is registered already, set the name: save() updates what is writable and no more.

    From Django 4.1 on, many of them in one statement: Agent.objects.bulk_create([...], update_conflicts=True,
    unique_fields=["agent_id"], update_fields=["model_name"]).
    """
    agent, created = Agent.objects.get_or_create(agent_id=agent_id, defaults={"model_name": model_name, "model_config": model_config})
    if not created:
        agent.model_name = model_name
        agent.save()
    return agent


def permits(agent_id, tier):
    with connection.cursor() as cursor:
        cursor.execute("SELECT cgae.permits(%s, %s)", [agent_id, tier])
        return cursor.fetchone()[0]


# ----------------------------------------------------------------------------
def main():
    from django.db.utils import DatabaseError
    from tap import done, is_, ok

    with connection.cursor() as cursor:
        cursor.execute("LISTEN cgae_events")

    good = Robustness(0.72, 0.1 + 0.8, 0.66, 0.8)
    agent = Agent.objects.create(model_name="gpt-5", model_config={"model": "gpt-5"}, provenance={"lab": 7})
    is_((agent.status, agent.current_tier, len(agent.architecture_hash)), ("pending", "T0", 16), "a new agent, with what the registry filled in")

    certification = Certification.objects.create(agent=agent, robustness=good, audit_details={"auditor": "lab 7"})
    is_((certification.seq, certification.outcome, certification.tier, certification.previous_tier, certification.status, certification.auditor),
        (2, "certified", "T3", None, "active", "cgae_app"), "certified by the model's INSERT, derived columns filled in")
    ok(certification.certified_at == certification.recorded_at, "... the times too")
    is_(Certification.objects.get(agent=agent, seq=2).robustness, good, "robustness comes back exactly")
    is_(list(Certification.objects.filter(robustness=good).values_list("seq", "audit_details__auditor")), [(2, "lab 7")], "... and compares as a value")

    agent.model_name = "gpt-5 turbo"
    agent.save()  # of an object read before the certification
    agent.refresh_from_db()
    is_((agent.model_name, agent.status, agent.current_tier, agent.current_robustness, agent.model_config),
        ("gpt-5 turbo", "active", "T3", good, {"model": "gpt-5"}), "an older object saves what is its own")
    is_(list(Agent.objects.filter(current_tier__gte="T2", status="active").values_list("model_name", flat=True)), ["gpt-5 turbo"], "tiers compare in their order")
    is_(permits(agent.pk, "T3"), True, "permitted what it was certified for")

    # refusals: one class by kind, SQLSTATE and fields from the driver
    for want, refused in (
            (("23514", "certified_at", "not_in_the_future"), Certification(agent=agent, robustness=good, certified_at="2100-01-01 00:00+00:00")),
            (("23503", "agent_id", "certifications_agent_id_fkey"), Certification(agent_id="nobody", robustness=good)),
            (("428C9", "tier", None), Certification(agent=agent, robustness=good, tier="T5")),
            (("23502", "model_config", None), Agent(model_name="no architecture"))):
        try:
            refused.save()
            ok(False, f"refused with {want}")
        except DatabaseError as e:
            cause = e.__cause__
            is_((cause.diag.sqlstate, cause.diag.column_name, cause.diag.constraint_name), want, f"{type(e).__name__}: {cause.diag.message_primary}")

    # safe retry: the server commits, and the answer is lost
    request_id = str(uuid.uuid4())
    for attempt in range(2):
        try:
            certification = certify_once(agent, good, request_id)
            if attempt == 0:
                raise OperationalError("server closed the connection unexpectedly")
        except OperationalError:
            pass
    is_((certification.seq, certification.tier, certification.robustness), (3, "T3", good), "repeated after the connection broke: the first row")
    is_(Certification.objects.filter(agent=agent).count(), 2, "... and one certification")

    # upserts
    is_(register_or_rename(agent.pk, "gpt-5", {"model": "gpt-5"}).model_name, "gpt-5", "an agent renamed")
    is_(register_or_rename("a7", "new", {"model": "gpt-5"}).status, "pending", "... or registered")
    if django.VERSION >= (4, 1):
        Agent.objects.bulk_create([Agent(agent_id="a7", model_name="newer", model_config={"model": "gpt-5"})],
                                  update_conflicts=True, unique_fields=["agent_id"], update_fields=["model_name"])
        is_(Agent.objects.get(pk="a7").model_name, "newer", "... bulk_create(update_conflicts=True)")
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO agents (agent_id, model_name, model_config) VALUES ('a7', 'newest', '{}')"
                       " ON CONFLICT (agent_id) DO UPDATE SET agent_id = EXCLUDED.agent_id, model_name = EXCLUDED.model_name RETURNING model_name")
        is_(cursor.fetchone(), ("newest",), "... by an upsert that sets the key to itself, as other tools write it")

    # a table that needs a tier, a demotion
    class Job(models.Model):
        agent = models.ForeignKey(Agent, models.DO_NOTHING)
        reward = models.DecimalField(max_digits=1000, decimal_places=18, default=1)

        class Meta:
            db_table = "jobs"
            app_label = "registry"
            managed = False
    ok(Job.objects.create(agent=agent).pk, "a job for who holds the tier")
    demotion = Certification.objects.create(agent=agent, robustness=Robustness(0.5, 0.6, 0.7, 0.8), audit_type="demotion")
    is_((demotion.outcome, demotion.tier, demotion.previous_tier), ("certified", "T2", "T3"), "demoted, by the model's INSERT")
    try:
        Job.objects.create(agent=agent)
        ok(False, "a job is refused")
    except DatabaseError as e:
        diag = e.__cause__.diag
        is_((diag.sqlstate, diag.schema_name, diag.table_name), ("42501", "public", "jobs"), f"a job is refused: {diag.message_primary}")

    # scores whose ih fails are an outcome, and so is drift: the row is there, and the suspension lasts
    failed = Certification.objects.create(agent=agent, robustness=Robustness(0.72, 0.9, 0.9, 0.49))
    is_((failed.outcome, failed.tier, failed.status), ("failed", "T0", "suspended"), "an audit that failed")
    drift = Certification.objects.create(agent=agent, robustness=good, observed_architecture_hash="badc0ffee0ddf00d")
    is_((drift.outcome, drift.tier, drift.status), ("architecture_mismatch", None, "suspended"), "drift")
    is_(permits(agent.pk, "T1"), False, "... and it lasts")

    standing = Standing.objects.select_related("agent").get(agent=agent)
    is_((standing.status, standing.effective_tier, standing.budget_ceiling, standing.cc, standing.agent.model_name), ("suspended", "T0", 0, 0.72, "gpt-5"), "agent_standing")

    # what others did comes as notifications
    heard = []
    while len(heard) < 7:
        driver = connection.connection
        driver.poll()
        if not driver.notifies and not select.select([driver], [], [], 60)[0]:
            break
        while driver.notifies:
            event = json.loads(driver.notifies.pop(0).payload)
            if event["agent"] == agent.pk:
                heard.append((event["seq"], event["type"]))
    is_(heard, [(1, "registration"), (2, "certification"), (3, "certification"), (4, "certification"), (5, "demotion"), (6, "certification"), (7, "architecture_mismatch")], "each event was sent to who listens")
    done()


if __name__ == "__main__":
    main()
