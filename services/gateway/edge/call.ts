import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { COMPRESSION, REQUEST_ID } from '../../../contracts/headers.ts';
import type { LedgerLine } from '../../../contracts/ledger.ts';
import type { Price, TokenUsage } from '../../../contracts/price.ts';
import type { Log, Runtime } from '../../common/runtime.ts';
import type { Ledger } from '../ledger.ts';
import type { Grant } from '../limits/limits.ts';
import { type Need, NO_NEED } from '../limits/reservation.ts';
import type { RequestTrace } from '../tracing/tracer.ts';
import { type Charge, chargeOf, type Facts, isUnpriced } from './charge.ts';
import type { Estimates } from './estimates.ts';
import type { Leak, LeakOutcome } from './harmony.ts';
import { type EdgeMetrics, type Labels, NONE, type Phase } from './metrics.ts';
import type { ServedModel, ServedRelease } from './models.ts';
import type { StreamWatch } from './stream-watch.ts';
import { cacheOf, outcomeOf } from './trial.ts';

export interface EdgeCallProps {
  readonly metrics: EdgeMetrics;
  readonly ledger: Ledger;
  readonly estimates: Estimates;
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
  /** Usage of a whole answer. */
  usage: TokenUsage | undefined;
  /** A stream as it was seen so far. */
  streamed: Pick<StreamWatch, 'usage' | 'tokensSeen'> | undefined;
  /** Bytes of a whole answer that came. */
  answerBytes = 0;
  keyId: string | undefined;
  /** What its client is told of compression. */
  compression: string | undefined;
  /** Where requests are traced. */
  trace: RequestTrace | undefined;
  /** Told what it cost, once that is known or estimated. */
  afterCharge: ((charge: Charge) => void) | undefined;
  readonly #metrics: EdgeMetrics;
  readonly #ledger: Ledger;
  readonly #estimates: Estimates;
  readonly #log: Log;
  readonly #runtime: Runtime;
  readonly #summaryOf: string | undefined;
  readonly #began: number;
  #grant: Grant | undefined;
  #need = NO_NEED;
  #model: ServedModel | undefined;
  #bodyBytes = 0;
  #sentAt: number | undefined;
  #path = '';
  #labels: Labels = { model: NONE, release: NONE };
  #release: ServedRelease | undefined;
  #server: string | undefined;
  #status: number | undefined;
  #firstTokenMs: number | undefined;
  #group: string | undefined;
  #gaps = 0;
  #complete = 0;
  #lastToken = 0;
  #settled = false;

