import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { FIRST_TOKEN_BUCKETS } from '../../../contracts/latency-buckets.ts';
import { toDollars } from '../../../contracts/price.ts';
import type { Charge } from './charge.ts';
import { TIMEOUTS, type TimeoutKind } from './deadlines.ts';
import { LEAK_OUTCOMES, LEAKS, type Leak, type LeakOutcome } from './harmony.ts';
import type { ServedModel } from './models.ts';
import { SHED_REASONS, type ShedReason } from './overload.ts';
import { RETRY_REASONS, type RetryReason } from './retry.ts';
import { createTrialMetrics, type TrialRequest } from './trial.ts';

/** Where a request is when its client leaves. */
export const PHASES = [
  'body',
  'compression',
  'connect',
  'headers',
  'first_token',
  'stream',
  'answer',
] as const;
export type Phase = (typeof PHASES)[number];

/** Label of what is not known: the model before it is read, the release before the router answers. */
export const NONE = 'none';

/** Labels of one request. */
export interface Labels {
  readonly model: string;
  readonly release: string;
}

/** One request after its end. */
export interface Settled extends Labels {
  /** Status the client got; 499 if it left before one was sent. */
  readonly code: number;
  readonly aborted?: Phase;
  readonly cut: boolean;
  /** It was answered, and its tokens could not be priced, or not be counted otherwise than by an estimate. */
  readonly usageMissing: boolean;
  /** Absent: nothing is known to be paid for. */
  readonly charge?: Pick<Charge, 'usage' | 'amount' | 'estimated'>;
}

export interface EdgeMetrics {
  /** Makes every series of these models exist. Those that exist keep their value. */
  introduce(models: readonly ServedModel[]): void;
  admitted(model: string): void;
  left(model: string): void;
  retried(reason: RetryReason): void;
  shed(reason: ShedReason): void;
  timedOut(kind: TimeoutKind): void;
  leaked(labels: Labels, leak: Leak, outcome: LeakOutcome): void;
  /** @param seconds From the complete request to its first token. */
  firstToken(labels: Labels, seconds: number): void;
  /** @param seconds Since the token before. */
  token(labels: Labels, seconds: number): void;
  settled(request: Settled): void;
  /** It was answered by a release that a rollout may judge. */
  tried(request: TrialRequest): void;
}

const INTER_TOKEN_BUCKETS = [
  0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.05, 0.1, 0.25, 0.5, 1, 5,
];
const KINDS = ['input', 'cached_input', 'output'] as const;

