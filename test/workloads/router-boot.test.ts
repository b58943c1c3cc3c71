import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CloudTopology } from '../../constructs/cloud-topology.ts';
import { egressDocument } from '../../workloads/gateway.ts';
import type { MachineFile } from '../../workloads/machine-files.ts';
import { routerFiles, routerUserData } from '../../workloads/router-boot.ts';
import type { Discovery } from '../../workloads/topology.ts';
import { ROOT } from '../support/local-project.ts';
import { shippedEnvironment } from '../support/synth.ts';
import {
  expectFits,
  expectItsFiles,
  expectKnownToCloudInit,
  expectNamedUnits,
  expectReviewed,
  expectUnitsOfSystemd,
} from './machine-support.ts';
import { templates } from './node-boot-support.ts';

const DISCOVERY: Readonly<Record<'staging' | 'prod', Discovery>> = {
  staging: { kind: 'ec2', region: 'us-east-1' },
  prod: { kind: 'gce', project: 'example-project', zones: ['us-central1-a', 'us-central1-c'] },
};

type Edit = (text: string) => string;
const withoutEndpoints: Edit = (text) =>
  text
    .replace('weight: 90', 'weight: 95')
    .replace(/ {6}groq:\n.*\n.*\n/, '')
    .replace(/endpoints:\n.*\n/, '')
    .replace(/ {2}groq-key:.*\n/, '');

function router(name: 'staging' | 'prod', change?: Edit) {
  const environment = shippedEnvironment(name, change);
  const topology = new CloudTopology(environment, DISCOVERY[name], (secret) => ({ env: secret }));
  return { environment, topology, templates };
}

const CASES = [
  ['aws-router', router('staging')],
  ['google-router', router('prod')],
  ['aws-router-without-egress', router('staging', withoutEndpoints)],
] as const;

const folder = mkdtempSync(join(tmpdir(), 'fleet-router-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each(CASES)('the user data of %s', (name, props) => {
  const userData = { name, text: routerUserData(props).text, files: routerFiles(props), folder };

  test('is as reviewed', () => expectReviewed(userData));

  test('is valid for cloud-init, and has no key that cloud-init would not know', () =>
    expectKnownToCloudInit(userData));

  test('writes exactly the files that were meant', () => expectItsFiles(userData));

  test('fits into what the clouds take', () => expectFits(userData));

  test('has units that systemd understands, down to the last key', () => expectUnitsOfSystemd(userData));

  test('every unit that another one names is there', () => expectNamedUnits(userData));
});

describe('what a router is told', () => {
  const fileOf = (files: readonly MachineFile[], name: string) =>
    files.find(({ path }) => basename(path) === name)?.text;

  test('another weight, another salt and another release are nothing to it: no machine is replaced', () => {
    const before = routerUserData(router('staging')).text;
    const weights = routerUserData(
      router('staging', (text) =>
        text.replace('weight: 90', 'weight: 85').replace('weight: 5', 'weight: 10'),
      ),
    ).text;
    const release = routerUserData(
      router('staging', (text) =>
        text.replace(
          '      groq:\n',
          '      v34:\n        weight: 0\n        nodes: { machine: p5.48xlarge, version: 0.32.0 }\n      groq:\n',
        ),
      ),
    ).text;
    expect(weights).toBe(before);
    expect(release).toBe(before);
  });

  const inputsOf = (props: Parameters<typeof routerFiles>[0]) =>
    (fileOf(routerFiles(props), 'inputs') ?? '').trimEnd().split('\n');

  test('secrets are names, each for the one user that reads it, and read as the identity that may', () => {
    expect(inputsOf(router('staging'))).toEqual([
      'identity arn:aws:iam::123456789012:role/fleet-staging-router-agent-us-east-1 inputs/router/identity.json 10001',
      'secret fleet/staging/hop-key inputs/router/hop-key 10001 inputs/router/identity.json',
      'identity arn:aws:iam::123456789012:role/fleet-staging-egress-us-east-1 identities/egress.json 0',
      'secret fleet/staging/hop-key inputs/egress/hop-key 10002 identities/egress.json',
      'secret fleet/staging/groq-key inputs/egress/groq-key 10002 identities/egress.json',
      'document egress/gateway.json inputs/egress/gateway.json 10002 identities/egress.json',
    ]);
  });

  test('the egress is shown who it is only where an endpoint knows us by that', () => {
    const account = 'fleet-prod-egress@example-project.iam.gserviceaccount.com';
    const identity = (change?: Edit) =>
      inputsOf(router('prod', change)).find((line) => line.startsWith(`identity ${account} `));
    expect(identity()).toBe(`identity ${account} identities/egress.json 0`);
    const asking: Edit = (text) =>
      text.replace(
        'endpoints:\n',
        'endpoints:\n  vertex: { url: https://example.googleapis.com/v1, auth: google }\n',
      );
    expect(identity(asking)).toBe(`identity ${account} inputs/egress/identity.json 10002`);
    const documentOf = (change?: Edit) => {
      const { environment, topology } = router('prod', change);
      return JSON.parse(egressDocument(environment, topology).text);
    };
    expect(documentOf(asking).identity).toEqual({ file: '/run/fleet/secrets/identity.json' });
    expect(documentOf()).not.toHaveProperty('identity');
  });

  test('the agent is who a file says, and no program on the machine may ask for the machine’s identity', () => {
    const files = routerFiles(router('staging'));
    expect(JSON.parse(fileOf(files, 'router-agent.json') ?? '').identity).toEqual({
      file: '/run/fleet/secrets/identity.json',
    });
    const users = files
      .filter(({ path }) => /\.(sh|service)$/.test(path))
      .flatMap(({ text }) => text.match(/--user \S+/g) ?? [])
      .map((user) => user.replace(/^--user "?|:.*/g, ''))
      .map((user) => /^\$(\w+)$/.exec(user)?.[1] ?? user)
      .map((user) => new RegExp(`^${user}='(.*)'$`, 'm').exec(fileOf(files, 'node.env') ?? '')?.[1] ?? user);
    const refused = /^FLEET_NAMELESS_USERS='(.*)'$/m.exec(fileOf(files, 'node.env') ?? '')?.[1]?.split(' ');
    // What sends the journal away has no network.
    expect([...new Set(users)].toSorted()).toEqual(refused?.toSorted());
  });

  test('without endpoints there is no egress', () => {
    const paths = routerFiles(router('staging', withoutEndpoints)).map(({ path }) => basename(path));
    expect(paths.filter((path) => path.includes('egress'))).toEqual([]);
  });

  test('no step and no unit is left out', () => {
    const shipped = routerFiles(router('staging')).map(({ path }) => basename(path));
    const there = readdirSync(join(ROOT, 'templates/router')).filter((file) => file !== 'router.yaml');
    expect(there.filter((file) => !shipped.includes(file))).toEqual([]);
  });
});
