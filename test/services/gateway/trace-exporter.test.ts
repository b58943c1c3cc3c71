import { Registry } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { createExporter } from '../../../services/gateway/tracing/exporter.ts';
import type { Span } from '../../../services/gateway/tracing/span.ts';
import { type StandInCollector, standInCollector } from '../../support/collector.ts';
import { eventually } from './support/eventually.ts';

const MOST_WAITING = 4_096;
const span: Span = {
  ...{ traceId: '1'.repeat(32), spanId: '2'.repeat(16), name: 'request', kind: 'server' },
  ...{
    began: 1_795_404_710_000,
    ended: 1_795_404_710_000.25,
    attributes: { whole: 1, part: 0.5, none: undefined },
  },
};
const answer =
  (status: number): StandInCollector['answer'] =>
  (res) =>
    res.writeHead(status).end();

/** An exporter whose time passes when the test says so. */
async function exporter(respond?: StandInCollector['answer']) {
  const registry = new Registry();
  const log: unknown[] = [];
  const timers: { readonly milliseconds: number; readonly task: () => void }[] = [];
  const receiver = await standInCollector(respond);
  onTestFinished(() => receiver.close());
  const sends = createExporter({
    registry,
    log: ({ event }) => log.push(event),
    instance: 'i1',
    runtime: {
      date: () => new Date(0),
      after(milliseconds, task) {
        const timer = { milliseconds, task };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
    },
  });
  sends.use({ endpoint: receiver.url, environment: 'test' });
  const results = async () => {
    const metric = await registry.getSingleMetric('fleet_trace_spans_total')?.get();
    return Object.fromEntries(
      (metric?.values ?? [])
        .filter(({ value }) => value > 0)
        .map(({ labels, value }) => [labels.outcome, value]),
    );
  };
  const waiting = async () =>
    (await registry.getSingleMetric('fleet_trace_spans_waiting')?.get())?.values[0]?.value;
  return {
    ...{ sends, receiver, log, timers, results, waiting },
    add: (count: number) => Array.from({ length: count }, () => sends.add(span)),
    pass: () => timers.shift()?.task(),
  };
}

test('spans are sent together after 5 seconds', async () => {
  const { add, pass, timers, receiver, results } = await exporter();
  add(3);
  expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([5_000]);
  pass();
  await eventually(async () => expect(await results()).toEqual({ sent: 3 }));
  expect(receiver.bodies).toHaveLength(1);
  expect(receiver.types).toEqual(['application/json']);
  expect(receiver.spans()[0]).toEqual({
    ...{ traceId: span.traceId, spanId: span.spanId, name: 'request', kind: 2, status: {} },
    ...{ startTimeUnixNano: '1795404710000000000', endTimeUnixNano: '1795404710000250000' },
    attributes: [
      { key: 'whole', value: { intValue: '1' } },
      { key: 'part', value: { doubleValue: 0.5 } },
    ],
  });
});

test('a whole batch is not waited for', async () => {
  const { add, timers } = await exporter();
  add(512);
  expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([0]);
});

test('while the receiver cannot take them they wait, longer and longer, and those beyond the bound are counted', async () => {
  const { add, pass, timers, receiver, results, waiting, log } = await exporter(answer(503));
  add(1);
  for (const next of [5_000, 10_000, 20_000, 40_000, 60_000, 60_000]) {
    pass();
    await eventually(() => expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([next]));
  }
  expect(await waiting()).toBe(1);
  add(MOST_WAITING);
  expect(await results()).toEqual({ dropped: 1 });
  expect(await waiting()).toBe(MOST_WAITING);
  receiver.answer = answer(200);
  pass();
  await eventually(async () => expect(await results()).toEqual({ dropped: 1, sent: 512 }));
  expect(log).toEqual(['traces_not_sent', 'traces_sent_again']);
});

test('what it refuses for good is not sent again', async () => {
  const { add, pass, results, log, waiting } = await exporter(answer(400));
  add(2);
  pass();
  await eventually(async () => expect(await results()).toEqual({ refused: 2 }));
  expect(await waiting()).toBe(0);
  expect(log).toEqual(['traces_refused']);
});

test('nobody listens: they wait', async () => {
  const { add, pass, receiver, timers, waiting } = await exporter();
  await receiver.close();
  add(2);
  pass();
  await eventually(() => expect(timers).toHaveLength(1));
  expect(await waiting()).toBe(2);
});

test('at the end what is left is sent', async () => {
  const { add, sends, results, receiver } = await exporter();
  add(1_000);
  await sends.close(1_000);
  expect(await results()).toEqual({ sent: 1_000 });
  expect(receiver.bodies).toHaveLength(2);
});

test('at the end nobody waits for long', async () => {
  const { add, sends, results, timers } = await exporter(() => {});
  add(2);
  const closed = sends.close(1_000);
  await eventually(() => expect(timers.map(({ milliseconds }) => milliseconds)).toEqual([1_000]));
  timers[0]?.task();
  await closed;
  expect(await results()).toEqual({ left: 2 });
});

test('without a receiver nothing is kept', async () => {
  const { add, sends, waiting, timers } = await exporter();
  sends.use(undefined);
  add(2);
  expect([await waiting(), timers]).toEqual([0, []]);
});
