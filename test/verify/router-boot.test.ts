import { afterEach, describe, expect, test } from 'vitest';
import { CloudTopology } from '../../constructs/cloud-topology.ts';
import { EGRESS_OBJECT } from '../../contracts/document-objects.ts';
import { routerFiles } from '../../workloads/router-boot.ts';
import { chat } from '../services/gateway/support/answers.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import { PROD_EDITS } from '../support/prod.ts';
import { shippedEnvironment } from '../support/synth.ts';
import type { Machine } from '../templates/node/machine.ts';
import { powerOff, powerOn, SERVING_MS } from '../templates/node/power-on.ts';
import { templates } from '../workloads/node-boot-support.ts';
import {
  AGENT,
  accountPath,
  booted,
  EGRESS,
  MACHINE,
  PROJECT,
  routing,
  SECRETS,
  secretPath,
  serves,
} from './router-machine.ts';

afterEach(powerOff);

describe('a fresh boot', () => {
  test('ends with a router that is healthy, has joined and leads to a public endpoint, with the egress’s own key', async () => {
    const place = await booted();
    const { machine, endpoint } = place;
    expect((await fetch(`http://127.0.0.1:${place.ports.agent}/health`)).status).toBe(200);
    expect(machine.units.output.join('')).toContain('this router serves');
    expect((await place.ask('groq')).status).toBe(200);
    expect(endpoint.requests.map(({ headers }) => headers.authorization)).toEqual([
      `Bearer ${SECRETS['groq-key']}`,
    ]);
    for (const step of ['engine', 'inputs', 'join'])
      expect(machine.metrics(`step-${step}`)).toContain(`fleet_node_step_failed{step="${step}"} 0\n`);
  });

  test('each program is somebody of its own: the machine only acts as them, and reads nothing itself', async () => {
    const place = await booted();
    const { requests } = place.machine.storage;
    const askers = (part: string) =>
      new Set(requests.filter((line) => line.includes(part)).map((line) => line.split(' ').at(-1)));
    expect(askers(':generateAccessToken')).toEqual(new Set([MACHINE]));
    expect(askers('groq-key')).toEqual(new Set([EGRESS]));
    expect(askers('hop-key')).toEqual(new Set([AGENT, EGRESS]));
    expect(askers(EGRESS_OBJECT)).toEqual(new Set([EGRESS]));
    expect((await place.ask('vertex')).status).toBe(200);
    expect(place.endpoint.requests.at(-1)?.headers.authorization).toBe(`Bearer ${EGRESS}`);
  });

  test('each program is a user without rights, reads no other one’s files, and may not ask for the machine’s identity', async () => {
    const { machine } = await booted();
    const calls = machine.read('calls');
    for (const [part, user, folder] of [
      ['nginx', '10001', undefined],
      ['router-agent', '10001', 'router'],
      ['egress', '10002', 'egress'],
    ] as const) {
      const run = new RegExp(`^docker run .*--name fleet-${part} .*$`, 'm').exec(calls)?.[0] ?? '';
      expect(run).toContain(
        `--user ${user}:${user} --cap-drop ALL --security-opt no-new-privileges --read-only`,
      );
      expect(run.match(/\/run\/fleet\/inputs\/\w+/g) ?? []).toEqual(
        folder === undefined ? [] : [`/run/fleet/inputs/${folder}`],
      );
    }
    for (const user of ['10001', '10002', '65534'])
      expect(calls).toMatch(
        new RegExp(`^iptables -I OUTPUT -d 169.254.169.254/32 .*--uid-owner ${user} -j REJECT$`, 'm'),
      );
    for (const secret of [...Object.values(SECRETS), MACHINE, AGENT, EGRESS])
      expect(calls).not.toContain(secret);
    expect(machine.modeOf('run/fleet/inputs/egress/groq-key')).toBe(0o400);
    expect(machine.modeOf('run/fleet/inputs/egress')).toBe(0o700);
    expect(machine.exists('run/fleet/inputs/router/groq-key')).toBe(false);
  });
});

