import { expect, test } from 'vitest';
import { manifestText, WeightsManifest, weightsFolder } from '../../contracts/weights-manifest.ts';

const SHA256 = 'a'.repeat(64);
const manifestOf = (...paths: readonly string[]): WeightsManifest => ({
  format: 1,
  name: 'openai/gpt-oss-20b',
  files: paths.map((path, index) => ({ path, bytes: index, sha256: SHA256 })),
});

test('the text is the manifest, one file a line, in the order of the paths', () => {
  const text = manifestText(manifestOf('model-00001-of-00002.safetensors', 'config.json'));
  expect(text.split('\n').filter((line) => line.includes(SHA256))).toEqual([
    `    { "path": "config.json", "bytes": 1, "sha256": "${SHA256}" },`,
    `    { "path": "model-00001-of-00002.safetensors", "bytes": 0, "sha256": "${SHA256}" }`,
  ]);
  expect(WeightsManifest.parse(JSON.parse(text)).files.map(({ path }) => path)).toEqual([
    'config.json',
    'model-00001-of-00002.safetensors',
  ]);
});

test.each(['original/dtypes.json', 'metal/model.bin', '.gitattributes', 'a..b'])(
  '%s may be a file',
  (path) => {
    expect(WeightsManifest.safeParse(manifestOf(path)).success).toBe(true);
  },
);

test.each(['../etc/passwd', '/etc/passwd', 'a/../b', 'a//b', './a', '..', 'a b', '$(id)', 'a\nb', ''])(
  '%j may not be a file: a node writes to this path',
  (path) => {
    expect(WeightsManifest.safeParse(manifestOf(path)).success).toBe(false);
  },
);

test('a folder that names nothing is not complete', () => {
  expect(WeightsManifest.safeParse(manifestOf()).success).toBe(false);
});

test('checkpoints of different models lie apart', () => {
  expect(weightsFolder('openai/gpt-oss-20b')).toBe('models/openai/gpt-oss-20b');
});
