import { describe, expect, test } from 'vitest';
import { googleServices } from '../../cli/clouds/doctor/examine.ts';
import { PROD_EDITS, synthProd } from '../support/prod.ts';
import { type Block, schemaProblems } from '../support/provider-schema.ts';
import {
  digestOf,
  HOW_TO_RECORD,
  PLANS,
  type PlanName,
  recordedPlan,
  recordedSchema,
} from '../support/recorded.ts';
import { editedEnvironment } from '../support/shipped.ts';
import type { Synthesized } from '../support/synth.ts';

const stacks = Object.fromEntries(
  Object.entries(PLANS).map(([name, { synth }]) => [name, synth()]),
) as Record<PlanName, Synthesized>;
const names = Object.keys(PLANS) as PlanName[];

/** What the provider would say to a stack's resources of its own. */
function refusals({ resources }: Synthesized, provider: string): string[] {
  const schema = recordedSchema(provider).resources;
  return [...resources].flatMap(([address, attributes]) => {
    const type = address.split('.')[0] ?? '';
    if (!type.startsWith(`${provider}_`)) return [];
    const block = schema[type];
    return block === undefined
      ? [`${address}: type ${type} is in no recording; ${HOW_TO_RECORD}`]
      : schemaProblems(block, attributes, address);
  });
}

describe.each(names)('the recorded plan of %s', (name) => {
  const { stack, changes } = recordedPlan(name);

  test('is of the stack as it is now', () => {
    expect(digestOf(stacks[name]), `plan of ${name} is stale; ${HOW_TO_RECORD}`).toBe(stack);
  });

  test('creates each resource of the stack, and nothing else', () => {
    expect(changes.map(({ address }) => address).toSorted()).toEqual(
      [...stacks[name].resources.keys()].toSorted(),
    );
    expect(new Set(changes.map(({ action }) => action))).toEqual(new Set(['create']));
  });

  test('has attributes and blocks that the provider knows', () => {
    expect(refusals(stacks[name], PLANS[name].provider)).toEqual([]);
  });
});

/** Whose API makes a resource: its type's first word, where Google does not call it otherwise. */
const SERVICES: Readonly<Record<string, string>> = {
  artifact: 'artifactregistry',
  cloud: 'run',
  network: 'networkconnectivity',
  project: 'cloudresourcemanager',
  secret: 'secretmanager',
  service: 'iam',
};

test('fleet doctor asks for the API of every resource of prod, with all that it can have', () => {
  const words = [...stacks['prod-options'].resources.keys()].flatMap(
    (address) => /^google_([a-z]+)_/.exec(address)?.[1] ?? [],
  );
  const needed = new Set(words.map((word) => SERVICES[word] ?? word));
  const asked = googleServices(editedEnvironment('prod', [PROD_EDITS.ownRedis, PROD_EDITS.vertex]));
  expect([...needed].filter((service) => !asked.includes(service))).toEqual([]);
});

test('edits that shipped files do not show have attributes that the provider knows', () => {
  for (const edit of [PROD_EDITS.nodesReachInternet, PROD_EDITS.promoted])
    expect(refusals(synthProd(edit), 'google')).toEqual([]);
});

test('rungs, a release and a model more change nothing of prod beyond what its documents say', () => {
  const grown = new Map(recordedPlan('prod-grown').changes.map((change) => [change.address, change]));
  const moved = recordedPlan('prod')
    .changes.filter((before) => JSON.stringify(before) !== JSON.stringify(grown.get(before.address)))
    .map(({ address }) => address);
  // Documents are compared without their hashes: what is left of a changed one is what it was.
  expect(moved).toEqual([]);
  expect(grown.size).toBeGreaterThan(recordedPlan('prod').changes.length);
});

describe('a recording has no', () => {
  test('secret, and no path or host of a machine', () => {
    const everything = JSON.stringify(names.map(recordedPlan));
    expect(everything).not.toMatch(/sk-|gsk_|BEGIN|access_token|\/tmp\/|\/root\/|\/home\//);
  });
});

describe('a provider would refuse', () => {
  const block: Block = {
    attributes: {
      name: { type: 'string', required: true },
      size: { type: 'number', optional: true },
      zones: { type: ['list', 'string'], optional: true },
      labels: { type: ['map', 'string'], optional: true },
      id: { type: 'string', computed: true },
    },
    block_types: {
      policy: {
        nesting_mode: 'list',
        min_items: 1,
        max_items: 1,
        block: { attributes: { type: { type: 'string', required: true } } },
      },
    },
  };
  const sound = { name: 'n', policy: { type: 'x' } };

  test.each<[string, Record<string, unknown>, string[]]>([
    ['nothing that is sound', { ...sound, size: 3, zones: ['a'], labels: { a: 'b' }, lifecycle: {} }, []],
    ['nothing that is known after apply', { ...sound, size: `\${a.b.c}` }, []],
    ['an unknown attribute', { ...sound, nmae: 'n' }, ['r.nmae: is unknown']],
    ['a missing attribute', { policy: sound.policy }, ['r.name: is required']],
    ['a missing block', { name: 'n' }, ['r.policy: is required']],
    ['a missing attribute of a block', { name: 'n', policy: [{}] }, ['r.policy[0].type: is required']],
    ['a read-only attribute', { ...sound, id: 'i' }, ['r.id: is read-only']],
    ['a text for a number', { ...sound, size: 'many' }, ['r.size: must be "number", got "many"']],
    ['one value for a list', { ...sound, zones: 'a' }, ['r.zones: must be ["list","string"], got "a"']],
    [
      'two blocks for one',
      { name: 'n', policy: [{ type: 'x' }, { type: 'y' }] },
      ['r.policy: takes 1 to 1 blocks, got 2'],
    ],
    [
      'a meta argument in a block',
      { name: 'n', policy: { type: 'x', count: 2 } },
      ['r.policy[0].count: is unknown'],
    ],
  ])('%s', (_what, values, problems) => {
    expect(schemaProblems(block, values, 'r')).toEqual(problems);
  });
});
