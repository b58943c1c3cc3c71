import { describe, expect, onTestFinished, test } from 'vitest';
import { traceContextOf } from '../../../services/gateway/tracing/trace-context.ts';
import { attributesOf, type CollectedSpan, standInCollector } from '../../support/collector.ts';
import { chat, contentEvent, roleEvent, sendJson, startStream } from './support/answers.ts';
import { CHAT, hello } from './support/edge.ts';
import { type FakeUpstream, fakeUpstream, type Respond } from './support/fake-upstream.ts';
import { edgeConfig, start } from './support/start.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const PARENT = `00-${TRACE}-${CALLER}-01`;
const [SERVER, CLIENT] = [2, 3];
const ERROR = { code: 2 };

async function traced({ respond = chat(['Hello', ' there']) as Respond, sample = 1 } = {}) {
  const [router, spans] = [await fakeUpstream(respond), await standInCollector()];
  onTestFinished(() => spans.close());
  const gateway = await start(edgeConfig(router.url, { tracing: { endpoint: `${spans.url}/`, sample } }));
  return { router, gateway, spans };
}

function only(all: readonly CollectedSpan[], kind: number | undefined): CollectedSpan {
  const found = all.filter((span) => span.kind === kind);
  expect(found).toHaveLength(1);
  return found[0] ?? expect.fail();
}

const parentOf = (router: Pick<FakeUpstream, 'requests'>, index = 0) =>
  /^00-([0-9a-f]{32})-([0-9a-f]{16})-(0[01])$/.exec(String(router.requests[index]?.headers.traceparent)) ??
  [];

