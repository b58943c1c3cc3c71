import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StandIn } from './stand-in.ts';

export const PROJECT = 'fleet-prod';
const TOKEN = 'test-token';

interface StoredObject {
  readonly data: Buffer;
  readonly metadata?: Record<string, string>;
}

interface UploadSession {
  readonly key: string;
  readonly total: number;
  readonly md5Hash: string;
  readonly metadata: Record<string, string>;
  data: Buffer;
}

interface Answer {
  readonly status?: number;
  readonly json?: unknown;
  readonly body?: Buffer;
  readonly headers?: Record<string, string>;
}

/** A stand-in of the Google APIs that fleet uses: same paths, same shapes, refuses what it does not know. */
export class GoogleApi extends StandIn {
  /** Values by id, oldest first; `undefined` is a disabled version. */
  readonly secrets = new Map<string, (string | undefined)[]>();
  readonly buckets = new Map<string, { versioned: boolean; objects: Map<string, StoredObject> }>();
  readonly servicesOn = new Set<string>();
  /** By `projects/…/global/images/…`, families too. */
  readonly images = new Map<string, { name: string; status: string }>();
  readonly containerImages = new Set<string>();
  /** `dimensionsInfos` by quota id. */
  readonly quotas = new Map<string, unknown[]>();
  /** Requests by `METHOD path`, in order. */
  readonly requests: string[] = [];
  /** Answers this to every request below a path, such as 403 with a message. */
  readonly refusals = new Map<string, Answer>();
  /** Called with each part of an upload that has arrived; a falsy answer cuts the connection. */
  partArrives: (total: number) => boolean = () => true;
  readonly #sessions = new Map<string, UploadSession>();

  constructor() {
    super((request, response) => this.#serve(request, response));
  }

  /** What makes fleet talk to it. */
  get env(): NodeJS.ProcessEnv {
    return {
      GOOGLE_OAUTH_ACCESS_TOKEN: TOKEN,
      GOOGLE_ARTIFACT_REGISTRY_CUSTOM_ENDPOINT: `${this.url}/artifactregistry/v1/`,
      GOOGLE_COMPUTE_CUSTOM_ENDPOINT: `${this.url}/compute/v1/`,
      GOOGLE_CLOUD_QUOTAS_CUSTOM_ENDPOINT: `${this.url}/cloudquotas/v1/`,
      GOOGLE_SECRET_MANAGER_CUSTOM_ENDPOINT: `${this.url}/secretmanager/v1/`,
      GOOGLE_SERVICE_USAGE_CUSTOM_ENDPOINT: `${this.url}/serviceusage/v1/`,
      GOOGLE_STORAGE_CUSTOM_ENDPOINT: `${this.url}/storage/v1/`,
    };
  }

  bucket(name: string, versioned = true): Map<string, StoredObject> {
    const bucket = this.buckets.get(name) ?? { versioned, objects: new Map<string, StoredObject>() };
    this.buckets.set(name, bucket);
    return bucket.objects;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    const method = request.method ?? '';
    this.requests.push(`${method} ${url.pathname}`);
    const body = Buffer.concat(await request.toArray());
    const refusal = [...this.refusals].find(([prefix]) => url.pathname.startsWith(prefix))?.[1];
    const answer =
      refusal ??
      this.#unauthorised(request) ??
      this.#route(method, url, request, body) ??
      notFound('no such route');
    if (answer.status === 0) return void response.destroy();
    response.writeHead(answer.status ?? 200, answer.headers);
    response.end(answer.body ?? (answer.json === undefined ? '' : JSON.stringify(answer.json)));
  }

  #unauthorised({ headers }: IncomingMessage): Answer | undefined {
    if (headers.authorization !== `Bearer ${TOKEN}`) return failure(401, 'invalid credentials');
    return headers['x-goog-user-project'] === PROJECT ? undefined : failure(400, 'no quota project');
  }

