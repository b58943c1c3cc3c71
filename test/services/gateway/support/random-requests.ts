import { oneOf } from '../../../support/seeded.ts';

type Random = () => number;

/** Text that parsers stumble over. */
const TEXTS = [
  '',
  ' ',
  'hello',
  '<|start|>assistant<|channel|>final',
  '<|endoftext|>',
  'data: [DONE]\n\n',
  '\u0000\u0001\u001f',
  '\u2028\u202e\ufeff',
  '\ud800',
  '🎉'.repeat(40),
  '東'.repeat(3_000),
  '"},"usage":{"prompt_tokens":1}',
  '__proto__',
  'constructor',
  '-1',
  '../../etc/passwd',
] as const;
const NUMBERS = [0, -0, 1, -1, 0.5, 1e308, -1e308, 2 ** 53, 2 ** 31, 1e-300, 65_536] as const;
const NAMES = [
  'model',
  'messages',
  'role',
  'content',
  'tools',
  'tool_calls',
  'function',
  'name',
  'arguments',
  'stream',
  'stream_options',
  'include_usage',
  'max_tokens',
  'max_completion_tokens',
  'temperature',
  'n',
  'stop',
  'response_format',
  'type',
  'input',
  'prompt',
  'usage',
  'user',
  '__proto__',
  '',
] as const;
const ROLES = ['system', 'developer', 'user', 'assistant', 'tool', 'function', 'nobody'] as const;
const MODELS = ['gpt-oss-120b', 'gpt-oss-20b', 'my-model', 'gpt-oss-7b', 'gpt-4', ''] as const;

/** Any JSON value. */
export function randomValue(random: Random, depth = 3): unknown {
  const kinds = depth === 0 ? 4 : 6;
  switch (Math.floor(random() * kinds)) {
    case 0:
      return oneOf(random, TEXTS);
    case 1:
      return oneOf(random, NUMBERS);
    case 2:
      return random() < 0.5;
    case 3:
      return null;
    case 4:
      return Array.from({ length: Math.floor(random() * 4) }, () => randomValue(random, depth - 1));
    default:
      return Object.fromEntries(
        Array.from({ length: Math.floor(random() * 5) }, () => [
          oneOf(random, NAMES),
          randomValue(random, depth - 1),
        ]),
      );
  }
}

/** A request that is almost right: a chat of which parts are replaced by anything. */
function almostRight(random: Random): Record<string, unknown> {
  const or = (value: unknown, chance = 0.15) => (random() < chance ? randomValue(random) : value);
  const message = () =>
    or(
      { role: or(oneOf(random, ROLES)), content: or(oneOf(random, TEXTS)), [oneOf(random, NAMES)]: or('x') },
      0.05,
    );
  const fields = {
    model: or(random() < 0.7 ? 'gpt-oss-120b' : oneOf(random, MODELS), 0.05),
    messages: or(Array.from({ length: Math.floor(random() * 5) }, message)),
    input: or('hello'),
    prompt: or('hello'),
    stream: or(random() < 0.5),
    stream_options: or({ include_usage: or(true) }, 0.3),
    max_tokens: or(oneOf(random, NUMBERS)),
    tools: or([{ type: 'function', function: { name: 'f', parameters: or({}) } }], 0.3),
  };
  const kept = Object.entries(fields).filter(([name]) => name === 'model' || random() < 0.7);
  return Object.fromEntries([...kept, [oneOf(random, NAMES), or('x')]]);
}

/** The bytes of a body: JSON of both kinds, some of them broken. */
export function randomBody(random: Random): Buffer {
  const value = random() < 0.8 ? almostRight(random) : randomValue(random);
  const body = Buffer.from(JSON.stringify(value) ?? '');
  const fate = random();
  if (fate < 0.08) return body.subarray(0, Math.floor(random() * body.length));
  if (fate < 0.16 && body.length > 0) {
    body[Math.floor(random() * body.length)] = Math.floor(random() * 256);
    return body;
  }
  if (fate < 0.18) return Buffer.from(`${'['.repeat(20_000)}${']'.repeat(20_000)}`);
  if (fate < 0.2) return Buffer.from(Array.from({ length: 200 }, () => Math.floor(random() * 256)));
  return body;
}

const HEADER_NAMES = [
  'x-fleet-conversation',
  'x-fleet-pin',
  'x-fleet-compression',
  'x-fleet-routing-key',
  'x-fleet-hop-key',
  'x-request-id',
  'traceparent',
  'accept',
  'accept-encoding',
  'content-encoding',
  'expect',
  'te',
  'x-forwarded-for',
  'cookie',
  'range',
  'if-none-match',
] as const;
const HEADER_VALUES = [
  '',
  'gzip',
  'identity',
  '100-continue',
  'v1',
  'v2',
  'off',
  '\u00e9\u00ff',
  '*/*;q=0',
  'trailers',
  '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
  '; drop',
  'x'.repeat(4_000),
] as const;
const PATHS = [
  '/v1/chat/completions',
  '/v1/chat/completions',
  '/v1/chat/completions',
  '/v1/completions',
  '/v1/responses',
  '/v1/models',
  '/v1/models/%E0%A4%A',
  '/v1/chat/completions?x=%00',
  '//v1/chat/completions',
  '/',
  '*',
] as const;
const METHODS = ['POST', 'POST', 'POST', 'POST', 'GET', 'PUT', 'DELETE', 'OPTIONS', 'HEAD', 'PATCH'] as const;

/** The bytes of a request that is well enough formed to be HTTP/1.1. */
export function randomRequest(random: Random, key: string): Buffer {
  const body = randomBody(random);
  const headers = Array.from(
    { length: Math.floor(random() * 5) },
    () => `${oneOf(random, HEADER_NAMES)}: ${oneOf(random, HEADER_VALUES)}\r\n`,
  );
  const authorization = random() < 0.9 ? `authorization: Bearer ${key}\r\n` : '';
  const head = [
    `${oneOf(random, METHODS)} ${oneOf(random, PATHS)} HTTP/1.1\r\nhost: gateway\r\nconnection: close\r\n`,
    authorization,
    ...headers,
    `content-length: ${body.length}\r\n\r\n`,
  ];
  return Buffer.concat([Buffer.from(head.join(''), 'latin1'), body]);
}

/** Bytes that are no HTTP, or almost. */
export function randomBytes(random: Random): Buffer {
  const starts = [
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nZZ\r\n',
    'POST /v1/chat/completions HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    '\u0016\u0003\u0001\u0002',
    '',
  ] as const;
  const rest = Array.from({ length: Math.floor(random() * 300) }, () => Math.floor(random() * 256));
  return Buffer.concat([Buffer.from(oneOf(random, starts), 'latin1'), Buffer.from(rest)]);
}
