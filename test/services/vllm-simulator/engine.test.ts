import { expect, test } from 'vitest';
import type { PlannedAnswer } from '../../../services/vllm-simulator/answers.ts';
import { Engine, type Sequence, type Speed } from '../../../services/vllm-simulator/engine.ts';
import type {
  EngineStats,
  FinishedRequest,
  FinishReason,
} from '../../../services/vllm-simulator/engine-stats.ts';
import { PrefixCache } from '../../../services/vllm-simulator/prefix-cache.ts';
import { fakeClock } from './support.ts';

const answerOf = (tokens: number): PlannedAnswer => ({
  ids: Array.from({ length: tokens }, (_, index) => 1_000_000 + index),
  deltas: Array.from({ length: tokens }, () => ({ kind: 'content' as const, text: 'x' })),
  finishReason: 'length',
  stopReason: null,
});

/** An engine that computes 1000 prompt tokens and generates 100 tokens per second, on a clock moved by hand. */
function setUp({ maxSequences = 8, capacity = 1000, speed = {} as Partial<Speed> } = {}) {
  const clock = fakeClock();
  const finishedRequests: FinishedRequest[] = [];
  const firstTokens: number[] = [];
  const counts = { generated: 0, intervals: 0, aborted: 0 };
  const stats: EngineStats = {
    queried: () => {},
    firstToken: ({ milliseconds }) => firstTokens.push(milliseconds),
    generated(count, intervals) {
      counts.generated += count;
      counts.intervals += intervals;
    },
    iteration: () => {},
    finished: (request) => finishedRequests.push(request),
    clientAborted() {
      counts.aborted += 1;
    },
  };
  const cache = new PrefixCache({ blockSize: 16, capacity, enabled: true });
  const engine = new Engine({
    clock,
    cache,
    stats,
    maxSequences,
    speed: () => ({
      prefillTokensPerSecond: 1000,
      decodeTokensPerSecond: 100,
      decodeSlowdownPerSequence: 0,
      ...speed,
    }),
  });
  let next = 0;
  const submit = (
    promptTokens: number,
    tokens: number,
    more: { ids?: number[]; stallAfter?: number } = {},
  ) => {
    const log: { at: number; generated: number }[] = [];
    const ends: { at: number; reason: FinishReason }[] = [];
    const ids = more.ids ?? Array.from({ length: promptTokens }, () => 1000 + next++);
    const sequence: Sequence = engine.submit({
      promptIds: ids,
      answer: answerOf(tokens),
      maxTokens: tokens,
      arrivedAt: clock.now(),
      stallAfter: more.stallAfter,
      onTokens: ({ generated }) => log.push({ at: clock.now() - 1000, generated }),
      onFinish: (_, reason) => ends.push({ at: clock.now() - 1000, reason }),
    });
    return { sequence, log, ends, ids };
  };
  return { clock, engine, cache, submit, finishedRequests, firstTokens, counts };
}

test('the first token comes when the prompt is computed, the others one interval apart', () => {
  const { clock, submit } = setUp();
  const { log, ends } = submit(100, 3);
  clock.advance(1000);
  expect(log).toEqual([
    { at: 100, generated: 1 },
    { at: 110, generated: 2 },
    { at: 120, generated: 3 },
  ]);
  expect(ends).toEqual([{ at: 120, reason: 'length' }]);
});

test('prompts are computed one after the other', () => {
  const { clock, submit } = setUp();
  const first = submit(100, 1);
  const second = submit(50, 1);
  clock.advance(1000);
  expect([first.log[0]?.at, second.log[0]?.at]).toEqual([100, 150]);
});

test('a prompt found in the cache is not computed again, its last block apart', () => {
  const { clock, submit } = setUp();
  const first = submit(160, 1);
  clock.advance(1000);
  const again = submit(160, 1, { ids: first.ids });
  clock.advance(1000);
  expect(again.sequence.cachedTokens).toBe(144);
  expect(again.log[0]?.at).toBe(1000 + 16);
});

test('at most maxSequences run; the next one starts when one ends', () => {
  const { clock, engine, submit } = setUp({ maxSequences: 1 });
  submit(10, 10);
  const second = submit(10, 1);
  clock.advance(50);
  expect([engine.running, engine.waiting]).toEqual([1, 1]);
  clock.advance(1000);
  expect(second.log[0]?.at).toBe(100 + 10);
});

