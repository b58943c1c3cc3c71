import { GoogleAuth } from 'google-auth-library';
import type { z } from 'zod';
import type { Variables } from '../../context.ts';
import { messageOf } from '../../errors.ts';
import { parseJson } from '../../json.ts';
import { CloudError } from '../cloud.ts';

/**
 * Base URLs of Google's APIs, each replaceable by the variable that the Terraform provider reads too, for private
 * endpoints and for tests.
 */
const ENDPOINTS = {
  artifactRegistry: [
    'GOOGLE_ARTIFACT_REGISTRY_CUSTOM_ENDPOINT',
    'https://artifactregistry.googleapis.com/v1/',
  ],
  compute: ['GOOGLE_COMPUTE_CUSTOM_ENDPOINT', 'https://compute.googleapis.com/compute/v1/'],
  cloudQuotas: ['GOOGLE_CLOUD_QUOTAS_CUSTOM_ENDPOINT', 'https://cloudquotas.googleapis.com/v1/'],
  secretManager: ['GOOGLE_SECRET_MANAGER_CUSTOM_ENDPOINT', 'https://secretmanager.googleapis.com/v1/'],
  serviceUsage: ['GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT', 'https://serviceusage.googleapis.com/v1/'],
  storage: ['GOOGLE_STORAGE_CUSTOM_ENDPOINT', 'https://storage.googleapis.com/storage/v1/'],
} as const;
export type GoogleApi = keyof typeof ENDPOINTS;

const SCOPE = 'https://www.googleapis.com/auth/cloud-platform';
const TIMEOUT_MS = 20_000;
const UPLOAD_TIMEOUT_MS = 600_000;
const LOGIN = '`gcloud auth application-default login`';

export interface GoogleRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  readonly json?: unknown;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that are an answer. @default - 2xx and 404 */
  readonly answers?: readonly number[];
}

/** Google's REST APIs with application default credentials, or GOOGLE_OAUTH_ACCESS_TOKEN as in the Terraform provider. */
export class GoogleClient {
  readonly project: string;
  readonly #env: Variables;
  #token: Promise<string> | undefined;

  constructor(project: string, env: Variables) {
    this.project = project;
    this.#env = env;
  }

  /** The address of a resource. `path` is relative to the API's base URL; one that begins with `/` to its host. */
  url(api: GoogleApi, path: string): URL {
    const [variable, standard] = ENDPOINTS[api];
    const base = this.#env[variable] ?? standard;
    return new URL(path, base.endsWith('/') ? base : `${base}/`);
  }

  /** A resource as the schema reads it; undefined when there is none. */
  async get<T>(api: GoogleApi, path: string, schema: z.ZodType<T>): Promise<T | undefined> {
    const response = await this.send(this.url(api, path));
    return response.status === 404 ? undefined : this.parse(response, schema);
  }

  /** @throws CloudError when the answer is none of those that are expected, or not JSON of that shape */
  async parse<T>(response: Response, schema: z.ZodType<T>): Promise<T> {
    const parsed = schema.safeParse(parseJson(await response.text()));
    if (parsed.success) return parsed.data;
    throw new CloudError('refused', `${response.url}: an answer of another shape than expected`);
  }

  /** @throws CloudError without credentials, without an answer, or for a status that is none of the expected ones */
  async send(url: URL, { method, json, body, headers, answers }: GoogleRequest = {}): Promise<Response> {
    const token = await this.token();
    const response = await this.#fetch(url, {
      method: method ?? 'GET',
      headers: {
        authorization: `Bearer ${token}`,
        'x-goog-user-project': this.project,
        ...(json === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body: json === undefined ? body : JSON.stringify(json),
      signal: AbortSignal.timeout(body === undefined ? TIMEOUT_MS : UPLOAD_TIMEOUT_MS),
    });
    const expected = answers ?? [404];
    if (response.ok || expected.includes(response.status)) return response;
    throw refusal(url, response.status, await response.text());
  }

  token(): Promise<string> {
    const given = this.#env.GOOGLE_OAUTH_ACCESS_TOKEN;
    if (given !== undefined && given !== '') return Promise.resolve(given);
    this.#token ??= accessToken();
    return this.#token;
  }

  async #fetch(url: URL, request: RequestInit): Promise<Response> {
    try {
      return await fetch(url, { ...request, redirect: 'manual' });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      throw new CloudError('unreachable', `${url.host} does not answer: ${messageOf(cause)}`);
    }
  }
}

async function accessToken(): Promise<string> {
  try {
    const token = await new GoogleAuth({ scopes: [SCOPE] }).getAccessToken();
    if (token !== null && token !== undefined) return token;
    throw new Error('there is no access token');
  } catch (error) {
    const [reason] = messageOf(error).split('\n');
    throw new CloudError('credentials', `no Google credentials (${reason}); run ${LOGIN}`);
  }
}

function refusal(url: URL, status: number, text: string): CloudError {
  const message = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(text)?.[1] ?? `status ${status}`;
  if (status === 401) return new CloudError('credentials', `${url.host}: ${message}; run ${LOGIN}`);
  if (status === 403) return new CloudError('denied', `${url.host}: ${message}`);
  return new CloudError(status >= 500 ? 'unreachable' : 'refused', `${url.host}: ${status} ${message}`);
}
