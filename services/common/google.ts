import { Compute } from 'google-auth-library';
import { googleTokenIn } from './identity-file.ts';

/** Base URLs, each replaceable by the variable that the Terraform provider reads too. */
const ENDPOINTS = {
  storage: ['GOOGLE_STORAGE_CUSTOM_ENDPOINT', 'https://storage.googleapis.com/storage/v1/'],
  upload: ['GOOGLE_STORAGE_UPLOAD_ENDPOINT', 'https://storage.googleapis.com/upload/storage/v1/'],
  tasks: ['GOOGLE_CLOUD_TASKS_CUSTOM_ENDPOINT', 'https://cloudtasks.googleapis.com/v2/'],
  compute: ['GOOGLE_COMPUTE_CUSTOM_ENDPOINT', 'https://compute.googleapis.com/compute/v1/'],
} as const;

const ANSWER_TIMEOUT_MS = 5_000;
const UNAUTHORIZED = 401;
const JSON_BODY = { 'content-type': 'application/json' };

/** Asks one of Google's APIs. `path` is relative to its base URL. */
export type AskGoogle = (
  api: keyof typeof ENDPOINTS,
  path: string,
  query: Readonly<Record<string, string>>,
  /** @default - GET */
  request?: { readonly method: 'POST' | 'DELETE'; readonly body?: string },
) => Promise<Response>;

/**
 * As whom a file says, else as the service account of this machine, whose tokens the metadata server gives
 * (`GCE_METADATA_HOST` names another one). A token of that server that is refused is not used again.
 */
export function createAskGoogle(identityFile?: string): AskGoogle {
  let identity = new Compute();
  const fromMetadata = async () => {
    const { token } = await identity.getAccessToken();
    if (typeof token !== 'string') throw new Error('the metadata server gave no access token');
    return token;
  };
  return async (api, path, query, request) => {
    const [variable, standard] = ENDPOINTS[api];
    const url = new URL(`${(process.env[variable] ?? standard).replace(/\/?$/, '/')}${path}`);
    url.search = new URLSearchParams(query).toString();
    const token =
      identityFile === undefined ? await fromMetadata() : await googleTokenIn(identityFile, new Date());
    const response = await fetch(url, {
      ...request,
      headers: { authorization: `Bearer ${token}`, ...(request?.body === undefined ? {} : JSON_BODY) },
      signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      redirect: 'manual',
    });
    if (response.status === UNAUTHORIZED) identity = new Compute();
    return response;
  };
}

/** Status and the message of an answer that is an error. */
export async function refusalOf(response: Response): Promise<string> {
  const text = await response.text();
  const message = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1];
  return [response.status, message].filter((word) => word !== undefined).join(' ');
}

/** `fetch` says what happened in the cause of its error. */
export function wordsOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
