import type { Edit } from './shipped.ts';
import { walkOf } from './walk.ts';

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

const walk = walkOf({ stable: 80, canary: 15 });

/** gpt-oss-120b of dev on its way from v32 to v33, one deploy after the other. */
export const DEV_WALK = {
  ...walk,
  otherFlagIdle: [...walk.promoted, (text) => text.replace(V32, V32.replace(' }', ', maxModelLen: 32768 }'))],
} as const satisfies Record<string, readonly Edit[]>;