describe('a request', () => {
  test('begins a trace, of which the router is told', async () => {
    const { router, gateway, spans } = await traced();
    const response = await gateway.post(CHAT, hello, { 'x-request-id': 'mine' });
    await gateway.stop();
    const [, traceId, spanId, flags] = parentOf(router);
    const [server, client] = [only(spans.spans(), SERVER), only(spans.spans(), CLIENT)];
    expect(flags).toBe('01');
    expect([server.traceId, client.traceId]).toEqual([traceId, traceId]);
    expect(client).toMatchObject({ spanId, parentSpanId: server.spanId, name: `POST ${CHAT}`, status: {} });
    expect(server).not.toHaveProperty('parentSpanId');
    expect(server).toMatchObject({ name: 'chat gpt-oss-120b', status: {} });
    expect(attributesOf(server)).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'gpt-oss-fleet',
      'gen_ai.request.model': 'gpt-oss-120b',
      'gen_ai.request.stream': false,
      'gen_ai.usage.input_tokens': '12',
      'gen_ai.usage.output_tokens': '4',
      'http.response.status_code': '200',
      'fleet.request.id': 'mine',
      'fleet.release': 'v1',
      'fleet.server': '10.0.0.1:8000',
    });
    expect(attributesOf(client)).toMatchObject({ 'http.response.status_code': '200', 'url.path': CHAT });
    const [began, sent, answered, ended] = [
      server.startTimeUnixNano,
      client.startTimeUnixNano,
      client.endTimeUnixNano,
      server.endTimeUnixNano,
    ].map(BigInt);
    expect([began, sent, answered, ended].toSorted()).toEqual([began, sent, answered, ended]);
    expect(Math.abs(Number((ended ?? 0n) / 1_000_000n) - Date.now())).toBeLessThan(10_000);
    expect(response.status).toBe(200);
  });

  test('continues the trace of its client, states of others included', async () => {
    const { router, gateway, spans } = await traced({ sample: 0 });
    await gateway.post(CHAT, hello, { traceparent: PARENT, tracestate: 'a=1,b=2' });
    await gateway.stop();
    const [, traceId, spanId] = parentOf(router);
    expect(traceId).toBe(TRACE);
    expect(router.requests[0]?.headers.tracestate).toBe('a=1,b=2');
    expect(only(spans.spans(), SERVER)).toMatchObject({
      traceId: TRACE,
      parentSpanId: CALLER,
      traceState: 'a=1,b=2',
    });
    expect(only(spans.spans(), CLIENT)).toMatchObject({ traceId: TRACE, spanId });
  });

  test.each([
    ['that the client does not keep', { traceparent: PARENT.replace(/01$/, '00') }, 1],
    ['that the gateway does not keep', {}, 0],
  ])('%s is told of and not sent', async (_what, headers: Record<string, string>, sample) => {
    const { router, gateway, spans } = await traced({ sample });
    await gateway.post(CHAT, hello, headers);
    await gateway.stop();
    expect(parentOf(router)[3]).toBe('00');
    expect(spans.bodies).toEqual([]);
  });

  test('begins one of its own after a header that is none, and drops the state', async () => {
    const { router, gateway } = await traced();
    await gateway.post(CHAT, hello, { traceparent: `00-${'0'.repeat(32)}-${CALLER}-01`, tracestate: 'a=1' });
    expect(parentOf(router)[1]).toMatch(/[1-9a-f]/);
    expect(router.requests[0]?.headers).not.toHaveProperty('tracestate');
  });

  test('has a span for each time that it was sent', async () => {
    let sent = 0;
    const { router, gateway, spans } = await traced({
      respond: (received) => {
        sent += 1;
        if (sent === 1) sendJson(received, 502, '{}', { 'x-fleet-unsent': '1' });
        else chat(['Hello'])(received);
      },
    });
    await gateway.post(CHAT, hello);
    await gateway.stop();
    const server = only(spans.spans(), SERVER);
    const attempts = spans.spans().filter(({ kind }) => kind === CLIENT);
    expect(attempts.map(({ spanId }) => spanId)).toEqual([parentOf(router, 0)[2], parentOf(router, 1)[2]]);
    expect(attempts).toMatchObject([
      { parentSpanId: server.spanId, status: ERROR },
      { parentSpanId: server.spanId, status: {} },
    ]);
    expect(attempts.map((span) => attributesOf(span)['http.request.resend_count'])).toEqual([undefined, '1']);
  });

  test('that is cut says so', async () => {
    const { gateway, spans } = await traced({
      respond: (received) => {
        startStream(received).write(roleEvent + contentEvent('Hel'));
        setImmediate(() => received.socket.destroy());
      },
    });
    await (await gateway.post(CHAT, { ...hello, stream: true })).text();
    await gateway.stop();
    const [server, client] = [only(spans.spans(), SERVER), only(spans.spans(), CLIENT)];
    expect([server.status, client.status]).toEqual([ERROR, ERROR]);
    expect(attributesOf(client)).toMatchObject({ 'error.type': 'cut' });
    expect(attributesOf(server)).toMatchObject({
      'error.type': 'cut',
      'gen_ai.request.stream': true,
      'gen_ai.response.time_to_first_chunk': expect.any(Number),
    });
  });

  test('that is refused has a span without a model', async () => {
    const { gateway, spans } = await traced();
    await gateway.post(CHAT, hello, { authorization: 'Bearer wrong' });
    await gateway.stop();
    const server = only(spans.spans(), SERVER);
    expect(server).toMatchObject({ name: 'request', status: {} });
    expect(attributesOf(server)).toMatchObject({ 'http.response.status_code': '401', 'error.type': '401' });
    expect(attributesOf(server)).not.toHaveProperty('gen_ai.request.model');
  });
});

test('no text, no key and no header of a client is in a span', async () => {
  const { gateway, spans } = await traced({ respond: chat(['the-answer']) });
  await gateway.post(
    CHAT,
    { ...hello, messages: [{ role: 'user', content: 'the-prompt' }], user: 'the-user' },
    { 'x-custom': 'the-header', 'x-fleet-conversation': 'the-conversation' },
  );
  await gateway.stop();
  const sent = spans.bodies.join('');
  expect(sent).toContain('gpt-oss-120b');
  for (const secret of ['the-', gateway.key, 'team-a']) expect(sent).not.toContain(secret);
});

describe('traceparent', () => {
  test.each([
    ['', undefined],
    ['00', undefined],
    [PARENT, true],
    [PARENT.replace(/01$/, '00'), false],
    [PARENT.replace(/01$/, '03'), true],
    [PARENT.replace(/01$/, '02'), false],
    [`${PARENT}-more`, undefined],
    [`cc${PARENT.slice(2)}-more`, true],
    [`cc${PARENT.slice(2)}more`, undefined],
    [`ff${PARENT.slice(2)}`, undefined],
    [PARENT.toUpperCase(), undefined],
    [PARENT.replace(TRACE, '0'.repeat(32)), undefined],
    [PARENT.replace(CALLER, '0'.repeat(16)), undefined],
  ])('%j', (traceparent, sampled) => {
    expect(traceContextOf({ traceparent })?.sampled).toBe(sampled);
  });
});
