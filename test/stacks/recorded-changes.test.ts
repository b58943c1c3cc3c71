import { describe, expect, test } from 'vitest';
import { digestOf, HOW_TO_RECORD } from '../support/recorded.ts';
import {
  CHANGES,
  type ChangesName,
  type RecordedMove,
  recordedChanges,
} from '../support/recorded-changes.ts';
import type { Edit } from '../support/shipped.ts';

const names = Object.keys(CHANGES) as ChangesName[];
const prod = recordedChanges('prod');
const dev = recordedChanges('dev');

/** Google's next template comes before the old one goes, and no machine with it: groups replace nobody by themselves. */
const MACHINES = /^google_compute_(region_)?instance_(group_manager|template)\./;
const CONTAINER = /^docker_container\./;
/** On docker a document is delivered by a resource of its own. */
const DELIVERY = /^terraform_data\.(gateway|prometheus|router)_(config|rules|servers|weights)$/;
const DOCUMENT = /^google_storage_bucket_object\./;

function move(all: Readonly<Record<string, RecordedMove>>, what: string): RecordedMove {
  const found = all[what];
  if (found === undefined) throw new Error(`no plan of ${what} is recorded`);
  return found;
}

const addresses = ({ changes }: RecordedMove, ...actions: readonly string[]) =>
  changes.filter(({ action }) => actions.includes(action)).map(({ address }) => address);
const actions = ({ changes }: RecordedMove) => [...new Set(changes.map(({ action }) => action))].toSorted();

const edits: Edit[] = [];
const digests = new Map<string, string>();

/** Digest of a stack after its edits. Many moves begin or end at the same one, which is made once. */
function digest(name: ChangesName, made: readonly Edit[]): string {
  const numbers = made.map((edit) => {
    if (!edits.includes(edit)) edits.push(edit);
    return edits.indexOf(edit);
  });
  const key = `${name} ${numbers.join(' ')}`;
  const found = digests.get(key) ?? digestOf(CHANGES[name].synth(...made));
  digests.set(key, found);
  return found;
}

describe.each(names)('the recorded changes of %s', (name) => {
  test.each(Object.entries(CHANGES[name].moves))(
    '%s: of the stacks as they are now',
    (what, { from, to }) => {
      const stacks = [digest(name, from), digest(name, to)];
      expect(move(recordedChanges(name), what).stacks, `${what} is stale; ${HOW_TO_RECORD}`).toEqual(stacks);
    },
  );

  test('nothing is left to do where nothing was edited', () => {
    expect(move(recordedChanges(name), 'nothing').changes).toEqual([]);
  });
});

describe('on google, a plan of what is there', () => {
  test('another weight is one object, in place', () => {
    const { changes } = move(prod, 'other weights');
    expect(changes).toMatchObject([
      { address: 'google_storage_bucket_object.router_weights', action: 'update' },
    ]);
  });

  test('one more node is the size of its group', () => {
    expect(move(prod, 'one more node').changes).toEqual([
      {
        address: 'google_compute_region_instance_group_manager.nodes_gpt-oss-120b_v32_on-demand_group',
        action: 'update',
        attributes: ['target_size'],
      },
    ]);
  });

  test.each([
    ['more rungs', /_gpt-oss-120b_v32_(reservation|flex-start|spot)/],
    ['a new release', /_gpt-oss-120b_v34_/],
    ['a new model', /_example-1-5b_v1_/],
    ['walk: new release', /_gpt-oss-120b_v33_/],
  ])('%s only adds its own, and updates documents and the gateway', (what, own) => {
    const plan = move(prod, what);
    expect(actions(plan)).toEqual(['create', 'update']);
    for (const address of addresses(plan, 'create')) expect(address).toMatch(own);
    for (const address of addresses(plan, 'update'))
      expect(address).toMatch(/^google_(storage_bucket_object|cloud_run_v2_service)\./);
  });

  test.each(['walk: canary', 'walk: promoted'])('%s is the weights alone, in place', (what) => {
    expect(addresses(move(prod, what), 'update')).toEqual(['google_storage_bucket_object.router_weights']);
    expect(move(prod, what).changes).toHaveLength(1);
  });

  test('retiring deletes what was the release’s own', () => {
    const plan = move(prod, 'walk: retired');
    expect(actions(plan)).toEqual(['delete', 'update']);
    for (const address of addresses(plan, 'delete')) expect(address).toMatch(/_gpt-oss-120b_v32_/);
    expect(addresses(plan, 'update').filter((address) => MACHINES.test(address))).toEqual([]);
  });

  test('a new machine image updates groups, which replace no machine; monitoring is made anew and keeps its disk', () => {
    const all = move(prod, 'a new machine image').changes;
    const changes = all.filter(({ address }) => address !== 'google_compute_instance.monitoring');
    expect(
      all.map(({ address }) => address).filter((address) => address.startsWith('google_compute_disk')),
    ).toEqual([]);
    for (const { address, action, attributes, because } of changes) {
      expect(address).toMatch(MACHINES);
      if (action === 'update') expect(attributes).toEqual(['version']);
      else expect({ action, because }).toEqual({ action: 'create delete', because: ['disk.0.source_image'] });
    }
    expect(changes.length).toBeGreaterThan(0);
  });

  test('another flag of a release that serves is refused, and the address says what to do', () => {
    expect(move(prod, 'another flag of a release that serves').refused).toBe(
      'terraform_data.nodes_gpt-oss-120b_v33_serves-make-a-new-release-instead',
    );
  });

  test('no step of the walk replaces or changes a serving machine', () => {
    const steps = Object.entries(prod).filter(([what]) => what.startsWith('walk: '));
    expect(steps).toHaveLength(4);
    for (const [what, { changes }] of steps)
      for (const { address, action } of changes.filter((one) => MACHINES.test(one.address)))
        expect(action, `${what}: ${address}`).toBe(what === 'walk: retired' ? 'delete' : 'create');
  });

  test('documents are updated in place, never made anew', () => {
    for (const { changes } of Object.values(prod))
      for (const { address, action } of changes.filter((one) => DOCUMENT.test(one.address)))
        expect(action, address).toBe('update');
  });
});

