import { expect, test } from 'vitest';
import { eventually } from '../services/gateway/support/eventually.ts';
import type { Started } from '../services/gateway/support/start.ts';
import { metric, SLOW } from '../services/vllm-simulator/support.ts';
import { startChain, WAYS, type Way } from '../support/chain.ts';
import { type FrozenHop, frozenHop } from '../support/frozen-hop.ts';
import { leavingClients } from '../support/leaving-clients.ts';

/** How often a client leaves in each phase, and how many do at a time. */
const TIMES = 100;
const AT_A_TIME = 25;
const DEADLINE_MS = 1_000;

const STALL = 'STALL';
const simulation = {
  ...SLOW,
  failures: [{ when: { contains: STALL }, do: 'stall' as const, afterTokens: 0 }],
};

const combinations = (['HTTP/1.1', 'h2c'] as const).flatMap((protocol) =>
  (['server', 'endpoint'] as const).map((way) => ({ protocol, way })),
);

function bodyOf(way: Way, { stream = false, content = 'hello' }: { stream?: boolean; content?: string }) {
  return { model: WAYS[way], stream, messages: [{ role: 'user', content }] };
}

async function aborts(gateway: Started, phase: string): Promise<number> {
  return (await gateway.metrics()).value(`oss_aborts_total{phase="${phase}"}`) ?? Number.NaN;
}

interface Dispatched {
  readonly name: string;
  /** Where the gateway is then. */
  readonly phase: string;
  readonly stream?: boolean;
  readonly content?: string;
  /** What the client has seen before it leaves. */
  readonly seen?: string;
  /** Where the server is then. */
  readonly served: readonly string[];
  /** Requests that the server works on at a time. @default - all */
  readonly places?: number;
}

const dispatched: readonly Dispatched[] = [
  { name: 'queued at the server', phase: 'headers', served: ['waiting', 'decode'], places: 1 },
  { name: 'waiting for headers', phase: 'headers', content: STALL, served: ['decode'] },
  {
    name: 'before the first token',
    phase: 'first_token',
    stream: true,
    content: STALL,
    seen: '',
    served: ['decode'],
  },
  { name: 'mid-stream', phase: 'stream', stream: true, seen: '"delta":{"content":"', served: ['decode'] },
  { name: 'non-streaming', phase: 'headers', served: ['decode'] },
];

test.each(dispatched.flatMap((each) => combinations.map((combination) => ({ ...each, ...combination }))))(
  '$protocol, gateway to $way, $name: the server knows within a second',
  async ({ protocol, way, phase, stream, content, seen, served, places }) => {
    const args = places === undefined ? [] : ['--max-num-seqs', String(places)];
    const { gateway, upstreams } = await startChain({ simulation, args });
    const upstream = upstreams[way];
    let worst = 0;
    for (let left = 0; left < TIMES; left += AT_A_TIME) {
      const body = bodyOf(way, { stream, content });
      const clients = await leavingClients(gateway, { protocol, count: AT_A_TIME, body, whole: true });
      await eventually(async () => {
        const running = (await metric(upstream, 'num_requests_running')) ?? 0;
        const waiting = (await metric(upstream, 'num_requests_waiting')) ?? 0;
        expect(running + waiting).toBe(AT_A_TIME);
        expect(running).toBe(places ?? AT_A_TIME);
      });
      for (const client of clients) if (seen !== undefined) await client.until(seen);
      const leftAt = Date.now();
      for (const client of clients) client.leave();
      await eventually(() => expect(upstream.records).toHaveLength(left + AT_A_TIME));
      for (const { endedAt } of upstream.records.slice(left)) worst = Math.max(worst, endedAt - leftAt);
    }
    for (const record of upstream.records) {
      expect(record.outcome).toBe('aborted');
      expect(served).toContain(record.abortedPhase);
    }
    console.info(`${protocol}, ${way}, ${phase}: the slowest of ${TIMES} took ${worst.toFixed(0)} ms`);
    expect(worst).toBeLessThan(DEADLINE_MS);
    await eventually(async () => expect(await aborts(gateway, phase)).toBe(TIMES));
  },
);

/** A request that is answered, and that comes after all that were sent before. */
async function barrier(gateway: Started, way: Way): Promise<void> {
  const response = await gateway.post('/v1/chat/completions', { ...bodyOf(way, {}), max_tokens: 1 });
  expect(response.status).toBe(200);
  await response.text();
}

test.each(combinations)(
  '$protocol, gateway to $way, queued at the gateway, its body not complete: the server never sees it',
  async ({ protocol, way }) => {
    const { gateway, upstreams } = await startChain({ simulation });
    const body = bodyOf(way, {});
    const clients = await leavingClients(gateway, { protocol, count: TIMES, body, whole: false });
    await barrier(gateway, way);
    for (const client of clients) client.leave();
    await eventually(async () => expect(await aborts(gateway, 'body')).toBe(TIMES));
    await barrier(gateway, way);
    expect(upstreams[way].records.map(({ outcome }) => outcome)).toEqual(['completed', 'completed']);
  },
);

const hops = [
  { part: 'router', phase: 'connect', from: 'the gateway connecting to the router' },
  { part: 'upstream', phase: 'headers', from: 'the last hop connecting to the server' },
] as const;

test.each(hops.flatMap((hop) => combinations.map((combination) => ({ ...hop, ...combination }))))(
  '$protocol, gateway to $way, $from: the server never sees it',
  async ({ protocol, way, part, phase }) => {
    const frozen: FrozenHop[] = [];
    const { gateway, router, egress, upstreams } = await startChain({
      simulation,
      async before(place, port) {
        if (place !== part) return port;
        const hop = await frozenHop(port);
        frozen.push(hop);
        return hop.port;
      },
    });
    for (const hop of frozen) await hop.freeze();
    const body = bodyOf(way, {});
    const clients = await leavingClients(gateway, { protocol, count: TIMES, body, whole: true });
    await connecting(gateway);
    for (const client of clients) client.leave();
    await eventually(async () => expect(await aborts(gateway, phase)).toBe(TIMES));
    if (part === 'upstream') await eventually(() => expect(router.log()).toHaveLength(TIMES));
    if (part === 'upstream' && way === 'endpoint')
      await eventually(() => expect(egress.log).toHaveLength(TIMES));
    for (const hop of frozen) hop.thaw();
    await eventually(() => barrier(gateway, way));
    expect(upstreams[way].records.map(({ outcome }) => outcome)).toEqual(['completed']);
  },
);

/** All requests have been admitted and none has been answered. */
async function connecting(gateway: Started): Promise<void> {
  await eventually(async () => {
    const { text } = await gateway.metrics();
    const inFlight = [...text.matchAll(/^oss_requests_in_flight\{.*\} (\d+)$/gm)];
    expect(inFlight.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(TIMES);
  });
}
