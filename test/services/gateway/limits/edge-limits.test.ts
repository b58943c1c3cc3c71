import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { chat, contentEvent, sendJson, startStream } from '../support/answers.ts';
import { CHAT, errorOf, hello } from '../support/edge.ts';
import { eventually } from '../support/eventually.ts';
import type { Received } from '../support/fake-upstream.ts';
import { postText, rawClient } from '../support/raw-client.ts';
import { limited, NOON, refusals, USAGE } from './limited.ts';

const streamed = { ...hello, stream: true };

describe('models', () => {
  test('a key sees and uses those that it names', async () => {
    const { gateway } = await limited({}, { models: ['my-model'] });
    const { data } = await gateway.client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['my-model']);
    expect((await gateway.post(CHAT, { ...hello, model: 'my-model' })).status).toBe(200);
  });

  test('one that it may not use, one that is not mapped and one that does not exist cannot be told apart', async () => {
    const { gateway, router } = await limited({}, { models: ['my-model'] });
    const answers = [];
    for (const model of ['gpt-oss-20b', 'gpt-oss-7b', 'gpt-oss-99b']) {
      const response = await gateway.post(CHAT, { ...hello, model });
      const { message, ...error } = await errorOf(response);
      answers.push({ status: response.status, ...error, message: String(message).replace(model, '?') });
    }
    expect(answers[0]).toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    expect(JSON.stringify(answers)).not.toContain('gpt-oss');
    const single = await fetch(`${gateway.url}/v1/models/gpt-oss-20b`, {
      headers: { authorization: `Bearer ${gateway.key}` },
    });
    expect(single.status).toBe(404);
    expect(router.requests).toHaveLength(0);
  });
});

describe('requests per minute', () => {
  test('beyond them a request is refused as OpenAI does it, with what is left in headers', async () => {
    const { gateway, router } = await limited({ requestsPerMinute: 2, tokensPerMinute: 1_000_000 });
    const first = await gateway.post(CHAT, hello);
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'x-ratelimit-limit-requests': '2',
      'x-ratelimit-remaining-requests': '1',
      'x-ratelimit-reset-requests': '30s',
      'x-ratelimit-limit-tokens': '1000000',
    });
    await gateway.post(CHAT, hello);
    const refused = await gateway.post(CHAT, hello);
    expect(refused.status).toBe(429);
    expect(await errorOf(refused)).toMatchObject({ type: 'requests', code: 'rate_limit_exceeded' });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(30);
    expect(refused.headers.get('x-ratelimit-remaining-requests')).toBe('0');
    expect(router.requests).toHaveLength(2);
    expect(await refusals(gateway, 'requests')).toBe(1);
  });

  test('the official client waits and gets through when there is room again', async () => {
    let clock = 0;
    const { gateway } = await limited({ requestsPerMinute: 60_000 / 50 }, { runtime: { now: () => clock } });
    for (let sent = 0; sent < 1_200; sent += 1) await (await gateway.post(CHAT, hello)).arrayBuffer();
    expect((await gateway.post(CHAT, hello)).headers.get('retry-after-ms')).toBe('50');
    const client = new OpenAI({ apiKey: gateway.key, baseURL: `${gateway.url}/v1`, maxRetries: 1 });
    const answer = client.chat.completions.create({ ...hello, messages: [{ role: 'user', content: 'a' }] });
    await eventually(async () => expect(await refusals(gateway, 'requests')).toBe(2));
    clock = 60_000;
    expect((await answer).choices).toHaveLength(1);
  });

  test('counts stay through a reload, also one that changes the limit', async () => {
    const { gateway } = await limited({ requestsPerMinute: 2 });
    await gateway.post(CHAT, hello);
    await gateway.post(CHAT, hello);
    await gateway.writeKeys([{ id: 'team-a', key: gateway.key, limits: { requestsPerMinute: 3 } }]);
    await gateway.reload();
    expect((await gateway.post(CHAT, hello)).status).toBe(200);
    expect((await gateway.post(CHAT, hello)).status).toBe(429);
  });
});

test("a key that says nothing has the environment's limits, and one that says null has none", async () => {
  const { gateway } = await limited({}, { more: { limits: { requestsPerMinute: 1 } } });
  expect((await gateway.post(CHAT, hello)).status).toBe(200);
  expect((await gateway.post(CHAT, hello)).status).toBe(429);
  await gateway.writeKeys([{ id: 'team-a', key: gateway.key, limits: { requestsPerMinute: null } }]);
  await gateway.reload();
  const free = await gateway.post(CHAT, hello);
  expect(free.status).toBe(200);
  expect(free.headers.has('x-ratelimit-limit-requests')).toBe(false);
});