describe('on docker, a plan of what is there', () => {
  test('another weight delivers one document', () => {
    expect(move(dev, 'other weights').changes.map(({ address }) => address)).toEqual([
      'terraform_data.router_weights',
    ]);
  });

  test.each([
    ['one more node', /^docker_container\.nodes_gpt-oss-120b_v32_3-1$/],
    ['a new release', /_gpt-oss-120b_v34_/],
    ['a new model', /_example-7b_v1_/],
    ['walk: new release', /_gpt-oss-120b_v33_/],
  ])('%s adds its own containers and delivers documents; no other container is touched', (what, own) => {
    const plan = move(dev, what);
    expect(addresses(plan, 'create').some((address) => CONTAINER.test(address))).toBe(true);
    for (const address of addresses(plan, 'create')) expect(address).toMatch(own);
    for (const address of addresses(plan, 'delete create', 'update', 'delete'))
      expect(address).toMatch(DELIVERY);
  });

  test.each(['walk: canary', 'walk: promoted'])('%s delivers the weights alone', (what) => {
    expect(move(dev, what).changes.map(({ address }) => address)).toEqual(['terraform_data.router_weights']);
  });

  test('retiring deletes what was the release’s own', () => {
    const plan = move(dev, 'walk: retired');
    expect(addresses(plan, 'delete').some((address) => CONTAINER.test(address))).toBe(true);
    for (const address of addresses(plan, 'delete')) expect(address).toMatch(/_gpt-oss-120b_v32_/);
    for (const address of addresses(plan, 'delete create', 'update', 'create'))
      expect(address).toMatch(DELIVERY);
  });

  test('no step of the walk replaces a container', () => {
    const steps = Object.entries(dev).filter(([what]) => what.startsWith('walk: '));
    expect(steps).toHaveLength(4);
    for (const [what, { changes }] of steps)
      for (const { address, action } of changes.filter((one) => CONTAINER.test(one.address)))
        expect(action, `${what}: ${address}`).toBe(what === 'walk: retired' ? 'delete' : 'create');
  });

  test('another flag of a release that serves is refused, and the address says what to do', () => {
    expect(move(dev, 'another flag of a release that serves').refused).toBe(
      'terraform_data.nodes_gpt-oss-120b_v33_serves-make-a-new-release-instead',
    );
  });

  test('another flag of a release without traffic touches its servers alone', () => {
    expect(
      addresses(move(dev, 'another flag of a release without traffic'), 'delete create', 'update'),
    ).toEqual([
      'docker_container.nodes_gpt-oss-120b_v32_1-1',
      'docker_container.nodes_gpt-oss-120b_v32_2-1',
      'terraform_data.nodes_gpt-oss-120b_v32_serves-make-a-new-release-instead',
    ]);
  });
});
