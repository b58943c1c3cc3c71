import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { contentEvent, DONE, startStream } from '../services/gateway/support/answers.ts';
import { CHAT, hello } from '../services/gateway/support/edge.ts';
import { eventually } from '../services/gateway/support/eventually.ts';
import type { Received } from '../services/gateway/support/fake-upstream.ts';
import { gateway, type Program, sampleOf } from '../services/gateway/support/ledger-program.ts';
import { postText } from '../services/gateway/support/raw-client.ts';
import { INSPECTED, inspectedHeap } from '../support/heap.ts';

const MEGABYTE = 1024 * 1024;
const STREAMS = 2_000;
const SLOW = 'SLOW';
/** What a server sends to a slow reader: together much more than the gateway may hold. */
const SLOW_BYTES = 8 * MEGABYTE;
const EVENTS = 50;
const BOUND = 600 * MEGABYTE;

const SOAK_SECONDS = Number(process.env.FLEET_SOAK_SECONDS ?? 300);
const SOAK_STREAMS = 100;
/** What the gateway may grow by in the second half of the soak, in megabytes: its heap after a collection, and all. */
const HEAP_GROWTH = 2;
const RESIDENT_GROWTH = 16;

function residentBytes(pid: number | undefined): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

const LARGE = contentEvent('x'.repeat(16 * 1024));

function pour({ res }: Received): void {
  let bytes = 0;
  const more = () => {
    while (bytes < SLOW_BYTES && !res.destroyed) {
      bytes += LARGE.length;
      if (!res.write(LARGE)) return void res.once('drain', more);
    }
    res.end(DONE);
  };
  more();
}

function trickle({ res }: Received, events: number, everyMs: number): void {
  let sent = 0;
  const timer = setInterval(() => {
    res.write(contentEvent('word'));
    sent += 1;
    if (sent < events) return;
    clearInterval(timer);
    res.end(DONE);
  }, everyMs);
  res.on('close', () => clearInterval(timer));
}

function respond(received: Received): void {
  startStream(received);
  if (received.body.includes(SLOW)) pour(received);
  else trickle(received, EVENTS, 200);
}

interface Reader {
  readonly isSlow: boolean;
  /** Events that have come so far, without [DONE]. */
  readonly events: number;
  readonly done: boolean;
  resume(): void;
}

async function reader({ address }: Program, isSlow: boolean): Promise<Reader> {
  const at = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)) });
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  const messages = [{ role: 'user', content: isSlow ? SLOW : 'hello' }];
  socket.write(postText(CHAT, 'the-key', { ...hello, messages, stream: true }));
  let tail = '';
  let events = 0;
  let done = false;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    const text = tail + chunk.toString('latin1');
    const pieces = text.split('\n\n');
    tail = (pieces.pop() ?? '').slice(-LARGE.length);
    for (const piece of pieces) {
      if (piece.includes('data: [DONE]')) done = true;
      else if (piece.includes('"choices"')) events += 1;
    }
  });
  if (isSlow) socket.pause();
  return {
    isSlow,
    resume: () => void socket.resume(),
    get events() {
      return events;
    },
    get done() {
      return done;
    },
  };
}

async function readers(program: Program): Promise<Reader[]> {
  const all: Reader[] = [];
  for (let from = 0; from < STREAMS; from += 100)
    all.push(
      ...(await Promise.all(Array.from({ length: 100 }, (_, index) => reader(program, index % 10 === 0)))),
    );
  return all;
}

/** Looks every tenth of a second. */
async function allDone(readers: readonly Reader[], deadlineMs: number): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (readers.some(({ done }) => !done)) {
    const missing = readers.filter(({ done }) => !done).length;
    if (performance.now() > end) throw new Error(`${missing} of ${readers.length} streams have not ended`);
    await delay(100);
  }
}