test('time in the queue, in the prompt and in decoding is told apart', () => {
  const { clock, submit, finishedRequests } = setUp({ maxSequences: 1 });
  submit(10, 10);
  submit(20, 3);
  clock.advance(1000);
  expect(finishedRequests[1]?.milliseconds).toEqual({ queued: 100, prefill: 20, decode: 20, total: 140 });
});

test('decoding slows down with the batch, by the option', () => {
  const { clock, submit } = setUp({ speed: { prefillTokensPerSecond: 1e9, decodeSlowdownPerSequence: 1 } });
  const first = submit(1, 3);
  submit(1, 3);
  clock.advance(1000);
  expect(first.log.at(-1)?.at).toBeCloseTo(40, 3);
});

test('tokens that are due together come in one batch, and each interval counts', () => {
  const { clock, submit, counts } = setUp({
    speed: { prefillTokensPerSecond: 1e9, decodeTokensPerSecond: 1e9 },
  });
  const { log } = submit(1, 1000);
  clock.advance(5);
  expect(log.map(({ generated }) => generated)).toEqual([1000]);
  expect(counts).toMatchObject({ generated: 1000, intervals: 999 });
});

test('tokens less than a millisecond apart come in batches of a millisecond', () => {
  const { clock, submit } = setUp({ speed: { prefillTokensPerSecond: 1e9, decodeTokensPerSecond: 4000 } });
  const { log } = submit(1, 100);
  clock.advance(100);
  expect(log.length).toBeLessThanOrEqual(26);
  expect(log.at(-1)?.generated).toBe(100);
});

test('an abort in the queue leaves no trace', () => {
  const { clock, engine, submit, counts } = setUp({ maxSequences: 1 });
  submit(10, 100);
  const { sequence, log } = submit(10, 100);
  clock.advance(500);
  engine.abort(sequence);
  clock.advance(10_000);
  expect([log.length, engine.waiting, counts.aborted]).toEqual([0, 0, 1]);
});

test.each([
  ['prefill', 5],
  ['decode', 25],
] as const)('an abort while %s stops all work at once', (phase, after) => {
  const { clock, engine, cache, submit, counts } = setUp();
  const { sequence, log, ends } = submit(10, 100);
  clock.advance(after);
  expect(sequence.phase).toBe(phase);
  engine.abort(sequence);
  const { length } = log;
  clock.advance(10_000);
  expect(log).toHaveLength(length);
  expect(ends).toEqual([]);
  expect([engine.running, engine.waiting, cache.usedBlocks, counts.aborted]).toEqual([0, 0, 0, 1]);
});

test('an abort in the prompt lets the next request begin at once', () => {
  const { clock, engine, submit } = setUp();
  const first = submit(1000, 1);
  const second = submit(10, 1);
  clock.advance(100);
  engine.abort(first.sequence);
  clock.advance(1000);
  expect(second.log[0]?.at).toBe(110);
});

test('aborting a finished request counts nothing', () => {
  const { clock, engine, submit, counts } = setUp();
  const { sequence } = submit(1, 1);
  clock.advance(1000);
  engine.abort(sequence);
  expect(counts.aborted).toBe(0);
});

test('a stalled request keeps its place', () => {
  const { clock, engine, submit } = setUp();
  const { sequence, ends } = submit(1, 10, { stallAfter: 3 });
  clock.advance(100_000);
  expect([sequence.generated, ends.length, engine.running]).toEqual([3, 0, 1]);
});

test('a prompt without room in the KV cache waits until there is some', () => {
  const { clock, engine, submit } = setUp({ capacity: 10 });
  submit(100, 5);
  const second = submit(100, 1);
  clock.advance(120);
  expect([engine.running, engine.waiting]).toEqual([1, 1]);
  clock.advance(1000);
  expect(second.ends).toHaveLength(1);
});

test('while draining, running requests go on and new ones end with abort at once', () => {
  const { clock, engine, submit } = setUp();
  const running = submit(10, 5);
  clock.advance(15);
  engine.drain();
  const late = submit(10, 5);
  clock.advance(1000);
  expect([running.ends[0]?.reason, late.ends[0]?.reason, late.log.length]).toEqual(['length', 'abort', 0]);
});

test('abortAll ends every request with abort, what exists stays', () => {
  const { clock, engine, submit } = setUp({ maxSequences: 1 });
  const running = submit(10, 50);
  const waiting = submit(10, 5);
  clock.advance(25);
  engine.abortAll();
  expect([running.ends[0]?.reason, waiting.ends[0]?.reason, running.sequence.generated]).toEqual([
    'abort',
    'abort',
    2,
  ]);
});
