import { expect, test } from 'vitest';
import {
  checked,
  parseAnswers,
  parseJson,
  SimulationOptions,
} from '../../../services/vllm-simulator/simulation-options.ts';
import { chat, FAST, post, send, start } from './support.ts';

test('options have the documented defaults', () => {
  expect(checked(SimulationOptions, {}, 'VLLM_SIMULATOR')).toEqual({
    prefillTokensPerSecond: 20_000,
    decodeTokensPerSecond: 200,
    decodeSlowdownPerSequence: 0,
    startSeconds: 0,
    answerTokens: 32,
    kvCacheBlocks: 16_384,
    answers: [],
    failures: [],
    healthy: true,
    countClientAborts: true,
    recordLimit: 100_000,
    answersAs: 'first',
  });
});

test.each([
  [{ decodeTokensPerSecnd: 5 }, 'Unrecognized key: "decodeTokensPerSecnd"'],
  [{ decodeTokensPerSecond: 0 }, 'VLLM_SIMULATOR.decodeTokensPerSecond:'],
  [{ failures: [{ do: 'explode' }] }, 'VLLM_SIMULATOR.failures.0.do:'],
  [
    { failures: [{ when: { evry: 1 }, do: 'cut' }] },
    'VLLM_SIMULATOR.failures.0.when: Unrecognized key: "evry"',
  ],
  [{ answers: [{ contian: 'x' }] }, 'VLLM_SIMULATOR.answers'],
  [{ answers: [{ pattern: '(' }] }, 'VLLM_SIMULATOR.answers'],
])('%j is refused', (value, message) => {
  expect(() => checked(SimulationOptions, value, 'VLLM_SIMULATOR')).toThrow(message);
});

test('faults are told all at once', () => {
  const broken = { answerTokens: 0, startSeconds: -1 };
  expect(() => checked(SimulationOptions, broken, 'O')).toThrow(/O\.answerTokens: .*\nO\.startSeconds: /);
});

test('text that is no JSON is refused', () => {
  expect(() => parseJson('{', 'VLLM_SIMULATOR')).toThrow('VLLM_SIMULATOR: not JSON');
});

test.each(['[{"content":"a"},{"content":"b"}]', '{"content":"a"}\n\n{"content":"b"}\n'])(
  'an answer file may be %j',
  (text) => {
    expect(parseAnswers(text, 'f').map(({ content }) => content)).toEqual(['a', 'b']);
  },
);

test('a fault in an answer file is told with its line', () => {
  expect(() => parseAnswers('{"content":"a"}\n{', 'f.jsonl')).toThrow('f.jsonl:2: not JSON');
});

test.each([
  ['first', 'one'],
  ['requested', 'two'],
] as const)('a server of two models answers as the %s', async (answersAs, named) => {
  const simulator = await start({
    args: ['--served-model-name', 'one', 'two'],
    simulation: { ...FAST, answersAs },
  });
  const { body } = await post(simulator, '/v1/chat/completions', chat('x', { model: 'two' }));
  expect(JSON.parse(body).model).toBe(named);
});

test('options change while it runs', async () => {
  const simulator = await start({ simulation: FAST });
  const before = await post(simulator, '/v1/chat/completions', chat('x'));
  const change = await send(simulator, 'PUT', '/simulator/options', {
    answerTokens: 5,
    failures: [{ do: 'status', status: 502, when: { contains: 'boom' } }],
  });
  const after = await post(simulator, '/v1/chat/completions', chat('x'));
  expect([before, after].map(({ body }) => JSON.parse(body).usage.completion_tokens)).toEqual([32, 5]);
  expect((await post(simulator, '/v1/chat/completions', chat('boom'))).status).toBe(502);
  expect(JSON.parse(change.body)).toMatchObject({ answerTokens: 5, decodeTokensPerSecond: 1e9 });
});

test('what is not named in a change stays', async () => {
  const simulator = await start({ simulation: { ...FAST, answerTokens: 7 } });
  await send(simulator, 'PUT', '/simulator/options', { healthy: false });
  const { body } = await send(simulator, 'GET', '/simulator/options');
  expect(JSON.parse(body)).toMatchObject({ answerTokens: 7, healthy: false });
});

test.each([{ startSeconds: 1 }, { answerTokens: 'many' }, { unknown: 1 }])(
  'a change of %j is refused',
  async (change) => {
    const simulator = await start();
    expect((await send(simulator, 'PUT', '/simulator/options', change)).status).toBe(400);
  },
);

test('the record of a request tells all but its text and keys', async () => {
  const simulator = await start({ args: ['--api-key', 'secret-key'] });
  const headers = {
    authorization: 'Bearer secret-key',
    'x-request-id': 'r1',
    'x-fleet-release': 'v33',
    'x-other': 'no',
  };
  await post(simulator, '/v1/chat/completions', chat('secret text', { max_tokens: 3 }), headers);
  const { body } = await send(simulator, 'GET', '/simulator/requests');
  expect(JSON.parse(body)).toEqual([
    {
      id: 'r1',
      path: '/v1/chat/completions',
      model: 'gpt-oss-120b',
      stream: false,
      status: 200,
      promptTokens: 9,
      cachedTokens: 0,
      completionTokens: 3,
      startedAt: expect.any(Number),
      firstTokenAt: expect.any(Number),
      endedAt: expect.any(Number),
      outcome: 'completed',
      headers: { 'x-request-id': 'r1', 'x-fleet-release': 'v33' },
    },
  ]);
  expect(body).not.toContain('secret');
});

test('times of a record are in order', async () => {
  const simulator = await start();
  await post(simulator, '/v1/chat/completions', chat('x'));
  const [record] = simulator.records;
  const times = [record?.startedAt, record?.firstTokenAt, record?.endedAt].map(Number);
  expect(times).toEqual([...times].sort((a, b) => a - b));
});

test('refused requests are recorded', async () => {
  const simulator = await start({ args: ['--api-key', 'k'] });
  await post(simulator, '/v1/chat/completions', chat('x'));
  await post(
    simulator,
    '/v1/chat/completions',
    { ...chat('x'), model: 'nope' },
    { authorization: 'Bearer k' },
  );
  expect(simulator.records.map(({ outcome, status, model }) => [outcome, status, model])).toEqual([
    ['rejected', 401, ''],
    ['rejected', 404, 'nope'],
  ]);
});

test('the newest records are kept', async () => {
  const simulator = await start({ simulation: { ...FAST, recordLimit: 2 } });
  for (const id of ['a', 'b', 'c', 'd', 'e']) {
    await post(simulator, '/v1/chat/completions', chat('x'), { 'x-request-id': id });
  }
  expect(simulator.records.map(({ id }) => id)).toEqual(['d', 'e']);
});
