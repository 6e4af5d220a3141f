"""Certifications as prepared statements, ours and the peers', and their random parameters."""
import math
import random
import time

from pq import Params

THETA = {
    "cc": (0, 0.30, 0.50, 0.65, 0.80, 0.90),
    "er": (0, 0.30, 0.50, 0.65, 0.80, 0.90),
    "as": (0, 0.25, 0.45, 0.60, 0.75, 0.85),
}
IH = 0.5
RATE = 0.01 / 86400

INSERT = "INSERT INTO cgae.certifications (agent_id, robustness) VALUES ($1, $2)"
CERTIFY = "SELECT * FROM cgae.certify($1, $2)"
CERTIFY_VALUE = "SELECT cgae.certify($1, $2)"
PLPGSQL = "INSERT INTO plp.certifications (agent_id, cc, er, as_, ih) VALUES ($1, $2, $3, $4, $5)"

# $1 agent, $2 vector, $3 its tier, $4 the tier before, $5 when it drops (seconds since 1970): the client knows them
_UPDATE = """
WITH agent AS (
  UPDATE plain.agents SET
    initial_robustness = CASE WHEN certification_count = 0 THEN $2 ELSE initial_robustness END,
    status = 'active', certified_tier = $3, current_tier = $3, current_robustness = $2,
    certified_at = now(), last_audit_at = now(), tier_drop_at = to_timestamp($5), recorded_at = now(),
    rated_policy = 1, last_seq = last_seq + 1, certification_count = certification_count + 1
  WHERE agent_id = $1
  RETURNING agent_id, last_seq)"""
_INSERT = """
INSERT INTO plain.certifications (agent_id, seq, outcome, robustness, tier, previous_tier, audit_type, certified_at,
  policy_version, auditor, recorded_at, status)
SELECT agent_id, last_seq, 'certified', $2, $3, $4, 're-certification', now(), 1, current_user, now(), 'active' FROM agent"""
_EVENT = """, event AS (
  INSERT INTO plain.agent_events (agent_id, seq, type, occurred_at, data, actor, recorded_at)
  SELECT agent_id, last_seq, 'certification', now(),
    jsonb_build_object('tier', $3, 'audit_type', 're-certification', 'status', 'active'), current_user, now()
  FROM agent)"""
CTE = _UPDATE + _INSERT
CTE_EVENT = _UPDATE + _EVENT + _INSERT


def tier(cc, er, as_, ih):
    """The gate, as a client would write it."""
    if ih < IH:
        return 0
    scores = {"cc": cc, "er": er, "as": as_}
    return min(max(k for k in range(6) if x >= THETA[d][k]) for d, x in scores.items())


def steps_to_drop(k, cc, er, as_, ih):
    """Seconds until the tier falls."""
    if k == 0:
        return None
    return math.log(min(cc / THETA["cc"][k], er / THETA["er"][k], as_ / THETA["as"][k], ih / IH)) / RATE


class Draws:
    """Random audits of random agents, all of them passing; a fixed sequence."""

    def __init__(self, agents, seed=4):
        self.agents = agents
        self.random = random.Random(seed)

    def agent(self):
        """Id of a random agent."""
        return f"agent_{100000000000 + self.random.randrange(self.agents)}"

    def vector(self):
        """Four scores."""
        draw = self.random.uniform
        return tuple(round(x, 3) for x in (draw(0.35, 1), draw(0.35, 1), draw(0.3, 1), draw(0.55, 1)))

    def audit(self):
        """Agent and vector."""
        return Params([self.agent(), "(%s,%s,%s,%s)" % self.vector()])

    def scores(self):
        """Agent and scores."""
        return Params([self.agent(), *self.vector()])

    def judged(self):
        """Agent, vector and what the client makes of it."""
        vector = self.vector()
        k = tier(*vector)
        drop = time.time() + steps_to_drop(k, *vector)
        return Params([self.agent(), "(%s,%s,%s,%s)" % vector, f"T{k}", f"T{self.random.randrange(1, 6)}", drop])
