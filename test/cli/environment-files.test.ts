import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { fixture, openWorkplace, ROOT, type Workplace } from './support.ts';

/** File → the one line that it gets. */
const BAD: Readonly<Record<string, string>> = {
  'alias-to-nothing':
    'models.gpt-oss-7b.alias: must name a model with releases, got gpt-oss-21b; did you mean gpt-oss-20b? (environments/alias-to-nothing.yaml:20)',
  'anchor-bomb': 'YAML aliases are not supported: write the value out (environments/anchor-bomb.yaml:5)',
  'duplicate-keys':
    'not valid YAML: v32 is given twice in one mapping; remove one of them (environments/duplicate-keys.yaml:10)',
  'duplicate-ports':
    'models.gpt-oss-120b.releases.v33.nodes.port: port 8080 is already taken by gateway.port (environments/duplicate-ports.yaml:13)',
  empty: 'the file is empty; `fleet init` writes one (environments/empty.yaml:1)',
  'missing-endpoint':
    'models.gpt-oss-20b.releases.groq.endpoint.host: no endpoint is named grok; did you mean groq? (environments/missing-endpoint.yaml:18)',
  'missing-secret':
    'endpoints.groq.bearer: no secret is named grok-key; did you mean groq-key? (they are listed under `secrets`) (environments/missing-secret.yaml:24)',
  'not-yaml':
    'not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ] (environments/not-yaml.yaml:31)',
  'own-nodes-7b':
    'models.gpt-oss-7b.releases.v32.nodes: no weights of this model were published: map it to an endpoint or an alias (environments/own-nodes-7b.yaml:24)',
  'secret-in-clear':
    'models.gpt-oss-20b.releases.groq.endpoint.model: looks like a secret in clear; put it into a secret store and name it under `secrets` (value not shown) (environments/secret-in-clear.yaml:18)',
  'secret-instead-of-reference':
    'secrets.groq-key: must be a mapping, got a value that is not shown here (environments/secret-instead-of-reference.yaml:28)',
  tab: 'not valid YAML: tabs are not allowed as indentation (environments/tab.yaml:20)',
  'tensor-parallel-16':
    'models.gpt-oss-120b.releases.v32.nodes.tensorParallel: 1 × tensor parallel 16 needs 16 GPUs, 8x-h100 has 8 (environments/tensor-parallel-16.yaml:9)',
  'tensor-parallel-3':
    "models.gpt-oss-120b.releases.v32.nodes.tensorParallel: must divide the model's 64 attention heads, got 3 (environments/tensor-parallel-3.yaml:9)",
  'three-decimals':
    'models.gpt-oss-120b.releases.v32.weight: must have at most two decimals, got 89.999 (environments/three-decimals.yaml:7)',
  'two-documents':
    'not valid YAML: one file holds one environment; remove the second document after `---` (environments/two-documents.yaml:35)',
  'two-stables':
    'models.gpt-oss-120b.releases.v33.role: only one release may be stable, got v32 and v33 (environments/two-stables.yaml:12)',
  'unknown-key':
    'router.prot: unknown key; did you mean port? (known: port, adminPort, agentPort, key, longestAnswer, machine) (environments/unknown-key.yaml:33)',
  'unknown-machine':
    'models.gpt-oss-120b.releases.v32.nodes.machine: unknown machine 8x-h1000; did you mean 8x-h100? (environments/unknown-machine.yaml:9)',
  'unknown-platform':
    'platform: must be one of google, aws, docker, process, got "proces"; did you mean process? (environments/unknown-platform.yaml:2)',
  'unknown-role':
    'models.gpt-oss-120b.releases.v33.role: must be one of stable, canary, got "canery"; did you mean canary? (environments/unknown-role.yaml:12)',
  'weights-110':
    'models.gpt-oss-120b.releases: weights must add up to 100, got 110 (environments/weights-110.yaml:5)',
  'weights-90':
    'models.gpt-oss-120b.releases: weights must add up to 100, got 90 (environments/weights-90.yaml:5)',
  'wrong-type':
    'models.gpt-oss-120b.releases.v32.weight: must be a number, got "ninety" (environments/wrong-type.yaml:7)',
};

const LEAVES_A_TRACE = `import { writeFileSync } from 'node:fs'; writeFileSync('started', '');`;

describe('a bad environment file ends `fleet up` with one line, before anything happens', () => {
  let workplace: Workplace;

  beforeEach(() => {
    workplace = openWorkplace();
    workplace.cdktf(LEAVES_A_TRACE);
  });

  afterEach(() => workplace.close());

  test.each(Object.entries(BAD))('%s', async (name, line) => {
    workplace.write(`environments/${name}.yaml`, fixture(`environments/bad/${name}.yaml`));
    expect(await workplace.fleet(['up', name])).toEqual({ code: 2, stdout: '', stderr: `${line}\n` });
    expect(workplace.has('.fleet')).toBe(false);
    expect(workplace.has('started')).toBe(false);
  });

  test('with --json the problems are one document on stdout', async () => {
    workplace.write('environments/local.yaml', fixture('environments/bad/weights-90.yaml'));
    const { code, stdout } = await workplace.fleet(['up', '--json']);
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error.problems).toEqual([
      {
        path: ['models', 'gpt-oss-120b', 'releases'],
        message: 'weights must add up to 100, got 90',
        file: 'environments/local.yaml',
        line: 5,
      },
    ]);
  });

  test('several mistakes are all reported, in the order of the file', async () => {
    const text = fixture('environments/good/process.yaml')
      .replace('weight: 90', 'weight: 95')
      .replace('host: groq', 'host: grok')
      .replace('platform: process', 'platform: process\nfoo: 1');
    workplace.write('environments/local.yaml', text);
    const { stderr } = await workplace.fleet(['up']);
    const lines = stderr
      .trimEnd()
      .split('\n')
      .map((line) => /local\.yaml:(\d+)/.exec(line)?.[1]);
    expect(lines).toEqual(['3', '6', '19']);
  });
});

test('every bad file has its expected line, and every line its file', () => {
  const files = readdirSync(join(ROOT, 'test/fixtures/environments/bad'));
  expect(files.toSorted()).toEqual(
    Object.keys(BAD)
      .map((name) => `${name}.yaml`)
      .toSorted(),
  );
});

test.each(['aws', 'docker', 'google', 'process'])(
  'a good file of platform %s has no problems',
  (platform) => {
    const path = `environments/${platform}.yaml`;
    const environment = parseEnvironment({ path, text: fixture(`environments/good/${platform}.yaml`) });
    expect(environment).toMatchObject({ name: platform, platform });
  },
);

test('`fleet check --file-only` reports all files and exits with 2 if one has mistakes', async () => {
  const workplace = openWorkplace();
  workplace.write('environments/good.yaml', fixture('environments/good/process.yaml'));
  expect(await workplace.fleet(['check', '--file-only'])).toMatchObject({
    code: 0,
    stdout: 'good: pass, nothing found (the file alone)\n',
  });
  workplace.write('environments/bad.yaml', fixture('environments/bad/weights-90.yaml'));
  expect(await workplace.fleet(['check', '--file-only'])).toMatchObject({
    code: 2,
    stdout:
      'models.gpt-oss-120b.releases: weights must add up to 100, got 90 (environments/bad.yaml:5)\nbad: denied, 1 denied (the file alone)\ngood: pass, nothing found (the file alone)\n',
  });
  await workplace.close();
});
