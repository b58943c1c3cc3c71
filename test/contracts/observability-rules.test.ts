import { expect, test } from 'vitest';
import { EnvironmentError } from '../../contracts/problem.ts';
import { shippedEnvironment } from '../support/synth.ts';

function complaints(name: string, change: (text: string) => string): string[] {
  try {
    shippedEnvironment(name, change);
    return [];
  } catch (error) {
    if (!(error instanceof EnvironmentError)) throw error;
    return error.problems.map(({ path, message }) => `${path.join('.')}: ${message}`);
  }
}

const local = (from: string, to: string) => (text: string) => text.replace(from, to);
const ALERTMANAGER = 'alertmanager: { port: 9093 }';
const PROMETHEUS = 'prometheus: { port: 9090, scrapeInterval: 2s }';
const STORE = "url: 'https://metrics.example.com/api/v1/write'";

test.each<[string, (text: string) => string, string[]]>([
  [
    'a receiver that tells nobody',
    local(ALERTMANAGER, 'alertmanager: { receivers: { pager: {} } }'),
    ['alertmanager.receivers.pager: tells nobody: give pagerduty, slack, webhook or email'],
  ],
  [
    'a webhook without a URL',
    local(ALERTMANAGER, 'alertmanager: { receivers: { pager: { webhook: {} } } }'),
    ['alertmanager.receivers.pager.webhook: must have either `url` or `secretUrl`'],
  ],
  [
    'a route to a receiver that is not there',
    local(
      ALERTMANAGER,
      "alertmanager: { receivers: { pager: { webhook: { url: 'https://example.com' } } }, routes: { page: pagr } }",
    ),
    [
      'alertmanager.routes.page: no receiver is named pagr; did you mean pager? (they are listed under `alertmanager.receivers`)',
    ],
  ],
  [
    'a secret that is not there',
    local(ALERTMANAGER, 'alertmanager: { receivers: { pager: { pagerduty: hop-kex } } }'),
    [
      'alertmanager.receivers.pager.pagerduty: no secret is named hop-kex; did you mean hop-key? (they are listed under `secrets`)',
    ],
  ],
  [
    'a secret in a variable, which these programs do not read',
    (text) =>
      text
        .replace(ALERTMANAGER, 'alertmanager: { receivers: { pager: { pagerduty: pager } } }')
        .replace('secrets:\n', 'secrets:\n  pager: { env: PAGER }\n'),
    [
      'alertmanager.receivers.pager.pagerduty: is read from a file, but secret pager is kept in the variable PAGER; give it as `file`',
    ],
  ],
  [
    'two ways to sign in',
    local(
      PROMETHEUS,
      `prometheus: { remoteWrite: [{ ${STORE}, bearer: hop-key, sigv4: { region: us-east-1 } }] }`,
    ),
    ['prometheus.remoteWrite.0: takes one way to sign in, got bearer, sigv4'],
  ],
  [
    "Google's identity elsewhere",
    local(PROMETHEUS, `prometheus: { remoteWrite: [{ ${STORE}, google: true }] }`),
    [
      'prometheus.remoteWrite.0.google: signs in by a Google identity, which only platform google has; platform is process',
    ],
  ],
  [
    'a port that is taken',
    local(ALERTMANAGER, 'alertmanager: { port: 8080 }'),
    ['alertmanager.port: port 8080 is already taken by gateway.port'],
  ],
])('refuses %s', (_what, change, problems) => {
  expect(complaints('local', change)).toEqual(problems);
});

test('outside development images are pinned by digest', () => {
  expect(complaints('prod', (text) => text.replace(/^ {2}grafana: us-.+\n/m, ''))).toEqual([
    'images.grafana: class production needs <image>@sha256:<digest>, got nothing, which means the published image by tag',
  ]);
});

test('on aws what runs beside a gateway comes from ECR: gateways have no other way out', () => {
  const digest = `@sha256:${'a'.repeat(64)}`;
  expect(
    complaints('staging', (text) =>
      text.replace(/^ {2}prometheus: .+$/m, `  prometheus: prom/prometheus${digest}`),
    ),
  ).toEqual([
    `images.prometheus: runs beside each gateway, which reaches no registry but ECR, got prom/prometheus${digest}`,
  ]);
});
