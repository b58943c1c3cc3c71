import { describe, expect, test } from 'vitest';
import {
  chatEvents,
  contentEvent,
  DONE,
  deltaEvent,
  roleEvent,
  startStream,
  usageEvent,
} from './support/answers.ts';
import { CHAT, edge, hello } from './support/edge.ts';
import type { Received, Respond } from './support/fake-upstream.ts';

const streamed = { ...hello, stream: true };
const withUsage = { ...streamed, stream_options: { include_usage: true } };

/** Sends these bytes as a stream, cut into pieces of that size, each in a packet of its own. */
function inPieces(bytes: Buffer, size: number): Respond {
  return async (received) => {
    startStream(received);
    received.socket.setNoDelay(true);
    for (let at = 0; at < bytes.length; at += size) {
      received.res.write(bytes.subarray(at, at + size));
      await new Promise(setImmediate);
    }
    received.res.end();
  };
}

function events(build: (received: Received) => readonly string[]): Respond {
  return (received) => {
    startStream(received);
    for (const event of build(received)) received.res.write(event);
    received.res.end();
  };
}

async function textOf(respond: Respond, body: unknown, path = CHAT): Promise<string> {
  const { gateway } = await edge(respond);
  return (await gateway.post(path, body)).text();
}

describe('what a streaming client gets', () => {
  test('the official client reads the words in order, and the end', async () => {
    const { gateway } = await edge();
    const stream = await gateway.client.chat.completions.create({
      model: 'gpt-oss-120b',
      messages: [{ role: 'user', content: 'hello' }],
      stream: true,
    });
    const words: string[] = [];
    for await (const part of stream) words.push(part.choices[0]?.delta.content ?? 'none');
    expect(words).toEqual(['', 'Hello', ' there']);
  });

  test('an event reaches the client before the next one is sent', async () => {
    const { gateway, router } = await edge((received) => {
      startStream(received);
      received.res.write(contentEvent('first'));
    });
    const response = await gateway.post(CHAT, streamed);
    const reader = response.body?.getReader();
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(contentEvent('first'));
    router.requests[0]?.res.end(DONE);
    expect(Buffer.from((await reader?.read())?.value ?? []).toString()).toBe(DONE);
  });

  test('the headers come before the first event', async () => {
    const { gateway } = await edge((received) => startStream(received));
    const response = await gateway.post(CHAT, streamed);
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(response.headers.get('x-fleet-release')).toBe('v1');
    await response.body?.cancel();
  });

  const unicode = [
    roleEvent,
    contentEvent('Grüße 🌍'),
    ': ping\n\n',
    contentEvent('日本'),
    usageEvent(),
    DONE,
  ];
  const text = unicode.join('');

  test.each([1, 2, 3, 7, 64, 1000])('pieces of %i bytes come out as the same bytes', async (size) => {
    expect(await textOf(inPieces(Buffer.from(text), size), withUsage)).toBe(text);
  });

  test.each([1, 5, 1000])('with line ends of CRLF in pieces of %i bytes too', async (size) => {
    const crlf = text.replaceAll('\n', '\r\n');
    expect(await textOf(inPieces(Buffer.from(crlf), size), withUsage)).toBe(crlf);
    expect(await textOf(inPieces(Buffer.from(crlf), size), streamed)).toBe(
      crlf.replace(usageEvent().replaceAll('\n', '\r\n'), ''),
    );
  });

  test('an event longer than what is held back passes whole', async () => {
    const long = contentEvent('x'.repeat(5 * 1024 * 1024));
    expect(await textOf(inPieces(Buffer.from(long + DONE), 1024 * 1024), streamed)).toBe(long + DONE);
  });

  test('a last event without its blank line still ends the stream well', async () => {
    const body = contentEvent('a') + DONE.trimEnd();
    expect(await textOf(inPieces(Buffer.from(body), 1000), streamed)).toBe(body);
  });

  test('a tool call passes in pieces', async () => {
    const call = (fields: object) => deltaEvent({ tool_calls: [{ index: 0, ...fields }] });
    const body = [
      roleEvent,
      call({ id: 'call_1', type: 'function', function: { name: 'create_bucket', arguments: '' } }),
      call({ function: { arguments: '{"name":' } }),
      call({ function: { arguments: '"my-data"}' } }),
      contentEvent('').replace('"finish_reason":null', '"finish_reason":"tool_calls"'),
    ];
    const { gateway } = await edge(events(() => [...body, DONE]));
    const stream = gateway.client.chat.completions.stream({
      model: 'gpt-oss-120b',
      messages: [{ role: 'user', content: 'a bucket' }],
      tools: [{ type: 'function', function: { name: 'create_bucket', parameters: { type: 'object' } } }],
    });
    const message = (await stream.finalChatCompletion()).choices[0]?.message;
    expect(message?.tool_calls?.[0]).toMatchObject({
      function: { name: 'create_bucket', arguments: '{"name":"my-data"}' },
    });
  });
});

const ASKED = { include_usage: true, continuous_usage_stats: true };

