import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CloudTopology } from '../../constructs/cloud-topology.ts';
import { ProcessTopology } from '../../constructs/process/process-topology.ts';
import type { Environment } from '../../contracts/environment.ts';
import { alertmanagerDocument } from '../../workloads/alertmanager.ts';
import { shippedEnvironment } from '../support/synth.ts';
import { TESTED_RULES } from './rules-support.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet-alertmanager-'));
afterAll(() => rmSync(folder, { recursive: true }));

const onCloud = (environment: Environment) =>
  new CloudTopology(environment, { kind: 'ec2', region: 'us-east-1' }, (name) => ({ env: name }));
const local = shippedEnvironment('local');
const staging = shippedEnvironment('staging');
const prod = shippedEnvironment('prod');
const documents = {
  local: alertmanagerDocument(local, new ProcessTopology(local))?.text ?? '',
  staging: alertmanagerDocument(staging, onCloud(staging))?.text ?? '',
  prod: alertmanagerDocument(prod, onCloud(prod))?.text ?? '',
};

/** Alertmanager 0.25, which Debian has, knows no `url_file`; the rest is its own judgement. */
function fileOf(name: string, text: string): string {
  const path = join(folder, `${name}.yml`);
  writeFileSync(path, text.replace(/\burl_file: .+/g, 'url: https://example.com/ping'));
  return path;
}

function receiversOf(file: string, ...labels: string[]): string {
  const args = ['config', 'routes', 'test', `--config.file=${file}`, ...labels];
  return execFileSync('amtool', args, { encoding: 'utf8' }).trim();
}

test.each(Object.entries(documents))('amtool accepts the document of %s', async (name, text) => {
  await expect(text).toMatchFileSnapshot(`../rendered/prometheus/${name}.alertmanager.yml`);
  expect(execFileSync('amtool', ['check-config', fileOf(name, text)], { encoding: 'utf8' })).toContain(
    'SUCCESS',
  );
});

test.each([
  ['a page', ['alertname=ReleaseDown', 'severity=page'], 'pager'],
  ['a ticket', ['alertname=ServerDown', 'severity=ticket'], 'chat'],
  ['the watchdog', ['alertname=Watchdog', 'severity=none'], 'dead-man'],
  ['what has no severity', ['alertname=Unknown'], 'nobody'],
])('%s reaches its receiver', (_what, labels, receiver) => {
  expect(receiversOf(fileOf('prod', documents.prod), ...labels)).toBe(receiver);
});

test('without receivers alerts are shown and sent to nobody', () => {
  expect(receiversOf(fileOf('local', documents.local), 'severity=page')).toBe('nobody');
});

test('the watchdog is sent every minute and never as resolved, which a dead-man switch would take for life', () => {
  const { route, receivers } = parse(documents.prod);
  expect(route.routes[0]).toMatchObject({
    receiver: 'dead-man',
    group_interval: '1m',
    repeat_interval: '50s',
  });
  expect(receivers.find(({ name }: { name: string }) => name === 'dead-man').webhook_configs).toEqual([
    { url_file: '/run/fleet/secrets/dead-man-url', send_resolved: false },
  ]);
});

describe('inhibition', () => {
  const rules = parse(documents.prod).inhibit_rules as {
    source_matchers: string[];
    target_matchers: string[];
  }[];
  const named = rules.flatMap(({ source_matchers, target_matchers }) =>
    [...source_matchers, ...target_matchers].flatMap(
      (matcher) => /"(.+)"/.exec(matcher)?.[1]?.split('|') ?? [],
    ),
  );
  const severity = new Map(
    TESTED_RULES.groups.flatMap(({ rules }) => rules.map(({ alert, labels }) => [alert, labels?.severity])),
  );

  test('names alerts that exist', () => {
    expect(named.filter((name) => !severity.has(name))).toEqual([]);
  });

  test('silences no page by a ticket', () => {
    for (const { source_matchers, target_matchers } of rules) {
      const [by = ''] = source_matchers.flatMap((matcher) => /"(.+)"/.exec(matcher)?.[1] ?? []);
      const silenced = target_matchers.flatMap((matcher) => /"(.+)"/.exec(matcher)?.[1]?.split('|') ?? []);
      if (severity.get(by) === 'page') continue;
      expect(
        silenced.filter((name) => severity.get(name) === 'page'),
        by,
      ).toEqual([]);
    }
  });
});

test('every way to tell somebody names its secret by file', () => {
  const everything = shippedEnvironment('local', (text) =>
    text
      .replace(
        'alertmanager: { port: 9093 }',
        `alertmanager:
  receivers:
    all:
      pagerduty: pager
      slack: { webhook: chat, channel: '#fleet' }
      webhook: { url: 'https://example.com/hook', bearer: hook }
      email: { to: a@example.com, from: b@example.com, host: 'smtp.example.com:587', user: u, password: mail }
  routes: { page: all }`,
      )
      .replace(
        'secrets:\n',
        `secrets:
  pager: { file: secrets/pager }
  chat: { file: secrets/chat }
  hook: { file: secrets/hook }
  mail: { file: /etc/mail-password }
`,
      ),
  );
  const text = alertmanagerDocument(everything, new ProcessTopology(everything))?.text ?? '';
  const path = fileOf('everything', text);
  expect(execFileSync('amtool', ['check-config', path], { encoding: 'utf8' })).toContain('SUCCESS');
  expect([...text.matchAll(/\w+_file: (.+)/g)].map(([, file]) => file)).toEqual([
    '../../../secrets/pager',
    '../../../secrets/chat',
    '../../../secrets/hook',
    '/etc/mail-password',
  ]);
});
