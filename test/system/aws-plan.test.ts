import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { costOf } from '../../contracts/cost.ts';
import { judge } from '../../plan/judge.ts';
import { surroundingsOf } from '../../plan/of-environment.ts';
import { readPlan } from '../../plan/plan-json.ts';
import { EDITS, synthStaging } from '../support/staging.ts';
import { type Attributes, shippedEnvironment } from '../support/synth.ts';
import { type Change, TerraformFolder } from '../support/terraform-folder.ts';

/** Plans ask nobody: fake keys, and nothing that the provider could look up. */
const OFFLINE = {
  access_key: 'test',
  secret_key: 'test',
  allowed_account_ids: [],
  skip_credentials_validation: true,
  skip_metadata_api_check: 'true',
  skip_requesting_account_id: true,
};

let folder: TerraformFolder;
let unavailable: string | undefined;
let base: ReadonlyMap<string, Change>;
let document: unknown;

/** What of the first plan another one has otherwise. */
const movedIn = (plan: ReadonlyMap<string, Change>) =>
  [...base.values()]
    .filter((before) => JSON.stringify(before) !== JSON.stringify(plan.get(before.address)))
    .map(({ address }) => address)
    .toSorted();

const byAddress = (changes: readonly Change[]) =>
  new Map(changes.map((change) => [change.address, change] as const));

beforeAll(async () => {
  folder = new TerraformFolder(OFFLINE);
  folder.write(synthStaging());
  unavailable = await folder.init();
  base = unavailable === undefined ? byAddress(await folder.plan()) : new Map();
  document = folder.document;
}, 300_000);

afterAll(() => folder.remove());

describe('a real plan of staging', () => {
  const planned = (address: string): Attributes => base.get(address)?.after ?? {};

  test('creates everything', ({ skip }) => {
    if (unavailable !== undefined) skip(unavailable);
    expect(new Set([...base.values()].map(({ action }) => action))).toEqual(new Set(['create']));
    expect(base.size).toBeGreaterThan(100);
  });

  test('is judged without a finding, also as production would be, and its machines have their price', ({
    skip,
  }) => {
    if (unavailable !== undefined) skip(unavailable);
    const environment = shippedEnvironment('staging');
    const { findings, summary } = judge({
      plan: readPlan(document),
      // The account stands in the provider block, where fake keys must not name one.
      surroundings: { ...surroundingsOf(environment), class: 'production', account: undefined },
      today: '2026-11-24',
    });
    expect(findings).toEqual([]);
    expect(summary.cost).toEqual({ before: 0, after: costOf(environment).usdPerHour, unpriced: [] });
    expect(summary.traffic?.after?.['gpt-oss-120b']?.v33).toEqual({ weight: 5, role: 'canary' });
  });

  test('buys no capacity and makes no key pair', ({ skip }) => {
    if (unavailable !== undefined) skip(unavailable);
    const types = [...base.values()].map(({ type }) => type);
    expect(types.filter((type) => /capacity_(block|reservation)|key_pair|spot_fleet/.test(type))).toEqual([]);
  });

  test('each release is a group of its size in the private subnets', ({ skip }) => {
    if (unavailable !== undefined) skip(unavailable);
    expect(planned('aws_autoscaling_group.nodes_gpt-oss-120b_v32_on-demand_group')).toMatchObject({
      name: 'fleet-staging-gpt-oss-120b-v32-on-demand',
      desired_capacity: 1,
      min_size: 1,
      max_size: 1,
      instance_refresh: [],
      wait_for_capacity_timeout: '0',
    });
  });

  test('user data is compressed below what EC2 takes', ({ skip }) => {
    if (unavailable !== undefined) skip(unavailable);
    const { user_data: text } = planned('aws_launch_template.nodes_gpt-oss-120b_v32_on-demand_template');
    const bytes = Buffer.from(String(text), 'base64');
    expect(bytes.subarray(0, 2).toString('hex')).toBe('1f8b');
    expect(bytes.length).toBeLessThan(16_384);
  });

  test('two routers of a small type, replaced one at a time and never below two', ({ skip }) => {
    if (unavailable !== undefined) skip(unavailable);
    expect(planned('aws_autoscaling_group.router_group')).toMatchObject({
      desired_capacity: 2,
      min_size: 2,
      max_size: 3,
      health_check_type: 'EC2',
      instance_refresh: [
        {
          strategy: 'Rolling',
          preferences: [
            expect.objectContaining({ min_healthy_percentage: 100, max_healthy_percentage: 150 }),
          ],
        },
      ],
    });
    expect(planned('aws_launch_template.router_template')).toMatchObject({ instance_type: 'c6i.large' });
    expect(planned('aws_lb_target_group.router_balancer_machines')).toMatchObject({
      target_health_state: [expect.objectContaining({ enable_unhealthy_connection_termination: false })],
    });
  });

  /** That it is an update, in place, is seen over a state: test/verify/aws-apply.test.ts. */
  test('another weight is another router document and nothing else', async ({ skip }) => {
    if (unavailable !== undefined) skip(unavailable);
    folder.write(synthStaging(EDITS.weights));
    const planned = byAddress(await folder.plan());
    expect(planned.size).toBe(base.size);
    expect(movedIn(planned)).toEqual(['aws_s3_object.router_weights']);
  });

  test('a rung, a release, a model and a Redis more change nothing of what is there but the documents that name them', async ({
    skip,
  }) => {
    if (unavailable !== undefined) skip(unavailable);
    folder.write(synthStaging(EDITS.anotherRung, EDITS.newRelease, EDITS.newModel, EDITS.ownRedis));
    const grown = byAddress(await folder.plan());
    expect(movedIn(grown)).toEqual([...DOCUMENTS, ...OF_REDIS].toSorted());
    expect(grown.get('aws_elasticache_replication_group.redis')?.after).toMatchObject({
      engine: 'valkey',
      transit_encryption_enabled: true,
      port: 6379,
    });
    const { findings } = judge({
      plan: readPlan(folder.document),
      surroundings: {
        ...surroundingsOf(shippedEnvironment('staging', EDITS.ownRedis)),
        account: undefined,
      },
      today: '2026-11-24',
    });
    expect(findings.filter(({ address = '' }) => !address.includes('.nodes_'))).toEqual([]);
  }, 90_000);
});

/** They name releases, ports and models; their machines stay. */
const DOCUMENTS = [
  'aws_ecs_task_definition.gateway_task',
  'aws_s3_object.prometheus_rules',
  'aws_s3_object.router_servers',
  'aws_s3_object.router_weights',
];

/** What starts the gateway reads its address, and it is seen. */
const OF_REDIS = [
  'aws_iam_role_policy.gateway_role_policy',
  'aws_s3_object.grafana_dashboards_fleet-gateway',
];
