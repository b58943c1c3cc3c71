import type { LedgerLine } from '../../contracts/ledger.ts';
import { toDollars } from '../../contracts/price.ts';
import type { OldSample } from '../support/real-prometheus.ts';
import { oneOf, seeded } from '../support/seeded.ts';

export const DAY_SECONDS = 86_400;
const SCRAPE_SECONDS = 15;
const MODEL = 'gpt-oss-120b';
const RELEASES = ['v32', 'v33', 'public'] as const;
const KINDS = ['input', 'cachedInput', 'output'] as const;
/** Label values of the gateway's metric. */
const LABELS = { input: 'input', cachedInput: 'cached_input', output: 'output' } as const;
type Kind = (typeof KINDS)[number];
type Amounts = Readonly<Record<Kind, number>>;

/** A gateway process from its start to its end, in seconds of the day. */
interface Life {
  readonly instance: string;
  readonly from: number;
  readonly to: number;
  /** Its last numbers were pushed when it ended, as a sidecar does at SIGTERM; who is only scraped takes some along. */
  readonly pushes: boolean;
}

export interface SimulatedDay {
  readonly ledger: readonly LedgerLine[];
  readonly samples: readonly OldSample[];
}

/** What a day is made of. */
interface DayPlan {
  /** Unix seconds of its midnight. */
  readonly midnight: number;
  readonly seed: number;
  /** Gateways that are there all day, and how often each starts again under the same name. */
  readonly lasting: number;
  readonly restarts: number;
  /** Instances of 5 to 20 seconds, each with a name of its own. */
  readonly short: number;
  readonly requestsPerSecond: number;
  /** Prometheus reads nothing in this time, in seconds of the day. */
  readonly outage: readonly [number, number];
}

/** A day of requests to gateways that come and go: what the ledger wrote, and what Prometheus saw of it. */
export function simulateDay(plan: DayPlan): SimulatedDay {
  const random = seeded(plan.seed);
  const days = livesOf(plan, random).map((life) => liveThrough(life, plan, random));
  return { ledger: days.flatMap(({ ledger }) => ledger), samples: days.flatMap(({ samples }) => samples) };
}

function livesOf({ lasting, restarts, short }: DayPlan, random: () => number): Life[] {
  const all = Array.from({ length: lasting }, (_, index) => {
    const times = Array.from({ length: restarts }, () => random() * DAY_SECONDS).toSorted((a, b) => a - b);
    const bounds = [0, ...times, DAY_SECONDS];
    return bounds.slice(1).map((to, life) => ({
      ...{ instance: `10.0.0.${index + 1}:8081`, from: bounds[life] ?? 0, to, pushes: false },
    }));
  });
  const brief = Array.from({ length: short }, (_, index) => {
    const from = random() * (DAY_SECONDS - 20);
    return { instance: `revision-${index}`, from, to: from + 5 + 15 * random(), pushes: true };
  });
  return [...all.flat(), ...brief];
}

function liveThrough(
  { instance, from, to, pushes }: Life,
  { midnight, requestsPerSecond, outage }: DayPlan,
  random: () => number,
): SimulatedDay {
  const ledger: LedgerLine[] = [];
  const samples: OldSample[] = [];
  const totals = new Map(RELEASES.map((release) => [release, { input: 0, cachedInput: 0, output: 0 }]));
  let scrape = from + random() * SCRAPE_SECONDS;
  let time = from;

  function read(at: number): void {
    if (at >= outage[0] && at < outage[1]) return;
    const seconds = Math.round((midnight + at) * 1000) / 1000;
    const place = { job: 'gateway', instance };
    samples.push({
      name: 'process_start_time_seconds',
      labels: place,
      time: seconds,
      value: midnight + from,
    });
    for (const [release, amounts] of totals)
      for (const kind of KINDS)
        samples.push({
          name: 'oss_token_cost_usd',
          labels: { ...place, model: MODEL, release, kind: LABELS[kind] },
          time: seconds,
          value: toDollars(amounts[kind]),
        });
  }

  for (;;) {
    // More by day than by night.
    const busy = 1 - 0.6 * Math.cos((2 * Math.PI * time) / DAY_SECONDS);
    time += -Math.log(1 - random()) / (requestsPerSecond * busy);
    for (; scrape < Math.min(time, to); scrape += SCRAPE_SECONDS + 0.02 * (random() - 0.5)) read(scrape);
    if (time >= to) break;
    const release = oneOf(random, RELEASES);
    const amounts = charge(random);
    const sums = totals.get(release) ?? { input: 0, cachedInput: 0, output: 0 };
    for (const kind of KINDS) sums[kind] += amounts[kind];
    ledger.push(line(release, amounts, midnight + time, `${instance}-${ledger.length}`));
  }
  if (pushes) read(to);
  return { ledger, samples };
}

/** Pico-dollars of one request. A few are a hundred times as expensive as most. */
function charge(random: () => number): Amounts {
  const size = Math.exp(2.5 * random() + (random() < 0.01 ? 2 : 0));
  return {
    input: Math.round(40e6 * size * random()),
    cachedInput: Math.round(20e6 * size * random()),
    output: Math.round(120e6 * size * random()),
  };
}

function line(
  release: string,
  { input, cachedInput, output }: Amounts,
  time: number,
  id: string,
): LedgerLine {
  return {
    ...{ ledger: true, ts: new Date(time * 1000).toISOString(), id, key: 'local', model: MODEL, release },
    ...{ kind: 'nodes', path: '/v1/chat/completions', summaryOf: null, stream: true, status: 200 },
    ...{ promptTokens: 1, cachedTokens: 0, completionTokens: 1, prices: null },
    amount: { input, cachedInput, output, total: input + cachedInput + output },
    ...{ aborted: null, cut: false, usageMissing: false, estimated: false },
  };
}
