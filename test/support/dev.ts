import type { Edit } from './shipped.ts';

const V33 = 'nodes: { machine: 8x-h100, version: 0.32.0, port: 8111, drain: 5 }';

/** What operators do to gpt-oss-120b in dev. */
export const DEV_EDITS = {
  weights: (text) => text.replace('weight: 80', 'weight: 75').replace('weight: 15', 'weight: 20'),
  newRelease: (text) =>
    text.replace(
      '      public:\n        weight: 5\n',
      `      v34:\n        weight: 0\n        ${V33.replace('8111', '8115')}\n      public:\n        weight: 5\n`,
    ),
  otherFlag: (text) => text.replace(V33, V33.replace(' }', ', maxModelLen: 32768 }')),
} as const satisfies Record<string, Edit>;
