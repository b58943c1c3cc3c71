import type { IncomingMessage, ServerResponse } from 'node:http';
import { verify } from '@octokit/webhooks-methods';
import { ZodError } from 'zod';
import { ApiError, sendError, sendJson } from '../../common/http/errors.ts';
import { ClientGone, readBytes } from '../../common/http/request-body.ts';
import type { Handler } from '../../common/http/server.ts';
import type { Log, Runtime } from '../../common/runtime.ts';
import { jobId, jobLabels, QueuedJob } from '../job.ts';
import type { ReviewMetrics } from '../metrics.ts';
import type { Queue } from '../queue/queue.ts';
import type { Pace } from './pace.ts';
import { askedBy } from './webhook.ts';

export interface ReceiverProps {
  readonly secret: () => string;
  readonly repositories: () => readonly string[];
  readonly queue: Queue;
  readonly pace: Pace;
  readonly metrics: ReviewMetrics;
  readonly runtime: Runtime;
  readonly log: Log;
}

/** GitHub sends no more than that. */
const LARGEST_BODY = 25 * 1024 * 1024;
/** Of bodies that are read at a time: who may send them is not known before they are there. */
const MOST_BYTES = 128 * 1024 * 1024;
/** GitHub waits 10 s for an answer, on the way there and back included. */
const BODY_MS = 4_000;
const QUEUE_MS = 4_000;

/**
 * `POST /webhook`: GitHub's webhooks. A body is looked at when its signature is right, and not before. What it asks for
 * is in the queue when it is answered.
 */
export function createReceiver(props: ReceiverProps): Handler {
  const { metrics, runtime, log } = props;
  let held = 0;

  async function receive(req: IncomingMessage): Promise<Answer> {
    if (req.method !== 'POST' || (req.url ?? '').split('?', 1)[0] !== '/webhook')
      throw new ApiError(404, 'Here is POST /webhook, for GitHub.');
    if (!props.pace.admit()) throw refused('limited', 429, 'Too many requests.', { 'retry-after': '60' });
    const size = Math.min(Number(req.headers['content-length'] ?? LARGEST_BODY), LARGEST_BODY);
    if (!(held + size <= MOST_BYTES)) throw refused('limited', 503, 'Busy.', { 'retry-after': '5' });
    held += size;
    try {
      const bytes = await within(runtime, BODY_MS, 'body', readBytes(req, LARGEST_BODY));
      return await take(req, bytes.toString('utf8'));
    } finally {
      held -= size;
    }
  }

  async function take({ headers }: IncomingMessage, body: string): Promise<Answer> {
    const signature = headers['x-hub-signature-256'];
    if (typeof signature !== 'string' || !(await isSigned(props.secret(), body, signature)))
      throw refused('forged', 401, 'X-Hub-Signature-256 is missing or is not that of the body.');
    const [event, delivery] = [headers['x-github-event'], headers['x-github-delivery']];
    if (typeof event !== 'string' || typeof delivery !== 'string')
      throw refused('malformed', 400, 'X-GitHub-Event and X-GitHub-Delivery are needed.');
    const asked = parsed(event, body, props.repositories());
    if ('ignored' in asked) {
      metrics.webhook('ignored');
      log({ ts: now(), event: 'webhook', delivery, webhook: event.slice(0, 40), ignored: asked.ignored });
      return { status: 202, json: { ignored: asked.ignored } };
    }
    const id = jobId(asked.job);
    const result = await within(runtime, QUEUE_MS, 'queue', props.queue.add(id, asked.job));
    metrics.webhook(result);
    log({ ts: now(), event: 'webhook', delivery, job: id, ...jobLabels(asked.job), result });
    return { status: 202, json: { job: id, result } };
  }

  function now(): string {
    return runtime.date().toISOString();
  }

  function fail(req: IncomingMessage, res: ServerResponse, error: unknown): void {
    if (error instanceof ClientGone) return;
    // Whoever is too slow with a body does not go on with it.
    if (!(error instanceof ApiError) && !req.complete) res.once('finish', () => req.destroy());
    const known =
      error instanceof ApiError ? error : refused('unavailable', 503, 'It could not be put into the queue.');
    if (known instanceof Refused) {
      metrics.webhook(known.result);
      const reason = error instanceof ApiError ? undefined : messageOf(error);
      log({ ts: now(), event: 'webhook_refused', status: known.status, result: known.result, error: reason });
    }
    if (!res.headersSent) sendError(res, known);
  }

  return (req, res) => {
    receive(req).then(
      ({ status, json }) => sendJson(res, status, JSON.stringify(json)),
      (error: unknown) => fail(req, res, error),
    );
    return { cutShort: (error) => (res.headersSent ? undefined : sendError(res, error)) };
  };
}

interface Answer {
  readonly status: number;
  readonly json: unknown;
}

type Result = 'forged' | 'malformed' | 'limited' | 'unavailable';

class Refused extends ApiError {
  readonly result: Result;

  constructor(result: Result, ...rest: ConstructorParameters<typeof ApiError>) {
    super(...rest);
    this.result = result;
  }
}

function refused(result: Result, status: number, message: string, headers = {}): Refused {
  return new Refused(result, status, message, {}, headers);
}

/** An empty body cannot be signed, says GitHub's own library, by an error. */
async function isSigned(secret: string, body: string, signature: string): Promise<boolean> {
  return body !== '' && (await verify(secret, body, signature));
}

function parsed(event: string, body: string, repositories: readonly string[]) {
  try {
    const asked = askedBy(event, JSON.parse(body), repositories);
    return 'job' in asked ? { job: QueuedJob.parse(asked.job) } : asked;
  } catch (error) {
    if (error instanceof SyntaxError)
      throw refused('malformed', 400, 'The body is no JSON: choose application/json as the content type.');
    if (error instanceof ZodError) throw refused('malformed', 400, 'The payload is none of that event.');
    throw error;
  }
}

/** @throws Error when it takes longer */
function within<T>(
  runtime: Pick<Runtime, 'after'>,
  milliseconds: number,
  what: string,
  work: Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = runtime.after(milliseconds, () =>
      reject(new Error(`${what}: more than ${milliseconds} ms`)),
    );
    work.then(resolve, reject).finally(cancel);
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
