import { describe, expect, test } from 'vitest';
import {
  chatBody,
  contentEvent,
  DONE,
  ROUTER_HEADERS,
  roleEvent,
  sendJson,
  startStream,
  usageEvent,
} from './support/answers.ts';
import { CHAT, edge, errorOf, hello } from './support/edge.ts';
import type { Received, Respond } from './support/fake-upstream.ts';
import { fakeUpstream } from './support/fake-upstream.ts';
import { edgeConfig, start } from './support/start.ts';

const streamed = { ...hello, stream: true };
const withUsage = { ...streamed, stream_options: { include_usage: true } };
/** What clients read: text of one to four bytes a character, next to each other. */
const TEXT = contentEvent('a é 東 🎉');
const WHOLE = roleEvent + TEXT + usageEvent() + DONE;

/** Streams pieces, each after the one before has left this process. */
function inPieces(pieces: readonly Buffer[], then: (received: Received) => void): Respond {
  return (received) => {
    const res = startStream(received);
    res.socket?.setNoDelay(true);
    const next = (index: number): void => {
      const piece = pieces[index];
      if (piece === undefined) then(received);
      else res.write(piece, () => setImmediate(() => next(index + 1)));
    };
    next(0);
  };
}

const ends = ({ res }: Received) => void res.end();
const cuts = ({ socket }: Received) => void socket.destroy();
const stalls = () => {};

function bytes(text: string, size: number): Buffer[] {
  const all = Buffer.from(text);
  const count = Math.ceil(all.length / size);
  return Array.from({ length: count }, (_, index) => all.subarray(index * size, (index + 1) * size));
}

/** Cut between the bytes of every character that has several. */
function insideCharacters(text: string): Buffer[] {
  const all = Buffer.from(text);
  const pieces: Buffer[] = [];
  let from = 0;
  for (const [index, byte] of all.entries()) {
    if ((byte & 0xc0) !== 0x80) continue;
    pieces.push(all.subarray(from, index));
    from = index;
  }
  return [...pieces, all.subarray(from)];
}

/** The stream's last event if it is an error, without which there must be no end. */
function errorCodeOf(text: string): unknown {
  const [, json] = /data: (\{"error":.*\})\n\n$/.exec(text) ?? [];
  return json === undefined ? undefined : JSON.parse(json).error.code;
}

describe('a stream that arrives whole, however it is cut up, is passed on byte by byte', () => {
  test.each([
    ['1-byte chunks', bytes(WHOLE, 1)],
    ['cut inside every character of UTF-8', insideCharacters(WHOLE)],
    ['all in one chunk', [Buffer.from(WHOLE)]],
    ['a huge event', bytes(contentEvent('東'.repeat(2_000_000)) + DONE, 65_536)],
    ['20,000 events in one chunk', [Buffer.from(contentEvent('x').repeat(20_000) + DONE)]],
    ['a malformed event', [Buffer.from(`${roleEvent}data: {"choices":[{"del\n\n${TEXT}${DONE}`)]],
    ['events without data', [Buffer.from(`: comment\n\nevent: x\n\n\n\n${TEXT}${DONE}`)]],
  ])('%s', async (_case, pieces) => {
    const { gateway } = await edge(inPieces(pieces, ends));
    const response = await gateway.post(CHAT, withUsage);
    expect(Buffer.from(await response.arrayBuffer()).equals(Buffer.concat(pieces))).toBe(true);
    expect(gateway.log[0]).toMatchObject({ status: 200 });
    expect(gateway.log[0]?.cut).toBeUndefined();
  });
});

describe('a stream that does not arrive whole ends with a typed error and no [DONE]', () => {
  const firstTokens = [1, 2, 3, 8].map(
    (count) => [`cut after ${count} tokens`, bytes(TEXT.repeat(count), TEXT.length), cuts] as const,
  );
  test.each([
    ...firstTokens,
    ['cut before its first byte', [], cuts],
    ['cut after the role', bytes(roleEvent, 1_000), cuts],
    ['cut after the usage', bytes(roleEvent + TEXT + usageEvent(), 1_000), cuts],
    ['cut inside a character', [Buffer.from(TEXT).subarray(0, TEXT.indexOf('é') + 1)], cuts],
    ['cut inside [DONE]', [Buffer.from(`${TEXT}data: [DO`)], cuts],
    ['ended after [DONE] without its blank line', [Buffer.from(`${TEXT}data: [DON`)], ends],
    ['a clean end without anything', [], ends],
    ['a malformed last event', [Buffer.from(`${TEXT}data: {"choices":[{"delta":{`)], ends],
    ['[DONE] that only the model wrote', [Buffer.from(contentEvent('data: [DONE]\n\n'))], ends],
  ] as [string, Buffer[], (received: Received) => void][])('%s', async (_case, pieces, then) => {
    const { gateway, router } = await edge(inPieces(pieces, then));
    const response = await gateway.post(CHAT, streamed);
    const text = await response.text();
    expect(response.status).toBe(200);
    expect(errorCodeOf(text)).toBe('upstream_cut');
    expect(text).not.toMatch(/^data: \[DONE\]/m);
    expect(gateway.log[0]).toMatchObject({ cut: true });
    expect(router.requests).toHaveLength(1);
  });

  test('a silent stall', async () => {
    const router = await fakeUpstream(inPieces([Buffer.from(TEXT)], stalls));
    const config = edgeConfig(router.url);
    const model = { ...config.models['gpt-oss-120b'], idleSeconds: 0.3 } as (typeof config.models)[string];
    const gateway = await start({ ...config, models: { ...config.models, 'gpt-oss-120b': model } });
    const text = await (await gateway.post(CHAT, streamed)).text();
    expect(errorCodeOf(text)).toBe('upstream_timeout');
    expect(text).not.toContain('[DONE]');
    expect(await router.requests[0]?.closed).toBe(false);
  });
});

