import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ANSWERS, type Answer, HttpProblem } from './answers.ts';
import { GIT_ANSWERS } from './git-answers.ts';
import { type Asked, checkAnswer, checkRequest } from './openapi.ts';
import { GitRepository } from './repository.ts';
import { APP, OWNER, REPOSITORY, type StoredPull, type StoredRun } from './stored.ts';

/** Making one takes a second of a busy machine. */
let key: KeyObject | undefined;
const TOKEN = 'ghs_installation-token-of-the-tests';

/** Of a comment. GitHub's schemas say nothing of it. */
const LONGEST_TEXT = 65_536;

/**
 * GitHub with one repository, one app and one installation. Every request must be what GitHub's description of its API
 * allows, and so must every answer; what is not is refused and kept in `problems`. Commits, trees and diffs are git's own.
 */
export class GithubApi {
  readonly repository = new GitRepository();
  readonly pulls = new Map<number, StoredPull>();
  readonly runs = new Map<string, StoredRun[]>();
  readonly problems: string[] = [];
  /** Operations in the order of their calls. */
  readonly calls: string[] = [];
  /** Bodies of calls that write, those that were refused too. */
  readonly written: { readonly operation: string; readonly body: Asked['body'] }[] = [];
  /** What a token was asked for. */
  readonly tokens: unknown[] = [];
  readonly privateKey: string;
  /** Answers that status to the next calls of an operation, once for each that is listed. */
  readonly failures = new Map<string, number[]>();
  /** Called before an operation is answered. */
  before: (operation: string) => void | Promise<void> = () => {};
  /** Called when it has been carried out, before its answer leaves. */
  after: (operation: string) => void = () => {};
  #next = 1000;
  readonly #publicKey: KeyObject;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  constructor() {
    key ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
    this.privateKey = key.export({ type: 'pkcs1', format: 'pem' }).toString();
    this.#publicKey = createPublicKey(this.privateKey);
  }

  async start(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    this.repository.remove();
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get bot(): string {
    return `${APP.slug}[bot]`;
  }

  newId(): number {
    this.#next += 1;
    return this.#next;
  }

  open(number: number, base: string, head: string, change: Partial<StoredPull> = {}): StoredPull {
    const pull: StoredPull = {
      ...{ number, base, head, headBranch: `change-${number}`, title: 'A change', body: 'Why it is made.' },
      ...{ draft: false, open: true, fork: false, reviews: [], comments: [] },
      ...change,
    };
    this.pulls.set(number, pull);
    return pull;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url);
    const text = Buffer.concat(await request.toArray()).toString();
    try {
      const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>);
      const asked = checkRequest(request.method ?? '', url, body);
      this.calls.push(asked.operation.id);
      if (request.method !== 'GET') this.written.push({ operation: asked.operation.id, body: asked.body });
      await this.before(asked.operation.id);
      this.#authorize(asked, request.headers.authorization ?? '');
      const failure = this.failures.get(asked.operation.id)?.shift();
      if (failure !== undefined) throw new HttpProblem(failure, 'it fails as the test wants it to');
      const answer = this.#answer(asked, String(request.headers.accept));
      this.after(asked.operation.id);
      this.#send(response, asked, answer, url);
    } catch (error) {
      const known = error instanceof HttpProblem;
      const message = error instanceof Error ? error.message : String(error);
      if (!known) this.problems.push(`${request.method} ${url.pathname}: ${message}`);
      this.#json(response, known ? error.status : 422, { message });
    }
  }

  #answer(asked: Asked, accept: string): Answer {
    const { owner, repo } = asked.path;
    if (owner !== undefined && (owner !== OWNER || repo !== REPOSITORY))
      throw new HttpProblem(404, 'Not Found');
    if (longestText(asked.body) > LONGEST_TEXT)
      throw new HttpProblem(422, `body is too long (maximum is ${LONGEST_TEXT} characters)`);
    const answer = ANSWERS[asked.operation.id] ?? GIT_ANSWERS[asked.operation.id];
    if (answer === undefined) throw new Error(`the stand-in does not answer ${asked.operation.id}`);
    return answer(this, asked, accept);
  }

  #authorize({ operation, body }: Asked, header: string): void {
    const [kind = '', token = ''] = header.split(' ');
    if (!/^(bearer|token)$/i.test(kind)) throw new HttpProblem(401, 'Requires authentication');
    if (!operation.path.startsWith('/app')) {
      if (token !== TOKEN) throw new HttpProblem(401, 'Bad credentials');
      return;
    }
    const [head = '', payload = '', signature = ''] = token.split('.');
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss: unknown; exp: number };
    const signed = Buffer.from(`${head}.${payload}`);
    if (!verify('sha256', signed, this.#publicKey, Buffer.from(signature, 'base64url')))
      throw new HttpProblem(401, 'A JSON web token could not be decoded');
    if (String(claims.iss) !== String(APP.id)) throw new HttpProblem(401, 'Integration not found');
    if (operation.id === 'apps/create-installation-access-token') this.tokens.push(body);
  }

  get token(): string {
    return TOKEN;
  }

  #send(response: ServerResponse, { operation, query }: Asked, answer: Answer, url: URL): void {
    if ('text' in answer) {
      response.writeHead(200, { 'content-type': `${answer.type}; charset=utf-8` }).end(answer.text);
      return;
    }
    checkAnswer(operation, answer.json);
    const page = Number(query.page ?? 1);
    if (page < (answer.pages ?? 1)) {
      url.searchParams.set('page', String(page + 1));
      response.setHeader('link', `<${url.href}>; rel="next"`);
    }
    this.#json(response, answer.status ?? operation.status, answer.json);
  }

  #json(response: ServerResponse, status: number, value: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
    response.end(JSON.stringify(value));
  }
}

function longestText({ body, comments }: Asked['body']): number {
  const texts = Array.isArray(comments)
    ? comments.map((comment) => longestText(comment as Asked['body']))
    : [];
  return Math.max(typeof body === 'string' ? body.length : 0, ...texts);
}
