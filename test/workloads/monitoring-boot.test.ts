import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { monitoringFiles, monitoringUserData } from '../../workloads/monitoring-boot.ts';
import { ROOT } from '../support/local-project.ts';
import {
  expectFits,
  expectItsFiles,
  expectKnownToCloudInit,
  expectNamedUnits,
  expectReviewed,
  expectUnitsOfSystemd,
} from './machine-support.ts';
import { monitoring } from './monitoring-support.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet-monitoring-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.each([
  ['aws-monitoring', monitoring('staging')],
  ['google-monitoring', monitoring('prod')],
] as const)('the user data of %s', (name, props) => {
  const files = monitoringFiles(props);
  const userData = { name, text: monitoringUserData(props).text, files, folder };

  test('is as reviewed', () => expectReviewed(userData));

  test('is valid for cloud-init, and has no key that cloud-init would not know', () =>
    expectKnownToCloudInit(userData));

  test('writes exactly the files that were meant', () => expectItsFiles(userData));

  test('fits into what the clouds take', () => expectFits(userData));

  test('has units that systemd understands, down to the last key', () => expectUnitsOfSystemd(userData));

  test('every unit that another one names is there', () => expectNamedUnits(userData));
});

describe('what the machine is told', () => {
  test('another weight and another objective are nothing to it: no machine is replaced', () => {
    const before = monitoringUserData(monitoring('staging')).text;
    const after = monitoring('staging', (text) =>
      `${text}slo: { availability: 99 }\n`
        .replace('weight: 90', 'weight: 85')
        .replace('weight: 5', 'weight: 10'),
    );
    expect(after.documents.prometheus).not.toEqual(monitoring('staging').documents.prometheus);
    expect(monitoringUserData(after).text).toBe(before);
  });

  test('secrets are names, each for the one user that reads it', () => {
    const inputs = monitoringFiles(monitoring('staging')).find(({ path }) => path === '/etc/fleet/inputs');
    expect(inputs?.text.split('\n').filter((line) => line.startsWith('secret'))).toEqual([
      'secret fleet/staging/pager-key inputs/alertmanager/pager-key 10004',
      'secret fleet/staging/chat-webhook inputs/alertmanager/chat-webhook 10004',
      'secret fleet/staging/dead-man-url inputs/alertmanager/dead-man-url 10004',
      'secret fleet/staging/grafana-password inputs/grafana/grafana-password 10005',
    ]);
  });

  test('no step and no unit is left out', () => {
    const shipped = monitoringFiles(monitoring('staging')).map(({ path }) => basename(path));
    const there = readdirSync(join(ROOT, 'templates/monitoring')).filter(
      (file) => file !== 'monitoring.yaml' && file !== 'fleet-part.service',
    );
    expect(there.filter((file) => !shipped.includes(file))).toEqual([]);
    expect(shipped).toContain('fleet-prometheus.service');
  });
});
