import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { freePort } from '../../support/free-port.ts';
import { ROOT } from '../../support/local-project.ts';
import { runs } from '../../support/processes.ts';
import { openWorkplace, until, type Workplace } from '../support.ts';

/** A tunnel whose other end is in it: it answers, and says what it was started with. `$1`: how it finds its local port. */
const tunnel = (localPort: string) => `#!/usr/bin/env node
const { createServer } = require('node:http');
const { writeFileSync } = require('node:fs');
const local = Number(${localPort}.exec(process.argv.join(' '))[1]);
writeFileSync('started', process.pid + '\\n' + process.argv.slice(2).join(' '));
createServer((request, response) => response.end('up')).listen(local, '127.0.0.1');
`;
const GCLOUD = tunnel('/--local-host-port=127\\.0\\.0\\.1:(\\d+)/');
const AWS = tunnel('/localPortNumber=(\\d+)/');

let workplace: Workplace;

beforeEach(() => {
  workplace = openWorkplace();
  for (const name of ['local', 'prod', 'staging'])
    workplace.write(
      `environments/${name}.yaml`,
      readFileSync(join(ROOT, `environments/${name}.yaml`), 'utf8'),
    );
  workplace.write('environments/local.keys.json', '{"keys":[]}');
});

afterEach(() => workplace.close());

test('on this host it is an address and nothing runs', async () => {
  const { code, stdout } = await workplace.fleet(['open', 'prometheus', 'local', '--json']);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    environment: 'local',
    part: 'prometheus',
    url: 'http://127.0.0.1:9090',
  });
});

test('on google it is a tunnel that lives until Ctrl-C', async () => {
  workplace.program('gcloud', GCLOUD);
  const port = await freePort();
  const fleet = workplace.start(['open', 'grafana', 'prod', '--port', String(port)]);
  await until('an address is printed', () => fleet.stdout().includes('\n'));
  expect(fleet.stdout()).toBe(
    `http://127.0.0.1:${port}   user admin, password: secret grafana-password   Ctrl-C ends the tunnel\n`,
  );
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('up');
  const [pid, args] = workplace.read('started').split('\n');
  expect(args).toMatch(/^compute start-iap-tunnel fleet-prod-monitoring 3000 /);
  fleet.signal('SIGINT');
  expect(await fleet.ended).toMatchObject({ code: 130 });
  expect(runs(Number(pid))).toBe(false);
});

test('what the tunnel says when it ends is said', async () => {
  workplace.program(
    'gcloud',
    '#!/bin/sh\necho "ERROR: no permission iap.tunnelInstances.accessViaIAP" >&2\nexit 1\n',
  );
  const { code, stderr } = await workplace.fleet(['open', 'prometheus', 'prod', '--port', '0']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr:
      'the tunnel has ended (gcloud: 1); gcloud says: ERROR: no permission iap.tunnelInstances.accessViaIAP\n',
  });
});

test('a program that is missing is named, with where it comes from', async () => {
  const { code, stderr } = await workplace.fleet(['open', 'prometheus', 'prod', '--port', '0'], {
    PATH: workplace.bin,
  });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'gcloud is not installed; it comes from https://cloud.google.com/sdk/docs/install\n',
  });
});

test.each([
  [['open', 'nginx', 'local'], 2, /nginx: one of grafana, prometheus can be opened/],
  [['open', 'grafana', 'local'], 2, /local has no Grafana.*`fleet dashboard local` needs none/],
])('%j is refused', async (args, code, message) => {
  expect(await workplace.fleet(args)).toMatchObject({ code, stderr: expect.stringMatching(message) });
});

test('a taken port is named', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const { code, stderr } = await workplace.fleet(['open', 'prometheus', 'prod', '--port', String(port)]);
  server.close();
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: `port ${port} of this host is taken; --port names another, 0 any that is free\n`,
  });
});

/** EC2, which knows one machine, or none. */
async function ec2(instances: string): Promise<{ readonly server: Server; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    asked.push(decodeURIComponent((await request.setEncoding('utf8').toArray()).join('')));
    response
      .writeHead(200, { 'content-type': 'text/xml' })
      .end(
        `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet>${instances}</reservationSet></DescribeInstancesResponse>`,
      );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, asked };
}

test.each([
  [
    'finds the machine by its tags and opens a session',
    '<item><instancesSet><item><instanceId>i-0abc</instanceId></item></instancesSet></item>',
  ],
  ['says that no machine runs', ''],
])('on aws it %s', async (_, instances) => {
  workplace.program('aws', AWS);
  workplace.program('session-manager-plugin', '#!/bin/sh\n');
  const { server, asked } = await ec2(instances);
  const { port } = server.address() as AddressInfo;
  const fleet = workplace.start(['open', 'prometheus', 'staging', '--port', '0', '--json'], {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: 'id',
    AWS_SECRET_ACCESS_KEY: 'secret',
  });
  if (instances !== '') {
    await until('the result is printed', () => fleet.stdout().includes('\n}'));
    const { url, tunnel } = JSON.parse(fleet.stdout());
    expect(tunnel.slice(0, 4)).toEqual(['aws', 'ssm', 'start-session', '--target=i-0abc']);
    expect(await (await fetch(url)).text()).toBe('up');
    fleet.signal('SIGTERM');
    expect(await fleet.ended).toMatchObject({ code: 130, stderr: expect.not.stringContaining('tunnel') });
    expect(() => JSON.parse(fleet.stdout())).not.toThrow();
  } else {
    const { code, stderr } = await fleet.ended;
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^staging: no machine with its Prometheus runs in us-east-1; `fleet up staging`$/m,
      ),
    });
  }
  server.close();
  expect(asked[0]).toContain('Filter.1.Name=tag:fleet-environment&Filter.1.Value.1=staging');
  expect(asked[0]).toContain('Value.1=monitoring');
});
