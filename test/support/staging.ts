import { AwsPlatform } from '../../constructs/aws/aws-platform.ts';
import { DESTROYING } from '../../constructs/fixed-release.ts';
import { type Edit, editedEnvironment } from './shipped.ts';
import { type Attributes, type Synthesized, synthEnvironment, TEMPLATES, TEST_TOOLKIT } from './synth.ts';
import { walkOf } from './walk.ts';

/** The provider version that the plugin directory holds; shipped files name none. */
export const INSTALLED_AWS = '5.100.0';

/** The shipped staging environment, edited as an operator would, for the provider that is installed. */
export function synthStaging(...edits: readonly Edit[]): Synthesized {
  return synthesized(edits, {});
}

/** The same while it is destroyed. */
export function synthDestroyed(...edits: readonly Edit[]): Synthesized {
  return synthesized(edits, { [DESTROYING]: true });
}

function synthesized(edits: readonly Edit[], context: Attributes): Synthesized {
  const pinned: Edit = (text) => `${text}terraform: { providerVersions: { aws: ${INSTALLED_AWS} } }\n`;
  return synthEnvironment(
    editedEnvironment('staging', [pinned, ...edits]),
    (stack, environment) => new AwsPlatform(stack, environment, TEST_TOOLKIT, TEMPLATES),
    context,
  );
}

const V32 = 'nodes: { machine: p5.48xlarge, preset: balanced, version: 0.32.0 }';

/** What operators do to gpt-oss-120b in staging. */
export const EDITS = {
  weights: (text) => text.replace('weight: 90', 'weight: 85').replace('weight: 5', 'weight: 10'),
  oneMoreNode: (text) => text.replace(V32, V32.replace(' }', ', count: 2 }')),
  anotherRung: (text) =>
    text.replace(
      V32,
      V32.replace(' }', ', count: 2, capacity: [{ from: on-demand, count: 1 }, { from: spot, count: 1 }] }'),
    ),
  newRelease: (text) =>
    text.replace(
      '      groq:\n',
      `      v34:\n        weight: 0\n        ${V32.replace(' }', ', maxModelLen: 32768 }')}\n      groq:\n`,
    ),
  newModel: (text) =>
    text.replace(
      '  gpt-oss-7b:\n    alias: gpt-oss-20b\n',
      `  example-7b:
    definition: { weights: example/7b, contextTokens: 32768, price: { input: 0, output: 0 } }
    releases:
      v1:
        role: stable
        weight: 100
        nodes: { machine: g6.xlarge, tensorParallel: 1, version: 0.32.0 }
  gpt-oss-7b:\n    alias: gpt-oss-20b\n`,
    ),
  otherFlag: (text) => text.replace(V32, V32.replace(' }', ', maxModelLen: 32768 }')),
  ownRedis: (text) => text.replace('  keys: api-keys\n', '  keys: api-keys\n  redis: {}\n'),
  newMachineImage: (text) => text.replace('ami-0123456789abcdef0', 'ami-0123456789abcdef1'),
} as const satisfies Record<string, Edit>;

/** gpt-oss-120b of staging on its way from v32 to v33, one deploy after the other. */
export const WALK = walkOf({ stable: 90, canary: 5 });
