import OpenAI from 'openai';
import { describe, expect, test } from 'vitest';
import { chatBody, contentEvent, DONE, sendJson, startStream } from './support/answers.ts';
import { CHAT, edge, errorOf, hello } from './support/edge.ts';
import type { Received, Respond } from './support/fake-upstream.ts';

const streamed = { ...hello, stream: true };
const CUTS = 'oss_cut_streams_total{model="gpt-oss-120b",release="v1"}';

/** Streams this text and then breaks the connection. */
function cutAfter(text: string): Respond {
  return (received) => {
    startStream(received);
    received.res.write(text, () => received.socket.destroy());
  };
}

/** Streams this text and then ends as if all were well. */
function endAfter(text: string): Respond {
  return (received) => {
    startStream(received);
    received.res.end(text);
  };
}

const ERROR_EVENT = /data: (\{"error":\{.*\}\})\n\n$/;

describe('a cut stream is never made to look complete', () => {
  const half = contentEvent('b').slice(0, 60);
  test.each([
    ['a broken connection', cutAfter(contentEvent('a'))],
    ['a broken connection in the middle of an event', cutAfter(contentEvent('a') + half)],
    ['an end without [DONE]', endAfter(contentEvent('a'))],
    ['an end in the middle of an event', endAfter(contentEvent('a') + half)],
  ])('%s: what came, then a typed error, no [DONE]', async (_case, respond) => {
    const { gateway } = await edge(respond);
    const text = await (await gateway.post(CHAT, streamed)).text();
    expect(text.startsWith(contentEvent('a'))).toBe(true);
    const [event = '', json = ''] = ERROR_EVENT.exec(text) ?? [];
    expect(text).toBe(contentEvent('a') + event);
    expect(JSON.parse(json)).toEqual({
      error: { message: expect.any(String), type: 'upstream_error', param: null, code: 'upstream_cut' },
    });
    expect(text).not.toContain('[DONE]');
    expect((await gateway.metrics()).value(CUTS)).toBe(1);
    expect(gateway.log[0]).toMatchObject({ status: 200, stream: true, cut: true });
  });

  test('the official client throws', async () => {
    const { gateway } = await edge(cutAfter(contentEvent('a')));
    const stream = await gateway.client.chat.completions.create({
      model: 'gpt-oss-120b',
      messages: [{ role: 'user', content: 'hello' }],
      stream: true,
    });
    const words: unknown[] = [];
    const read = async () => {
      for await (const part of stream) words.push(part.choices[0]?.delta.content);
    };
    await expect(read()).rejects.toThrow(OpenAI.APIError);
    expect(words).toEqual(['a']);
  });

  test('a cut inside an event that was too long to hold back ends that event first', async () => {
    const begun = contentEvent('x'.repeat(5 * 1024 * 1024)).slice(0, -10);
    const { gateway } = await edge(cutAfter(begun));
    const text = await (await gateway.post(CHAT, streamed)).text();
    expect(text.startsWith(begun)).toBe(true);
    expect(text.slice(begun.length)).toMatch(/^\n\ndata: \{"error"/);
  });

  test('after [DONE] a broken connection is no cut', async () => {
    const { gateway } = await edge(cutAfter(contentEvent('a') + DONE));
    expect(await (await gateway.post(CHAT, streamed)).text()).toBe(contentEvent('a') + DONE);
    expect((await gateway.metrics()).value(CUTS)).toBe(0);
  });

  test('an error that the server itself reported is not repeated', async () => {
    const own = 'data: {"error":{"message":"out of memory","type":"x","param":null,"code":500}}\n\n';
    const { gateway } = await edge(endAfter(contentEvent('a') + own));
    expect(await (await gateway.post(CHAT, streamed)).text()).toBe(contentEvent('a') + own);
    expect((await gateway.metrics()).value(CUTS)).toBe(1);
  });

  test('a stream of /v1/responses without its last event is cut', async () => {
    const delta =
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"hi"}\n\n';
    const { gateway } = await edge(endAfter(delta));
    const body = { model: 'gpt-oss-120b', input: 'hello', stream: true };
    expect(await (await gateway.post('/v1/responses', body)).text()).toMatch(
      /^event: .*\ndata: .*\n\ndata: \{"error"/,
    );
  });
});

describe('an answer that is not streamed', () => {
  const cutBody = ({ res, socket }: Received) => {
    res.writeHead(200, {
      'content-type': 'application/json',
      'content-length': 1000,
      'x-fleet-release': 'v1',
    });
    res.write('{"id":', () => socket.destroy());
  };
  const brokenJson = (received: Received) => sendJson(received, 200, chatBody('a').slice(0, 40));
  const noAnswer = ({ socket }: Received) => socket.destroy();

  test.each([
    ['cut in its body', cutBody],
    ['that ends before its JSON does', brokenJson],
    ['cut before its head', noAnswer],
  ])('%s is a 502 that the client is told not to repeat', async (_case, respond) => {
    const { gateway, router } = await edge(respond);
    const response = await gateway.post(CHAT, hello);
    expect(response.status).toBe(502);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(response)).toMatchObject({ type: 'upstream_error', code: 'upstream_cut' });
    expect(router.requests).toHaveLength(1);
  });

  test('the official client does not repeat it by itself', async () => {
    const { gateway, router } = await edge(noAnswer);
    const client = new OpenAI({ apiKey: gateway.key, baseURL: `${gateway.url}/v1`, maxRetries: 3 });
    const request = client.chat.completions.create({ model: 'gpt-oss-120b', messages: [] });
    await expect(request).rejects.toMatchObject({ status: 502 });
    expect(router.requests).toHaveLength(1);
  });
});
