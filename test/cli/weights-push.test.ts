import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkPublished, ENGINE, HARMONY } from '../../cli/published-files.ts';
import { ENGINE_FILES } from '../../contracts/engine-packages.ts';
import { HARMONY_FILES, WeightsManifest } from '../../contracts/weights-manifest.ts';
import { failure, GoogleApi } from '../support/google-api.ts';
import { fixture, openWorkplace, type Workplace } from './support.ts';

const PART = 32 * 1024 * 1024;
const LARGE = 'x'.repeat(PART + 5);
const FOLDER = 'models/acme/tiny';
/** With a container engine of its own. */
const OWN_IMAGE = 'projects/fleet-prod/global/images/fleet-node-1';
const UBUNTU =
  'projects/ubuntu-os-accelerator-images/global/images/ubuntu-accelerator-2404-amd64-with-nvidia-580-v20261101';

let workplace: Workplace;
let google: GoogleApi;

/** A model outside the catalogue, so that nothing else has to be there. */
beforeEach(async () => {
  workplace = openWorkplace();
  google = new GoogleApi();
  await google.start();
  google.bucket('fleet-weights');
  const text = fixture('environments/good/google.yaml')
    .replace(
      'models:',
      'models:\n  tiny:\n    definition: { weights: acme/tiny, contextTokens: 1024, price: { input: 1, output: 1 } }\n    releases: { elsewhere: { weight: 100, url: http://10.0.0.9:8000 } }',
    )
    .replace(/nodeImage:.*/, `weights: { bucket: fleet-weights }\n  nodeImage: ${OWN_IMAGE}`);
  workplace.write('environments/prod.yaml', text);
  checkpoint('tiny', { 'model.safetensors': 'weights' });
});

afterEach(async () => {
  await google.stop();
  await workplace.close();
});

function checkpoint(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries({ 'config.json': '{}', ...files }))
    workplace.write(join(folder, path), text);
}

const push = (...args: readonly string[]) =>
  workplace.fleet(['weights', 'push', 'prod', 'tiny', '--json', ...args], google.env);
const objects = () => google.bucket('fleet-weights');
const manifest = () =>
  WeightsManifest.parse(JSON.parse(objects().get(`${FOLDER}/manifest.json`)?.data.toString() ?? ''));