  constructor(id: string, { metrics, ledger, estimates, log, runtime, summaryOf }: EdgeCallProps) {
    this.id = id;
    this.#metrics = metrics;
    this.#ledger = ledger;
    this.#estimates = estimates;
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

  /** Takes what was reserved for it; gives it back when the request ends, at once if it has ended already. */
  granted(grant: Grant, need: Need): void {
    if (this.#settled) grant.settle(NOTHING);
    this.#grant = grant;
    this.#need = need;
  }

  /** What its answer carries, whatever that is. */
  headers(): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = { [REQUEST_ID]: this.id };
    if (this.compression !== undefined) headers[COMPRESSION] = this.compression;
    return Object.assign(headers, this.#grant?.headers());
  }

  /**
   * @param path The API that it goes to.
   * @param bodyBytes Size of the body as it is sent.
   * @param group Of its conversation (`trialGroup`). Absent: its release was not drawn but chosen by a pin.
   */
  admitted(model: ServedModel, path: string, bodyBytes: number, group?: string): void {
    this.#model = model;
    this.#path = path;
    this.#bodyBytes = bodyBytes;
    this.#group = group;
    this.#labels = { model: model.name, release: NONE };
    this.#metrics.admitted(model.name);
    this.phase = 'connect';
  }

  /** It is on its way to the router: from now it may cost. */
  dispatched(): void {
    this.phase = 'headers';
    this.#sentAt = this.#runtime.now();
  }

  /** Nobody has worked on it, and it will be sent again. */
  returned(): void {
    this.phase = 'connect';
    this.#sentAt = undefined;
  }

  /** The router answered and said who did. A release that this configuration does not know cannot be priced. */
  answered(status: number, release: string | undefined, server: string | undefined): void {
    this.#status = status;
    this.#server = server;
    this.#release = release === undefined ? undefined : this.#model?.releases.get(release);
    if (this.#release !== undefined && release !== undefined)
      this.#labels = { model: this.#labels.model, release };
  }

  leaked(leak: Leak, outcome: LeakOutcome): void {
    this.#metrics.leaked(this.#labels, leak, outcome);
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
    this.#gaps += 1;
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
    const facts = this.#facts(end);
    const charge = facts && chargeOf(facts, this.#estimates);
    const usageMissing = facts !== undefined && isUnpriced(facts);
    if (facts !== undefined) this.#learn(facts);
    if (charge !== undefined) this.afterCharge?.(charge);
    this.#grant?.settle({
      tokens: charge === undefined ? 0 : charge.usage.prompt + charge.usage.completion,
      picoDollars: charge?.amount.total ?? (usageMissing ? this.#need.picoDollars : 0),
      unsent: this.#sentAt === undefined,
    });
    if (this.#model !== undefined) this.#metrics.left(this.#model.name);
    const { model, release } = this.#labels;
    this.#metrics.settled({
      model,
      release,
      code: end.status,
      aborted: end.aborted,
      cut: cut && this.stream,
      usageMissing: usageMissing || (charge?.estimated === true && !aborted && !cut),
      charge,
    });
    if (this.#release?.trial === true) this.#tried(end);
    this.trace?.end({
      ...{ ...end, id: this.id, path: this.#path, stream: this.stream, server: this.#server },
      ...{ model: this.#model?.name, release, usage: charge?.usage, firstTokenMs: this.#firstTokenMs },
    });
    const entry = facts && this.#ledger.record(this.#entry(end, charge, usageMissing));
    const line = {
      ts: end.ts,
      id: this.id,
      key: this.keyId,
      summaryOf: this.#summaryOf,
      model,
      release,
      server: this.#server,
      status: end.status,
      stream: this.stream,
      ms: Math.round(this.#runtime.now() - this.#began),
      firstTokenMs: this.#firstTokenMs && Math.round(this.#firstTokenMs),
      promptTokens: charge?.usage.prompt,
      cachedTokens: charge?.usage.cached,
      completionTokens: charge?.usage.completion,
      aborted: end.aborted,
      cut: cut || undefined,
    };
    this.#log(entry === undefined ? line : Object.assign(entry, line));
  }

  /** Who gave up waiting for a first token counts with the time that he waited: it would have been longer still. */
  #tried({ status, aborted, cut }: End): void {
    if (this.#group === undefined) return;
    const gaveUp = aborted === undefined ? undefined : this.#runtime.now() - this.#complete;
    const waited = this.#firstTokenMs ?? gaveUp;
    const streaming = (this.#lastToken - this.#complete - (this.#firstTokenMs ?? 0)) / 1000;
    this.#metrics.tried({
      ...this.#labels,
      group: this.#group,
      outcome: aborted === undefined ? outcomeOf(status, cut) : undefined,
      cache: cacheOf(this.usage ?? this.streamed?.usage),
      firstTokenSeconds: this.stream && waited !== undefined ? waited / 1000 : undefined,
      interTokenSeconds: this.#gaps > 0 ? streaming / this.#gaps : undefined,
    });
  }

  /** Undefined: it was admitted to no model. */
  #facts({ aborted, cut }: End): Facts | undefined {
    if (this.#model === undefined) return undefined;
    return {
      model: this.#model,
      release: this.#release,
      need: this.#need,
      bodyBytes: this.#bodyBytes,
      sentFor: this.#sentAt === undefined ? undefined : this.#runtime.now() - this.#sentAt,
      status: this.#status,
      aborted: aborted !== undefined,
      cut,
      usage: this.usage ?? this.streamed?.usage,
      streamed: this.streamed,
      answerBytes: this.answerBytes,
    };
  }

  #learn({ model, usage, bodyBytes, sentFor, aborted, cut }: Facts): void {
    if (usage !== undefined && sentFor !== undefined && !aborted && !cut)
      this.#estimates.learn(model.name, bodyBytes, usage, sentFor);
  }

  #entry({ ts, status, aborted, cut }: End, charge: Charge | undefined, usageMissing: boolean): LedgerLine {
    const usage = charge?.usage ?? this.usage ?? this.streamed?.usage;
    const price = charge?.price ?? this.#release?.price;
    return {
      ledger: true,
      ts,
      id: this.id,
      key: this.keyId ?? NONE,
      model: this.#labels.model,
      release: this.#labels.release,
      kind: this.#release?.kind ?? null,
      path: this.#path,
      summaryOf: this.#summaryOf ?? null,
      stream: this.stream,
      status,
      promptTokens: usage?.prompt ?? null,
      cachedTokens: usage?.cached ?? null,
      completionTokens: usage?.completion ?? null,
      prices: price === undefined ? null : pricesOf(price),
      amount: charge?.amount ?? null,
      aborted: aborted ?? null,
      cut,
      usageMissing,
      estimated: charge?.estimated ?? false,
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

/** How a request ended that never used anything. */
const NOTHING = { tokens: 0, picoDollars: 0, unsent: true };

/** nginx's code for a client that left before it was answered. */
const CLIENT_GONE = 499;