describe('usage in streams', () => {
  test.each([
    ['none', undefined, ASKED],
    ['null', null, ASKED],
    ['false', { include_usage: false, x: 1 }, { ...ASKED, x: 1 }],
  ])('with stream_options %s it is asked for and kept from the client', async (_case, options, sent) => {
    const { gateway, router } = await edge();
    const response = await gateway.post(CHAT, { ...streamed, stream_options: options });
    expect(await response.text()).toBe(
      [roleEvent, contentEvent('Hello'), contentEvent(' there'), DONE].join(''),
    );
    expect(router.requests[0]?.json.stream_options).toEqual(sent);
  });

  test('a client that asks for it gets it, at the end only', async () => {
    const { gateway, router } = await edge();
    const response = await gateway.post(CHAT, withUsage);
    expect(await response.text()).toContain(usageEvent());
    expect(router.requests[0]?.json.stream_options).toEqual(ASKED);
  });

  test('what vLLM counts in every chunk is kept from a client that did not ask for it', async () => {
    const counted = (tokens: number) => ({
      usage: {
        ...{ prompt_tokens: 12, total_tokens: 12 + tokens, completion_tokens: tokens },
        completion_tokens_details: { reasoning_tokens: 0 },
      },
    });
    const noisy = [
      contentEvent('a', counted(1)),
      contentEvent('ü', { ...counted(2), x: 1 }),
      usageEvent(),
      DONE,
    ];
    const quiet = [contentEvent('a'), contentEvent('ü', { x: 1 })];
    const respond = events(() => noisy);
    expect(await textOf(respond, streamed)).toBe([...quiet, DONE].join(''));
    expect(await textOf(respond, withUsage)).toBe([...quiet, usageEvent(), DONE].join(''));
    const continuous = { ...streamed, stream_options: { include_usage: true, continuous_usage_stats: true } };
    expect(await textOf(respond, continuous)).toBe(noisy.join(''));
  });

  test('with several choices it is asked for at the end alone: vLLM counts each for itself before', async () => {
    const { gateway, router } = await edge();
    await (await gateway.post(CHAT, { ...streamed, n: 2 })).text();
    expect(router.requests[0]?.json.stream_options).toEqual({ include_usage: true });
  });

  test.each([1, 1000])('it is left out when it comes in pieces of %i bytes', async (size) => {
    const body = roleEvent + contentEvent('a') + usageEvent() + DONE;
    expect(await textOf(inPieces(Buffer.from(body), size), streamed)).toBe(
      roleEvent + contentEvent('a') + DONE,
    );
  });

  test('no usage: null appears that the client did not ask for', async () => {
    const noisy = [contentEvent('a', { usage: null }), contentEvent('ü', { usage: null, last: 1 }), DONE];
    const quiet = [contentEvent('a'), contentEvent('ü', { last: 1 }), DONE];
    expect(
      await textOf(
        events(() => noisy),
        streamed,
      ),
    ).toBe(quiet.join(''));
    expect(
      await textOf(
        events(() => noisy),
        withUsage,
      ),
    ).toBe(noisy.join(''));
  });

  test('usage in the last event with content counts, and reaches only a client that asked for it', async () => {
    const ending = { choices: [{ index: 0, delta: { content: 'a' }, finish_reason: 'stop' }] };
    const last = contentEvent('a', { ...ending, usage: { prompt_tokens: 3, completion_tokens: 1 } });
    const respond = events(() => [last, DONE]);
    expect(await textOf(respond, streamed)).toBe(contentEvent('a', ending) + DONE);
    expect(await textOf(respond, withUsage)).toBe(last + DONE);
  });

  test('text that looks like usage is text', async () => {
    const tricky = contentEvent('{"usage":{"prompt_tokens":1},"choices":[]} "usage":null data: [DONE]');
    expect(
      await textOf(
        events(() => [tricky, DONE]),
        streamed,
      ),
    ).toBe(tricky + DONE);
  });

  test('/v1/completions is treated alike', async () => {
    const chunk = 'data: {"object":"text_completion","choices":[{"index":0,"text":"hi"}]}\n\n';
    const { gateway, router } = await edge(events(() => [chunk, usageEvent(), DONE]));
    const body = { model: 'gpt-oss-120b', prompt: 'hello', stream: true };
    expect(await (await gateway.post('/v1/completions', body)).text()).toBe(chunk + DONE);
    expect(router.requests[0]?.json.stream_options).toEqual(ASKED);
  });

  test('/v1/responses is passed on as it is, body and events', async () => {
    const completed = {
      type: 'response.completed',
      response: { id: 'r', status: 'completed', usage: { input_tokens: 5, output_tokens: 2 } },
    };
    const body = [
      'event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"hi"}\n\n',
      `event: response.completed\ndata: ${JSON.stringify(completed)}\n\n`,
    ].join('');
    const { gateway, router } = await edge(inPieces(Buffer.from(body), 11));
    const request = { model: 'gpt-oss-120b', input: 'hello', stream: true };
    expect(await (await gateway.post('/v1/responses', request)).text()).toBe(body);
    expect(router.requests[0]?.json).toEqual(request);
  });
});

test('a request for a stream that is refused gets the error as it is', async () => {
  const error = '{"error":{"message":"too long","type":"BadRequestError","param":"input_tokens","code":400}}';
  const { gateway } = await edge(({ res }) => {
    res.writeHead(400, { 'content-type': 'application/json' });
    res.end(error);
  });
  const response = await gateway.post(CHAT, streamed);
  expect(response.status).toBe(400);
  expect(await response.text()).toBe(error);
});

test('a stream that was asked for but answered whole is passed on whole', async () => {
  const { gateway } = await edge(({ res, json }) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ asked: chatEvents([], { json }).length }));
  });
  expect(await (await gateway.post(CHAT, streamed)).json()).toEqual({ asked: 3 });
});
