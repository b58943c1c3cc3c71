import { describe, expect, test } from 'vitest';
import { chat, post, send, start } from './support.ts';

const messageOf = (body: string): string => JSON.parse(body).error.message;
const TOOL = { type: 'function', function: { name: 'f', parameters: { type: 'object' } } };

describe('a body that is no JSON is explained in the words of Python', () => {
  test.each([
    ['{"a" 1}', 5, "Expecting ':' delimiter"],
    ['{a:1}', 1, 'Expecting property name enclosed in double quotes'],
    ['{"a":1', 6, "Expecting ',' delimiter"],
    ['{"a":[1,]}', 8, 'Expecting value'],
    ['{"a":"b', 5, 'Unterminated string starting at'],
    ['{"a":"\\x"}', 6, 'Invalid \\\\escape'],
    ['{} {}', 3, 'Extra data'],
    ['', 0, 'Expecting value'],
  ])('%s', async (text, position, reason) => {
    const simulator = await start();
    const { status, body } = await post(simulator, '/v1/chat/completions', text);
    expect(status).toBe(400);
    expect(messageOf(body)).toContain(`'loc': 'body.${position}'`);
    expect(messageOf(body)).toContain(reason);
  });
});

describe('fields of a wrong type', () => {
  test.each([
    [{ max_tokens: 'ten' }, "'int_parsing', 'loc': 'body.max_tokens'"],
    [{ max_tokens: 1.5 }, "'int_from_float', 'loc': 'body.max_tokens'"],
    [{ stream: 'maybe' }, "'bool_parsing', 'loc': 'body.stream'"],
    [{ messages: 'hi' }, "'list_type', 'loc': 'body.messages'"],
    [{ model: 7 }, "'string_type', 'loc': 'body.model'"],
  ])('%j', async (fields, expected) => {
    const simulator = await start();
    const { status, body } = await post(simulator, '/v1/chat/completions', { ...chat('x'), ...fields });
    expect(status).toBe(400);
    expect(messageOf(body)).toContain(expected);
  });

  test('all of them are told at once', async () => {
    const simulator = await start();
    const { body } = await post(simulator, '/v1/chat/completions', {
      ...chat('x'),
      model: 7,
      max_tokens: 'ten',
    });
    expect(messageOf(body)).toMatch(/^2 validation errors:/);
  });

  test('a number in quotes is a number', async () => {
    const simulator = await start();
    const { body } = await post(simulator, '/v1/chat/completions', chat('x', { max_tokens: '3' }));
    expect(JSON.parse(body).usage.completion_tokens).toBe(3);
  });
});

describe('values that vLLM refuses', () => {
  test.each([
    [{ max_tokens: 0 }, 'max_tokens must be at least 1, got 0. (parameter=max_tokens, value=0)'],
    [{ temperature: -1 }, 'temperature must be non-negative, got -1.0. (parameter=temperature, value=-1.0)'],
    [
      { stream_options: { include_usage: true } },
      'Stream options can only be defined when `stream=True`. (parameter=stream_options)',
    ],
    [
      { tools: [] },
      '`tools` must not be an empty array. Either provide at least one tool or omit the field entirely. (parameter=tools)',
    ],
    [{ tool_choice: 'auto' }, 'When using `tool_choice`, `tools` must be set. (parameter=tool_choice)'],
    [
      { tools: [TOOL], tool_choice: { type: 'function', function: { name: 'g' } } },
      'The tool specified in `tool_choice` does not match any of the specified `tools` (parameter=tool_choice)',
    ],
    [
      { tools: [TOOL], tool_choice: 'required' },
      'tool_choice="required" requires --tool-call-parser to be set',
    ],
  ])('%j', async (fields, expected) => {
    const simulator = await start();
    const { status, body } = await post(simulator, '/v1/chat/completions', chat('x', fields));
    expect([status, messageOf(body)]).toEqual([400, expected]);
  });
});

test('a prompt that fills the context leaves no room for an answer', async () => {
  const simulator = await start({ args: ['--max-model-len', '12'] });
  const fits = await post(simulator, '/v1/chat/completions', chat('a b c d'));
  const full = await post(simulator, '/v1/chat/completions', chat('a b c d e'));
  expect(JSON.parse(fits.body).usage).toMatchObject({ prompt_tokens: 11, completion_tokens: 1 });
  expect(messageOf(full.body)).toContain('max_tokens must be at least 1, got 0');
});

test('an image is refused, for the models are text models', async () => {
  const simulator = await start();
  const content = [{ type: 'image_url', image_url: { url: 'data:,' } }];
  const { status, body } = await post(simulator, '/v1/chat/completions', {
    messages: [{ role: 'user', content }],
  });
  expect([status, messageOf(body)]).toEqual([400, 'tiny is not a multimodal model']);
});

test('only application/json is read', async () => {
  const simulator = await start();
  const { status, body } = await post(simulator, '/v1/chat/completions', '{}', {
    'content-type': 'text/plain',
  });
  expect([status, messageOf(body)]).toEqual([
    400,
    "1 validation error:\n  Unsupported Media Type: Only 'application/json' is allowed",
  ]);
});

test.each([
  ['GET', '/nothing', 404, 'Not Found'],
  ['GET', '/v1/chat/completions', 405, 'Method Not Allowed'],
  ['POST', '/health', 405, 'Method Not Allowed'],
])('%s %s is a %i', async (method, path, code, phrase) => {
  const simulator = await start();
  const { status, body } = await send(simulator, method, path, method === 'POST' ? '{}' : undefined);
  expect(status).toBe(code);
  expect(JSON.parse(body)).toEqual({ error: { message: phrase, type: phrase, param: null, code } });
});

test('the queue limit answers 503 and counts it', async () => {
  const simulator = await start({
    args: ['--max-num-queued-reqs', '1'],
    simulation: { decodeTokensPerSecond: 0.001 },
  });
  const first = new AbortController();
  const held = fetch(`${simulator.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(chat('x', { stream: true })),
    signal: first.signal,
  });
  await held;
  const { status, body } = await post(simulator, '/v1/chat/completions', chat('y'));
  expect([status, JSON.parse(body).error.type]).toEqual([503, 'Service Unavailable']);
  const page = await send(simulator, 'GET', '/metrics');
  expect(page.body).toContain(
    'vllm:admission_rejections_total{model_name="gpt-oss-120b",reason="max_num_queued_reqs"} 1.0',
  );
  first.abort();
});
