import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LocalProject, type Ran } from '../support/local-project.ts';
import { hasProvider, pluginFlags } from '../support/terraform.ts';

const REQUEST = 'Terraform for an S3 bucket named my-data';
/** What the simulator says, by the request: a call first, and when its result is there, that all is there. */
const ANSWERS = [
  { contains: 'my-data', tool_calls: [{ name: 'create_s3_bucket', arguments: { bucket: 'my-data' } }] },
  { contains: 'my-data', afterToolResult: true, content: 'DONE' },
];

const validated = await hasProvider('aws', '~> 5.100');

let project: LocalProject;
let key: string;
let asked: Ran;

beforeAll(async () => {
  project = await LocalProject.create();
  writeFileSync(join(project.folder, 'answers.json'), JSON.stringify(ANSWERS));
  project.edit((text) => text.replace('engine: simulator', '$&\n  simulator: { answers: answers.json }'));
  const up = await project.fleet('up');
  if (up.code !== 0) throw new Error(up.stderr);
  key = (await project.fleet('key', 'create', 'ask')).stdout.trim();
  asked = await project.fleetWith(
    { FLEET_API_KEY: key, TF_CLI_ARGS_init: pluginFlags().join(' ') },
    ...['ask', REQUEST, '--env', 'local'],
  );
}, 300_000);

afterAll(() => project?.remove(), 60_000);

test('the model is asked through gateway, router and server, and what it calls is written and validated', () => {
  expect(asked.code, asked.stderr).toBe(validated ? 0 : 3);
  expect(asked.stdout).toContain('resource "aws_s3_bucket" "my_data"');
  expect(asked.stderr).toContain(`asking gpt-oss-120b at ${project.baseUrl}`);
  expect(asked.stderr).toContain('2 answers of gpt-oss-120b, 0 corrections');
  expect(asked.stdout + asked.stderr).not.toContain(key);
});

test('what it cost stands in the ledger under its own key', async () => {
  const { stdout } = await project.fleet('cost', '--by', 'key', '--json');
  const { rows } = JSON.parse(stdout) as {
    rows: readonly { group: string; requests: number; usd: string }[];
  };
  const row = rows.find(({ group }) => group === 'ask');
  expect(row?.requests).toBe(2);
  expect(Number(row?.usd)).toBeGreaterThan(0);
});

test('the gateway counts it in oss_token_cost_usd', async () => {
  const metrics = await fetch(`http://127.0.0.1:${project.environment.gateway.adminPort}/metrics`);
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('oss_token_cost_usd{'));
  const cost = lines
    .filter((line) => line.includes('model="gpt-oss-120b"'))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  expect(cost).toBeGreaterThan(0);
});

test('the ledger holds nothing of the request', () => {
  const ledger = readFileSync(join(project.folder, '.fleet/local/ledger/ledger.jsonl'), 'utf8');
  expect(ledger).not.toContain('my-data');
});