  #route(method: string, url: URL, request: IncomingMessage, body: Buffer): Answer | undefined {
    const path = url.pathname;
    const of = (prefix: string) => (path.startsWith(prefix) ? path.slice(prefix.length) : undefined);
    const secret = of(`/secretmanager/v1/projects/${PROJECT}/secrets`);
    if (secret !== undefined) return this.#secret(method, secret, url, body);
    const upload = of('/upload/storage/v1/b/');
    if (upload !== undefined) return this.#beginUpload(upload, url, request, body);
    const session = of('/session/');
    if (session !== undefined) return this.#part(session, request, body);
    const storage = of('/storage/v1/b/');
    if (storage !== undefined) return this.#storage(storage, url);
    const compute = of('/compute/v1/');
    if (compute === `projects/${PROJECT}`) return { json: { name: PROJECT } };
    if (compute !== undefined) return found(this.images.get(compute));
    const services = of(`/serviceusage/v1/projects/${PROJECT}/services:batchGet`);
    if (services === '') {
      const names = url.searchParams.getAll('names');
      const state = (name: string) =>
        this.servicesOn.has(name.split('/').at(-1) ?? '') ? 'ENABLED' : 'DISABLED';
      return { json: { services: names.map((name) => ({ name, state: state(name) })) } };
    }
    const registry = of('/artifactregistry/v1/');
    if (registry !== undefined)
      return found(this.containerImages.has(decodeURIComponent(registry)) ? {} : undefined);
    const quota = of(
      `/cloudquotas/v1/projects/${PROJECT}/locations/global/services/compute.googleapis.com/quotaInfos/`,
    );
    if (quota !== undefined) {
      const dimensionsInfos = this.quotas.get(quota);
      return found(dimensionsInfos && { quotaId: quota, dimensionsInfos });
    }
    return undefined;
  }

  #secret(method: string, rest: string, url: URL, body: Buffer): Answer | undefined {
    if (rest === '' && method === 'POST') {
      const id = url.searchParams.get('secretId') ?? '';
      const { replication } = JSON.parse(body.toString()) as { replication?: unknown };
      if (!/^[\w-]{1,255}$/.test(id) || replication === undefined) return failure(400, 'malformed');
      if (this.secrets.has(id)) return failure(409, 'already exists');
      this.secrets.set(id, []);
      return { json: {} };
    }
    const [, id = '', action = ''] = /^\/([^/:]+)(.*)$/.exec(rest) ?? [];
    const versions = this.secrets.get(id);
    if (versions === undefined) return notFound(`Secret [${id}] not found`);
    const last = versions.at(-1);
    if (action === '' && method === 'GET') return { json: {} };
    if (action === ':addVersion' && method === 'POST') {
      const { payload } = JSON.parse(body.toString()) as { payload: { data: string } };
      versions.push(Buffer.from(payload.data, 'base64').toString());
      return { json: {} };
    }
    if (versions.length === 0) return notFound('no version');
    if (action === '/versions/latest')
      return { json: { state: last === undefined ? 'DISABLED' : 'ENABLED' } };
    if (action !== '/versions/latest:access') return undefined;
    return last === undefined
      ? failure(400, 'version is in state DISABLED')
      : { json: { payload: { data: Buffer.from(last).toString('base64') } } };
  }

  #storage(rest: string, url: URL): Answer | undefined {
    const [name = '', , key] = rest.split('/');
    const bucket = this.buckets.get(name);
    if (bucket === undefined) return notFound('bucket does not exist');
    if (key === undefined) return { json: { name, versioning: { enabled: bucket.versioned } } };
    const object = bucket.objects.get(decodeURIComponent(key));
    if (object === undefined) return notFound('no such object');
    if (url.searchParams.get('alt') === 'media') return { body: object.data };
    return { json: { size: String(object.data.length), metadata: object.metadata } };
  }

  #beginUpload(rest: string, url: URL, request: IncomingMessage, body: Buffer): Answer | undefined {
    const [name = ''] = rest.split('/');
    const bucket = this.buckets.get(name);
    const key = url.searchParams.get('name') ?? '';
    if (bucket === undefined) return notFound('bucket does not exist');
    if (url.searchParams.get('uploadType') === 'media') {
      bucket.objects.set(key, { data: body });
      return { json: {} };
    }
    const { md5Hash, metadata } = JSON.parse(body.toString());
    const total = Number(request.headers['x-upload-content-length']);
    const id = `${name}/${this.#sessions.size}`;
    this.#sessions.set(id, { key, total, md5Hash, metadata, data: Buffer.alloc(0) });
    return { headers: { location: `${this.url}/session/${id}` } };
  }

  #part(id: string, request: IncomingMessage, body: Buffer): Answer {
    const session = this.#sessions.get(id);
    if (session === undefined) return notFound('no such session');
    const [, first, last] = /^bytes (\d+)-(\d+)\//.exec(request.headers['content-range'] ?? '') ?? [];
    if (first !== undefined) {
      if (Number(first) !== session.data.length || Number(last) - Number(first) + 1 !== body.length)
        return failure(400, 'wrong range');
      if (!this.partArrives(session.data.length)) return { status: 0 };
      session.data = Buffer.concat([session.data, body]);
    }
    if (session.data.length < session.total) {
      const headers: Record<string, string> =
        session.data.length === 0 ? {} : { range: `bytes=0-${session.data.length - 1}` };
      return { status: 308, headers };
    }
    const { key, data, metadata } = session;
    if (createHash('md5').update(data).digest('base64') !== session.md5Hash) return failure(400, 'wrong MD5');
    this.#sessions.delete(id);
    this.bucket(id.split('/')[0] ?? '').set(key, { data, metadata });
    return { json: {} };
  }
}

function found(resource: unknown): Answer {
  return resource === undefined ? notFound('resource not found') : { json: resource };
}

function notFound(message: string): Answer {
  return failure(404, message);
}

/** As Google's APIs tell an error. */
export function failure(status: number, message: string): Answer {
  return { status, json: { error: { code: status, message } } };
}
