import { Counter, Histogram, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { createTallies, Distributions } from '../../../services/gateway/tally.ts';

const NAMES = { name: 'seconds', help: 'Of a kind', labelNames: ['model', 'release'] as const };
const BUCKETS = [0.01, 0.1, 1];

test('a distribution has the text of a histogram of prom-client that saw the same', async () => {
  const [own, reference] = [new Registry(), new Registry()];
  const distributions = new Distributions({ ...NAMES, buckets: BUCKETS, registers: [own] });
  const histogram = new Histogram({ ...NAMES, buckets: BUCKETS, registers: [reference] });
  for (const release of ['v1', 'v2']) {
    const labels = { model: 'a "model"', release };
    const series = distributions.series(labels);
    histogram.zero(labels);
    for (const value of [0, 0.01, 0.0100001, 0.5, 1, 7]) {
      series.observe(value);
      histogram.observe(labels, value);
    }
  }
  expect(linesOf(await own.metrics())).toEqual(linesOf(await reference.metrics()));
});

test('tallies have the text of a counter of prom-client, before anything was counted and after', async () => {
  const [own, reference] = [new Registry(), new Registry()];
  const tallies = createTallies({ ...NAMES, registers: [own] });
  const counter = new Counter({ ...NAMES, registers: [reference] });
  const labels = { model: 'm', release: 'v1' };
  const tally = tallies(labels);
  counter.inc(labels, 0);
  expect(await own.metrics()).toBe(await reference.metrics());
  for (const value of [1, 0.25]) {
    tally.value += value;
    counter.inc(labels, value);
  }
  expect(await own.metrics()).toBe(await reference.metrics());
  expect(await own.metrics()).toBe(await reference.metrics());
});

/** The order of series says nothing. */
function linesOf(text: string): readonly string[] {
  return text.split('\n').toSorted();
}
