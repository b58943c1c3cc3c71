import { describe, expect, test } from 'vitest';
import {
  chat,
  chatBody,
  contentEvent,
  DONE,
  deltaEvent,
  roleEvent,
  sendJson,
  startStream,
  usageEvent,
} from './support/answers.ts';
import { CHAT, edge, hello } from './support/edge.ts';
import { fakeUpstream } from './support/fake-upstream.ts';
import { postText, rawClient } from './support/raw-client.ts';
import { edgeConfig, type Metrics, start } from './support/start.ts';

const V1 = 'model="gpt-oss-120b",release="v1"';
const streamed = { ...hello, stream: true };

function tokens(metrics: Metrics, labels = V1) {
  return ['input', 'cached_input', 'output'].map((kind) =>
    metrics.value(`oss_tokens_total{${labels},kind="${kind}"}`),
  );
}

function dollars(metrics: Metrics, labels = V1) {
  return ['input', 'cached_input', 'output'].map((kind) =>
    metrics.value(`oss_token_cost_usd{${labels},kind="${kind}"}`),
  );
}

describe('before any traffic', () => {
  const pairs = [V1, 'model="gpt-oss-120b",release="v2"', 'model="gpt-oss-20b",release="groq"'];

  test.each(pairs)('every series of %s exists at zero', async (labels) => {
    const { gateway } = await edge();
    const metrics = await gateway.metrics();
    expect(tokens(metrics, labels)).toEqual([0, 0, 0]);
    expect(dollars(metrics, labels)).toEqual([0, 0, 0]);
    for (const series of [
      `oss_first_token_latency_count{${labels}}`,
      `oss_first_token_latency_bucket{${labels},le="0.005"}`,
      `oss_first_token_latency_bucket{${labels},le="60"}`,
      `oss_inter_token_latency_count{${labels}}`,
      `oss_requests_total{${labels},code="200"}`,
      `oss_cut_streams_total{${labels}}`,
      `oss_usage_missing_total{${labels}}`,
    ])
      expect(metrics.value(series), series).toBe(0);
  });

  test('so do those without a release', async () => {
    const { gateway } = await edge();
    const metrics = await gateway.metrics();
    for (const phase of ['body', 'connect', 'headers', 'first_token', 'stream', 'answer'])
      expect(metrics.value(`oss_aborts_total{phase="${phase}"}`)).toBe(0);
    for (const reason of ['unsent', 'refused'])
      expect(metrics.value(`oss_retries_total{reason="${reason}"}`)).toBe(0);
    expect(metrics.value('oss_requests_in_flight{model="gpt-oss-20b"}')).toBe(0);
    expect(metrics.value('fleet_config_refused')).toBe(0);
  });

  test('they are served as Prometheus text 0.0.4, and not to clients', async () => {
    const { gateway } = await edge();
    const response = await gateway.admin('/metrics');
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    expect((await fetch(`${gateway.url}/metrics`)).status).toBe(404);
  });
});

