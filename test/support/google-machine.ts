import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { StandIn } from './stand-in.ts';

/** An instance as Compute Engine lists it. */
export interface Instance {
  readonly status: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly networkInterfaces: readonly { readonly networkIP: string }[];
}

interface StoredObject {
  readonly generation: number;
  readonly content: string;
}

const TOKEN_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';

/** What a machine on Google Cloud talks to: the metadata server, objects of buckets, the list of instances. */
export class GoogleMachine extends StandIn {
  /** By zone. */
  readonly instances = new Map<string, Instance[]>();
  /** Statuses of the answers about each object, in order. */
  readonly statuses: number[] = [];
  /** Changes content on its way out. */
  damages = false;
  #token = 'token-1';
  #generation = 1_700_000_000_000_000;
  readonly #objects = new Map<string, StoredObject>();

  constructor() {
    super((request, response) => this.#answer(request, response));
  }

  /** What makes a program believe that it runs there. `port`: of a hop in between. */
  env(port = this.port): NodeJS.ProcessEnv {
    return {
      GCE_METADATA_HOST: `127.0.0.1:${this.port}`,
      GOOGLE_STORAGE_CUSTOM_ENDPOINT: `http://127.0.0.1:${port}/storage/v1/`,
      GOOGLE_COMPUTE_CUSTOM_ENDPOINT: `http://127.0.0.1:${port}/compute/v1/`,
    };
  }

  put(bucket: string, object: string, content: string): void {
    this.#generation += 1;
    this.#objects.set(`${bucket}/${object}`, { generation: this.#generation, content });
  }

  /** Tokens given so far are refused from now on. */
  expireTokens(): void {
    this.#token = `token-${Number(this.#token.slice(6)) + 1}`;
  }

  #answer(request: IncomingMessage, response: ServerResponse) {
    const url = new URL(request.url ?? '', 'http://google');
    const [, bucket, object] = /^\/storage\/v1\/b\/([^/]+)\/o\/([^/]+)$/.exec(url.pathname) ?? [];
    const [, zone] = /^\/compute\/v1\/projects\/[^/]+\/zones\/([^/]+)\/instances$/.exec(url.pathname) ?? [];
    if (url.pathname === TOKEN_PATH) return this.#giveToken(request, response);
    if (request.headers.authorization !== `Bearer ${this.#token}`)
      return json(response, 401, { error: { code: 401, message: 'Invalid Credentials' } });
    if (bucket !== undefined && object !== undefined)
      return this.#giveObject(`${bucket}/${decodeURIComponent(object)}`, url, response);
    if (zone !== undefined) return this.#listInstances(zone, url, response);
    return json(response, 404, { error: { code: 404, message: 'no such route' } });
  }

  #giveToken(request: IncomingMessage, response: ServerResponse) {
    if (request.headers['metadata-flavor'] !== 'Google') return json(response, 403, {});
    response.setHeader('metadata-flavor', 'Google');
    json(response, 200, { access_token: this.#token, expires_in: 3_599, token_type: 'Bearer' });
  }

  #giveObject(name: string, url: URL, response: ServerResponse) {
    const object = this.#objects.get(name);
    const known = url.searchParams.get('ifGenerationNotMatch');
    const status = object === undefined ? 404 : known === String(object.generation) ? 304 : 200;
    this.statuses.push(status);
    if (object === undefined) {
      json(response, 404, { error: { code: 404, message: `No such object: ${name}` } });
    } else if (status === 304) {
      response.writeHead(304).end();
    } else {
      const md5 = createHash('md5').update(object.content).digest('base64');
      response.writeHead(200, {
        'x-goog-generation': object.generation,
        'x-goog-hash': `crc32c=AAAAAA==,md5=${md5}`,
      });
      response.end(this.damages ? object.content.replace('a', 'b') : object.content);
    }
  }

  /** One instance a page. */
  #listInstances(zone: string, url: URL, response: ServerResponse) {
    const instances = this.instances.get(zone);
    if (instances === undefined)
      return json(response, 403, { error: { code: 403, message: `Required permission for zone ${zone}` } });
    const [, environment] =
      /^labels\.fleet-environment=(\S+) AND status=RUNNING$/.exec(url.searchParams.get('filter') ?? '') ?? [];
    const found = instances.filter(
      ({ labels, status }) => labels['fleet-environment'] === environment && status === 'RUNNING',
    );
    const page = Number(url.searchParams.get('pageToken') ?? 0);
    const nextPageToken = page + 1 < found.length ? String(page + 1) : undefined;
    json(response, 200, { items: found.slice(page, page + 1), nextPageToken });
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
