import { describe, expect, test } from 'vitest';
import { chat, choices, events, post, type RawAnswer, recorded, send, start } from './support.ts';

const ARGS = ['--max-model-len', '8192'];

// Ids, times, texts and lengths differ from answer to answer; everything else is compared byte by byte.
function normalise(text: string): string {
  return text
    .replace(/(chatcmpl|cmpl|resp|msg|modelperm)([-_])[0-9a-f]{16}/g, '$1$2ID')
    .replace(/"(created|created_at)":\d+/g, '"$1":0')
    .replace(/"(content|text)":"[^"]+"/g, '"$1":"TEXT"')
    .replace(/(vllm-0\.32\.0-)[0-9a-f]{8}/g, '$1HASH')
    .replace(/^(date|content-length): .*$/gm, '$1: X')
    .replaceAll('\r\n', '\n');
}

const REASONS: Record<number, string> = { 200: 'OK', 400: 'Bad Request', 404: 'Not Found' };

function asText({ status, headers, body }: RawAnswer): string {
  // The test's client asks for the connection to be closed; the recording client did not.
  const lines = headers
    .filter(([name]) => name !== 'connection')
    .map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${REASONS[status]}\r\n${lines.join('')}\r\n${body}`;
}

const PROMPT = 'a b c d e';

describe('answers as vLLM 0.32 was recorded to give them', () => {
  test.each([
    ['health.http', 'GET', '/health', undefined],
    ['version.http', 'GET', '/version', undefined],
    ['models.http', 'GET', '/v1/models', undefined],
    ['chat.http', 'POST', '/v1/chat/completions', chat(PROMPT, { max_tokens: 8 })],
    ['chat-stream.http', 'POST', '/v1/chat/completions', chat(PROMPT, { max_tokens: 4, stream: true })],
    [
      'chat-stream-usage.http',
      'POST',
      '/v1/chat/completions',
      chat(PROMPT, { max_tokens: 4, stream: true, stream_options: { include_usage: true } }),
    ],
    ['completions.http', 'POST', '/v1/completions', { model: 'gpt-oss-120b', prompt: 'a b', max_tokens: 4 }],
    [
      'responses.http',
      'POST',
      '/v1/responses',
      { model: 'gpt-oss-120b', input: PROMPT, max_output_tokens: 4 },
    ],
    ['error-bad-json.http', 'POST', '/v1/chat/completions', '{"model":'],
    ['error-missing-messages.http', 'POST', '/v1/chat/completions', { model: 'gpt-oss-120b' }],
    ['error-unknown-model.http', 'POST', '/v1/chat/completions', { ...chat(PROMPT), model: 'nope' }],
    [
      'error-tools-not-enabled.http',
      'POST',
      '/v1/chat/completions',
      chat(PROMPT, { tools: [{ type: 'function', function: { name: 'f', parameters: {} } }] }),
    ],
    ['error-context-length.http', 'POST', '/v1/chat/completions', chat('word '.repeat(9000))],
  ])('%s', async (file, method, path, body) => {
    const simulator = await start({ args: ARGS });
    const answer = await send(simulator, method, path, body);
    expect(normalise(asText(answer))).toBe(normalise(recorded(file)));
  });
});

test('errors have the recorded length, ids apart', async () => {
  const simulator = await start({ args: ARGS });
  const { body } = await post(simulator, '/v1/chat/completions', '{"model":');
  expect(body).toBe(recorded('error-bad-json.http').split('\r\n\r\n')[1]);
});

describe('ids', () => {
  test('a chat id follows X-Request-Id', async () => {
    const simulator = await start();
    const { body } = await post(simulator, '/v1/chat/completions', chat('x'), { 'x-request-id': 'abc' });
    expect(JSON.parse(body).id).toBe('chatcmpl-abc');
  });

  test('X-Request-Id is echoed only with --enable-request-id-headers', async () => {
    const silent = await start();
    const echoing = await start({ args: ['--enable-request-id-headers'] });
    const headers = { 'x-request-id': 'abc' };
    expect((await send(silent, 'GET', '/health', undefined, headers)).headers).not.toContainEqual([
      'x-request-id',
      'abc',
    ]);
    expect((await send(echoing, 'GET', '/health', undefined, headers)).headers).toContainEqual([
      'x-request-id',
      'abc',
    ]);
  });
});

describe('usage', () => {
  const usageOf = async (args: string[], body: Record<string, unknown>) => {
    const simulator = await start({ args });
    const answer = await post(simulator, '/v1/chat/completions', chat('x', { max_tokens: 2, ...body }));
    return body.stream
      ? events(answer.body).findLast((event) => event !== '[DONE]')?.usage
      : JSON.parse(answer.body).usage;
  };
  const STREAM = { stream: true, stream_options: { include_usage: true } };

  test('prompt_tokens_details is null without its flag', async () => {
    expect(await usageOf([], {})).toMatchObject({ prompt_tokens_details: null });
  });

  test('prompt_tokens_details tells the cached tokens with its flag, 0 included', async () => {
    const usage = await usageOf(['--enable-prompt-tokens-details'], {});
    expect(usage.prompt_tokens_details).toEqual({
      cached_tokens: 0,
      created_cache_tokens: 0,
      multimodal_tokens: null,
    });
  });

  test('a stream leaves the details out without the flag and has them with it', async () => {
    expect(await usageOf([], STREAM)).not.toHaveProperty('prompt_tokens_details');
    const usage = await usageOf(['--enable-prompt-tokens-details'], STREAM);
    expect(usage).toMatchObject({ prompt_tokens_details: { cached_tokens: 0, created_cache_tokens: 0 } });
  });

  test('--enable-force-include-usage puts usage into every chunk', async () => {
    const simulator = await start({ args: ['--enable-force-include-usage'] });
    const { body } = await post(
      simulator,
      '/v1/chat/completions',
      chat('x', { max_tokens: 3, stream: true }),
    );
    const chunks = events(body).filter((event) => event !== '[DONE]');
    expect(chunks.map(({ usage }) => (usage as { completion_tokens: number }).completion_tokens)).toEqual([
      0, 1, 2, 3, 3,
    ]);
  });
});

describe('a finish by stop', () => {
  test('counts the end token and gives it an empty delta', async () => {
    const simulator = await start({ simulation: { ...simulationWith('one two') } });
    const { body } = await post(simulator, '/v1/chat/completions', chat('x', { stream: true }));
    expect(choices(body).map(({ delta, finish_reason }) => [delta, finish_reason])).toEqual([
      [{ role: 'assistant', content: '' }, null],
      [{ content: 'one' }, null],
      [{ content: ' two' }, null],
      [{ content: '' }, 'stop'],
    ]);
  });

  test('comes at a stop string, which is left out', async () => {
    const simulator = await start({ simulation: simulationWith('one two three') });
    const { body } = await post(simulator, '/v1/chat/completions', chat('x', { stop: [' three'] }));
    const [choice] = JSON.parse(body).choices;
    expect(choice).toMatchObject({
      message: { content: 'one two' },
      finish_reason: 'stop',
      stop_reason: ' three',
    });
  });
});

function simulationWith(content: string) {
  return { prefillTokensPerSecond: 1e9, decodeTokensPerSecond: 1e9, answers: [{ content }] };
}

describe('keys', () => {
  test.each(['/v1/models', '/v2/rerank', '/inference/v1/generate'])('%s asks for one', async (path) => {
    const simulator = await start({ args: ['--api-key', 'k1', 'k2'] });
    const { status, body, headers } = await send(simulator, 'GET', path);
    expect([status, body]).toEqual([401, '{"error":"Unauthorized"}']);
    expect(headers.map(([name]) => name)).not.toContain('vary');
  });

  test.each(['/health', '/metrics', '/version', '/ping'])('%s is open', async (path) => {
    const simulator = await start({ args: ['--api-key', 'k1'] });
    expect((await send(simulator, 'GET', path)).status).toBe(200);
  });

  test('/invocations generates without a key, as in vLLM', async () => {
    const simulator = await start({ args: ['--api-key', 'k1'] });
    expect((await post(simulator, '/invocations', chat('x'))).status).toBe(200);
  });

  test.each(['k1', 'k2'])('each of several opens (%s)', async (key) => {
    const simulator = await start({ args: ['--api-key', 'k1', 'k2'] });
    expect(
      (await send(simulator, 'GET', '/v1/models', undefined, { authorization: `Bearer ${key}` })).status,
    ).toBe(200);
  });

  test('VLLM_API_KEY counts only without --api-key', async () => {
    const headers = { authorization: 'Bearer env' };
    const alone = await start({ vllmApiKey: 'env' });
    const both = await start({ vllmApiKey: 'env', args: ['--api-key', 'flag'] });
    expect((await send(alone, 'GET', '/v1/models', undefined, headers)).status).toBe(200);
    expect((await send(both, 'GET', '/v1/models', undefined, headers)).status).toBe(401);
  });
});
