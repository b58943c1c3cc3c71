import type { Part } from '../contracts/part.ts';
import type { SecretSource } from '../contracts/secret.ts';
import { readIfPresent } from './files.ts';
import { generatedSecrets } from './generate.ts';
import type { Host } from './host.ts';
import { fillPlaceholders, resolvePath } from './manifest.ts';
import { PartError } from './part-error.ts';

/** What a part inherits: what describes the host and its user, and nothing that could hold a secret. */
const INHERITED = [
  ...['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LD_LIBRARY_PATH'],
  ...['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE', 'SSL_CERT_DIR'],
];

/**
 * The environment variables that a part's program is started with.
 * @throws PartError that names a secret which is not there
 */
export function programEnvironment(part: Part, host: Host): Record<string, string> {
  const inherited = INHERITED.flatMap((name) => {
    const value = host.env[name];
    return value === undefined ? [] : [[name, value]];
  });
  const own = Object.entries(part.env).map(([name, value]) => [name, fillPlaceholders(value, part, host)]);
  const secret = Object.entries(part.secretEnv).map(([name, source]) => {
    const value = readSecret(source, part, host);
    if (value === undefined) throw missingSecret(name, source, part, host);
    return [name, value];
  });
  return Object.fromEntries([...inherited, ...own, ...secret]);
}

/** Replaces every secret that a part is known to have, wherever it stands in a text that people will see. */
export function withoutSecrets(text: string, part: Part, host: Host): string {
  const sources = Object.values(part.secretEnv).map((source) => readSecret(source, part, host) ?? '');
  return [...sources, ...generatedSecrets(part, host)]
    .filter((value) => value !== '')
    .reduce((shown, value) => shown.replaceAll(value, '[secret]'), text);
}

function readSecret(source: SecretSource, part: Part, host: Host): string | undefined {
  if ('env' in source) return host.env[source.env];
  return readIfPresent(resolvePath(source.file, part, host))
    ?.toString()
    .replace(/\r?\n$/, '');
}

function missingSecret(name: string, source: SecretSource, part: Part, host: Host): PartError {
  const [where, remedy] =
    'env' in source
      ? [`the environment variable ${source.env}`, 'set it before the deploy']
      : [resolvePath(source.file, part, host), 'write the secret there'];
  return new PartError(part.name, `${name} is read from ${where}, which does not exist; ${remedy}`);
}
