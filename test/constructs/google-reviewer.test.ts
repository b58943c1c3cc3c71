import { expect, test } from 'vitest';
import { synthProd, withoutReviewer } from '../support/prod.ts';
import { recordedPlan } from '../support/recorded.ts';

const reference = (attribute: string) => `\${${attribute}}`;
const prod = synthProd();
const of = (type: string, name: string) => prod.resources.get(`${type}.${name}`) ?? {};
const hooks = of('google_cloud_run_v2_service', 'reviewer_hooks');
const worker = of('google_cloud_run_v2_service', 'reviewer_worker');
const containerOf = ({ template }: Readonly<Record<string, unknown>>) =>
  ((template as { containers: Record<string, unknown>[] }).containers[0] ?? {}) as {
    args: string[];
    env: { value: string }[];
  };
const mounted = ({ template }: Readonly<Record<string, unknown>>) =>
  (template as { volumes: { name: string }[] }).volumes.map(({ name }) => name);

test('the internet reaches what takes webhooks, and that alone', () => {
  expect(hooks).toMatchObject({
    name: 'oss-pr-reviewer',
    ingress: 'INGRESS_TRAFFIC_ALL',
    invoker_iam_disabled: true,
  });
  expect(worker).toMatchObject({ ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY', invoker_iam_disabled: false });
});

test('what the internet reaches has the secret of the webhook and no other', () => {
  expect(mounted(hooks)).toEqual(['reviewer-hook']);
  expect(mounted(worker)).toEqual(['reviewer-app', 'reviewer-key']);
  const readers = [...prod.resources]
    .filter(([address]) => address.startsWith('google_secret_manager_secret_iam_member.reviewer'))
    .map(([, { secret_id: id, member }]) => [id, member]);
  const member = (name: string) => reference(`google_service_account.reviewer_${name}.member`);
  expect(readers).toEqual([
    ['fleet-prod-reviewer-hook', member('reviewer-hooks')],
    ['fleet-prod-reviewer-app', member('reviewer')],
    ['fleet-prod-reviewer-key', member('reviewer')],
  ]);
});

/** Where secrets are read from, and nothing else, by the documents that the programs get. */
function secretsIn(document: unknown): unknown[] {
  if (typeof document !== 'object' || document === null) return [];
  return Object.entries(document).flatMap(([name, value]) =>
    /secret|key$/i.test(name) ? [value] : secretsIn(value),
  );
}

test('programs are told files of mounted secrets, never a secret', () => {
  const told = [hooks, worker].map((service) =>
    secretsIn(JSON.parse(containerOf(service).env[0]?.value ?? '')),
  );
  expect(told).toEqual([
    [{ file: '/run/fleet/secrets/reviewer-hook/value' }],
    [{ file: '/run/fleet/secrets/reviewer-app/value' }, { file: '/run/fleet/secrets/reviewer-key/value' }],
  ]);
});

test("in the plan that Google's provider made, keys are references to Secret Manager", () => {
  const { changes } = recordedPlan('prod');
  const services = changes.filter(({ address }) =>
    address.startsWith('google_cloud_run_v2_service.reviewer_'),
  );
  expect(services.map(({ after }) => secretsOf(after))).toEqual([
    { 'reviewer-hook': 'fleet-prod-reviewer-hook' },
    { 'reviewer-app': 'fleet-prod-reviewer-app', 'reviewer-key': 'fleet-prod-reviewer-key' },
  ]);
  const variables = services.flatMap(({ after }) => containersOf(after).flatMap(({ env }) => env ?? []));
  expect(variables.map(({ name }) => name)).not.toContainEqual(
    expect.stringMatching(/KEY|SECRET|TOKEN|PASSWORD/),
  );
  const withValues = changes.filter(({ address }) => /secret_version|service_account_key/.test(address));
  expect(withValues).toEqual([]);
});

interface PlannedTemplate {
  readonly containers: readonly { readonly env?: readonly { readonly name: string }[] }[];
  readonly volumes: readonly {
    readonly name: string;
    readonly secret: readonly { readonly secret: string }[];
  }[];
}

const templateOf = ({ template }: Readonly<Record<string, unknown>>) =>
  (template as readonly PlannedTemplate[])[0] ?? { containers: [], volumes: [] };
const containersOf = (after: Readonly<Record<string, unknown>>) => templateOf(after).containers;
const secretsOf = (after: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(templateOf(after).volumes.map(({ name, secret }) => [name, secret[0]?.secret]));

test('the worker is called as who adds jobs, and by nobody else', () => {
  const [caller] = JSON.parse(containerOf(hooks).env[0]?.value ?? '').queue.caller.split('@');
  expect(of('google_service_account', 'reviewer_reviewer-hooks')).toMatchObject({ account_id: caller });
  const invokers = [...prod.resources.values()].filter(({ role }) => role === 'roles/run.invoker');
  expect(invokers).toMatchObject([
    { member: reference('google_service_account.reviewer_reviewer-hooks.member') },
  ]);
  expect(of('google_cloud_tasks_queue_iam_member', 'reviewer_queue_adds').role).toBe(
    'roles/cloudtasks.enqueuer',
  );
});

test('neither of them has a role in the whole project', () => {
  const members = [...prod.resources]
    .filter(([address]) => address.startsWith('google_project_iam_member.'))
    .map(([, { member }]) => String(member));
  expect(members.filter((member) => member.includes('reviewer'))).toEqual([]);
});

test("reviews go to the fleet's own gateway, jobs to the worker", () => {
  expect(containerOf(worker).args.join(' ')).toContain(
    `--gateway ${reference('google_cloud_run_v2_service.gateway.uri')}/v1`,
  );
  expect(containerOf(hooks).args.join(' ')).toContain(
    `--worker ${reference('google_cloud_run_v2_service.reviewer_worker.uri')}`,
  );
});

test('beside each runs what sends its metrics; their documents differ, and so do their jobs', () => {
  const agents = [hooks, worker].map(({ template }) => {
    const { env } = (template as { containers: { env: { name: string; value: string }[] }[] })
      .containers[1] ?? {
      env: [],
    };
    const config = env.find(({ name }) => name === 'FLEET_METRICS_CONFIG')?.value ?? '';
    return Buffer.from(config, 'base64').toString();
  });
  expect(agents[0]).toContain('job_name: reviewer\n');
  expect(agents[1]).toContain('job_name: reviewer-worker\n');
  for (const agent of agents) {
    expect(agent).toContain('- 127.0.0.1:8097\n');
    expect(agent).toContain('url: http://prometheus.prod.fleet.internal:9090/api/v1/write\n');
  }
  expect(of('google_compute_firewall', 'reviewer_metrics')).toMatchObject({
    direction: 'INGRESS',
    allow: [{ ports: ['9090'] }],
  });
});

test('without a reviewer nothing of it is there', () => {
  const plain = synthProd(withoutReviewer);
  expect([...plain.resources.keys()].filter((address) => address.includes('reviewer'))).toEqual([]);
});

test('another environment of the project gives its services a name of their own', () => {
  const named = synthProd((text) => text.replace(/^reviewer:$/m, '$&\n  service: staging-pr-reviewer'));
  const names = [...named.resources]
    .filter(([address]) => address.startsWith('google_cloud_run_v2_service.reviewer_'))
    .map(([, { name }]) => name);
  expect(names.toSorted()).toEqual(['staging-pr-reviewer', 'staging-pr-reviewer-worker']);
});
