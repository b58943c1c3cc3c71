import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { startChain, WAYS } from '../../support/chain.ts';
import { collect } from '../../support/collect.ts';
import { FAST, metric, SLOW, until } from '../vllm-simulator/support.ts';

const model = WAYS.server;
const messages = [{ role: 'user' as const, content: 'hello' }];

test('each error has its class, a type, a code and the request id', async () => {
  const { gateway } = await startChain({ simulation: FAST });
  const { client } = gateway;
  const stranger = client.withOptions({ apiKey: 'stranger' });
  await expect(stranger.chat.completions.create({ model, messages })).rejects.toThrow(
    OpenAI.AuthenticationError,
  );
  const attempt = client.chat.completions
    .create({ model: 'gpt-4', messages })
    .catch((error: unknown) => error);
  expect(await attempt).toMatchObject({
    status: 404,
    code: 'model_not_found',
    requestID: expect.stringMatching(/./),
  });
  await expect(client.models.retrieve('gpt-4')).rejects.toThrow(OpenAI.NotFoundError);
  expect((await client.models.retrieve(model)).id).toBe(model);
  expect((await collect(await client.models.list())).map(({ id }) => id)).toContain(model);
});

test('a 503 with retry-after is sent again by the client, and one answer is generated', async () => {
  const { gateway, upstreams } = await startChain({
    simulation: SLOW,
    edge: { overload: { maxRequests: 1 } },
  });
  const first = new AbortController();
  const running = gateway.client.chat.completions.create({ model, messages }, { signal: first.signal });
  running.catch(() => {});
  await until(async () => (await metric(upstreams.server, 'num_requests_running')) === 1);
  const client = gateway.client.withOptions({ maxRetries: 5 });
  const second = client.chat.completions.create({ model, messages, max_tokens: 1 });
  await until(async () => ((await gateway.metrics()).value('oss_sheds_total{reason="requests"}') ?? 0) > 0);
  first.abort();
  expect((await second).usage?.completion_tokens).toBe(1);
  expect(upstreams.server.records.map(({ outcome }) => outcome)).toEqual(['aborted', 'completed']);
});

test('a request that may have been generated is not sent again by the client', async () => {
  const failures = [{ do: 'status' as const, status: 500 }, { do: 'cut' as const }];
  const { gateway, upstreams } = await startChain({ simulation: { ...FAST, failures } });
  const client = gateway.client.withOptions({ maxRetries: 2 });
  await expect(client.chat.completions.create({ model, messages })).rejects.toThrow(
    OpenAI.InternalServerError,
  );
  expect(upstreams.server.records).toHaveLength(1);
});
