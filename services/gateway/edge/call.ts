import type { ServerResponse } from 'node:http';
import type { LedgerLine } from '../../../contracts/ledger.ts';
import { type Amount, amountOf, type Price, type TokenUsage } from '../../../contracts/price.ts';
import type { Ledger } from '../ledger.ts';
import type { Log, Runtime } from '../runtime.ts';
import { type EdgeMetrics, type Labels, NONE, type Phase } from './metrics.ts';
import type { ServedModel, ServedRelease } from './models.ts';

export interface EdgeCallProps {
  readonly metrics: EdgeMetrics;
  readonly ledger: Ledger;
  readonly log: Log;
  readonly runtime: Runtime;
  /** The request that this one was made for, if it is not a client's own. */
  readonly summaryOf?: string;
}

/** The account of one request at the edge: gathers what is to be counted and logged, and does so once. */
export class EdgeCall {
  readonly id: string;
  phase: Phase = 'body';
  stream = false;
  usage: TokenUsage | undefined;
  keyId: string | undefined;
  /** Told what was used at which price, once that is known. */
  afterCharge: ((usage: TokenUsage, price: Price) => void) | undefined;
  readonly #metrics: EdgeMetrics;
  readonly #ledger: Ledger;
  readonly #log: Log;
  readonly #runtime: Runtime;
  readonly #summaryOf: string | undefined;
  readonly #began: number;
  #model: ServedModel | undefined;
  #path = '';
  #labels: Labels = { model: NONE, release: NONE };
  #release: ServedRelease | undefined;
  #server: string | undefined;
  #status: number | undefined;
  #firstTokenMs: number | undefined;
  #complete = 0;
  #lastToken = 0;
  #settled = false;

  constructor(id: string, { metrics, ledger, log, runtime, summaryOf }: EdgeCallProps) {
    this.id = id;
    this.#metrics = metrics;
    this.#ledger = ledger;
    this.#log = log;
    this.#runtime = runtime;
    this.#summaryOf = summaryOf;
    this.#began = runtime.now();
    this.#complete = this.#began;
  }

  /** The request arrived completely: from now the first token is awaited. */
  arrived(): void {
    this.#complete = this.#runtime.now();
  }

  /** @param path The API that it goes to. */
  admitted(model: ServedModel, path: string): void {
    this.#model = model;
    this.#path = path;
    this.#labels = { model: model.name, release: NONE };
    this.#metrics.admitted(model.name);
    this.phase = 'connect';
  }

  /** The router answered and said who did. A release that this configuration does not know cannot be priced. */
  answered(status: number, release: string | undefined, server: string | undefined): void {
    this.#status = status;
    this.#server = server;
    this.#release = release === undefined ? undefined : this.#model?.releases.get(release);
    if (this.#release !== undefined && release !== undefined) this.#labels = { ...this.#labels, release };
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

  /** Counts the request, enters it into the ledger and logs it. Only the first call does. */
  settle(res: Answered, { aborted = false, cut = false } = {}): void {
    if (this.#settled) return;
    this.#settled = true;
    const end = {
      ts: this.#runtime.date().toISOString(),
      status: aborted && !res.headersSent ? CLIENT_GONE : res.statusCode,
      aborted: aborted ? this.phase : undefined,
      cut,
    };
    const charge = this.#charge();
    if (charge !== undefined && this.#release !== undefined)
      this.afterCharge?.(charge.usage, this.#release.price);
    const usageMissing = charge === undefined && isSuccess(this.#status);
    if (this.#model !== undefined) this.#metrics.left(this.#model.name);
    this.#metrics.settled({
      ...this.#labels,
      code: end.status,
      aborted: end.aborted,
      cut: cut && this.stream,
      usageMissing,
      charge,
    });
    const entry =
      this.#model === undefined ? {} : this.#ledger.record(this.#entry(end, charge?.amount, usageMissing));
    this.#log({
      ...entry,
      ts: end.ts,
      id: this.id,
      key: this.keyId,
      summaryOf: this.#summaryOf,
      ...this.#labels,
      server: this.#server,
      status: end.status,
      stream: this.stream,
      ms: Math.round(this.#runtime.now() - this.#began),
      firstTokenMs: this.#firstTokenMs && Math.round(this.#firstTokenMs),
      promptTokens: this.usage?.prompt,
      cachedTokens: this.usage?.cached,
      completionTokens: this.usage?.completion,
      aborted: end.aborted,
      cut: cut || undefined,
    });
  }

  /** The one computation of what the request cost, for metrics and ledger alike. */
  #charge(): { readonly usage: TokenUsage; readonly amount: Amount } | undefined {
    if (this.usage === undefined || this.#release === undefined) return undefined;
    return { usage: this.usage, amount: amountOf(this.usage, this.#release.price) };
  }

  #entry({ ts, status, aborted, cut }: End, amount: Amount | undefined, usageMissing: boolean): LedgerLine {
    return {
      ledger: true,
      ts,
      id: this.id,
      key: this.keyId ?? NONE,
      ...this.#labels,
      kind: this.#release?.kind ?? null,
      path: this.#path,
      summaryOf: this.#summaryOf ?? null,
      stream: this.stream,
      status,
      promptTokens: this.usage?.prompt ?? null,
      cachedTokens: this.usage?.cached ?? null,
      completionTokens: this.usage?.completion ?? null,
      prices: this.#release === undefined ? null : pricesOf(this.#release.price),
      amount: amount ?? null,
      aborted: aborted ?? null,
      cut,
      usageMissing,
      estimated: false,
    };
  }
}

/** What settling looks at in a client's answer. */
export type Answered = Pick<ServerResponse, 'headersSent' | 'statusCode'>;

/** How a request ended. */
interface End {
  readonly ts: string;
  readonly status: number;
  readonly aborted: Phase | undefined;
  readonly cut: boolean;
}

function pricesOf({ input, cachedInput = input, output }: Price): NonNullable<LedgerLine['prices']> {
  return { input, cachedInput, output };
}

function isSuccess(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300;
}

/** nginx's code for a client that left before it was answered. */
const CLIENT_GONE = 499;
