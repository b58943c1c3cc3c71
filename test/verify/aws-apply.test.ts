import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CERTIFICATE, forMoto, GAPS, Moto, typeOf } from '../support/moto.ts';
import type { Edit } from '../support/shipped.ts';
import { EDITS, synthDestroyed, synthStaging, WALK } from '../support/staging.ts';
import { type Change, TerraformFolder } from '../support/terraform-folder.ts';

/** What is really applied and destroyed below. A type of the stack that is neither here nor in GAPS fails. */
const COVERED = [
  'aws_autoscaling_group',
  'aws_autoscaling_lifecycle_hook',
  'aws_cloudwatch_log_group',
  'aws_default_security_group',
  'aws_ebs_volume',
  'aws_ecs_cluster',
  'aws_ecs_service',
  'aws_ecs_task_definition',
  'aws_eip',
  'aws_flow_log',
  'aws_iam_instance_profile',
  'aws_iam_role',
  'aws_iam_role_policy',
  'aws_internet_gateway',
  'aws_kms_alias',
  'aws_kms_key',
  'aws_launch_template',
  'aws_lb',
  'aws_lb_listener',
  'aws_lb_target_group',
  'aws_nat_gateway',
  'aws_route',
  'aws_route53_record',
  'aws_route53_zone',
  'aws_route_table',
  'aws_route_table_association',
  'aws_s3_bucket',
  'aws_s3_bucket_lifecycle_configuration',
  'aws_s3_bucket_public_access_block',
  'aws_s3_bucket_server_side_encryption_configuration',
  'aws_s3_bucket_versioning',
  'aws_s3_object',
  'aws_security_group',
  'aws_subnet',
  'aws_vpc',
  'aws_vpc_endpoint',
  'aws_vpc_security_group_egress_rule',
  'aws_vpc_security_group_ingress_rule',
  'terraform_data',
];

const moto = new Moto();
let folder: TerraformFolder;

beforeAll(async () => {
  await moto.start();
  folder = new TerraformFolder(moto.provider);
  use(...WALK.before);
  const unavailable = await folder.init();
  if (unavailable !== undefined) throw new Error(unavailable);
  await folder.apply();
}, 600_000);

afterAll(async () => {
  folder?.remove();
  await moto.stop();
}, 60_000);

/** The documents of router and Prometheus, and the gateway, which goes over to a new revision of its task. */
const DOCUMENTS = [
  'aws_ecs_service.gateway',
  'aws_s3_object.prometheus_rules',
  'aws_s3_object.router_servers',
  'aws_s3_object.router_weights',
];
const REVISED = ['aws_ecs_task_definition.gateway_task'];
const REPLACED = ['delete create', 'create delete'];

const use = (...edits: readonly Edit[]) => folder.write(forMoto(synthStaging(...edits)));
const addresses = (changes: readonly Change[], ...actions: readonly string[]) =>
  changes
    .filter(({ action }) => actions.includes(action))
    .map(({ address }) => address)
    .toSorted();

describe('staging on a stand-in for AWS', () => {
  test('every type of the stack is applied, or its gap has a reason', () => {
    const types = [...new Set([...synthStaging().resources.keys()].map(typeOf))];
    expect(types.toSorted()).toEqual([...COVERED, ...Object.keys(GAPS)].toSorted());
  });

  test('all covered types are in the state', async () => {
    const { stdout } = await folder.run('state', 'list');
    expect([...new Set(stdout.trim().split('\n').map(typeOf))].toSorted()).toEqual(
      [...COVERED, CERTIFICATE].toSorted(),
    );
  });

  test('once applied, nothing is left to do', async () => {
    const changes = await folder.plan();
    expect(changes.map(({ action, address }) => `${action} ${address}`)).toEqual([]);
  });

  test('a new machine image replaces no machine', async () => {
    use(...WALK.before, EDITS.newMachineImage);
    const changes = await folder.plan('-refresh=false');
    expect(new Set(changes.map(({ type, action }) => `${action} ${type}`))).toEqual(
      new Set(['update aws_launch_template', 'update aws_autoscaling_group']),
    );
  });

  test('another flag of a release that serves is refused', async () => {
    use(...WALK.before, EDITS.otherFlag);
    await expect(folder.plan('-refresh=false')).rejects.toThrow(
      'nodes_gpt-oss-120b_v32_serves-make-a-new-release-instead',
    );
  });
});

describe.sequential('another weight, applied', () => {
  const weights: Edit = (text) => text.replace('weight: 95', 'weight: 80').replace('weight: 5', 'weight: 20');
  const objects = async () => {
    const { values } = JSON.parse((await folder.run('show', '-json')).stdout);
    const found: { address: string; type: string; values: Record<string, string> }[] =
      values.root_module.resources;
    return new Map(
      found
        .filter(({ type }) => type === 'aws_s3_object')
        .map(({ address, values: { etag, version_id: version } }) => [address, `${etag} ${version}`]),
    );
  };

  test('is one object with a new version, in place, and everything else as it was', async () => {
    const before = await objects();
    use(...WALK.before, weights);
    const planned = await folder.plan();
    expect(planned.map(({ action, address }) => `${action} ${address}`)).toEqual([
      'update aws_s3_object.router_weights',
    ]);
    await folder.apply();
    const after = await objects();
    expect(
      [...after].filter(([address, seen]) => before.get(address) !== seen).map(([address]) => address),
    ).toEqual(['aws_s3_object.router_weights']);
    expect(await folder.plan()).toEqual([]);
  });
});

describe.sequential('from one release to the next', () => {
  test.each<[string, readonly Edit[], (changes: readonly Change[]) => void]>([
    [
      'a new release only adds',
      WALK.newRelease,
      (changes) => {
        expect(addresses(changes, 'update')).toEqual(DOCUMENTS);
        expect(addresses(changes, 'create').filter((address) => !address.includes('_v33_'))).toEqual([]);
        expect(addresses(changes, ...REPLACED)).toEqual(REVISED);
        expect(addresses(changes, 'delete')).toEqual([]);
      },
    ],
    [
      'as canary it takes traffic by one document',
      WALK.canary,
      (changes) => {
        expect(addresses(changes, 'update')).toEqual(['aws_s3_object.router_weights']);
        expect(changes.length).toBe(1);
      },
    ],
    [
      'promoting it is one document',
      WALK.promoted,
      (changes) => {
        expect(addresses(changes, 'update')).toEqual(['aws_s3_object.router_weights']);
        expect(changes.length).toBe(1);
      },
    ],
    [
      'retiring the old one removes what was its own',
      WALK.retired,
      (changes) => {
        expect(addresses(changes, 'update')).toEqual(DOCUMENTS);
        expect(addresses(changes, 'delete').filter((address) => !address.includes('_v32_'))).toEqual([]);
        expect(addresses(changes, 'create')).toEqual([]);
        expect(addresses(changes, ...REPLACED)).toEqual(REVISED);
      },
    ],
  ])('%s', async (_what, edits, check) => {
    use(...edits);
    check(await folder.plan('-refresh=false'));
    await folder.apply('-refresh=false');
  });

  test('what serves is destroyed only on purpose', async () => {
    const destroy = () => folder.run('destroy', '-auto-approve', '-input=false', '-refresh=false');
    const refused = await destroy();
    expect(refused.stderr).toContain('prevent_destroy');
    folder.write(forMoto(synthDestroyed(...WALK.retired)));
    expect(await destroy()).toMatchObject({ code: 0 });
    expect((await folder.run('state', 'list')).stdout).toBe('');
  });
});
