import { Counter, type CounterConfiguration, Histogram, type HistogramConfiguration } from 'prom-client';

/*
 * prom-client finds a series by its labels anew each time, which took a twentieth of the way of a token through the
 * gateway. Here a series is found once and counts in fields of its own; prom-client reads them when it is asked.
 */

/** One series of a counter. */
export interface Tally<Label extends string> {
  readonly labels: Readonly<Record<Label, string | number>>;
  value: number;
}

/** @returns makes a series; no two may have the same labels */
export function createTallies<Label extends string>(
  configuration: CounterConfiguration<Label>,
): (labels: Tally<Label>['labels']) => Tally<Label> {
  const tallies: Tally<Label>[] = [];
  new Counter({
    ...configuration,
    collect() {
      this.reset();
      for (const { labels, value } of tallies) this.inc(labels, value);
    },
  });
  return (labels) => {
    const tally = { labels, value: 0 };
    tallies.push(tally);
    return tally;
  };
}

type DistributionsConfiguration<Label extends string> = HistogramConfiguration<Label> & {
  readonly buckets: number[];
};

/** A histogram whose series are made once. No two may have the same labels. */
export class Distributions<Label extends string> extends Histogram<Label> {
  readonly #configuration: DistributionsConfiguration<Label>;
  readonly #series: Distribution<Label>[] = [];

  constructor(configuration: DistributionsConfiguration<Label>) {
    super(configuration);
    this.#configuration = configuration;
  }

  series(labels: Readonly<Record<Label, string>>): Distribution<Label> {
    const series = new Distribution(labels, this.#configuration.buckets);
    this.#series.push(series);
    return series;
  }

  /** What prom-client 15 asks a metric for, in its own `get` too. */
  async getForPromString() {
    const { name, help } = this.#configuration;
    const values = this.#series.flatMap((series) => [...series.rows(name)]);
    return { name, help, type: 'histogram', aggregator: 'sum', values };
  }
}

/** One series of a histogram. */
export class Distribution<Label extends string> {
  readonly #labels: Readonly<Record<Label, string>>;
  readonly #bounds: readonly number[];
  readonly #counts: number[];
  #sum = 0;

  constructor(labels: Readonly<Record<Label, string>>, bounds: readonly number[]) {
    this.#labels = labels;
    this.#bounds = bounds;
    this.#counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    let bucket = 0;
    while (value > (this.#bounds[bucket] ?? Number.POSITIVE_INFINITY)) bucket += 1;
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + 1;
    this.#sum += value;
  }

  /** As the text format has them: buckets add up. */
  *rows(name: string) {
    const labels = this.#labels;
    let count = 0;
    for (const [bucket, seen] of this.#counts.entries()) {
      count += seen;
      const le = this.#bounds[bucket] ?? '+Inf';
      yield { metricName: `${name}_bucket`, labels: { le, ...labels }, value: count };
    }
    yield { metricName: `${name}_sum`, labels, value: this.#sum };
    yield { metricName: `${name}_count`, labels, value: count };
  }
}