test('tokens per minute are reserved from the size of the body and the cap, and settled by usage', async () => {
  const { gateway, router } = await limited({ tokensPerMinute: 10_000 }, { respond: () => undefined });
  const waiting = gateway.post(CHAT, { ...hello, max_tokens: 20_000 });
  await eventually(() => expect(router.requests).toHaveLength(1));
  const refused = await gateway.post(CHAT, hello);
  expect(await errorOf(refused)).toMatchObject({ type: 'tokens', code: 'rate_limit_exceeded' });
  const [received] = router.requests;
  if (received !== undefined) chat(['a'], USAGE)(received);
  await (await waiting).text();
  router.respond = chat(['a'], USAGE);
  const next = await gateway.post(CHAT, { ...hello, max_tokens: 1 });
  expect(next.status).toBe(200);
  const left = Number(next.headers.get('x-ratelimit-remaining-tokens'));
  expect(left).toBeLessThan(10_000 - 1_100);
  expect(left).toBeGreaterThan(10_000 - 1_100 - 500);
});

describe('budgets', () => {
  test('what was spent counts, and beyond the budget nothing gets through until the day is over', async () => {
    let now = NOON;
    const { gateway, router } = await limited(
      { usdPerDay: 0.0004, usdPerMonth: 100 },
      { runtime: { date: () => now } },
    );
    for (const status of [200, 200, 429]) expect((await gateway.post(CHAT, hello)).status).toBe(status);
    const refused = await gateway.post(CHAT, hello);
    expect(await errorOf(refused)).toMatchObject({ type: 'insufficient_quota', code: 'insufficient_quota' });
    expect(refused.headers.get('retry-after')).toBe(String(12 * 3_600));
    expect(refused.headers.get('x-should-retry')).toBe('false');
    expect(router.requests).toHaveLength(2);
    const metrics = await gateway.metrics();
    expect(metrics.value('oss_budget_left_usd{key="team-a",period="day"}')).toBeCloseTo(0.0004 - 0.00042, 9);
    expect(metrics.value('oss_budget_left_usd{key="team-a",period="month"}')).toBeCloseTo(100 - 0.00042, 9);
    now = new Date('2026-11-25T00:00:01Z');
    expect((await gateway.metrics()).value('oss_budget_left_usd{key="team-a",period="day"}')).toBe(0.0004);
    expect((await gateway.post(CHAT, hello)).status).toBe(200);
  });

  test('requests at the same time cannot spend what is left together: check and reserve are one step', async () => {
    const { gateway, router } = await limited({ usdPerDay: 0.05 }, { respond: () => undefined });
    const answers = Array.from({ length: 20 }, () => gateway.post(CHAT, { ...hello, max_tokens: 40_000 }));
    await eventually(async () => expect(await refusals(gateway, 'reserved')).toBe(17));
    expect(router.requests).toHaveLength(3);
    for (const received of router.requests) chat(['a'], USAGE)(received);
    const refused = (await Promise.all(answers)).filter(({ status }) => status === 429);
    expect(refused).toHaveLength(17);
    expect(refused[0]?.headers.get('retry-after')).toBe('1');
    expect(await errorOf(refused[0] as Response)).toMatchObject({ code: 'rate_limit_exceeded' });
  });

  test('a client that leaves in mid-stream has spent what it was sent', async () => {
    const { gateway } = await limited(
      { usdPerDay: 1 },
      {
        respond: (received) => {
          startStream(received);
          received.res.write(contentEvent('word', { usage: USAGE }));
        },
      },
    );
    const client = await rawClient(gateway.address);
    client.send(postText(CHAT, gateway.key, streamed));
    await client.until('word');
    client.socket.destroy();
    await eventually(async () =>
      expect((await gateway.metrics()).value('oss_budget_left_usd{key="team-a",period="day"}')).toBeCloseTo(
        1 - 0.00021,
        9,
      ),
    );
  });

  test('what cannot be priced counts as what was reserved for it', async () => {
    const { gateway } = await limited(
      { usdPerDay: 1 },
      {
        respond: (received: Received) =>
          sendJson(received, 200, '{"choices":[]}', { 'x-fleet-release': 'v9' }),
      },
    );
    await gateway.post(CHAT, { ...hello, max_tokens: 100_000 });
    const left = (await gateway.metrics()).value('oss_budget_left_usd{key="team-a",period="day"}');
    expect(left).toBeLessThan(1 - 0.06);
  });
});

test('every series is there before the first request, and those of a revoked key go', async () => {
  const { gateway } = await limited({ usdPerDay: 5 });
  const metrics = await gateway.metrics();
  for (const reason of ['parallel', 'requests', 'tokens', 'day', 'month', 'reserved', 'unavailable'])
    expect(metrics.value(`oss_limit_refusals_total{reason="${reason}"}`)).toBe(0);
  expect(metrics.value('oss_budget_left_usd{key="team-a",period="day"}')).toBe(5);
  await gateway.writeKeys([{ id: 'team-b', key: gateway.plainKey }]);
  await gateway.reload();
  expect((await gateway.metrics()).text).not.toContain('team-a');
});
