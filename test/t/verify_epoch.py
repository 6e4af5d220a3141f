#!/usr/bin/env python3
"""Verify the spot-audit lottery from what any reader may export.

    verify_epoch.py FOLDER

Reads from FOLDER, each with a header line (times in microseconds since 1970, null is empty):

    policy.csv          audit_intensities (JSON array, T0 to T5), time_step (microseconds)
    epochs.csv          epoch, commitment, created_at, revealed_at, secret (hex)
    certifications.csv  agent_id, seq, tier, certified_at: each agent's last one
    draws.csv           epoch, agent_id, seq, u: what the server says was drawn (optional)
    due.csv             agent_id, seq, due_at: what it says was due before the end of the
                        last epoch that is revealed (optional)

and checks, with nothing but Python's hmac, that every revealed secret is the one committed to,
that epochs follow each other without gap, and that draws and audits are the ones that follow.
Prints one line and exits with 0, or prints every fault and exits with 1.
"""
import csv
import hashlib
import hmac
import json
import math
import os
import sys

TIERS = ['T0', 'T1', 'T2', 'T3', 'T4', 'T5']


def read(folder, name):
    path = os.path.join(folder, name)
    if not os.path.exists(path):
        return []
    with open(path, encoding='utf-8', newline='') as file:
        return list(csv.DictReader(file))


def draw(secret, agent_id, seq):
    """The first 53 bits of the HMAC, plus one, over 2^53: in (0,1]."""
    mac = hmac.new(secret, f'{agent_id}:{seq}'.encode('utf-8'), hashlib.sha256).digest()
    return ((int.from_bytes(mac[:8], 'big') >> 11) + 1) / 2**53


def check_epochs(epochs, faults):
    for i, epoch in enumerate(epochs):
        name = f'epoch {epoch["epoch"]}'
        if int(epoch['epoch']) != i + 1:
            faults.append(f'{name} is not number {i + 1}')
        if epoch['secret'] == '':
            if i + 1 < len(epochs):
                faults.append(f'{name} has ended, but its secret is not revealed')
            continue
        if hashlib.sha256(bytes.fromhex(epoch['secret'])).hexdigest() != epoch['commitment']:
            faults.append(f'{name} reveals a secret that it did not commit to')
        if i + 1 < len(epochs) and epoch['revealed_at'] != epochs[i + 1]['created_at']:
            faults.append(f'{name} does not end when the next one begins')


def ends(epochs):
    """When each epoch ends: with the first of all that follow, for a clock may have run ahead."""
    end, found = None, []
    for epoch in reversed(epochs):
        found.append(end)
        end = int(epoch['created_at']) if end is None else min(end, int(epoch['created_at']))
    return found[::-1]


def due_at(epochs, intensity, time_step, agent_id, seq, last_audit):
    """When the agent was due before the end of the last revealed epoch, or None."""
    if intensity == 0:
        return None
    for epoch, end in zip(epochs, ends(epochs)):
        if epoch['secret'] == '':
            break
        # the first epoch counts from the audit, also from one before it
        start = last_audit if epoch['epoch'] == '1' else max(last_audit, int(epoch['created_at']))
        end = int(epoch['revealed_at']) if end is None else end
        if start >= end:
            continue
        u = draw(bytes.fromhex(epoch['secret']), agent_id, seq)
        due = start + math.ceil(-math.log(u) / intensity * time_step)
        if due < end:
            return due
    return None


def main(folder):
    faults = []
    policy = read(folder, 'policy.csv')[0]
    intensities = json.loads(policy['audit_intensities'])
    epochs = sorted(read(folder, 'epochs.csv'), key=lambda epoch: int(epoch['epoch']))
    check_epochs(epochs, faults)

    secrets = {epoch['epoch']: bytes.fromhex(epoch['secret']) for epoch in epochs}
    draws = read(folder, 'draws.csv')
    for row in draws:
        u = draw(secrets[row['epoch']], row['agent_id'], row['seq'])
        if u != float(row['u']):
            faults.append(f'draw of {row["agent_id"]} number {row["seq"]} in epoch {row["epoch"]}'
                          f' was {u!r}, not {row["u"]}')

    said = {(row['agent_id'], row['seq']): int(row['due_at']) for row in read(folder, 'due.csv')}
    count = 0
    for row in read(folder, 'certifications.csv'):
        due = due_at(epochs, intensities[TIERS.index(row['tier'])], int(policy['time_step']),
                     row['agent_id'], row['seq'], int(row['certified_at']))
        claimed = said.pop((row['agent_id'], row['seq']), None)
        count += due is not None
        # another library's logarithm may differ in the last bit
        if (due is None) != (claimed is None) or (due is not None and abs(due - claimed) > 1):
            faults.append(f'audit of {row["agent_id"]} was due at {due}, not {claimed}')
    faults += [f'audit of {agent_id} was never to be drawn' for agent_id, _ in said]

    for fault in faults:
        print(fault)
    if not faults:
        revealed = sum(epoch['secret'] != '' for epoch in epochs)
        print(f'{revealed} epochs, {len(draws)} draws and {count} audits verified')
    return 1 if faults else 0


if __name__ == '__main__':
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
