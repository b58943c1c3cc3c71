import { Counter, Gauge, type Registry } from 'prom-client';
import { FIRST_TOKEN_BUCKETS } from '../../../contracts/latency-buckets.ts';
import { toDollars } from '../../../contracts/price.ts';
import { createTallies, type Distribution, Distributions, type Tally } from '../tally.ts';
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
/** Their series are there before the first request, so that its increase is seen; those of others come with it. */
const USUAL_CODES = [200, 400, 404, 429, 499, 500, 502, 503, 504];
type Kind = 'input' | 'cached_input' | 'output';

interface KindSeries {
  readonly tokens: Tally<'model' | 'release' | 'kind'>;
  readonly cost: Tally<'model' | 'release' | 'kind'>;
}

/** What counts for every token or every request of one release. */
interface Series {
  readonly requests: Map<number, Tally<'model' | 'release' | 'code'>>;
  readonly firstToken: Distribution<'model' | 'release'>;
  readonly interToken: Distribution<'model' | 'release'>;
  readonly input: KindSeries;
  readonly cachedInput: KindSeries;
  readonly output: KindSeries;
}

export function createEdgeMetrics(registry: Registry): EdgeMetrics {
  const registers = [registry];
  const series = new Map<string, Map<string, Series>>();
  const inFlight = new Map<string, number>();
  const costs = createTallies({
    name: 'oss_token_cost_usd',
    help: 'US dollars at the price of the release that answered',
    labelNames: ['model', 'release', 'kind'],
    registers,
  });
  const tokens = createTallies({
    name: 'oss_tokens_total',
    help: 'Tokens; input are those that did not come from the prefix cache, as far as known',
    labelNames: ['model', 'release', 'kind'],
    registers,
  });
  const firstTokens = new Distributions({
    name: 'oss_first_token_latency',
    help: 'Seconds from the complete request to the first content, reasoning or tool call of a stream',
    labelNames: ['model', 'release'],
    buckets: [...FIRST_TOKEN_BUCKETS],
    registers,
  });
  const interTokens = new Distributions({
    name: 'oss_inter_token_latency',
    help: 'Seconds between two events with tokens of a stream',
    labelNames: ['model', 'release'],
    buckets: INTER_TOKEN_BUCKETS,
    registers,
  });
  const requests = createTallies({
    name: 'oss_requests_total',
    help: 'Requests by the status that the client got; 499 if it left before one was sent',
    labelNames: ['model', 'release', 'code'],
    registers,
  });
  new Gauge({
    name: 'oss_requests_in_flight',
    help: 'Requests that were accepted and have not ended',
    labelNames: ['model'],
    registers,
    collect() {
      for (const [model, count] of inFlight) this.set({ model }, count);
    },
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

  function introduceRelease(labels: Labels): Series {
    const { model, release } = labels;
    cuts.inc({ model, release }, 0);
    for (const kind of LEAKS)
      for (const outcome of LEAK_OUTCOMES) leaks.inc({ model, release, kind, outcome }, 0);
    unknown.inc({ model, release }, 0);
    estimated.inc({ model, release }, 0);
    const kind = (name: Kind) => ({
      tokens: tokens({ model, release, kind: name }),
      cost: costs({ model, release, kind: name }),
    });
    return {
      requests: new Map(USUAL_CODES.map((code) => [code, requests({ model, release, code })])),
      firstToken: firstTokens.series({ model, release }),
      interToken: interTokens.series({ model, release }),
      ...{ input: kind('input'), cachedInput: kind('cached_input'), output: kind('output') },
    };
  }

  /** Found by two names, so that no request has to put a key together. */
  function seriesOf(labels: Labels): Series {
    const releases = series.get(labels.model) ?? new Map<string, Series>();
    const known = releases.get(labels.release);
    if (known !== undefined) return known;
    const made = introduceRelease(labels);
    series.set(labels.model, releases.set(labels.release, made));
    return made;
  }

  function requestsBy(code: number, labels: Labels): Tally<'model' | 'release' | 'code'> {
    const { requests: byCode } = seriesOf(labels);
    const known = byCode.get(code);
    if (known !== undefined) return known;
    const { model, release } = labels;
    const made = requests({ model, release, code });
    byCode.set(code, made);
    return made;
  }

  function count(labels: Labels, { usage, amount }: NonNullable<Settled['charge']>): void {
    const { input, cachedInput, output } = seriesOf(labels);
    const cached = usage.cached ?? 0;
    const add = (into: KindSeries, number: number, picoDollars: number) => {
      into.tokens.value += number;
      into.cost.value += toDollars(picoDollars);
    };
    add(input, usage.prompt - cached, amount.input);
    add(cachedInput, cached, amount.cachedInput);
    add(output, usage.completion, amount.output);
  }

  return {
    introduce(models) {
      for (const { name: model, releases } of models) {
        inFlight.set(model, inFlight.get(model) ?? 0);
        for (const release of [NONE, ...releases.keys()]) seriesOf({ model, release });
      }
    },
    admitted: (model) => inFlight.set(model, (inFlight.get(model) ?? 0) + 1),
    left: (model) => inFlight.set(model, (inFlight.get(model) ?? 0) - 1),
    retried: (reason) => retries.inc({ reason }),
    shed: (reason) => sheds.inc({ reason }),
    timedOut: (kind) => timeouts.inc({ kind }),
    leaked: (labels, kind, outcome) => leaks.inc({ ...labels, kind, outcome }),
    firstToken: (labels, seconds) => seriesOf(labels).firstToken.observe(seconds),
    token: (labels, seconds) => seriesOf(labels).interToken.observe(seconds),
    tried: createTrialMetrics(registry),
    settled({ model, release, code, aborted, cut, usageMissing, charge }) {
      requestsBy(code, { model, release }).value += 1;
      if (aborted !== undefined) aborts.inc({ phase: aborted });
      if (cut) cuts.inc({ model, release });
      if (charge !== undefined) count({ model, release }, charge);
      if (charge?.estimated === true) estimated.inc({ model, release });
      if (usageMissing) unknown.inc({ model, release });
    },
  };
}
