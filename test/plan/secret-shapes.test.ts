import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { decoded } from '../../plan/encoded-text.ts';
import {
  assignsSecret,
  entropyOf,
  hasKeyShape,
  isSecretName,
  looksRandom,
  withoutKeys,
} from '../../plan/secret-shapes.ts';

/** In parts, so that nothing here has the shape of a key itself. */
const of = (...parts: readonly string[]) => parts.join('');
const LETTERS = 'aB3dE6gH9jK2mN5pQ8sT1vW4yZ7bC0eF';

const KEYS: readonly (readonly [string, string])[] = [
  ['OpenAI, old', of('sk', '-', LETTERS.slice(0, 16))],
  ['OpenAI, of a project', of('sk', '-proj-', LETTERS.slice(0, 16))],
  ['OpenAI, of a service', of('sk', '-svcacct-', LETTERS)],
  ['Anthropic', of('sk', '-ant-', LETTERS)],
  ['Groq', of('gsk', '_', LETTERS.slice(0, 16))],
  ['Hugging Face', of('hf', '_', LETTERS.slice(0, 16))],
  ['GitHub', of('ghp', '_', LETTERS.slice(0, 20))],
  ['GitHub, of an installation', of('ghs', '_', LETTERS)],
  ['GitHub, fine-grained', of('github', '_pat_', LETTERS.slice(0, 20))],
  ['GitLab', of('glpat', '-', LETTERS.slice(0, 16))],
  ['Slack', of('xoxb', '-', '1234567890')],
  ['AWS', of('AKIA', 'IOSFODNN7EXAMPLE')],
  ['AWS, for a while', of('ASIA', 'IOSFODNN7EXAMPLE')],
  ['Google, a key', of('AIza', LETTERS, 'abc')],
  ['a private key', of('-----BEGIN RSA ', 'PRIVATE KEY-----')],
  [
    'a JSON web token',
    of('eyJ', 'hbGciOiJIUzI1NiJ9', '.eyJ', 'zdWIiOiIxMjM0NTY3ODkwIn0', '.dozjgNryP4J3jVmNHl0w5N'),
  ],
];

describe('a key is known by its shape, and taken out of texts', () => {
  test.each(KEYS)('of %s', (_of, key) => {
    expect(hasKeyShape(key)).toBe(true);
    expect(hasKeyShape(`a ${key} b`)).toBe(true);
    expect(withoutKeys(`a ${key} b ${key}`)).toBe('a (hidden) b (hidden)');
  });

  test.each([
    ['a word before it', of('task', '-', LETTERS)],
    ['too short for OpenAI', of('sk', '-', LETTERS.slice(0, 15))],
    ['too short for Groq', of('gsk', '_', LETTERS.slice(0, 15))],
    ['too short for Hugging Face', of('hf', '_', LETTERS.slice(0, 15))],
    ['too short for GitHub', of('ghp', '_', LETTERS.slice(0, 19))],
    ['too short for AWS', of('AKIA', 'IOSFODNN7')],
    ['small letters for AWS', of('AKIA', 'iosfodnn7example')],
    ['a public key', '-----BEGIN PUBLIC KEY-----'],
    ['the word alone', 'eyJust a text'],
  ])('%s is none', (_what, text) => {
    expect(hasKeyShape(text)).toBe(false);
    expect(withoutKeys(text)).toBe(text);
  });
});

describe('a name says that a secret follows', () => {
  test.each([
    ...['password', 'DB_PASSWORD', 'passwd', 'passphrase', 'pass', 'clientSecret', 'TOKEN', 'hf_token'],
    ...['api_key', 'API-KEY', 'apiKey', 'access_key', 'secret_key', 'private-key', 'hop_key', 'signing_key'],
    ...['credentials', 'credential', 'HOPKEY'],
  ])('%s', (name) => expect(isSecretName(name)).toBe(true));

  test.each([
    ...['key', 'public_key', 'name', 'token_file', 'secret_name', 'secretArn', 'password_path', 'TOKEN_URL'],
    ...['credentials_id', 'secret_ref', 'token_uri', 'secret_version', 'tokens', 'passenger', 'secret_keys'],
  ])('%s does not', (name) => expect(isSecretName(name)).toBe(false));
});

