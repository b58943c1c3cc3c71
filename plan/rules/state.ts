import { DENY, DENY_OUTSIDE_DEVELOPMENT, fail, type Observation, type Rule, unknown } from '../rule.ts';
import type { Synthesized } from '../synthesized.ts';

export const stateLocal: Rule = {
  id: 'state-local',
  topic: 'state',
  title: 'the state is kept where every deployer finds it',
  why: 'A file is on one machine, without a lock; the next deployer would build everything again.',
  fix: 'Name a bucket under `state` in the environment file.',
  severity: { development: 'off', staging: 'deny', production: 'deny' },
  check: ({ synthesized }) => {
    if (synthesized === undefined) return [];
    const { backend } = synthesized;
    if (backend === undefined) return [fail(undefined, 'no backend is named, so the state is a local file')];
    return backend.type === 'local' ? [fail(undefined, 'backend local keeps the state in a file')] : [];
  },
};

function inS3(synthesized: Synthesized | undefined, key: string, message: string): Observation[] {
  if (synthesized?.backend?.type !== 's3') return [];
  const value = synthesized.backend.settings[key];
  if (value === true || value === 'true') return [];
  return typeof value === 'string' && value.includes('${')
    ? [unknown(undefined, `${key} is an expression`)]
    : [fail(undefined, message)];
}

export const stateUnlocked: Rule = {
  id: 'state-unlocked',
  topic: 'state',
  title: 'only one deploy at a time writes the state',
  why: 'Two at a time lose resources.',
  fix: 'use_lockfile = true (Terraform 1.10 or OpenTofu 1.10); a bucket of Google locks by itself.',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: ({ synthesized }) =>
    synthesized?.backend?.settings.dynamodb_table !== undefined
      ? []
      : inS3(synthesized, 'use_lockfile', 'use_lockfile is not true'),
};

export const stateUnencrypted: Rule = {
  id: 'state-unencrypted',
  topic: 'state',
  title: 'the state is encrypted',
  why: 'It holds what the plan holds, in clear.',
  fix: 'encrypt = true',
  severity: DENY_OUTSIDE_DEVELOPMENT,
  check: ({ synthesized }) => inS3(synthesized, 'encrypt', 'encrypt is not true'),
};

export const stateShared: Rule = {
  id: 'state-shared',
  topic: 'state',
  title: 'every environment has a state of its own',
  why: 'Two environments in one object: the next deploy of one destroys the other.',
  fix: 'Give one of them another `key` or `prefix` under `state`, or leave it out: it is the environment’s name then.',
  severity: DENY,
  check: ({ surroundings: { stateSharedWith = [] } }) =>
    stateSharedWith.map((other) => ({
      ...fail(undefined, `environment ${other} keeps its state in the same object`),
      path: ['state'],
    })),
};
