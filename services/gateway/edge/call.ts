import type { ServerResponse } from 'node:http';
import type { Price, TokenUsage } from '../../../contracts/price.ts';
import type { Log, Runtime } from '../runtime.ts';
import { type EdgeMetrics, type Labels, NONE, type Phase } from './metrics.ts';
import type { ServedModel } from './models.ts';

/** The account of one request at the edge: gathers what is to be counted and logged, and does so once. */
export class EdgeCall {
  readonly id: string;
  phase: Phase = 'body';
  stream = false;
  usage: TokenUsage | undefined;
  keyId: string | undefined;
  readonly #metrics: EdgeMetrics;
  readonly #log: Log;
  readonly #runtime: Runtime;
  readonly #began: number;
  #model: ServedModel | undefined;
  #labels: Labels = { model: NONE, release: NONE };
  #price: Price | undefined;
  #server: string | undefined;
  #status: number | undefined;
  #firstTokenMs: number | undefined;
  #complete = 0;
  #lastToken = 0;
  #settled = false;

  constructor(id: string, { metrics, log, runtime }: { metrics: EdgeMetrics; log: Log; runtime: Runtime }) {
    this.id = id;
    this.#metrics = metrics;
    this.#log = log;
    this.#runtime = runtime;
    this.#began = runtime.now();
    this.#complete = this.#began;
  }

  /** The request arrived completely: from now the first token is awaited. */
  arrived(): void {
    this.#complete = this.#runtime.now();
  }

  admitted(model: ServedModel): void {
    this.#model = model;
    this.#labels = { model: model.name, release: NONE };
    this.#metrics.admitted(model.name);
    this.phase = 'connect';
  }

  /** The router answered and said who did. A release that this configuration does not know cannot be priced. */
  answered(status: number, release: string | undefined, server: string | undefined): void {
    this.#status = status;
    this.#server = server;
    this.#price = release === undefined ? undefined : this.#model?.prices.get(release);
    if (this.#price !== undefined && release !== undefined) this.#labels = { ...this.#labels, release };
  }

  firstToken(): void {
    this.phase = 'stream';
    this.#lastToken = this.#runtime.now();
    this.#firstTokenMs = this.#lastToken - this.#complete;
    this.#metrics.firstToken(this.#labels, this.#firstTokenMs / 1000);
  }

  token(): void {
    const now = this.#runtime.now();
    this.#metrics.token(this.#labels, (now - this.#lastToken) / 1000);
    this.#lastToken = now;
  }

  /** Counts and logs the request. Only the first call does. */
  settle(res: ServerResponse, { aborted = false, cut = false } = {}): void {
    if (this.#settled) return;
    this.#settled = true;
    if (this.#model !== undefined) this.#metrics.left(this.#model.name);
    const code = aborted && !res.headersSent ? CLIENT_GONE : res.statusCode;
    const phase = aborted ? this.phase : undefined;
    this.#metrics.settled({
      ...this.#labels,
      code,
      aborted: phase,
      cut: cut && this.stream,
      billable: this.#status !== undefined && this.#status >= 200 && this.#status < 300,
      usage: this.usage,
      price: this.#price,
    });
    this.#log({
      ts: this.#runtime.date().toISOString(),
      id: this.id,
      key: this.keyId,
      ...this.#labels,
      server: this.#server,
      status: code,
      stream: this.stream,
      ms: Math.round(this.#runtime.now() - this.#began),
      firstTokenMs: this.#firstTokenMs && Math.round(this.#firstTokenMs),
      promptTokens: this.usage?.prompt,
      cachedTokens: this.usage?.cached,
      completionTokens: this.usage?.completion,
      aborted: phase,
      cut: cut || undefined,
    });
  }
}

/** nginx's code for a client that left before it was answered. */
const CLIENT_GONE = 499;