describe('usage', () => {
  test.each([
    ['missing', ''],
    ['of a wrong type', usageEvent({ prompt_tokens: 'many', completion_tokens: -1 })],
    ['that is null', contentEvent('b', { usage: null })],
  ])('%s: the answer goes through, is charged by an estimate, and is counted', async (_case, event) => {
    const { gateway } = await edge(inPieces([Buffer.from(TEXT.repeat(3) + event + DONE)], ends));
    const text = await (await gateway.post(CHAT, streamed)).text();
    expect(text.endsWith(DONE)).toBe(true);
    const missing = 'oss_usage_missing_total{model="gpt-oss-120b",release="v1"}';
    expect((await gateway.metrics()).value(missing)).toBe(1);
    expect(gateway.log[0]).toMatchObject({ ledger: true, estimated: true });
    expect(gateway.log[0]?.completionTokens).toBeGreaterThanOrEqual(3);
  });
});

describe('an answer of another kind than was asked for', () => {
  const page: Respond = ({ res }) => {
    res.writeHead(200, { 'content-type': 'text/html', ...ROUTER_HEADERS });
    res.end('<html>Sign in</html>');
  };
  const noType: Respond = ({ res }) => {
    res.writeHead(200, ROUTER_HEADERS);
    res.end(roleEvent + TEXT);
  };
  const endlessHead: Respond = ({ socket }) =>
    void socket.end(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`);
  const noHttp: Respond = ({ socket }) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n');
  const badLength: Respond = ({ socket }) =>
    void socket.end('HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}');

  test.each([
    ['a page of HTML', page],
    ['a stream without its content type', noType],
    ['a head without end', endlessHead],
    ['another protocol', noHttp],
    ['an impossible length', badLength],
  ])('%s is a 502 that is not repeated, streamed or not', async (_case, respond) => {
    for (const body of [hello, streamed]) {
      const { gateway, router } = await edge(respond);
      const response = await gateway.post(CHAT, body);
      expect(response.status).toBe(502);
      expect(response.headers.get('x-should-retry')).toBe('false');
      expect(await errorOf(response)).toMatchObject({ type: 'upstream_error', code: 'upstream_cut' });
      expect(router.requests).toHaveLength(1);
    }
  });

  test('a whole answer to who asked for a stream is passed on as it is', async () => {
    const { gateway } = await edge((received) => sendJson(received, 200, chatBody('a')));
    const response = await gateway.post(CHAT, streamed);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await response.text()).toBe(chatBody('a'));
  });

  test('a late 500 keeps its text, and clients are told not to repeat it', async () => {
    const late = '{"error":{"message":"CUDA error","type":"InternalServerError","param":null,"code":500}}';
    const { gateway, router } = await edge((received) => sendJson(received, 500, late));
    const response = await gateway.post(CHAT, streamed);
    expect(response.status).toBe(500);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await response.text()).toBe(late);
    expect(router.requests).toHaveLength(1);
  });

  test('an error inside a stream ends it without [DONE]', async () => {
    const late = 'data: {"error":{"message":"x","type":"InternalServerError","param":null,"code":500}}\n\n';
    const { gateway } = await edge(inPieces([Buffer.from(TEXT + late)], ends));
    expect(await (await gateway.post(CHAT, streamed)).text()).toBe(TEXT + late);
    expect(gateway.log[0]).toMatchObject({ cut: true });
  });

  test('an error inside a stream is not made good by a [DONE] after it', async () => {
    const late = 'data: {"error":{"message":"x","type":"InternalServerError","param":null,"code":500}}\n\n';
    const { gateway } = await edge(inPieces([Buffer.from(TEXT + late + DONE)], ends));
    const text = await (await gateway.post(CHAT, streamed)).text();
    expect(text).toBe(TEXT + late);
    expect(gateway.log[0]).toMatchObject({ cut: true });
  });
});