export function createEdgeMetrics(registry: Registry): EdgeMetrics {
  const registers = [registry];
  const cost = new Counter({
    name: 'oss_token_cost_usd',
    help: 'US dollars at the price of the release that answered',
    labelNames: ['model', 'release', 'kind'],
    registers,
  });
  const tokens = new Counter({
    name: 'oss_tokens_total',
    help: 'Tokens; input are those that did not come from the prefix cache, as far as known',
    labelNames: ['model', 'release', 'kind'],
    registers,
  });
  const firstToken = new Histogram({
    name: 'oss_first_token_latency',
    help: 'Seconds from the complete request to the first content, reasoning or tool call of a stream',
    labelNames: ['model', 'release'],
    buckets: [...FIRST_TOKEN_BUCKETS],
    registers,
  });
  const interToken = new Histogram({
    name: 'oss_inter_token_latency',
    help: 'Seconds between two events with tokens of a stream',
    labelNames: ['model', 'release'],
    buckets: INTER_TOKEN_BUCKETS,
    registers,
  });
  const requests = new Counter({
    name: 'oss_requests_total',
    help: 'Requests by the status that the client got; 499 if it left before one was sent',
    labelNames: ['model', 'release', 'code'],
    registers,
  });
  const inFlight = new Gauge({
    name: 'oss_requests_in_flight',
    help: 'Requests that were accepted and have not ended',
    labelNames: ['model'],
    registers,
  });
  const aborts = new Counter({
    name: 'oss_aborts_total',
    help: 'Requests whose client left, by how far they were',
    labelNames: ['phase'],
    registers,
  });
  const cuts = new Counter({
    name: 'oss_cut_streams_total',
    help: 'Streams that ended before they were complete while their client was there',
    labelNames: ['model', 'release'],
    registers,
  });
  const retries = new Counter({
    name: 'oss_retries_total',
    help: 'Requests sent again, none of which a server can have begun to work on',
    labelNames: ['reason'],
    registers,
  });
  const sheds = new Counter({
    name: 'oss_sheds_total',
    help: 'Requests refused before their body was read because the gateway was full',
    labelNames: ['reason'],
    registers,
  });
  const timeouts = new Counter({
    name: 'oss_timeouts_total',
    help: 'Requests ended because the answer took too long',
    labelNames: ['kind'],
    registers,
  });
  const leaks = new Counter({
    name: 'oss_harmony_leaks_total',
    help: "Traces of the model's own format in answers, and tools that were not offered",
    labelNames: ['model', 'release', 'kind', 'outcome'],
    registers,
  });
  const unknown = new Counter({
    name: 'oss_usage_missing_total',
    help: 'Answers whose tokens the server did not count, or that could not be priced',
    labelNames: ['model', 'release'],
    registers,
  });

  const estimated = new Counter({
    name: 'oss_usage_estimated_total',
    help: 'Requests charged by an estimate, above all those whose client left; release none: before one had answered',
    labelNames: ['model', 'release'],
    registers,
  });

  for (const phase of PHASES) aborts.inc({ phase }, 0);
  for (const reason of RETRY_REASONS) retries.inc({ reason }, 0);
  for (const reason of SHED_REASONS) sheds.inc({ reason }, 0);
  for (const kind of TIMEOUTS) timeouts.inc({ kind }, 0);
  const introduced = new Set<string>();

  function introduceRelease({ model, release }: Labels): void {
    const id = JSON.stringify([model, release]);
    if (introduced.has(id)) return;
    introduced.add(id);
    for (const kind of KINDS) {
      cost.inc({ model, release, kind }, 0);
      tokens.inc({ model, release, kind }, 0);
    }
    for (const histogram of [firstToken, interToken]) histogram.zero({ model, release });
    requests.inc({ model, release, code: 200 }, 0);
    cuts.inc({ model, release }, 0);
    for (const kind of LEAKS)
      for (const outcome of LEAK_OUTCOMES) leaks.inc({ model, release, kind, outcome }, 0);
    unknown.inc({ model, release }, 0);
    estimated.inc({ model, release }, 0);
  }

  function count({ model, release }: Labels, { usage, amount }: NonNullable<Settled['charge']>): void {
    const cached = usage.cached ?? 0;
    const rows = [
      ['input', usage.prompt - cached, amount.input],
      ['cached_input', cached, amount.cachedInput],
      ['output', usage.completion, amount.output],
    ] as const;
    for (const [kind, number, picoDollars] of rows) {
      tokens.inc({ model, release, kind }, number);
      cost.inc({ model, release, kind }, toDollars(picoDollars));
    }
  }

  return {
    introduce(models) {
      for (const { name: model, releases } of models) {
        inFlight.inc({ model }, 0);
        for (const release of [NONE, ...releases.keys()]) introduceRelease({ model, release });
      }
    },
    admitted: (model) => inFlight.inc({ model }),
    left: (model) => inFlight.dec({ model }),
    retried: (reason) => retries.inc({ reason }),
    shed: (reason) => sheds.inc({ reason }),
    timedOut: (kind) => timeouts.inc({ kind }),
    leaked: (labels, kind, outcome) => leaks.inc({ ...labels, kind, outcome }),
    firstToken: (labels, seconds) => firstToken.observe({ ...labels }, seconds),
    token: (labels, seconds) => interToken.observe({ ...labels }, seconds),
    tried: createTrialMetrics(registry),
    settled({ model, release, code, aborted, cut, usageMissing, charge }) {
      requests.inc({ model, release, code });
      if (aborted !== undefined) aborts.inc({ phase: aborted });
      if (cut) cuts.inc({ model, release });
      if (charge !== undefined) count({ model, release }, charge);
      if (charge?.estimated === true) estimated.inc({ model, release });
      if (usageMissing) unknown.inc({ model, release });
    },
  };
}
