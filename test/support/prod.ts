import { DESTROYING } from '../../constructs/fixed-release.ts';
import { GooglePlatform } from '../../constructs/google/google-platform.ts';
import { type Edit, editedEnvironment } from './shipped.ts';
import { type Attributes, type Synthesized, synthEnvironment, TEMPLATES, TEST_TOOLKIT } from './synth.ts';
import { walkOf } from './walk.ts';

/** The shipped prod environment, edited as an operator would. */
export function synthProd(...edits: readonly Edit[]): Synthesized {
  return synthesized(edits, {});
}

/** The same while it is destroyed. */
export function synthDestroyedProd(): Synthesized {
  return synthesized([], { [DESTROYING]: true });
}

function synthesized(edits: readonly Edit[], context: Attributes): Synthesized {
  return synthEnvironment(
    editedEnvironment('prod', edits),
    (stack, environment) => new GooglePlatform(stack, environment, TEST_TOOLKIT, TEMPLATES),
    context,
  );
}

const V32 = 'nodes: { machine: a3-highgpu-8g, count: 2, version: 0.32.0, drain: 80 }';
const V33 = 'nodes: { machine: a3-highgpu-8g, version: 0.32.0, maxModelLen: 65536, drain: 80 }';
const ALL_RUNGS = [
  '{ from: reservation, reservation: fleet-h100, zone: us-central1-a, count: 1 }',
  '{ from: on-demand, count: 2 }',
  '{ from: flex-start, count: 1 }',
  '{ from: spot, count: 1 }',
].join(', ');

/** gpt-oss-120b of prod on its way from v32 to v33, one deploy after the other. */
export const PROD_WALK = walkOf({ stable: 75, canary: 5 });

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
  ownRedis: (text) => text.replace('  keys: api-keys\n', '  keys: api-keys\n  redis: {}\n'),
  vertex: (text) =>
    text
      .replace(
        'endpoints:\n',
        'endpoints:\n  vertex: { catalogue: vertex, region: us-central1, project: example-project }\n',
      )
      .replace(
        '      groq:\n',
        '      vertex:\n        weight: 0\n        endpoint: { host: vertex }\n      groq:\n',
      ),
  newMachineImage: (text) => text.replace('v20261101', 'v20261115'),
  promoted: PROD_WALK.promoted[0],
  retired: PROD_WALK.retired[1],
  nodesReachInternet: (text) => text.replace('nodesReachInternet: false', 'nodesReachInternet: true'),
} as const satisfies Record<string, Edit>;

/** The same without the reviewer of pull requests. */
export function withoutReviewer(text: string): string {
  return text.replace(/^reviewer:\n( {2}.+\n)+/m, '');
}