describe('tokens and money', () => {
  const cachedUsage = {
    prompt_tokens: 1000,
    completion_tokens: 200,
    prompt_tokens_details: { cached_tokens: 400 },
  };

  test.each([
    ['a whole answer', hello],
    ['a stream that did not ask for usage', streamed],
    ['a stream that did', { ...streamed, stream_options: { include_usage: true } }],
  ])('of %s are counted at the price of the release', async (_case, body) => {
    const { gateway } = await edge(chat(['a', 'b'], cachedUsage));
    await (await gateway.post(CHAT, body)).text();
    const metrics = await gateway.metrics();
    expect(tokens(metrics)).toEqual([600, 400, 200]);
    expect(dollars(metrics)).toEqual(
      [600 * 0.15e-6, 400 * 0.05e-6, 200 * 0.6e-6].map((usd) => expect.closeTo(usd, 15)),
    );
    expect(metrics.value(`oss_requests_total{${V1},code="200"}`)).toBe(1);
  });

  test.each([
    ['absent', {}],
    ['null', { prompt_tokens_details: null }],
  ])('cached tokens that are %s are unknown, and charged as input', async (_case, details) => {
    const { gateway } = await edge(chat(['a'], { prompt_tokens: 10, completion_tokens: 2, ...details }));
    await gateway.post(CHAT, hello);
    expect(tokens(await gateway.metrics())).toEqual([10, 0, 2]);
    expect(gateway.log[0]).not.toHaveProperty('cachedTokens', 0);
  });

  test('of an alias count under its target', async () => {
    const { gateway } = await edge();
    await gateway.post(CHAT, { ...hello, model: 'my-model' });
    const metrics = await gateway.metrics();
    expect(tokens(metrics)).toEqual([12, 0, 4]);
    expect(metrics.text).not.toContain('my-model');
  });

  test.each([
    ['whole', false],
    ['streamed', true],
  ])('of /v1/responses are read, %s', async (_case, stream) => {
    const response = {
      id: 'r',
      status: 'incomplete',
      usage: { input_tokens: 12, input_tokens_details: { cached_tokens: 5 }, output_tokens: 4 },
    };
    const { gateway } = await edge((received) => {
      if (!stream) return sendJson(received, 200, JSON.stringify(response));
      startStream(received);
      received.res.write('data: {"type":"response.reasoning_text.delta","delta":"hm"}\n\n');
      received.res.end(`data: ${JSON.stringify({ type: 'response.incomplete', response })}\n\n`);
    });
    await (await gateway.post('/v1/responses', { model: 'gpt-oss-120b', input: 'x', stream })).text();
    const metrics = await gateway.metrics();
    expect(tokens(metrics)).toEqual([7, 5, 4]);
    expect(metrics.value(`oss_first_token_latency_count{${V1}}`)).toBe(stream ? 1 : 0);
  });

  test.each([
    ['no usage', {}],
    ['null for usage', { usage: null }],
    ['more cached tokens than prompt tokens', { usage: { ...cachedUsage, prompt_tokens: 399 } }],
    ['negative tokens', { usage: { prompt_tokens: -1, completion_tokens: 1 } }],
  ])(
    'an answer with %s counts as missing usage, and is charged by an estimate instead of zero',
    async (_case, fields) => {
      const { gateway } = await edge((received) =>
        sendJson(received, 200, JSON.stringify({ choices: [], ...fields })),
      );
      await gateway.post(CHAT, hello);
      const metrics = await gateway.metrics();
      const [input, cached, output] = tokens(metrics);
      expect(input).toBeGreaterThan(10);
      expect(cached).toBe(0);
      expect(output).toBeGreaterThan(2);
      expect(metrics.value(`oss_usage_missing_total{${V1}}`)).toBe(1);
      expect(metrics.value(`oss_usage_estimated_total{${V1}}`)).toBe(1);
    },
  );

  test("usage of zero is the server's word, and costs nothing", async () => {
    const { gateway } = await edge(chat(['a'], { prompt_tokens: 0, completion_tokens: 0 }));
    await gateway.post(CHAT, hello);
    const metrics = await gateway.metrics();
    expect(tokens(metrics)).toEqual([0, 0, 0]);
    expect(metrics.value(`oss_usage_missing_total{${V1}}`)).toBe(0);
  });

  test('an error costs nothing and misses nothing', async () => {
    const { gateway } = await edge((received) => sendJson(received, 400, '{"error":{}}'));
    await gateway.post(CHAT, hello);
    const metrics = await gateway.metrics();
    expect(metrics.value(`oss_requests_total{${V1},code="400"}`)).toBe(1);
    expect(metrics.value(`oss_usage_missing_total{${V1}}`)).toBe(0);
  });

  test('of a release that the configuration does not know count as missing, under no new label', async () => {
    const { gateway } = await edge((received) =>
      sendJson(received, 200, chatBody('a'), { 'x-fleet-release': 'v9' }),
    );
    expect((await gateway.post(CHAT, hello)).headers.get('x-fleet-release')).toBe('v9');
    const metrics = await gateway.metrics();
    expect(metrics.text).not.toContain('v9');
    expect(metrics.value('oss_usage_missing_total{model="gpt-oss-120b",release="none"}')).toBe(1);
  });
});

