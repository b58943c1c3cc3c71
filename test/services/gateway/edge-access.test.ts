import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { CHAT, edge, errorOf, hello } from './support/edge.ts';
import { HOP_KEY } from './support/start.ts';

describe('who may', () => {
  test('the official client gets an answer with a known key', async () => {
    const { gateway } = await edge();
    const answer = await gateway.client.chat.completions.create({
      model: 'gpt-oss-120b',
      messages: [{ role: 'user', content: 'hello' }],
    });
    expect(answer.choices[0]?.message.content).toBe('Hello there');
    expect(answer.usage?.prompt_tokens).toBe(12);
  });

  test.each([
    ['no key', {}],
    ['an unknown key', { authorization: 'Bearer nobody' }],
    ['another scheme', { authorization: 'Basic bm9ib2R5' }],
  ])('%s is answered 401 invalid_api_key and reaches no router', async (_case, headers) => {
    const { router, gateway } = await edge();
    const response = await fetch(gateway.url + CHAT, {
      method: 'POST',
      headers,
      body: JSON.stringify(hello),
    });
    expect(response.status).toBe(401);
    expect(await errorOf(response)).toMatchObject({
      type: 'invalid_request_error',
      param: null,
      code: 'invalid_api_key',
    });
    expect(router.requests).toHaveLength(0);
  });

  test('no key and no text of a request or an answer is logged', async () => {
    const { gateway } = await edge();
    await gateway.post(CHAT, { ...hello, messages: [{ role: 'user', content: 'my secret prompt' }] });
    await gateway.post(CHAT, '{"secret": broken');
    const log = JSON.stringify(gateway.log);
    expect(gateway.log).toHaveLength(2);
    for (const text of [gateway.key, 'secret', 'Hello', HOP_KEY]) expect(log).not.toContain(text);
  });

  test('one line is logged per request', async () => {
    const { gateway } = await edge();
    await gateway.post(CHAT, hello, { 'x-request-id': 'req-1' });
    expect(gateway.log).toEqual([
      {
        ts: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
        id: 'req-1',
        key: 'team-a',
        model: 'gpt-oss-120b',
        release: 'v1',
        server: '10.0.0.1:8000',
        status: 200,
        stream: false,
        ms: expect.any(Number),
        promptTokens: 12,
        completionTokens: 4,
        ledger: true,
        kind: 'nodes',
        path: CHAT,
        prices: { input: 0.15, cachedInput: 0.05, output: 0.6 },
        amount: { input: 1_800_000, cachedInput: 0, output: 2_400_000, total: 4_200_000 },
        usageMissing: false,
        estimated: false,
      },
    ]);
  });
});

describe('pins', () => {
  test('a key that may pin reaches the release it names', async () => {
    const { router, gateway } = await edge();
    expect((await gateway.post(CHAT, hello, { 'x-fleet-release': 'v2' })).status).toBe(200);
    expect(router.requests[0]?.headers['x-fleet-pin']).toBe('v2');
    expect(router.requests[0]?.headers['x-fleet-release']).toBeUndefined();
  });

  test('a key that may not pin is answered 403', async () => {
    const { router, gateway } = await edge();
    const authorization = `Bearer ${gateway.plainKey}`;
    const response = await gateway.post(CHAT, hello, { authorization, 'x-fleet-release': 'v2' });
    expect(response.status).toBe(403);
    expect(await errorOf(response)).toMatchObject({ param: 'x-fleet-release', code: 'pin_not_allowed' });
    expect(router.requests).toHaveLength(0);
  });

  test('a release that the model does not have is answered 400 with those it has', async () => {
    const { gateway } = await edge();
    const response = await gateway.post(CHAT, hello, { 'x-fleet-release': 'groq' });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({
      code: 'unknown_release',
      message: expect.stringContaining('v1, v2'),
    });
  });

  test('a pin on an alias means a release of its target', async () => {
    const { router, gateway } = await edge();
    await gateway.post(CHAT, { ...hello, model: 'my-model' }, { 'x-fleet-release': 'v1' });
    expect(router.requests[0]?.headers['x-fleet-pin']).toBe('v1');
  });
});

test('a key is found by its hash alone', async () => {
  const { gateway } = await edge();
  const sha256 = createHash('sha256').update(gateway.key).digest('hex');
  expect((await gateway.post(CHAT, hello, { authorization: `Bearer ${sha256}` })).status).toBe(401);
});
