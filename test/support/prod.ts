import { DESTROYING } from '../../constructs/fixed-release.ts';
import { GooglePlatform } from '../../constructs/google/google-platform.ts';
import type { Edit } from './staging.ts';
import {
  type Attributes,
  type Synthesized,
  shippedEnvironment,
  synthEnvironment,
  TEMPLATES,
  TEST_TOOLKIT,
} from './synth.ts';

/** The shipped prod environment, edited as an operator would. */
export function synthProd(...edits: readonly Edit[]): Synthesized {
  return synthesized(edits, {});
}

/** The same while it is destroyed. */
export function synthDestroyedProd(): Synthesized {
  return synthesized([], { [DESTROYING]: true });
}

function synthesized(edits: readonly Edit[], context: Attributes): Synthesized {
  const change = (text: string) =>
    edits.reduce((before, edit) => {
      const after = edit(before);
      if (after === before) throw new Error(`an edit did not change the environment: ${edit}`);
      return after;
    }, text);
  return synthEnvironment(
    shippedEnvironment('prod', edits.length === 0 ? undefined : change),
    (stack, environment) => new GooglePlatform(stack, environment, TEST_TOOLKIT, TEMPLATES),
    context,
  );
}

const V32 = 'nodes: { machine: a3-highgpu-8g, count: 2, version: 0.32.0 }';
const V33 = 'nodes: { machine: a3-highgpu-8g, version: 0.32.0, maxModelLen: 65536 }';
const ALL_RUNGS = [
  '{ from: reservation, reservation: fleet-h100, zone: us-central1-a, count: 1 }',
  '{ from: on-demand, count: 2 }',
  '{ from: flex-start, count: 1 }',
  '{ from: spot, count: 1 }',
].join(', ');

/** What operators do to gpt-oss-120b in prod. */
export const PROD_EDITS = {
  weights: (text) => text.replace('weight: 75', 'weight: 70').replace('weight: 5', 'weight: 10'),
  oneMoreNode: (text) => text.replace(V32, V32.replace('count: 2', 'count: 3')),
  wholeLadder: (text) => text.replace(V32, V32.replace('count: 2', `count: 5, capacity: [${ALL_RUNGS}]`)),
  newRelease: (text) =>
    text.replace(
      '      groq:\n',
      `      v34:\n        weight: 0\n        ${V33.replace('65536', '32768')}\n      groq:\n`,
    ),
  newModel: (text) =>
    text.replace(
      '  gpt-oss-7b:\n    alias: gpt-oss-20b\n',
      `  example-1.5b:
    definition: { weights: example/1.5b, contextTokens: 32768, price: { input: 0, output: 0 } }
    releases:
      v1:
        role: stable
        weight: 100
        nodes: { machine: g2-standard-8, tensorParallel: 1, version: 0.32.0 }
  gpt-oss-7b:\n    alias: gpt-oss-20b\n`,
    ),
  otherFlag: (text) => text.replace(V33, V33.replace('65536', '32768')),
  newMachineImage: (text) => text.replace('v20261101', 'v20261115'),
  /** The canary becomes stable, the old stable one keeps its machines without traffic. */
  promoted: (text) =>
    text
      .replace('role: stable\n        weight: 75', 'role: canary\n        weight: 0')
      .replace('role: canary\n        weight: 5', 'role: stable\n        weight: 80'),
  retired: (text) =>
    text.replace(`      v32:\n        role: canary\n        weight: 0\n        ${V32}\n`, ''),
  nodesReachInternet: (text) => text.replace('nodesReachInternet: false', 'nodesReachInternet: true'),
} as const satisfies Record<string, Edit>;
