import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { complete } from '../../cli/init-questions.ts';
import { parseEnvironment } from '../../contracts/parse-environment.ts';
import { openWorkplace, type Workplace } from './support.ts';

const MODELS = ['--models', 'gpt-oss-120b,gpt-oss-20b,gpt-oss-7b'];
const GOOGLE = [
  '--google-project',
  'fleet-1',
  '--region',
  'europe-west4',
  '--zones',
  'europe-west4-a,europe-west4-b',
];
const AWS = [
  '--aws-account',
  '123456789012',
  '--region',
  'eu-central-1',
  '--zones',
  'eu-central-1a,eu-central-1b',
];
const GS = ['--state-bucket', 'gs://fleet-state'];
const S3 = ['--state-bucket', 's3://fleet-state'];

let workplace: Workplace;

beforeEach(() => {
  workplace = openWorkplace();
});

afterEach(() => workplace.close());

const init = (environmentClass: string, platform: string, ...more: readonly string[]) =>
  workplace.fleet(['init', 'new', '--class', environmentClass, '--platform', platform, ...MODELS, ...more]);

describe('fleet init', () => {
  test.each([
    ['development', 'process', []],
    ['production', 'process', GS],
    ['development', 'docker', []],
    ['staging', 'docker', [...S3, '--region', 'eu-central-1']],
    ['development', 'google', GOOGLE],
    ['production', 'google', [...GOOGLE, ...GS]],
    ['development', 'aws', AWS],
    ['staging', 'aws', [...AWS, ...S3]],
  ])('class %s on %s: writes a file without problems', async (environmentClass, platform, more) => {
    const { code, stdout } = await init(environmentClass, platform, ...more);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^wrote environments\/new\.yaml.*fleet up new/s),
    });
    const text = workplace.read('environments/new.yaml');
    expect(text.split('\n')[0]).toBe('# yaml-language-server: $schema=./environment.schema.json');
    const environment = parseEnvironment({ path: 'environments/new.yaml', text });
    expect(environment).toMatchObject({ class: environmentClass, platform });
    expect(Object.keys(environment.models)).toEqual(['gpt-oss-120b', 'gpt-oss-20b', 'gpt-oss-7b']);
    expect(environment.models['gpt-oss-7b']).toMatchObject({ alias: 'gpt-oss-20b' });
  });

  test('a development environment on this host gets the key `local`', async () => {
    await init('development', 'process');
    expect(JSON.parse(workplace.read('environments/new.keys.json'))).toEqual([
      { id: 'local', sha256: createHash('sha256').update('local').digest('hex'), pin: true },
    ]);
  });

  test('a production environment gets no key, and is told which files to write', async () => {
    const { stdout } = await init('production', 'process', ...GS);
    expect(stdout).toContain('write environments/new.keys.json');
    expect(workplace.has('environments/new.keys.json')).toBe(false);
  });

  test('what it was not told stands in the file as a placeholder, and is told first', async () => {
    const { stdout } = await init('production', 'google', ...GOOGLE, ...GS);
    const digest = `sha256:${'0'.repeat(64)}`;
    expect(parseYaml(workplace.read('environments/new.yaml'))).toMatchObject({
      images: { vllm: { '0.32.0': `europe-west4-docker.pkg.dev/fleet-1/fleet/vllm-openai@${digest}` } },
      google: { nodeImage: 'projects/ubuntu-os-accelerator-images/global/images/replace-me' },
    });
    expect(stdout.split('\n').slice(1)).toEqual([
      'next:',
      expect.stringMatching(
        /^ {2}replace in environments\/new\.yaml: \S+@sha256:0{64}, \S+\/gateway@sha256:0{64}, \S+\/router@sha256:0{64}, \S+\/prometheus@sha256:0{64}, \S+\/replace-me \(fleet doctor new names what there is\)$/,
      ),
      '  openssl rand -base64 32 | fleet secret set new hop-key',
      '  fleet key create first new',
      '  fleet doctor new',
      '  fleet up new',
      '',
    ]);
  });

  test('what it was told stands in the file, and no placeholder', async () => {
    const vllm = `registry.example/vllm@sha256:${'a'.repeat(64)}`;
    const gateway = `registry.example/gateway@sha256:${'b'.repeat(64)}`;
    const router = `registry.example/router@sha256:${'c'.repeat(64)}`;
    const prometheus = `123456789012.dkr.ecr.eu-central-1.amazonaws.com/prometheus@sha256:${'d'.repeat(64)}`;
    const certificate = 'arn:aws:acm:eu-central-1:123456789012:certificate/a';
    const { stdout } = await init(
      'staging',
      'aws',
      ...AWS,
      ...S3,
      '--node-image',
      'ami-0a1b2c3d4e5f60718',
      ...['--vllm-image', vllm, '--weights-bucket', 'fleet-weights', '--certificate', certificate],
      ...['--gateway-image', gateway, '--router-image', router, '--prometheus-image', prometheus],
    );
    expect(parseYaml(workplace.read('environments/new.yaml'))).toMatchObject({
      images: { vllm: { '0.32.0': vllm }, gateway, router, prometheus },
      gateway: { certificate },
      aws: { nodeImage: 'ami-0a1b2c3d4e5f60718', weights: { bucket: 'fleet-weights' } },
    });
    expect(stdout).toContain('  fleet weights push new gpt-oss-120b\n  fleet weights push new gpt-oss-20b\n');
    expect(stdout).not.toContain('replace');
  });

  test('overwrites nothing', async () => {
    workplace.write('environments/new.yaml', 'mine');
    expect(await init('development', 'process')).toMatchObject({
      code: 2,
      stderr: 'environments/new.yaml exists already; fleet init overwrites nothing\n',
    });
    expect(workplace.read('environments/new.yaml')).toBe('mine');
  });

  test('without a terminal names the missing options', async () => {
    expect(await workplace.fleet(['init', 'new', '--platform', 'google', '--class', 'production'])).toEqual({
      code: 2,
      stdout: '',
      stderr: [
        'fleet init new without a terminal needs also',
        '  --models <gpt-oss-120b,gpt-oss-20b,gpt-oss-7b>',
        '  --google-project <Google Cloud project id>',
        '  --state-bucket <bucket for the Terraform state, gs://<bucket> or s3://<bucket>>',
        '  --region <region>',
        '  --zones <zones, separated by commas>',
        '',
      ].join('\n'),
    });
  });

  test.each([
    [['--class', 'dev'], '--class: must be of development, staging, production, got dev'],
    [['--models', 'gpt-4'], '--models: must be of gpt-oss-120b, gpt-oss-20b, gpt-oss-7b, got gpt-4'],
  ])('%j is refused', async (flags, message) => {
    expect(await workplace.fleet(['init', 'new', ...flags])).toMatchObject({
      code: 2,
      stderr: `${message}\n`,
    });
  });

  test('a model without published weights cannot stand alone', async () => {
    const { code, stderr } = await workplace.fleet([
      ...['init', 'new', '--class', 'development', '--platform', 'process', '--models', 'gpt-oss-7b'],
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('no weights of gpt-oss-7b were published; add a model');
    expect(workplace.has('environments/new.yaml')).toBe(false);
  });

  test('an answer that the schema refuses writes nothing', async () => {
    const { code, stderr } = await init('development', 'aws', ...AWS.with(1, '12'));
    expect(code).toBe(2);
    expect(stderr).toMatch(/^aws\.account: must be a 12-digit account id/);
    expect(workplace.has('environments/new.yaml')).toBe(false);
  });
});

