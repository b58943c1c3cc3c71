import { randomInt } from 'node:crypto';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { seeded } from '../../support/seeded.ts';
import { chat } from './support/answers.ts';
import { CHAT, edge, hello } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { fakeUpstream } from './support/fake-upstream.ts';
import { randomBytes, randomRequest } from './support/random-requests.ts';
import { edgeConfig, start } from './support/start.ts';

const REQUESTS = 1_500;
/** About 130 are answered and 90 refused for their body; 30 is six standard deviations below. */
const FEWEST_OF_A_KIND = 30;
const AT_A_TIME = 50;
/** The longest that the gateway may be silent to one of them. */
const HANG_MS = 10_000;

/** A new one each time. To see a failure again: `FLEET_FUZZ_SEED=… npx vitest run …`. */
const seed = Number(process.env.FLEET_FUZZ_SEED ?? randomInt(2 ** 31));

/** Everything that comes back until the gateway closes; undefined if it does not. */
function exchange(address: string, bytes: Buffer, halfClose: boolean): Promise<string | undefined> {
  const at = address.lastIndexOf(':');
  const socket = connect({ host: address.slice(0, at), port: Number(address.slice(at + 1)) });
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      socket.destroy();
      resolve(undefined);
    }, HANG_MS);
    socket.on('data', (chunk) => chunks.push(chunk)).on('error', () => {});
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(Buffer.concat(chunks).toString('latin1'));
    });
    if (halfClose) socket.end(bytes);
    else socket.write(bytes);
  });
}

async function inBatches(count: number, work: (index: number) => Promise<void>): Promise<void> {
  for (let from = 0; from < count; from += AT_A_TIME)
    await Promise.all(
      Array.from({ length: Math.min(AT_A_TIME, count - from) }, (_, index) => work(from + index)),
    );
}

test(`fuzzed bodies and headers: no crash, no hang, no 500 (FLEET_FUZZ_SEED=${seed})`, async () => {
  const random = seeded(seed);
  const router = await fakeUpstream(chat(['Hello', ' there']));
  const gateway = await start(edgeConfig(router.url));
  const statuses = new Map<string, number>();
  const bad: unknown[] = [];
  await inBatches(REQUESTS, async (index) => {
    const request = randomRequest(random, gateway.key);
    const answer = await exchange(gateway.address, request, false);
    const status =
      /^HTTP\/1\.1 (?:100 Continue\r\n\r\nHTTP\/1\.1 )?(\d{3}) /.exec(answer ?? '')?.[1] ?? 'none';
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (answer === undefined || status === 'none' || status >= '500')
      bad.push({ index, status, request: request.subarray(0, 600).toString('latin1'), answer });
  });
  console.info(`seed ${seed}: ${JSON.stringify(Object.fromEntries(statuses))}`);
  expect(bad.slice(0, 3)).toEqual([]);
  expect(gateway.log.filter(({ event }) => event === 'defect')).toEqual([]);
  expect(statuses.get('200')).toBeGreaterThan(FEWEST_OF_A_KIND);
  expect(statuses.get('400')).toBeGreaterThan(FEWEST_OF_A_KIND);
  expect((await gateway.post(CHAT, hello)).status).toBe(200);
  await eventually(async () => {
    const { text } = await gateway.metrics();
    expect(text.match(/^oss_requests_in_flight\{.*\} [^0]/m)).toBeNull();
  });
}, 60_000);

test(`bytes that are no HTTP are answered or closed (FLEET_FUZZ_SEED=${seed})`, async () => {
  const random = seeded(seed);
  const { gateway, router } = await edge();
  await inBatches(300, async () => {
    const bytes = randomBytes(random);
    const answer = await exchange(gateway.address, bytes, true);
    expect(answer, bytes.toString('latin1')).toBeDefined();
    expect(answer).not.toMatch(/^HTTP\/1\.1 5/);
  });
  expect(router.requests).toHaveLength(0);
  expect(gateway.log.filter(({ event }) => event === 'defect')).toEqual([]);
  expect((await gateway.post(CHAT, hello)).status).toBe(200);
}, 60_000);
