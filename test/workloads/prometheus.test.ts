import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CloudTopology } from '../../constructs/cloud-topology.ts';
import { DockerTopology } from '../../constructs/docker/docker-topology.ts';
import { ProcessTopology } from '../../constructs/process/process-topology.ts';
import type { Environment } from '../../contracts/environment.ts';
import { prometheusDocument, RULES_FILE } from '../../workloads/prometheus.ts';
import { rulesDocument } from '../../workloads/rules.ts';
import type { Discovery } from '../../workloads/topology.ts';
import { withLocalReviewer } from '../support/local-reviewer.ts';
import { shippedEnvironment, TEMPLATES } from '../support/synth.ts';

const local = shippedEnvironment('local');
const staging = shippedEnvironment('staging');
const prod = shippedEnvironment('prod');
const cloud = (environment: Environment, discovery: Discovery) =>
  new CloudTopology(environment, discovery, (name) => ({ env: name }));
const documents = {
  local: prometheusDocument(local, new ProcessTopology(local)),
  staging: prometheusDocument(staging, cloud(staging, { kind: 'ec2', region: 'us-east-1' })),
  prod: prometheusDocument(
    prod,
    cloud(prod, { kind: 'gce', project: 'example-project', zones: ['us-central1-a'] }),
  ),
};

test.each(Object.entries(documents))('promtool accepts the document of %s', (name, { text }) => {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-prometheus-'));
  const file = join(folder, `${name}.yml`);
  writeFileSync(file, text);
  const discovery: Discovery = { kind: 'ec2', region: 'us-east-1' };
  writeFileSync(join(folder, RULES_FILE), rulesDocument(local, { discovery }, TEMPLATES.rules).text);
  try {
    expect(execFileSync('promtool', ['check', 'config', file], { encoding: 'utf8' })).toContain('SUCCESS');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each(Object.entries(documents))('the document of %s', async (name, { text }) => {
  await expect(text).toMatchFileSnapshot(`../rendered/prometheus/${name}.yml`);
});

test('the reviewer is read where it has an address', () => {
  const reviewed = shippedEnvironment('local', withLocalReviewer());
  const jobOf = ({ text }: { readonly text: string }) =>
    /job_name: reviewer\n.+\n.+\n +- (.+)/.exec(text)?.[1];
  expect(jobOf(prometheusDocument(reviewed, new ProcessTopology(reviewed)))).toBe('127.0.0.1:8097');
  expect(jobOf(prometheusDocument(reviewed, new DockerTopology(reviewed)))).toBe('reviewer:8097');
  expect(documents.local.text).not.toContain('reviewer');
  expect(documents.prod.text).not.toContain('reviewer');
});

test('names with dots are what they were, though labels of Google have none', () => {
  const dotted = shippedEnvironment('prod', (text) => text.replaceAll('v32:', 'v0.32:'));
  const { text } = prometheusDocument(
    dotted,
    cloud(dotted, { kind: 'gce', project: 'example-project', zones: ['us-central1-a'] }),
  );
  expect(text).toContain('regex: v0_32\n        target_label: release\n        replacement: v0.32');
});
