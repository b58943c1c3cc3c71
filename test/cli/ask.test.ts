import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pluginDirectory } from '../support/terraform.ts';
import { AskBench, BUCKET, REQUEST } from './ask-support.ts';
import { ROOT, until } from './support.ts';

let bench: AskBench;
beforeEach(async () => {
  bench = await AskBench.open();
});
afterEach(() => bench.close());

const invalid = (summary: string) =>
  `echo '${JSON.stringify({ valid: false, diagnostics: [{ severity: 'error', summary, snippet: { context: 'resource "aws_s3_bucket" "my_data"' } }] })}'; exit 1`;

describe('fleet ask writes what was asked for', () => {
  test('the code on stdout and nothing else, what there is to know on stderr, exit code 0', async () => {
    const { code, stdout, stderr } = await bench.workplace.fleet(['ask', REQUEST], bench.host);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^terraform \{\n[\s\S]*resource "aws_s3_bucket" "my_data" \{\n {2}bucket +=/);
    expect(stdout).toContain('block_public_acls       = true');
    expect(stderr).toContain('terraform validate');
    expect(stderr).toContain('validated by Terraform and by the plan checks; nothing was applied');
    expect(stderr).toContain('7 resources, 2 answers of gpt-oss-120b, 0 corrections, 200 + 20 tokens');
  });

  test('words need no quotes, and the model and key are those that were given', async () => {
    const { code } = await bench.ask('an', 'S3', 'bucket', 'my-data', '--model', 'gpt-oss-20b');
    expect(code).toBe(0);
    expect(bench.model.asked[0]?.model).toBe('gpt-oss-20b');
    expect(bench.model.asked[0]?.messages.at(-1)?.content).toBe('an S3 bucket my-data');
    expect(bench.model.keys).toEqual(['ask-key', 'ask-key']);
  });

  test('the request may come from stdin', async () => {
    const { code } = await bench.askAt({ input: '创建存储桶 my-data\n' }, '-');
    expect(code).toBe(0);
    expect(bench.model.asked[0]?.messages.at(-1)?.content).toBe('创建存储桶 my-data');
  });

  test('it needs no project', async () => {
    const { code, stderr } = await bench.askAt({ folder: bench.temporary }, REQUEST);
    expect(code, stderr).toBe(0);
  });

  test('what the model thought goes back to it, as gpt-oss wants between calls', async () => {
    bench.model.play([{ ...BUCKET, reasoning: 'A bucket it is.' }]);
    await bench.ask(REQUEST);
    expect(bench.model.asked[1]?.messages.at(-2)).toMatchObject({
      role: 'assistant',
      reasoning: 'A bucket it is.',
    });
  });

  test('--explain says why, --no-header leaves the providers out', async () => {
    const { stdout } = await bench.ask(REQUEST, '--explain', '--no-header');
    expect(stdout).toMatch(/^# The bucket itself\.\nresource "aws_s3_bucket"/);
    expect(stdout).toContain('# Refuses requests without TLS.');
    expect(stdout).not.toContain('required_providers');
  });

  test.each([
    ['what it wrote', [BUCKET], 0],
    ['a question', [{ content: 'Which name?' }], 4],
  ])('--json is the document that is described: %s', async (_what, turns, exitCode) => {
    bench.model.play(turns);
    const { code, data } = await bench.ask(REQUEST, '--json');
    const schema = JSON.parse(readFileSync(join(ROOT, 'docs/operations/fleet-ask.schema.json'), 'utf8'));
    const ajv = new Ajv2020({ allErrors: true, strict: false });
    expect(ajv.validate(schema, JSON.parse(JSON.stringify(data))), ajv.errorsText()).toBe(true);
    expect(code).toBe(exitCode);
  });

  test('nothing is left in the bench.temporary folder', async () => {
    await bench.ask(REQUEST);
    expect(readdirSync(bench.temporary)).toEqual([]);
  });
});

describe('--out', () => {
  test('writes a file and says so', async () => {
    const { code, stdout } = await bench.ask(REQUEST, '--out', 'bucket.tf');
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'written to bucket.tf\n' });
    expect(bench.workplace.read('bucket.tf')).toMatch(/^terraform \{[\s\S]*\}\n$/);
  });

  test('does not write over a file, and asks nobody before it says so', async () => {
    bench.workplace.write('bucket.tf', 'mine');
    const { code, stderr } = await bench.ask(REQUEST, '--out', 'bucket.tf');
    expect(code).toBe(2);
    expect(stderr).toBe('--out: bucket.tf exists; --force writes over it\n');
    expect(bench.model.asked).toEqual([]);
    expect(bench.workplace.read('bucket.tf')).toBe('mine');
    expect((await bench.ask(REQUEST, '--out', 'bucket.tf', '--force')).code).toBe(0);
    expect(bench.workplace.read('bucket.tf')).toContain('my_data');
  });

  test.each([
    ['tmp', 'is not a file'],
    ['nowhere/bucket.tf', 'the folder of nowhere/bucket.tf does not exist'],
  ])('%s cannot be written', async (file, said) => {
    const { code, stderr } = await bench.ask(REQUEST, '--out', file);
    expect({ code, asked: bench.model.asked.length }).toEqual({ code: 2, asked: 0 });
    expect(stderr).toContain(said);
  });
});

