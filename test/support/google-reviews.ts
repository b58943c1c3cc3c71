import type { IncomingMessage, ServerResponse } from 'node:http';
import { StandIn } from './stand-in.ts';

interface StoredObject {
  readonly generation: number;
  readonly content: string;
}

/** A task as Cloud Tasks was given it. */
export interface StoredTask {
  readonly name: string;
  readonly httpRequest: {
    readonly url: string;
    readonly httpMethod: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly oidcToken: { readonly serviceAccountEmail: string; readonly audience: string };
  };
}

export const QUEUE = 'projects/example/locations/us-central1/queues/reviews';
export const BUCKET = 'reviews';
const TOKEN_PATH = '/computeMetadata/v1/instance/service-accounts/default/token';

/** What the reviewer on Google Cloud talks to: the metadata server, a bucket, a queue of Cloud Tasks, as their references say. */
export class GoogleReviews extends StandIn {
  readonly objects = new Map<string, StoredObject>();
  /** By name, also those that are over: their names stay taken. */
  readonly tasks = new Map<string, StoredTask>();
  /** Answers nothing any more. */
  hangs = false;
  #generation = 1;

  constructor() {
    super((request, response) => this.#serve(request, response));
  }

  get env(): Readonly<Record<string, string>> {
    const { port } = this;
    return {
      GCE_METADATA_HOST: `127.0.0.1:${port}`,
      GOOGLE_STORAGE_CUSTOM_ENDPOINT: `http://127.0.0.1:${port}/storage/v1/`,
      GOOGLE_STORAGE_UPLOAD_ENDPOINT: `http://127.0.0.1:${port}/upload/storage/v1/`,
      GOOGLE_CLOUD_TASKS_CUSTOM_ENDPOINT: `http://127.0.0.1:${port}/tasks/v2/`,
    };
  }

  /** Carries a task out once, as Cloud Tasks does. @returns the worker's status */
  async dispatch({ httpRequest: { url, httpMethod, headers, body } }: StoredTask): Promise<number> {
    const response = await fetch(url, { method: httpMethod, headers, body: Buffer.from(body, 'base64') });
    await response.arrayBuffer();
    return response.status;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://google');
    const body = Buffer.concat(await request.toArray()).toString();
    if (this.hangs) return;
    const [, upload, key] =
      /^\/(upload\/)?storage\/v1\/b\/reviews\/o(?:\/([^/]+))?$/.exec(url.pathname) ?? [];
    if (url.pathname === TOKEN_PATH) {
      response.setHeader('metadata-flavor', 'Google');
      json(response, 200, { access_token: 'token', expires_in: 3_599, token_type: 'Bearer' });
    } else if (request.headers.authorization !== 'Bearer token') {
      failure(response, 401, 'Invalid Credentials');
    } else if (url.pathname === `/tasks/v2/${QUEUE}/tasks` && request.method === 'POST') {
      this.#addTask(response, JSON.parse(body));
    } else if (upload !== undefined && request.method === 'POST') {
      this.#write(response, url.searchParams, body);
    } else if (url.pathname === '/storage/v1/b/reviews/o') {
      this.#list(response, url.searchParams);
    } else if (key !== undefined) {
      this.#object(request, response, decodeURIComponent(key));
    } else failure(response, 404, `no such route: ${url.pathname}`);
  }

  #addTask(response: ServerResponse, { task }: { readonly task: StoredTask }): void {
    const [, id] = task.name.split(`${QUEUE}/tasks/`);
    if (id === undefined || !/^[\w-]{1,500}$/.test(id)) failure(response, 400, 'Task name must be formatted');
    else if (this.tasks.has(task.name)) failure(response, 409, 'The task cannot be created');
    else {
      this.tasks.set(task.name, task);
      json(response, 200, task);
    }
  }

  #write(response: ServerResponse, query: URLSearchParams, content: string): void {
    const name = query.get('name') ?? '';
    const wanted = query.get('ifGenerationMatch');
    if (wanted !== null && Number(wanted) !== (this.objects.get(name)?.generation ?? 0)) {
      failure(response, 412, 'At least one of the pre-conditions you specified did not hold.');
      return;
    }
    this.#generation += 1;
    this.objects.set(name, { generation: this.#generation, content });
    json(response, 200, { name, generation: String(this.#generation) });
  }

  /** Two objects a page. */
  #list(response: ServerResponse, query: URLSearchParams): void {
    const names = [...this.objects.keys()].filter((name) => name.startsWith(query.get('prefix') ?? ''));
    const start = Number(query.get('pageToken') ?? 0);
    const items = names.toSorted().slice(start, start + 2);
    const nextPageToken = start + 2 < names.length ? String(start + 2) : undefined;
    json(response, 200, {
      ...(items.length === 0 ? {} : { items: items.map((name) => ({ name })) }),
      nextPageToken,
    });
  }

  #object({ method }: IncomingMessage, response: ServerResponse, key: string): void {
    const object = this.objects.get(key);
    if (object === undefined) failure(response, 404, `No such object: ${BUCKET}/${key}`);
    else if (method === 'DELETE') {
      this.objects.delete(key);
      response.writeHead(204).end();
    } else response.writeHead(200, { 'x-goog-generation': object.generation }).end(object.content);
  }
}

function failure(response: ServerResponse, code: number, message: string): void {
  json(response, code, { error: { code, message } });
}

function json(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
}
