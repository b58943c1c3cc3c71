import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Part, type PartInput } from '../../contracts/part.ts';
import { generate } from '../../parts/generate.ts';
import type { Host } from '../../parts/host.ts';
import { reconcile } from '../../parts/reconcile.ts';
import { ENVIRONMENT, type Fleet, freePort, leapingHost, openFleet, writeProgram } from './support.ts';

let fleet: Fleet;
beforeEach(() => {
  fleet = openFleet();
});
afterEach(() => fleet.close());

const SECRET = '.fleet/local/secrets/hop-key';
const CERTIFICATE = {
  certificate: '{environment}/secrets/groq.pem',
  privateKey: '.fleet/local/secrets/groq.key',
  hosts: ['localhost', 'api.groq.test', '127.0.0.1'],
};

const partWith = (...generates: NonNullable<PartInput['generates']>) =>
  Part.parse({ environment: ENVIRONMENT, name: 'a', command: ['x'], processHash: 'p', generates });
const file = (name: string) => join(fleet.host.project, '.fleet/local/secrets', name);
const read = (name: string) => readFileSync(file(name), 'utf8');
const modeOf = (path: string) => statSync(path).mode & 0o777;
const certificate = () => new X509Certificate(read('groq.pem'));
const later = (days: number): Host => ({ ...fleet.host, now: () => Date.now() + days * 86_400_000 });

test('a secret is 32 random bytes that only the owner can read', async () => {
  await generate(partWith({ secret: SECRET }), fleet.host);
  expect(read('hop-key')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(modeOf(file('hop-key'))).toBe(0o600);
  expect(modeOf(file('.'))).toBe(0o700);
});

test('an existing secret is never made anew', async () => {
  const part = partWith({ secret: SECRET });
  const hash = await generate(part, fleet.host);
  const secret = read('hop-key');
  expect(await generate(part, fleet.host)).toBe(hash);
  expect(read('hop-key')).toBe(secret);
});

test('another secret has another hash', async () => {
  const part = partWith({ secret: SECRET });
  const hash = await generate(part, fleet.host);
  rmSync(file('hop-key'));
  expect(await generate(part, fleet.host)).not.toBe(hash);
});

test('parts that want the same secret and certificate at the same time get the same ones', async () => {
  const part = partWith({ secret: SECRET }, CERTIFICATE);
  const hashes = await Promise.all(Array.from({ length: 5 }, () => generate(part, fleet.host)));
  expect(new Set(hashes).size).toBe(1);
});

test('a certificate names its hosts, is its own authority, fits its key and is valid 825 days', async () => {
  await generate(partWith(CERTIFICATE), fleet.host);
  const x509 = certificate();
  expect(x509.subjectAltName).toBe('DNS:localhost, DNS:api.groq.test, IP Address:127.0.0.1');
  expect(x509.ca).toBe(true);
  expect(x509.verify(x509.publicKey)).toBe(true);
  expect(Math.round((Date.parse(x509.validTo) - Date.now()) / 86_400_000)).toBe(825);
  expect(modeOf(file('groq.key'))).toBe(0o600);
});

test.each([
  ['it is valid', (): void => undefined, 824, true],
  ['it has expired', (): void => undefined, 826, false],
  ['its key is gone', (): void => rmSync(file('groq.key')), 0, false],
  ['it is gone', (): void => rmSync(file('groq.pem')), 0, false],
  ['it is no certificate', () => writeFileSync(file('groq.pem'), 'nonsense'), 0, false],
] as const)('a certificate is made anew unless it is good: %s', async (_, change, days, stays) => {
  await generate(partWith(CERTIFICATE), fleet.host);
  const { fingerprint256 } = certificate();
  change();
  await generate(partWith(CERTIFICATE), later(days));
  expect(certificate().fingerprint256 === fingerprint256).toBe(stays);
});

test('a certificate is made anew for another host or with another key', async () => {
  await generate(partWith(CERTIFICATE), fleet.host);
  const first = { key: read('groq.key'), print: certificate().fingerprint256 };
  await generate(partWith({ ...CERTIFICATE, hosts: ['localhost', '10.0.0.1'] }), fleet.host);
  const second = certificate();
  expect(second.fingerprint256).not.toBe(first.print);
  expect(second.checkIP('10.0.0.1')).toBe('10.0.0.1');
  writeFileSync(file('groq.key'), first.key);
  await generate(partWith({ ...CERTIFICATE, hosts: ['10.0.0.1'] }), fleet.host);
  expect(certificate().fingerprint256).not.toBe(second.fingerprint256);
});

test('a real TLS server with the certificate passes verification, for its ready address and for clients', async () => {
  const port = await freePort();
  const program = writeProgram(
    fleet.host,
    'tls.mjs',
    `import { readFileSync } from 'node:fs';
     import { createServer } from 'node:https';
     const [, , cert, key, port] = process.argv;
     createServer({ cert: readFileSync(cert), key: readFileSync(key) }, (_, response) => response.end('ok')).listen(Number(port), '127.0.0.1');`,
  );
  const manifest = fleet.synth({
    command: [
      'node',
      program,
      '{environment}/secrets/groq.pem',
      '{environment}/secrets/groq.key',
      String(port),
    ],
    generates: [CERTIFICATE],
    ready: { url: `https://127.0.0.1:${port}/`, authority: CERTIFICATE.certificate, timeoutSeconds: 10 },
  });
  expect(await reconcile(manifest, fleet.host)).toMatchObject({ action: 'started' });
  const request = get(`https://localhost:${port}/`, { ca: read('groq.pem'), family: 4, agent: false });
  const [response] = await once(request, 'response');
  expect(response.statusCode).toBe(200);
  response.resume();
});

test('a ready address with a certificate that is not trusted does not count', async () => {
  const port = await freePort();
  const program = writeProgram(
    fleet.host,
    'tls.mjs',
    `import { readFileSync } from 'node:fs';
     import { createServer } from 'node:https';
     const [cert, key] = ['${file('groq.pem')}', '${file('groq.key')}'].map((path) => readFileSync(path));
     createServer({ cert, key }).on('connection', () => console.log('called')).listen(${port}, '127.0.0.1');`,
  );
  const ready = { url: `https://127.0.0.1:${port}/`, timeoutSeconds: 60 };
  const manifest = fleet.synth({ command: ['node', program], generates: [CERTIFICATE], ready });
  await expect(reconcile(manifest, leapingHost(fleet, 'called'))).rejects.toThrow(
    /did not answer 200 within 60 s \(self-signed certificate/,
  );
});
