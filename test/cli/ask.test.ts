import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Surroundings } from '../../cli/context.ts';
import { exitCodeOf, messageOf } from '../../cli/errors.ts';
import { plain } from '../../cli/print/style.ts';
import { createProgram } from '../../cli/program.ts';
import { ScriptedModel } from '../support/scripted-model.ts';
import { pluginDirectory } from '../support/terraform.ts';
import { fixture, openWorkplace, ROOT, until, type Workplace } from './support.ts';

const REQUEST = 'Terraform for an S3 bucket named my-data';
const BUCKET = { calls: [{ name: 'create_s3_bucket', arguments: { bucket: 'my-data' } }] };

let model: ScriptedModel;
let workplace: Workplace;
let temporary: string;

beforeAll(async () => {
  model = await ScriptedModel.start();
});
afterAll(() => model.close());
beforeEach(() => {
  workplace = openWorkplace();
  temporary = workplace.path('tmp');
  mkdirSync(temporary);
  vi.stubEnv('TMPDIR', temporary);
  terraform('exit 0', `echo '{"valid":true,"diagnostics":[]}'`);
  model.play([BUCKET]);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await workplace.close();
});

/** A Terraform of which `init` and `validate` are given. */
function terraform(init: string, validate: string): void {
  workplace.program(
    'terraform',
    `#!/bin/sh\ncase "$1" in\n  init) ${init} ;;\n  validate) ${validate} ;;\nesac\n`,
  );
}

const host = () => ({ OPENAI_BASE_URL: model.baseUrl, OPENAI_API_KEY: 'ask-key', TMPDIR: temporary });

interface Place {
  readonly env?: Readonly<Record<string, string>>;
  readonly folder?: string;
  readonly input?: string;
}

/** The command line as `main.ts` runs it, in this process. */
async function fleetAsk(args: readonly string[], { env = host(), folder, input = '' }: Place = {}) {
  const lines: string[] = [];
  let outcome = { text: '', exitCode: -1, data: undefined as unknown };
  const surroundings: Surroundings = {
    folder: folder ?? workplace.project,
    toolkit: ROOT,
    env: { ...process.env, PATH: `${workplace.bin}:${process.env.PATH}`, ...env },
    progress: (line) => lines.push(line),
    readInput: async () => input,
    onInterrupt: () => () => undefined,
    now: Date.now,
    sleep: async () => undefined,
  };
  const program = createProgram({
    version: '0.0.0',
    paint: plain,
    print: (line) => lines.push(line),
    run: async (command) => {
      outcome = await command(surroundings);
    },
  });
  const end = await program.parseAsync(['ask', ...args], { from: 'user' }).then(
    () => ({ code: outcome.exitCode, stdout: outcome.text === '' ? '' : `${outcome.text}\n` }),
    (error: unknown) => {
      lines.push(messageOf(error));
      return { code: exitCodeOf(error), stdout: '' };
    },
  );
  return { ...end, data: outcome.data, stderr: lines.map((line) => `${line}\n`).join('') };
}
const ask = (...args: readonly string[]) => fleetAsk(args);
const invalid = (summary: string) =>
  `echo '${JSON.stringify({ valid: false, diagnostics: [{ severity: 'error', summary, snippet: { context: 'resource "aws_s3_bucket" "my_data"' } }] })}'; exit 1`;