test('on aws too, the machine takes a role for each program, and reads as that', async () => {
  const environment = shippedEnvironment('staging');
  const topology = new CloudTopology(environment, { kind: 'ec2', region: 'us-east-1' }, (secret) => ({
    env: secret,
  }));
  const machine = await powerOn(
    { files: routerFiles({ environment, topology, templates }), localDisks: 0 },
    'aws',
  );
  await machine.boot('fleet-inputs.service');
  expect(machine.units.stateOf('fleet-inputs.service')).toBe('active');
  const asked = machine
    .read('calls')
    .split('\n')
    .flatMap((line) => {
      const [, what] = /^aws .*?(?:--role-arn \S+\/|--secret-id |s3:\/\/[^/]+\/)(\S+)/.exec(line) ?? [];
      const [, as = 'the machine'] = / as (\S+)$/.exec(line) ?? [];
      return what === undefined ? [] : [`${what} by ${as}`];
    });
  expect(asked).toEqual([
    'fleet-staging-router-agent-us-east-1 by the machine',
    'fleet/staging/hop-key by inputs/router/identity.json',
    'fleet-staging-egress-us-east-1 by the machine',
    'fleet/staging/hop-key by identities/egress.json',
    'fleet/staging/groq-key by identities/egress.json',
    'egress/gateway.json by identities/egress.json',
  ]);
  expect(JSON.parse(machine.read('run/fleet/inputs/router/identity.json'))).toMatchObject({ Version: 1 });
  expect(machine.exists('run/fleet/inputs/egress/identity.json')).toBe(false);
});

test('another weight is applied without a restart; a document that nginx refuses changes nothing', async () => {
  const place = await booted();
  const { machine } = place;
  const started = () => machine.read('calls').match(/^docker run .*$/gm);
  const before = started();
  const version = place.store(PROD_EDITS.weights);
  await serves(place, version);
  place.storeText('events {}\nhttp { nonsense; }\n');
  await eventually(
    async () => expect((await place.status()).error).toMatch(/unknown directive|version/),
    SERVING_MS,
  );
  expect(await place.status()).toMatchObject({ version });
  expect((await place.ask('groq')).status).toBe(200);
  expect(started()).toEqual(before);
});

test('a key that was changed, and an identity that was given anew, are there a refresh later', async () => {
  const place = await booted();
  place.storeSecret('groq-key', 'another-key');
  place.machine.storage.objects.set(
    accountPath('egress'),
    Buffer.from(JSON.stringify({ accessToken: 'next-token', expireTime: new Date(Date.now() + 3_600_000) })),
  );
  await eventually(
    () => expect(place.machine.read('run/fleet/inputs/egress/groq-key')).toBe('another-key'),
    SERVING_MS,
  );
  await eventually(async () => {
    await place.ask('vertex');
    expect(place.endpoint.requests.at(-1)?.headers.authorization).toBe('Bearer next-token');
  }, SERVING_MS);
});

test('who may no longer act as its programs keeps what it has, and says so', async () => {
  const place = await booted();
  place.machine.storage.objects.delete(accountPath('egress'));
  await eventually(
    () => expect(place.machine.units.output.join('')).toContain('the last inputs stay'),
    SERVING_MS,
  );
  expect((await place.ask('groq')).status).toBe(200);
});

test('a machine that goes is unhealthy first, and finishes what it has begun', async () => {
  const place = await booted();
  const { machine, endpoint } = place;
  const answer = chat(['late']);
  let release: () => void = () => {};
  endpoint.respond = (received) => {
    release = () => answer(received);
  };
  const asked = place.ask('groq');
  await eventually(() => expect(endpoint.requests).toHaveLength(1), SERVING_MS);
  const stopped = machine.units.stopAll();
  await eventually(
    () => expect(machine.units.history).toContain('fleet-router-agent.service stopped'),
    SERVING_MS,
  );
  await expect(fetch(`http://127.0.0.1:${place.ports.agent}/health`)).rejects.toThrow();
  release();
  expect((await asked).status).toBe(200);
  await stopped;
  const order = ['router-agent', 'leave', 'nginx', 'egress'].map((name) =>
    machine.units.history.indexOf(`fleet-${name}.service stopped`),
  );
  expect(order).toEqual(order.toSorted((a, b) => a - b));
  expect(order).not.toContain(-1);
});

describe('what is missing is said in the journal, and as a metric', () => {
  const saysSo = (machine: Machine, step: string, reason: string) =>
    eventually(() => {
      expect(machine.read('journal')).toContain(`MESSAGE=fleet: ${step} FAILED: ${reason}`);
      expect(machine.metrics(`step-${step}`)).toBe(`fleet_node_step_failed{step="${step}"} 1\n`);
    }, SERVING_MS);

  test.each([
    ['an identity', accountPath('egress'), `identity fleet-prod-egress@${PROJECT}.iam.gserviceaccount.com`],
    ['a secret', secretPath('groq-key'), 'secret fleet-prod-groq-key'],
  ])('%s: neither agent nor egress starts', async (_what, path, name) => {
    const { machine, store } = await routing('1');
    store();
    machine.storage.objects.delete(path);
    await machine.boot();
    await saysSo(machine, 'inputs', `cannot read ${name}`);
    expect(machine.read('calls')).not.toMatch(/--name fleet-(egress|router-agent)/);
  });

  test('a document', async () => {
    const { machine } = await routing('1');
    await machine.boot();
    await saysSo(machine, 'join', 'nginx does not serve');
  });
});
