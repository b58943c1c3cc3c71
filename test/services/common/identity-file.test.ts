import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { awsCredentialsIn, googleTokenIn } from '../../../services/common/identity-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'fleet-identity-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW = new Date('2026-11-30T10:00:00Z');
const AWS = {
  Version: 1,
  AccessKeyId: 'ASIAEXAMPLE',
  SecretAccessKey: 'the-secret',
  SessionToken: 'the-session',
  Expiration: '2026-11-30T11:00:00Z',
};
const google = (expireTime: string) => JSON.stringify({ accessToken: 'the-token', expireTime });

function written(text: string): string {
  const path = join(folder, 'identity.json');
  writeFileSync(path, text);
  return path;
}

test('of Google: the token, until it ends', async () => {
  expect(await googleTokenIn(written(google('2026-11-30T10:00:01Z')), NOW)).toBe('the-token');
  await expect(googleTokenIn(written(google('2026-11-30T10:00:00Z')), NOW)).rejects.toThrow(
    'the token ended at 2026-11-30T10:00:00Z',
  );
});

test('of AWS: keys, and when to read them again', async () => {
  expect(await awsCredentialsIn(written(JSON.stringify(AWS)))).toEqual({
    accessKeyId: 'ASIAEXAMPLE',
    secretAccessKey: 'the-secret',
    sessionToken: 'the-session',
    expiration: new Date(AWS.Expiration),
  });
});

test.each([
  ['half a document', google('2026-11-30T11:00:00Z').slice(0, -3)],
  ['one of another cloud', JSON.stringify(AWS)],
  ['nothing', ''],
])('%s is no identity, and the error shows none of it', async (_what, text) => {
  const refused = await googleTokenIn(written(text), NOW).catch(String);
  expect(refused).toContain(`${join(folder, 'identity.json')}: no identity`);
  expect(refused).not.toMatch(/the-token|the-secret|the-session/);
});

test('a file that is not there is named', async () => {
  await expect(awsCredentialsIn(join(folder, 'none.json'))).rejects.toThrow('none.json');
});