describe('a value looks random', () => {
  test.each(['aB3dE6gH9jK2', '3f8a9c1e7b2d', 'ABCDEFGHIJ12', 'aBcDeFgHiJkL', 'q1w2e3r4t5y6u7i8'])(
    '%s',
    (value) => expect(looksRandom(value)).toBe(true),
  );

  test.each([
    ['is short', 'aB3dE6gH9jK'],
    ['has one kind of letter', 'abcdefghijklmnop'],
    ['has digits alone', '123456789012345'],
    ['has spaces', 'aB3d E6gH 9jK2 mN5p'],
    ['is the same over and over', 'aaaaaaaaaaa1'],
    ['is a path', './aB3dE6gH9jK2'],
    ['is a path of the root', '/aB3dE6gH9jK2'],
    ['is a home', '~aB3dE6gH9jK2'],
    ['is a file of a folder', 'models/gpt-oss-120b.v32'],
    ['is words with hyphens', 'fleet-prod-v32-node'],
    ['is words with dots', 'fleet.v32.example'],
    ['is an address of AWS', 'arn:aB3dE6gH9jK2'],
    ['is a digest', 'sha256:aB3dE6gH9jK2'],
    ['is a bucket of Google', 'gs:aB3dE6gH9jK2'],
    ['is a bucket of AWS', 's3:aB3dE6gH9jK2'],
    ['is a URL', 'https:aB3dE6gH9jK2'],
    ['is an old URL', 'http:aB3dE6gH9jK2'],
    ['is of a vault', 'vault:aB3dE6gH9jK2'],
    ['is a file', 'file:aB3dE6gH9jK2'],
    ['is a secret of Google', 'projects/aB3dE6gH9jK2'],
  ])('not what %s', (_what, value) => expect(looksRandom(value)).toBe(false));

  test.each([
    ['', 0],
    ['aaaa', 0],
    ['ab', 1],
    ['abcd', 2],
    ['aabb', 1],
  ])('bits per character of "%s": %s', (text, bits) => expect(entropyOf(text)).toBe(bits));
});

describe('an assignment', () => {
  const VALUE = LETTERS.slice(0, 12);
  test.each([
    `API_KEY=${VALUE}`,
    `export API_KEY="${VALUE}"`,
    `password: '${VALUE}'`,
    `{"token": "${VALUE}"}`,
    `mode: DB_PASSWORD=${VALUE}`,
    `password   =   ${VALUE}`,
  ])('%s: its value is taken out', (text) => {
    expect(assignsSecret(text)).toBe(true);
    expect(withoutKeys(`${text} and ${text}`)).toBe(`${text} and ${text}`.replaceAll(VALUE, '(hidden)'));
  });

  test.each([
    `API_KEY_FILE=${VALUE}`,
    `NAME=${VALUE}`,
    'API_KEY=fleet-prod-hop-key',
    'API_KEY=short1A',
    `API_KEY ${VALUE}`,
    `password    =    ${VALUE}`,
  ])('%s is left as it is', (text) => {
    expect(assignsSecret(text)).toBe(false);
    expect(withoutKeys(text)).toBe(text);
  });
});

describe('base64 and gzip', () => {
  const base64 = (text: string | Uint8Array) => Buffer.from(text).toString('base64');
  const TEXT = 'a text that is long enough\twith\r\nlines';

  test.each([
    ['once', base64(TEXT)],
    ['twice', base64(base64(TEXT))],
    ['three times', base64(base64(base64(TEXT)))],
    ['with lines', base64(TEXT).replace(/.{20}/g, '$&\r\n')],
    ['with a line at the end', `${base64(TEXT)}\n`],
    ['around gzip', base64(gzipSync(TEXT))],
    ['around gzip around base64', base64(gzipSync(base64(TEXT)))],
  ])('%s are taken off', (_what, text) => expect(decoded(text)).toBe(TEXT));

  test('are taken off three times at most', () =>
    expect(decoded(base64(base64(base64(base64(TEXT)))))).toBe(base64(TEXT)));

  test.each([
    ['plain text', TEXT],
    ['a short word', base64('a text').replaceAll('=', '')],
    ['random bytes', base64(Uint8Array.from({ length: 40 }, (_, index) => (index * 83) % 256))],
    ['a control character', base64(`${TEXT}\u0007`)],
    ['broken gzip', base64(Buffer.concat([Buffer.from([0x1f, 0x8b]), Buffer.alloc(30)]))],
    ['gzip that is too large', base64(gzipSync('a'.repeat(1_000_001)))],
    ['nothing', ''],
  ])('%s is not decoded', (_what, text) => expect(decoded(text)).toBeUndefined());

  test('what is read of it is a prefix: a control character far behind is not seen', () => {
    expect(decoded(base64(`${'a'.repeat(400)}\u0007`))).toBeDefined();
    expect(decoded(base64(`${'a'.repeat(399)}\u0007`))).toBeUndefined();
  });
});