describe('on a terminal', () => {
  test('asks for what the options leave open, again after an answer that is not allowed, and for nothing else', async () => {
    const asked: string[] = [];
    const given = ['gpt-5', 'gpt-oss-20b', ''].values();
    const answers = await complete('new', { class: 'development', platform: 'process' }, async (question) => {
      asked.push(question);
      return given.next().value ?? '';
    });
    expect(answers).toMatchObject({
      name: 'new',
      class: 'development',
      platform: 'process',
      models: ['gpt-oss-20b'],
    });
    expect(asked).toEqual(
      Array(2).fill('models, separated by commas (gpt-oss-120b, gpt-oss-20b, gpt-oss-7b): '),
    );
  });

  test('an answer decides what is asked next', async () => {
    const asked: string[] = [];
    const given = [
      'production',
      'google',
      'gpt-oss-20b',
      'fleet-1',
      'gs://state',
      'europe-west4',
      'europe-west4-a',
    ].values();
    const answers = await complete('new', {}, async (question) => {
      asked.push(question.split(/[ ,:]/)[0] ?? '');
      return given.next().value ?? '';
    });
    expect(asked).toEqual([
      'class',
      'platform',
      'models',
      'Google',
      'bucket',
      'region',
      'zones',
      'machine',
      'vLLM',
      'image',
      'image',
      'image',
      'bucket',
    ]);
    expect(answers.nodeImage).toBeUndefined();
  });
});
