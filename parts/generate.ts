import { createHash, createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { isIP } from 'node:net';
import { dirname } from 'node:path';
import type { Part } from '../contracts/part.ts';
import { PRIVATE_FILE, PRIVATE_FOLDER, readIfPresent, writeAtomically } from './files.ts';
import type { Host } from './host.ts';
import { withLock } from './lock.ts';
import { resolvePath } from './manifest.ts';

type Wanted = Part['generates'][number];
/** As much of a part as making its secrets takes. */
export type Generating = Pick<Part, 'environment' | 'name' | 'generates'>;
type WantedCertificate = Exclude<Wanted, { secret: string }>;

const SECRET_BYTES = 32;
const CERTIFICATE_DAYS = 825;
const DAY = 86_400_000;

/**
 * Makes the secrets and certificates that a part needs and that do not exist yet. Existing ones stay, unless a
 * certificate has expired, does not name its hosts or does not fit its key. Several parts may want the same one.
 * @returns hash over all of them: a program that started with another hash has other secrets in its memory
 */
export async function generate(part: Generating, host: Host): Promise<string> {
  const hash = createHash('sha256');
  for (const wanted of part.generates) {
    const located = locate(wanted, part, host);
    if (!exists(located, host.now())) await make(located, part, host);
    for (const path of pathsOf(located)) hash.update(readIfPresent(path) ?? '').update('\0');
  }
  return hash.digest('hex');
}

/** The values of a part's generated secrets that exist. */
export function generatedSecrets(part: Part, host: Host): string[] {
  return part.generates.flatMap((wanted) =>
    'secret' in wanted ? (readIfPresent(resolvePath(wanted.secret, part, host))?.toString() ?? []) : [],
  );
}

function locate(wanted: Wanted, part: Generating, host: Host): Wanted {
  if ('secret' in wanted) return { secret: resolvePath(wanted.secret, part, host) };
  return {
    ...wanted,
    certificate: resolvePath(wanted.certificate, part, host),
    privateKey: resolvePath(wanted.privateKey, part, host),
  };
}

function pathsOf(wanted: Wanted): string[] {
  return 'secret' in wanted ? [wanted.secret] : [wanted.certificate, wanted.privateKey];
}

function exists(wanted: Wanted, now: number): boolean {
  return 'secret' in wanted ? readIfPresent(wanted.secret) !== undefined : isUsable(wanted, now);
}

async function make(wanted: Wanted, { name }: Generating, host: Host): Promise<void> {
  const path = 'secret' in wanted ? wanted.secret : wanted.certificate;
  for (const file of pathsOf(wanted)) mkdirSync(dirname(file), { recursive: true, mode: PRIVATE_FOLDER });
  const waiting = () => host.report({ part: name, step: 'waiting', detail: `${path} is being made` });
  await withLock(`${path}.lock`, host, waiting, async () => {
    if (exists(wanted, host.now())) return;
    if ('secret' in wanted) {
      writeAtomically(path, randomBytes(SECRET_BYTES).toString('base64url'), PRIVATE_FILE);
    } else {
      await makeCertificate(wanted, host.now());
    }
  });
}

function isUsable({ certificate, privateKey, hosts }: WantedCertificate, now: number): boolean {
  const [pem, key] = [readIfPresent(certificate), readIfPresent(privateKey)];
  if (pem === undefined || key === undefined) return false;
  try {
    const x509 = new X509Certificate(pem);
    const named = (host: string) => (isIP(host) === 0 ? x509.checkHost(host) : x509.checkIP(host));
    return (
      Date.parse(x509.validTo) > now &&
      hosts.every((host) => named(host) !== undefined) &&
      x509.checkPrivateKey(createPrivateKey(key))
    );
  } catch {
    return false;
  }
}

/** A certificate that is its own authority: clients trust it by naming this very file. */
async function makeCertificate(
  { certificate, privateKey, hosts }: WantedCertificate,
  now: number,
): Promise<void> {
  // The whole module: in a bundle that is split, a CommonJS module that is imported late has no other name.
  const { default: selfsigned } = await import('selfsigned');
  const made = await selfsigned.generate([{ name: 'commonName', value: hosts[0] ?? 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate: new Date(now),
    notAfterDate: new Date(now + CERTIFICATE_DAYS * DAY),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) => (isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host })),
      },
    ],
  });
  writeAtomically(privateKey, made.private, PRIVATE_FILE);
  writeAtomically(certificate, made.cert);
}