describe('fleet weights push', () => {
  test('uploads a checkpoint with its manifest; the second time nothing', async () => {
    const first = await push('--from', 'tiny');
    expect({ code: first.code, ...JSON.parse(first.stdout) }).toMatchObject({
      code: 0,
      bucket: 'gs://fleet-weights',
      folders: [{ folder: FOLDER, uploaded: ['config.json', 'model.safetensors'], unchanged: [] }],
    });
    expect([...objects().keys()]).toEqual([
      `${FOLDER}/config.json`,
      `${FOLDER}/model.safetensors`,
      `${FOLDER}/manifest.json`,
    ]);
    expect(manifest().files[1]).toEqual({
      path: 'model.safetensors',
      bytes: 7,
      sha256: objects().get(`${FOLDER}/model.safetensors`)?.metadata?.sha256,
    });
    google.requests.length = 0;
    const { stdout } = await push('--from', 'tiny');
    expect(JSON.parse(stdout)).toMatchObject({
      folders: [{ uploaded: [], unchanged: ['config.json', 'model.safetensors'] }],
      uploadedBytes: 0,
    });
    expect(google.requests.filter((request) => !request.startsWith('GET'))).toEqual([]);
  });

  test('uploads only what is different', async () => {
    await push('--from', 'tiny');
    checkpoint('tiny', { 'model.safetensors': 'WEIGHTS' });
    const { stdout } = await push('--from', 'tiny');
    expect(JSON.parse(stdout).folders).toMatchObject([
      { uploaded: ['model.safetensors'], unchanged: ['config.json'] },
    ]);
  });

  test('goes on where an interrupted upload ended, and writes the manifest last', async () => {
    checkpoint('tiny', { 'model.safetensors': LARGE });
    google.partArrives = (arrived) => arrived < PART;
    const cut = await push('--from', 'tiny');
    expect(cut).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^127\.0\.0\.1:\d+ does not answer/m),
    });
    expect(objects().has(`${FOLDER}/manifest.json`)).toBe(false);
    const arrived: number[] = [];
    google.partArrives = (before) => arrived.push(before) > 0;
    expect((await push('--from', 'tiny')).code).toBe(0);
    expect(arrived).toEqual([PART]);
    expect(objects().get(`${FOLDER}/model.safetensors`)?.data.equals(Buffer.from(LARGE))).toBe(true);
    expect(workplace.has('.fleet/prod/uploads.json')).toBe(false);
  });

  test('begins anew when the file has changed since', async () => {
    checkpoint('tiny', { 'model.safetensors': LARGE });
    google.partArrives = (arrived) => arrived < PART;
    await push('--from', 'tiny');
    google.partArrives = () => true;
    checkpoint('tiny', { 'model.safetensors': LARGE.replace('xxx', 'yyy') });
    expect((await push('--from', 'tiny')).code).toBe(0);
    expect(objects().get(`${FOLDER}/model.safetensors`)?.data.subarray(0, 4).toString()).toBe('yyyx');
  });

  test('takes the newest download of the hub, without the same weights in other formats', async () => {
    const repository = workplace.path('hub/models--acme--tiny');
    checkpoint(join(repository, 'blobs'), { 'model.safetensors': 'weights' });
    checkpoint(join(repository, 'snapshots/abc'), {
      'original/model.safetensors': 'again',
      'metal/model.bin': 'again',
      '.gitattributes': '',
    });
    symlinkSync('../../blobs/model.safetensors', join(repository, 'snapshots/abc/model.safetensors'));
    mkdirSync(join(repository, 'refs'));
    workplace.write(join(repository, 'refs/main'), 'abc');
    const { code } = await workplace.fleet(['weights', 'push', 'prod', 'tiny'], {
      ...google.env,
      HF_HUB_CACHE: workplace.path('hub'),
    });
    expect(code).toBe(0);
    expect(manifest().files.map(({ path }) => path)).toEqual(['config.json', 'model.safetensors']);
  });

  test('without a download prints the command', async () => {
    const { code, stderr } = await workplace.fleet(['weights', 'push', 'prod', 'tiny'], {
      ...google.env,
      HF_HUB_CACHE: workplace.path('nothing'),
    });
    expect(code).toBe(1);
    expect(stderr).toContain("\n  hf download acme/tiny --exclude 'original/*' --exclude 'metal/*'\n");
    expect(google.requests).toEqual([]);
  });

  test('an incomplete download is named, and nothing is uploaded', async () => {
    const shards = ['model-1.safetensors', 'model-2.safetensors'];
    const weight_map = Object.fromEntries(shards.map((shard, index) => [`layer${index}`, shard]));
    checkpoint('half', {
      'model-1.safetensors': 'a',
      'model.safetensors.index.json': JSON.stringify({ weight_map }),
    });
    const { code, stderr } = await push('--from', 'half');
    expect(code).toBe(1);
    expect(stderr).toContain('is incomplete: model-2.safetensors are missing');
    expect(objects().size).toBe(0);
  });

  test('gpt-oss needs the Harmony vocabulary too, and is told how to get it', async () => {
    const { code, stderr } = await workplace.fleet(
      ['weights', 'push', 'prod', 'gpt-oss-120b', '--from', 'tiny'],
      { ...google.env, TIKTOKEN_ENCODINGS_BASE: undefined },
    );
    expect(code).toBe(1);
    for (const { path, source } of HARMONY_FILES)
      expect(stderr).toContain(`--output .fleet/harmony/${path} ${source}\n`);
    expect(objects().size).toBe(0);
  });

  test('another vocabulary than the published one is refused before it is uploaded', async () => {
    for (const { path } of HARMONY_FILES) workplace.write(`vocabulary/${path}`, 'something else');
    const { code, stderr } = await workplace.fleet(
      ['weights', 'push', 'prod', 'gpt-oss-120b', '--from', 'tiny'],
      { ...google.env, TIKTOKEN_ENCODINGS_BASE: workplace.path('vocabulary') },
    );
    expect(code).toBe(1);
    expect(stderr).toContain('cl100k_base.tiktoken of the Harmony vocabulary is not the published one');
    expect([...objects().keys()].filter((key) => key.startsWith('harmony'))).toEqual([]);
  });

  describe('for machines of an image without container engine', () => {
    beforeEach(() => {
      const text = workplace.read('environments/prod.yaml').replace(OWN_IMAGE, UBUNTU);
      workplace.write('environments/prod.yaml', text);
    });

    test('the engine is needed too, and how to get it is said', async () => {
      const { code, stderr } = await push('--from', 'tiny');
      expect(code).toBe(1);
      for (const { path, source } of ENGINE_FILES)
        expect(stderr).toContain(`--output .fleet/engine/${path} ${source}\n`);
      expect(objects().size).toBe(0);
    });

    test('another package than the published one is refused before it is uploaded', async () => {
      for (const { path } of ENGINE_FILES) workplace.write(`.fleet/engine/${path}`, 'something else');
      const { code, stderr } = await push('--from', 'tiny');
      expect(code).toBe(1);
      expect(stderr).toContain(`${ENGINE_FILES[0].path} of the container engine is not the published one`);
      expect([...objects().keys()].filter((key) => key.startsWith('engine'))).toEqual([]);
    });
  });

  test('a bucket that does not exist is not made on the way', async () => {
    google.buckets.clear();
    expect(await push('--from', 'tiny')).toMatchObject({
      code: 1,
      stderr: 'gs://fleet-weights does not exist; `fleet doctor prod` prints the command that makes it\n',
    });
  });

  test('a refusal in the middle leaves no manifest', async () => {
    google.refusals.set('/upload', failure(403, 'Permission denied'));
    const { code, stderr } = await push('--from', 'tiny');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Permission denied') });
    expect(objects().size).toBe(0);
  });

  test('an environment without a bucket says where to name one', async () => {
    workplace.write('environments/prod.yaml', fixture('environments/good/google.yaml'));
    const { code, stderr } = await workplace.fleet(['weights', 'push', 'prod', 'gpt-oss-120b']);
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr:
        'prod has no weights bucket; add `weights: { bucket: <name> }` under `google` in environments/prod.yaml\n',
    });
  });
});

test.each([HARMONY, ENGINE])('of $what the published files are recognised by their hashes', (folder) => {
  for (const { path, sha256 } of folder.files) {
    expect(() => checkPublished(folder, path, sha256)).not.toThrow();
    expect(() => checkPublished(folder, path, 'f'.repeat(64))).toThrow(`${path} of ${folder.what}`);
  }
});
