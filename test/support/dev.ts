import type { Edit } from './shipped.ts';

const V32 = 'nodes: { machine: 8x-h100, count: 2, version: 0.32.0, port: 8101, drain: 5 }';
const V33 = 'nodes: { machine: 8x-h100, version: 0.32.0, port: 8111, drain: 5 }';

/** What operators do to gpt-oss-120b in dev. */
export const DEV_EDITS = {
  weights: (text) => text.replace('weight: 80', 'weight: 75').replace('weight: 15', 'weight: 20'),
  newRelease: (text) =>
    text.replace(
      '      public:\n        weight: 5\n',
      `      v34:\n        weight: 0\n        ${V33.replace('8111', '8115')}\n      public:\n        weight: 5\n`,
    ),
  oneMoreNode: (text) => text.replace(V32, V32.replace('count: 2', 'count: 3')),
  newModel: (text) =>
    text.replace(
      '  gpt-oss-7b:\n',
      `  example-7b:
    definition: { weights: example/7b, contextTokens: 32768, price: { input: 0, output: 0 } }
    releases:
      v1:
        role: stable
        weight: 100
        ${V33.replace('8111', '8141')}
  gpt-oss-7b:\n`,
    ),
  otherFlag: (text) => text.replace(V33, V33.replace(' }', ', maxModelLen: 32768 }')),
} as const satisfies Record<string, Edit>;

const STABLE_V32 = 'role: stable\n        weight: 80';
const CANARY_V33 = 'role: canary\n        weight: 15';
const promoted: Edit = (text) =>
  text
    .replace(CANARY_V33, 'role: stable\n        weight: 95')
    .replace(STABLE_V32, 'role: canary\n        weight: 0');

/** gpt-oss-120b of dev on its way from v32 to v33, one deploy after the other. */
export const DEV_WALK = {
  before: [
    (text) =>
      text.replace(/ {6}v33:\n.*\n.*\n.*\n/, '').replace(STABLE_V32, 'role: stable\n        weight: 95'),
  ],
  newRelease: [
    (text) =>
      text
        .replace(STABLE_V32, 'role: stable\n        weight: 95')
        .replace(CANARY_V33, 'role: canary\n        weight: 0'),
  ],
  canary: [],
  promoted: [promoted],
  otherFlagIdle: [promoted, (text) => text.replace(V32, V32.replace(' }', ', maxModelLen: 32768 }'))],
  retired: [(text) => promoted(text).replace(/ {6}v32:\n.*\n {8}weight: 0\n.*\n/, '')],
} as const satisfies Record<string, readonly Edit[]>;
