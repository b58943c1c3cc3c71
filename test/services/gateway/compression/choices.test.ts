import { expect, test } from 'vitest';
import { CHAT, errorOf } from '../support/edge.ts';
import { start } from '../support/start.ts';
import { dialogue } from './support/dialogue.ts';
import { compressing, compressingConfig, MAIN, SETTINGS, SUMMARIZER, scripted } from './support/fleet.ts';

const long = { model: MAIN, messages: dialogue(30, 1000) };

test('a client opts out by a header', async () => {
  const servers = await scripted();
  const gateway = await compressing(servers);
  const body = JSON.stringify(long);
  const response = await gateway.post(CHAT, body, { 'x-fleet-compression': 'off' });
  expect(response.headers.get('x-fleet-compression')).toBe('off');
  expect(servers.router.requests.map((sent) => sent.body.toString())).toEqual([body]);
});

test('a header that says neither on nor off is refused', async () => {
  const gateway = await compressing(await scripted());
  const response = await gateway.post(CHAT, long, { 'x-fleet-compression': 'perhaps' });
  expect(response.status).toBe(400);
  expect((await errorOf(response)).message).toBe('x-fleet-compression: must be on or off, got perhaps.');
});

test('a key has compression off, or lengths of its own', async () => {
  const servers = await scripted();
  const gateway = await compressing(servers);
  await gateway.writeKeys([
    { id: 'team-a', key: gateway.key, compression: false },
    { id: 'team-b', key: gateway.plainKey, compression: { threshold: 6000, tail: 500, step: 4000 } },
  ]);
  await gateway.reload();
  const off = await gateway.post(CHAT, long);
  expect(off.headers.get('x-fleet-compression')).toBe('off');
  const own = await gateway.post(CHAT, long, { authorization: `Bearer ${gateway.plainKey}` });
  expect(own.headers.get('x-fleet-compression')).toMatch(/;blocks=7;made=7$/);
});

test('lengths of a key that fit a model badly are refused when they are loaded', async () => {
  const gateway = await compressing(await scripted());
  await gateway.writeKeys([{ id: 'team-a', key: gateway.key, compression: { threshold: 9000 } }]);
  await gateway.reload();
  expect(await (await gateway.admin('/status')).json()).toMatchObject({
    error: `keys.team-a.compression.threshold: must be at least tail + step, 2000 + 8000 tokens, got 9000 (for model ${MAIN})`,
  });
});

test('a model that is compressed itself cannot be the summariser', async () => {
  const { router } = await scripted();
  await expect(start(compressingConfig(router.url, { model: MAIN }))).rejects.toThrow(
    `models.${MAIN}.compression.model: must name a model with releases and without compression, got ${MAIN}`,
  );
});

test('a model without compression is not touched, and its answers say nothing of it', async () => {
  const servers = await scripted();
  const gateway = await compressing(servers);
  const response = await gateway.post(CHAT, { ...long, model: SUMMARIZER });
  expect(response.headers.has('x-fleet-compression')).toBe(false);
  expect(servers.router.requests).toHaveLength(1);
});

test('an alias is compressed as its model is', async () => {
  const gateway = await compressing(await scripted());
  const response = await gateway.post(CHAT, { ...long, model: 'my-model' });
  expect(response.headers.get('x-fleet-compression')).toMatch(/^made;/);
});

test('a Responses request is compressed where the whole conversation is in it', async () => {
  const servers = await scripted();
  const gateway = await compressing(servers);
  const call = { type: 'function_call', call_id: 'c1', name: 'look', arguments: '{}' };
  const output = { type: 'function_call_output', call_id: 'c1', output: 'seen' };
  const items = dialogue(30, 1000).slice(1);
  const input = [...items.slice(0, 1), { type: 'reasoning', summary: [] }, call, output, ...items.slice(1)];
  const body = { model: MAIN, instructions: 'Be brief.', input };
  const response = await gateway.post('/v1/responses', body);
  expect(response.headers.get('x-fleet-compression')).toMatch(/;blocks=3;made=3$/);
  const sent = servers.sentTo(MAIN)[0]?.json.input as Record<string, unknown>[];
  expect(sent.slice(0, 3).map(({ type, role }) => [type, role])).toEqual(
    Array.from({ length: 3 }, () => ['message', 'user']),
  );
  expect(sent.slice(3)).toEqual(input.slice(3 - sent.length));
});

test.each([
  [
    'a Responses request that continues a stored one',
    '/v1/responses',
    { previous_response_id: 'resp_1', input: long.messages },
    'unsupported',
  ],
  ['a Responses request of one text', '/v1/responses', { input: 'x'.repeat(20_000) }, 'unsupported'],
  ['a completion', '/v1/completions', { prompt: 'x'.repeat(20_000) }, 'unsupported'],
  [
    'a message of a role that nobody knows',
    CHAT,
    { messages: [...long.messages, { role: 'ghost', content: '' }] },
    'unsupported',
  ],
])('%s passes as it is', async (_name, path, fields, outcome) => {
  const servers = await scripted();
  const gateway = await compressing(servers);
  const body = JSON.stringify({ model: MAIN, ...fields });
  const response = await gateway.post(path, body);
  expect(response.headers.get('x-fleet-compression')).toBe(outcome);
  expect(servers.router.requests.map((sent) => sent.body.toString())).toEqual([body]);
});

test('all series are there before traffic, of models with compression only', async () => {
  const gateway = await compressing(await scripted());
  const { text, value } = await gateway.metrics();
  expect(value(`oss_compression_requests_total{model="${MAIN}",outcome="hit"}`)).toBe(0);
  expect(value(`oss_compression_failures_total{model="${MAIN}",reason="timeout"}`)).toBe(0);
  expect(value(`oss_compression_net_saved_usd{model="${MAIN}"}`)).toBe(0);
  expect(text).not.toMatch(new RegExp(`oss_compression.*${SUMMARIZER}`));
});

test('without compression the program that counts tokens is never started', async () => {
  const { router } = await scripted();
  const { models } = compressingConfig(router.url);
  const { [MAIN]: main = { alias: '' }, ...others } = models;
  const plain = 'alias' in main ? main : { ...main, compression: undefined };
  const gateway = await start(
    { ...compressingConfig(router.url), models: { ...others, [MAIN]: plain } },
    {},
    new URL('file:///nowhere.js'),
  );
  const response = await gateway.post(CHAT, { ...long });
  expect(response.status).toBe(200);
  expect(gateway.log.filter(({ event }) => event !== undefined)).toEqual([]);
});

test('where tokens cannot be counted the conversation passes as it is, and the log says why', async () => {
  const servers = await scripted();
  const gateway = await start(
    compressingConfig(servers.router.url, SETTINGS),
    {},
    new URL('file:///nowhere.js'),
  );
  const response = await gateway.post(CHAT, long);
  expect(response.status).toBe(200);
  expect(response.headers.get('x-fleet-compression')).toBe('failed;reason=failed');
  expect(gateway.log).toContainEqual(
    expect.objectContaining({
      event: 'token_counter_failed',
      error: expect.stringMatching(/MODULE_NOT_FOUND$/),
    }),
  );
});