test(`${STREAMS} streams at a time, each tenth read slowly: none is lost, and memory is bounded`, async () => {
  const program = await gateway(respond, {});
  const before = residentBytes(program.child.pid);
  let peak = before;
  const sampler = setInterval(() => {
    peak = Math.max(peak, residentBytes(program.child.pid));
  }, 100);
  onTestFinished(() => clearInterval(sampler));
  const all = await readers(program);
  const [fast, slow] = [all.filter(({ isSlow }) => !isSlow), all.filter(({ isSlow }) => isSlow)];
  await allDone(fast, 120_000);
  expect(new Set(fast.map(({ events }) => events))).toEqual(new Set([EVENTS]));
  expect(slow.filter(({ done }) => done)).toHaveLength(0);
  const held = residentBytes(program.child.pid);
  for (const { resume } of slow) resume();
  await allDone(slow, 180_000);
  expect(new Set(slow.map(({ events }) => events))).toEqual(new Set([Math.ceil(SLOW_BYTES / LARGE.length)]));
  const shown = Object.entries({ before, held, peak }).map(
    ([name, bytes]) => `${name} ${Math.round(bytes / MEGABYTE)} MB`,
  );
  console.info(`${STREAMS} streams, ${slow.length} slow readers, resident memory: ${shown.join(', ')}`);
  expect(peak).toBeLessThan(BOUND);
  await eventually(async () => {
    const metrics = await program.metrics();
    const series = (name: string, labels: string) =>
      sampleOf(metrics, `${name}{model="gpt-oss-120b",release="v1"${labels}}`);
    expect(series('oss_requests_total', ',code="200"')).toBe(STREAMS);
    expect(series('oss_cut_streams_total', '')).toBe(0);
  });
}, 400_000);

/** Streams one after the other until the time is over; each fifth client leaves in the middle. */
async function soak(program: Program, end: number, lane: number): Promise<number> {
  let count = 0;
  while (performance.now() < end) {
    count += 1;
    const client = new AbortController();
    const leaves = (count + lane) % 5 === 0;
    const response = await fetch(`http://${program.address}${CHAT}`, {
      method: 'POST',
      headers: { authorization: 'Bearer the-key' },
      body: JSON.stringify({ ...hello, stream: count % 2 === 0 }),
      signal: client.signal,
    });
    if (leaves) client.abort();
    await response.text().catch((error: unknown) => {
      if (!leaves) throw error;
    });
  }
  return count;
}

/** Seconds and megabytes. */
type Sample = readonly [number, number];

const SAMPLES = 60;

/** What the second half grew by, by least squares. */
function growthOf(samples: readonly Sample[]): number {
  const half = samples.slice(samples.length / 2);
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(half.map(([time]) => time)), mean(half.map(([, value]) => value))];
  const over = half.reduce((sum, [time, value]) => sum + (time - x) * (value - y), 0);
  return (over / half.reduce((sum, [time]) => sum + (time - x) ** 2, 0)) * (SOAK_SECONDS / 2);
}

function told(samples: readonly Sample[]): string {
  const values = samples.slice(samples.length / 2).map(([, value]) => value);
  const [least, most] = [Math.min(...values).toFixed(1), Math.max(...values).toFixed(1)];
  return `${least} to ${most} MB in the second half, trend ${growthOf(samples).toFixed(1)} MB`;
}

test(
  `${SOAK_SECONDS} seconds of traffic leave memory flat`,
  async () => {
    const answer = (received: Received) => {
      startStream(received);
      trickle(received, 20, 20);
    };
    const program = await gateway(answer, {}, [INSPECTED]);
    const heapOf = await inspectedHeap(program.child);
    const end = performance.now() + SOAK_SECONDS * 1_000;
    const lanes = Array.from({ length: SOAK_STREAMS }, (_, lane) => soak(program, end, lane));
    const heap: Sample[] = [];
    const resident: Sample[] = [];
    while (performance.now() < end) {
      await delay((SOAK_SECONDS * 1_000) / SAMPLES);
      const time = performance.now() / 1_000;
      heap.push([time, (await heapOf()) / MEGABYTE]);
      resident.push([time, residentBytes(program.child.pid) / MEGABYTE]);
    }
    const requests = (await Promise.all(lanes)).reduce((sum, count) => sum + count);
    console.info(`${requests} requests in ${SOAK_SECONDS} s; heap ${told(heap)}; resident ${told(resident)}`);
    expect(requests).toBeGreaterThan(SOAK_STREAMS);
    expect(growthOf(heap)).toBeLessThan(HEAP_GROWTH);
    expect(growthOf(resident)).toBeLessThan(RESIDENT_GROWTH);
  },
  (SOAK_SECONDS + 120) * 1_000,
);
