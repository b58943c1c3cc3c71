import { z } from 'zod';
import { messageOf } from '../errors.ts';
import { parseJson } from '../json.ts';
import { CloudError } from './cloud.ts';

const TIMEOUT_MS = 15_000;
const ACCEPT = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

const Token = z.object({ token: z.string().optional(), access_token: z.string().optional() });

interface Reference {
  readonly host: string;
  readonly repository: string;
  /** A digest or a tag. */
  readonly version: string;
}

/** As the docker command reads a name: without a host it is Docker Hub's. */
export function parseReference(text: string): Reference {
  const [, name = text, version = 'latest'] =
    /^(.*?)(?:@(sha256:[0-9a-f]{64})|:([\w.-]+))$/.exec(text)?.filter((part) => part !== undefined) ?? [];
  const [first = '', ...rest] = name.split('/');
  if (rest.length > 0 && /[.:]|^localhost$/.test(first))
    return { host: first, repository: rest.join('/'), version };
  return { host: 'registry-1.docker.io', repository: rest.length === 0 ? `library/${name}` : name, version };
}

/**
 * Whether a registry gives an image to anybody.
 * @throws CloudError where it does not answer or wants to know who asks
 */
export async function hasPublicImage(text: string): Promise<boolean> {
  const { host, repository, version } = parseReference(text);
  // A registry on the same host speaks plain HTTP, as docker takes it.
  const scheme = /^(localhost|127\.0\.0\.1)(:\d+)?$/.test(host) ? 'http' : 'https';
  const url = `${scheme}://${host}/v2/${repository}/manifests/${version}`;
  const first = await ask(url, {});
  const challenge = first.status === 401 ? first.headers.get('www-authenticate') : null;
  const answer = challenge === null ? first : await ask(url, await anonymous(challenge, host));
  if (answer.ok) return true;
  if (answer.status === 404) return false;
  throw new CloudError('denied', `${host} answers ${answer.status} without a login`);
}

function ask(url: string, headers: Readonly<Record<string, string>>): Promise<Response> {
  return request(url, { method: 'HEAD', headers: { accept: ACCEPT, ...headers } });
}

/** The token that a registry gives to anybody who asks for one. */
async function anonymous(challenge: string, host: string): Promise<Record<string, string>> {
  const field = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1];
  const realm = field('realm');
  if (!/^bearer /i.test(challenge) || realm === undefined) {
    throw new CloudError('denied', `${host} wants a login of another kind`);
  }
  const url = new URL(realm);
  for (const name of ['service', 'scope']) {
    const value = field(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  const response = await request(url.href, {});
  const { token, access_token } = Token.safeParse(parseJson(await response.text())).data ?? {};
  const given = token ?? access_token;
  if (given === undefined) throw new CloudError('denied', `${url.host} gives no token to anybody`);
  return { authorization: `Bearer ${given}` };
}

async function request(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, { ...options, signal: AbortSignal.timeout(TIMEOUT_MS) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    throw new CloudError('unreachable', `${new URL(url).host} does not answer: ${messageOf(cause)}`);
  }
}