describe('what is not validated says so', () => {
  test('the provider is not to be had: exit code 3, and the file says it too', async () => {
    bench.terraform('echo "Error: Failed to query available provider packages" >&2; exit 1', 'exit 9');
    const { code, stdout, stderr } = await bench.ask(REQUEST);
    expect(code).toBe(3);
    expect(stdout).toMatch(
      /^# NOT VALIDATED by Terraform: terraform init could not get the provider aws; .*\nterraform \{/,
    );
    expect(stderr).toContain('NOT VALIDATED by Terraform');
  });

  test('no Terraform', async () => {
    const { code, stdout } = await bench.workplace.fleet(['ask', REQUEST], {
      ...bench.host,
      TERRAFORM_BINARY_NAME: 'no-such',
    });
    expect(code).toBe(3);
    expect(stdout).toMatch(/^# NOT VALIDATED by Terraform: no-such is not on this host/);
  });
});

describe('what the checks refuse goes back to the model, and is never printed', () => {
  test('by terraform validate', async () => {
    bench.terraform('exit 0', invalid('Unsupported argument'));
    const { code, stdout, stderr } = await bench.ask(REQUEST, '--turns', '1');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(bench.model.asked.at(-1)?.messages.at(-1)?.content).toContain(
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
    bench.model.play([group('0.0.0.0/0'), { content: 'DONE' }, group('10.0.0.0/16')]);
    const { code, stdout, stderr } = await bench.ask('open port 5432 of group db');
    expect(code, stderr).toBe(0);
    expect(stderr).toContain(
      'refused: public-port: aws_vpc_security_group_ingress_rule.db_1: 0.0.0.0/0 may reach port 5432',
    );
    expect(stdout).toContain('"10.0.0.0/16"');
    bench.model.play([group('0.0.0.0/0')]);
    expect((await bench.ask('open port 5432 of group db', '--turns', '0')).code).toBe(1);
  });
});

test('a question of the model is all that is printed, with exit code 4', async () => {
  bench.model.play([{ content: '请问存储桶叫什么名字？' }]);
  const { code, stdout, stderr } = await bench.ask('创建一个存储桶');
  expect({ code, stdout }).toEqual({ code: 4, stdout: '请问存储桶叫什么名字？\n' });
  expect(stderr).toContain('nothing was written');
});

test('Ctrl-C while the model thinks: exit code 130, and nothing is left', async () => {
  bench.model.hang();
  const running = bench.workplace.start(['ask', REQUEST, '--out', 'bucket.tf'], bench.host);
  await until('the model was asked', () => bench.model.asked.length > 0);
  running.signal('SIGINT');
  const { code } = await running.ended;
  expect(code).toBe(130);
  expect(readdirSync(bench.temporary)).toEqual([]);
  expect(bench.workplace.has('bucket.tf')).toBe(false);
});

test.skipIf(pluginDirectory() === undefined)(
  'real Terraform validates it with the AWS provider',
  async () => {
    const path = process.env.PATH ?? '';
    const env = { ...bench.host, TF_CLI_ARGS_init: `-plugin-dir=${pluginDirectory()}`, PATH: path };
    const { code, stdout, stderr } = await bench.workplace.fleet(['ask', REQUEST, '--explain'], env);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('jsonencode({');
    expect(stderr).toContain('validated by Terraform');
  },
);