describe('time to the first token', () => {
  test.each([
    ['content', [deltaEvent({ content: 'a' })], 1],
    ['reasoning', [deltaEvent({ reasoning: 'a' })], 1],
    ['reasoning_content', [deltaEvent({ reasoning_content: 'a' })], 1],
    ['a tool call', [deltaEvent({ tool_calls: [{ index: 0 }] })], 1],
    ['only a role', [roleEvent], 0],
    ['only empty deltas', [deltaEvent({ content: '' }), deltaEvent({ tool_calls: [] })], 0],
    ['only usage', [usageEvent()], 0],
  ])('is taken at %s', async (_case, events, count) => {
    const { gateway } = await edge((received) => {
      startStream(received);
      received.res.end([...events, DONE].join(''));
    });
    await (await gateway.post(CHAT, streamed)).text();
    expect((await gateway.metrics()).value(`oss_first_token_latency_count{${V1}}`)).toBe(count);
  });

  test('runs from the complete request, and the gaps between tokens are apart', async () => {
    let clock = 0;
    const router = await fakeUpstream(async (received) => {
      clock = 2_000;
      startStream(received);
      received.res.write(roleEvent);
      received.res.write(contentEvent('a'));
      await reached(1);
      clock = 2_030;
      received.res.write(contentEvent('b'));
      await reached(2);
      clock = 2_070;
      received.res.end(contentEvent('c') + usageEvent() + DONE);
    });
    const gateway = await start(edgeConfig(router.url), { now: () => clock });
    const reached = async (count: number) => {
      const seen = async () => {
        const metrics = await gateway.metrics();
        const first = metrics.value(`oss_first_token_latency_count{${V1}}`) ?? 0;
        return first + (metrics.value(`oss_inter_token_latency_count{${V1}}`) ?? 0);
      };
      while ((await seen()) < count);
    };
    await (await gateway.post(CHAT, streamed)).text();
    const metrics = await gateway.metrics();
    expect(metrics.value(`oss_first_token_latency_sum{${V1}}`)).toBe(2);
    expect(metrics.value(`oss_inter_token_latency_sum{${V1}}`)).toBeCloseTo(0.07);
    expect(metrics.value(`oss_inter_token_latency_count{${V1}}`)).toBe(2);
    expect(gateway.log[0]).toMatchObject({ firstTokenMs: 2000, ms: 2070 });
  });
});

test('a slow upload does not count into the time to the first token', async () => {
  let clock = 0;
  const router = await fakeUpstream(chat(['a']));
  const gateway = await start(edgeConfig(router.url), { now: () => clock });
  const request = postText(CHAT, gateway.key, streamed);
  const client = await rawClient(gateway.address);
  client.send(request.slice(0, -10));
  await gateway.admin('/ready');
  clock = 5_000;
  client.send(request.slice(-10));
  await client.until('[DONE]');
  const metrics = await gateway.metrics();
  expect(metrics.value(`oss_first_token_latency_count{${V1}}`)).toBe(1);
  expect(metrics.value(`oss_first_token_latency_sum{${V1}}`)).toBe(0);
});

test('however many unknown models are asked for, no series is added', async () => {
  const { gateway } = await edge();
  await gateway.post(CHAT, { ...hello, model: 'unknown-0' });
  const lines = async () => (await gateway.metrics()).text.split('\n').length;
  const before = await lines();
  for (let index = 1; index <= 20; index += 1)
    await gateway.post(CHAT, { ...hello, model: `unknown-${index}` });
  expect(await lines()).toBe(before);
  const refused = 'oss_requests_total{model="none",release="none",code="404"}';
  expect((await gateway.metrics()).value(refused)).toBe(21);
});

test('requests in flight are counted while they are', async () => {
  const { gateway, router } = await edge(() => {});
  const answer = gateway.post(CHAT, hello);
  const inFlight = async () =>
    (await gateway.metrics()).value('oss_requests_in_flight{model="gpt-oss-120b"}');
  while (router.requests.length === 0) await inFlight();
  expect(await inFlight()).toBe(1);
  const [received] = router.requests;
  if (received !== undefined) sendJson(received, 200, chatBody('a'));
  await (await answer).text();
  expect(await inFlight()).toBe(0);
});
