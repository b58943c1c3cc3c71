import { describe, expect, test } from 'vitest';
import { PROD_EDITS, synthDestroyedProd, synthProd } from '../support/prod.ts';
import type { Edit } from '../support/shipped.ts';
import { difference, type Synthesized } from '../support/synth.ts';

const prod = synthProd();
const RULES = 'google_storage_bucket_object.prometheus_rules';
const DOCUMENTS = [
  'google_cloud_run_v2_service.gateway',
  RULES,
  'google_storage_bucket_object.router_servers',
  'google_storage_bucket_object.router_weights',
];

const machines = (addresses: readonly string[]) =>
  addresses.filter((address) => /instance_(template|group_manager)/.test(address));
const added = (after: Synthesized) =>
  difference(prod, after).filter((address) => !prod.resources.has(address));
const changed = (after: Synthesized) =>
  difference(prod, after).filter((address) => prod.resources.has(address));
const held = ({ resources }: Synthesized) =>
  [...resources]
    .filter(([, { lifecycle }]) => (lifecycle as { prevent_destroy?: boolean } | undefined)?.prevent_destroy)
    .map(([address]) => address);

describe('what a change touches', () => {
  test.each<[string, Edit, string[]]>([
    [
      'one more node',
      PROD_EDITS.oneMoreNode,
      ['google_compute_region_instance_group_manager.nodes_gpt-oss-120b_v32_on-demand_group'],
    ],
    [
      'a new release, of which the reviewer knows the price',
      PROD_EDITS.newRelease,
      ['google_cloud_run_v2_service.reviewer_worker', ...DOCUMENTS].toSorted(),
    ],
    [
      'a new model, whose name has a dot that labels lose',
      PROD_EDITS.newModel,
      [...DOCUMENTS, 'google_storage_bucket_object.prometheus'].toSorted(),
    ],
    ['more rungs, whose machines cost otherwise', PROD_EDITS.wholeLadder, [RULES]],
    ['other weights', PROD_EDITS.weights, ['google_storage_bucket_object.router_weights']],
  ])('%s', (_what, edit, addresses) => {
    expect(changed(synthProd(edit))).toEqual(addresses);
  });

  test('a new release brings a template, a group, a rule and what holds it', () => {
    expect(added(synthProd(PROD_EDITS.newRelease))).toEqual([
      'google_compute_firewall.nodes_gpt-oss-120b_v34_servers',
      'google_compute_region_instance_group_manager.nodes_gpt-oss-120b_v34_on-demand_group',
      'google_compute_region_instance_template.nodes_gpt-oss-120b_v34_on-demand_template',
      'terraform_data.nodes_gpt-oss-120b_v34_serves-make-a-new-release-instead',
    ]);
  });

  test('a new machine image is for machines to come', () => {
    expect(machines(changed(synthProd(PROD_EDITS.newMachineImage)))).toEqual(
      [...prod.resources.keys()].filter((address) => address.includes('instance_template')).toSorted(),
    );
  });
});

describe('a release that serves', () => {
  test('is held, with its group', () => {
    expect(held(prod)).toContain('terraform_data.nodes_gpt-oss-120b_v33_serves-make-a-new-release-instead');
    expect(held(prod)).toContain(
      'google_compute_region_instance_group_manager.nodes_gpt-oss-120b_v33_on-demand_group',
    );
  });

  test('another flag replaces what holds it', () => {
    expect(changed(synthProd(PROD_EDITS.otherFlag))).toContain(
      'terraform_data.nodes_gpt-oss-120b_v33_serves-make-a-new-release-instead',
    );
  });

  test('is held by nothing while the environment is destroyed', () => {
    expect(held(synthDestroyedProd())).toEqual([]);
  });
});

describe('a new release, promoted, and the old one retired', () => {
  const { promoted, retired } = PROD_EDITS;
  const after = synthProd(promoted);
  const last = synthProd(promoted, retired);

  test('promoting changes the weights and no machine', () => {
    const withoutLifecycle = ({ resources }: Synthesized) =>
      new Map([...resources].map(([address, { lifecycle: _, ...rest }]) => [address, rest] as const));
    expect(
      difference(
        { ...prod, resources: withoutLifecycle(prod) },
        { ...after, resources: withoutLifecycle(after) },
      ),
    ).toEqual(['google_storage_bucket_object.router_weights']);
  });

  test('promoting moves the hold', () => {
    expect(held(after).some((address) => address.includes('120b_v32'))).toBe(false);
    expect(held(after).some((address) => address.includes('120b_v33'))).toBe(true);
  });

  test('retiring removes what was the release’s alone', () => {
    const gone = difference(after, last).filter((address) => !last.resources.has(address));
    expect(gone.every((address) => address.includes('nodes_gpt-oss-120b_v32_'))).toBe(true);
    expect(gone).toHaveLength(4);
    expect(machines(difference(after, last).filter((address) => last.resources.has(address)))).toEqual([]);
  });
});