describe('fleet ask writes what was asked for', () => {
  test('the code on stdout and nothing else, what there is to know on stderr, exit code 0', async () => {
    const { code, stdout, stderr } = await workplace.fleet(['ask', REQUEST], host());
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^terraform \{\n[\s\S]*resource "aws_s3_bucket" "my_data" \{\n {2}bucket +=/);
    expect(stdout).toContain('block_public_acls       = true');
    expect(stderr).toContain('terraform validate');
    expect(stderr).toContain('validated by Terraform and by the plan checks; nothing was applied');
    expect(stderr).toContain('7 resources, 2 answers of gpt-oss-120b, 0 corrections, 200 + 20 tokens');
  });

  test('words need no quotes, and the model and key are those that were given', async () => {
    const { code } = await ask('an', 'S3', 'bucket', 'my-data', '--model', 'gpt-oss-20b');
    expect(code).toBe(0);
    expect(model.asked[0]?.model).toBe('gpt-oss-20b');
    expect(model.asked[0]?.messages.at(-1)?.content).toBe('an S3 bucket my-data');
    expect(model.keys).toEqual(['ask-key', 'ask-key']);
  });

  test('the request may come from stdin', async () => {
    const { code } = await fleetAsk(['-'], { input: '创建存储桶 my-data\n' });
    expect(code).toBe(0);
    expect(model.asked[0]?.messages.at(-1)?.content).toBe('创建存储桶 my-data');
  });

  test('it needs no project', async () => {
    const { code, stderr } = await fleetAsk([REQUEST], { folder: temporary });
    expect(code, stderr).toBe(0);
  });

  test('what the model thought goes back to it, as gpt-oss wants between calls', async () => {
    model.play([{ ...BUCKET, reasoning: 'A bucket it is.' }]);
    await ask(REQUEST);
    expect(model.asked[1]?.messages.at(-2)).toMatchObject({
      role: 'assistant',
      reasoning: 'A bucket it is.',
    });
  });

  test('--explain says why, --no-header leaves the providers out', async () => {
    const { stdout } = await ask(REQUEST, '--explain', '--no-header');
    expect(stdout).toMatch(/^# The bucket itself\.\nresource "aws_s3_bucket"/);
    expect(stdout).toContain('# Refuses requests without TLS.');
    expect(stdout).not.toContain('required_providers');
  });

  test.each([
    ['what it wrote', [BUCKET], 0],
    ['a question', [{ content: 'Which name?' }], 4],
  ])('--json is the document that is described: %s', async (_what, turns, exitCode) => {
    model.play(turns);
    const { code, data } = await ask(REQUEST, '--json');
    const schema = JSON.parse(readFileSync(join(ROOT, 'docs/operations/fleet-ask.schema.json'), 'utf8'));
    const ajv = new Ajv2020({ allErrors: true, strict: false });
    expect(ajv.validate(schema, JSON.parse(JSON.stringify(data))), ajv.errorsText()).toBe(true);
    expect(code).toBe(exitCode);
  });

  test('nothing is left in the temporary folder', async () => {
    await ask(REQUEST);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

describe('--out', () => {
  test('writes a file and says so', async () => {
    const { code, stdout } = await ask(REQUEST, '--out', 'bucket.tf');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'written to bucket.tf\n' });
    expect(workplace.read('bucket.tf')).toMatch(/^terraform \{[\s\S]*\}\n$/);
  });

  test('does not write over a file, and asks nobody before it says so', async () => {
    workplace.write('bucket.tf', 'mine');
    const { code, stderr } = await ask(REQUEST, '--out', 'bucket.tf');
    expect(code).toBe(2);
    expect(stderr).toBe('--out: bucket.tf exists; --force writes over it\n');
    expect(model.asked).toEqual([]);
    expect(workplace.read('bucket.tf')).toBe('mine');
    expect((await ask(REQUEST, '--out', 'bucket.tf', '--force')).code).toBe(0);
    expect(workplace.read('bucket.tf')).toContain('my_data');
  });

  test.each([
    ['tmp', 'is not a file'],
    ['nowhere/bucket.tf', 'the folder of nowhere/bucket.tf does not exist'],
  ])('%s cannot be written', async (file, said) => {
    const { code, stderr } = await ask(REQUEST, '--out', file);
    expect({ code, asked: model.asked.length }).toEqual({ code: 2, asked: 0 });
    expect(stderr).toContain(said);
  });
});

describe('what is not validated says so', () => {
  test('the provider is not to be had: exit code 3, and the file says it too', async () => {
    terraform('echo "Error: Failed to query available provider packages" >&2; exit 1', 'exit 9');
    const { code, stdout, stderr } = await ask(REQUEST);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^# NOT VALIDATED by Terraform: terraform init could not get the provider aws; .*\nterraform \{/,
    );
    expect(stderr).toContain('NOT VALIDATED by Terraform');
  });

  test('no Terraform', async () => {
    const { code, stdout } = await workplace.fleet(['ask', REQUEST], {
      ...host(),
      TERRAFORM_BINARY_NAME: 'no-such',
    });
    expect(code).toBe(3);
    expect(stdout).toMatch(/^# NOT VALIDATED by Terraform: no-such is not on this host/);
  });
});

describe('what the checks refuse goes back to the model, and is never printed', () => {
  test('by terraform validate', async () => {
    terraform('exit 0', invalid('Unsupported argument'));
    const { code, stdout, stderr } = await ask(REQUEST, '--turns', '1');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(model.asked.at(-1)?.messages.at(-1)?.content).toContain(
      '- aws_s3_bucket.my_data: Unsupported argument',
    );
    expect(stderr).toContain(
      'nothing was written: after one correction this is still wrong:\n- aws_s3_bucket.my_data: Unsupported argument',
    );
  });

  test('by the plan checks, until the model gives way', async () => {
    const group = (cidr: string) => ({
      calls: [
        {
          name: 'create_security_group',
          arguments: {
            name: 'db',
            vpc: 'vpc-0123456789abcdef0',
            ingress: [{ from_port: 5432, to_port: 5432, cidr }],
          },
        },
      ],
    });
    model.play([group('0.0.0.0/0'), { content: 'DONE' }, group('10.0.0.0/16')]);
    const { code, stdout, stderr } = await ask('open port 5432 of group db');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      'refused: public-port: aws_vpc_security_group_ingress_rule.db_1: 0.0.0.0/0 may reach port 5432',
    );
    expect(stdout).toContain('"10.0.0.0/16"');
    model.play([group('0.0.0.0/0')]);
    expect((await ask('open port 5432 of group db', '--turns', '0')).code).toBe(1);
  });
});

test('a question of the model is all that is printed, with exit code 4', async () => {
  model.play([{ content: '请问存储桶叫什么名字？' }]);
  const { code, stdout, stderr } = await ask('创建一个存储桶');
  expect({ code, stdout }).toEqual({ code: 4, stdout: '请问存储桶叫什么名字？\n' });
  expect(stderr).toContain('nothing was written');
});

describe('which model host', () => {
  test.each([
    [
      {},
      'which model host? Give --env with the name of an environment, or OPENAI_BASE_URL and OPENAI_API_KEY',
    ],
    [
      { OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' },
      'OPENAI_BASE_URL is given and OPENAI_API_KEY is not; set both',
    ],
  ])('%j is not enough', async (env, said) => {
    const none = { OPENAI_BASE_URL: '', OPENAI_API_KEY: '', ...env };
    const { code, stderr } = await fleetAsk([REQUEST], { env: none });
    expect({ code, stderr }).toEqual({ code: 2, stderr: `${said}\n` });
  });

  test("--env is the environment's gateway, with FLEET_API_KEY", async () => {
    const { port } = new URL(model.baseUrl);
    const text = fixture('environments/good/process.yaml').replace(
      /^gateway:\n/m,
      `gateway:\n  port: ${port}\n`,
    );
    workplace.write('environments/local.yaml', text);
    const env = { TMPDIR: temporary, OPENAI_BASE_URL: '', FLEET_API_KEY: 'mine' };
    const { code, stderr } = await fleetAsk([REQUEST, '--env', 'local'], { env });
    expect(code, stderr).toBe(0);
    expect(model.keys[0]).toBe('mine');
  });

  test('an environment that does not exist', async () => {
    const { code, stderr } = await ask(REQUEST, '--env', 'prd');
    expect(code).toBe(2);
    expect(stderr).toContain('environments/prd.yaml does not exist');
  });

  test.each([
    [401, 'invalid key', 'give a key in FLEET_API_KEY (with --env) or OPENAI_API_KEY'],
    [404, 'no model x', '--model names another than gpt-oss-120b'],
    [500, 'broken', 'broken'],
  ])('an answer %i is said, with what to do', async (status, message, said) => {
    model.failures.push({ status, message });
    const { code, stdout, stderr } = await ask(REQUEST);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain(message);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('ask-key');
  });

  test('a host that nobody answers at', async () => {
    const env = { ...host(), OPENAI_BASE_URL: 'http://127.0.0.1:1/v1' };
    const { code, stderr } = await fleetAsk([REQUEST], { env });
    expect(code).toBe(1);
    expect(stderr).toContain('http://127.0.0.1:1/v1: Connection error.');
  });
});

test('Ctrl-C while the model thinks: exit code 130, and nothing is left', async () => {
  model.hang();
  const running = workplace.start(['ask', REQUEST, '--out', 'bucket.tf'], host());
  await until('the model was asked', () => model.asked.length > 0);
  running.signal('SIGINT');
  const { code } = await running.ended;
  expect(code).toBe(130);
  expect(readdirSync(temporary)).toEqual([]);
  expect(workplace.has('bucket.tf')).toBe(false);
});

test.skipIf(pluginDirectory() === undefined)(
  'real Terraform validates it with the AWS provider',
  async () => {
    const path = process.env.PATH ?? '';
    const env = { ...host(), TF_CLI_ARGS_init: `-plugin-dir=${pluginDirectory()}`, PATH: path };
    const { code, stdout, stderr } = await workplace.fleet(['ask', REQUEST, '--explain'], env);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('jsonencode({');
    expect(stderr).toContain('validated by Terraform');
  },
);
