import { expect, test } from 'vitest';
import type { EdgeConfig } from '../../../contracts/gateway-config.ts';
import { RELEASE, ROUTING_KEY } from '../../../contracts/headers.ts';
import { trialGroup } from '../../../contracts/trial.ts';
import { chat, chatBody, contentEvent, sendJson, startStream } from './support/answers.ts';
import { CHAT, hello } from './support/edge.ts';
import { fakeUpstream, type Respond } from './support/fake-upstream.ts';
import { edgeConfig, start } from './support/start.ts';

const streamed = { ...hello, stream: true };

/** An edge whose releases v1 and v2 are on trial. */
async function trial(respond: Respond) {
  const router = await fakeUpstream(respond);
  const config = edgeConfig(router.url);
  const gateway = await start({ ...config, models: onTrial(config.models) });
  const series = async (pattern: RegExp) =>
    (await gateway.metrics()).text.split('\n').filter((line) => pattern.test(line));
  return { router, gateway, series };
}

function onTrial(models: EdgeConfig['models']): EdgeConfig['models'] {
  const model = models['gpt-oss-120b'];
  if (model === undefined || 'alias' in model) throw new Error('the test configuration has no gpt-oss-120b');
  const releases = Object.entries(model.releases).map(([name, release]) => [
    name,
    { ...release, trial: true },
  ]);
  return { ...models, 'gpt-oss-120b': { ...model, releases: Object.fromEntries(releases) } };
}

const COUNTED = /^oss_trial_\w+(total|_count)\{/;

test('a stream counts once, in the group of its conversation, with the state of its prefix cache', async () => {
  const usage = { prompt_tokens: 100, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 80 } };
  const { router, gateway, series } = await trial(chat(['a', 'b', 'c'], usage));
  await (await gateway.post(CHAT, streamed)).text();
  const group = trialGroup(String(router.requests[0]?.headers[ROUTING_KEY]));
  const labels = `model="gpt-oss-120b",release="v1",group="${group}"`;
  expect((await series(COUNTED)).toSorted()).toEqual([
    `oss_trial_first_token_seconds_count{${labels},cache="warm"} 1`,
    `oss_trial_inter_token_seconds_count{${labels}} 1`,
    `oss_trial_requests_total{${labels},outcome="ok"} 1`,
  ]);
});

test.each([
  ['the server says nothing of its cache', { prompt_tokens: 10, completion_tokens: 2 }, 'unknown'],
  [
    'a new conversation',
    { prompt_tokens: 100, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 32 } },
    'cold',
  ],
])('%s: %s', async (_case, usage, cache) => {
  const { gateway, series } = await trial(chat(['a'], usage));
  await (await gateway.post(CHAT, streamed)).text();
  expect(await series(new RegExp(`^oss_trial_first_token_seconds_count.*cache="${cache}"`))).toHaveLength(1);
});

test.each([500, 503, 429])(
  'an answer with status %i of the release is an error, and no first token',
  async (status) => {
    const { gateway, series } = await trial((received) => sendJson(received, status, '{"error":{}}'));
    await gateway.post(CHAT, streamed);
    expect(await series(COUNTED)).toEqual([
      expect.stringMatching(/^oss_trial_requests_total.*outcome="error"\} 1$/),
    ]);
  },
);

test('a cut stream is an error, with the first token that it had', async () => {
  const { gateway, series } = await trial((received) => {
    startStream(received);
    received.res.write(contentEvent('a'), () => received.socket.destroy());
  });
  await (await gateway.post(CHAT, streamed)).text();
  expect((await series(COUNTED)).toSorted()).toEqual([
    expect.stringMatching(/^oss_trial_first_token_seconds_count/),
    expect.stringMatching(/^oss_trial_requests_total.*outcome="error"\} 1$/),
  ]);
});

test.each([400, 404, 413, 422])("status %i is the client's error: neither ok nor error", async (status) => {
  const { gateway, series } = await trial((received) => sendJson(received, status, '{"error":{}}'));
  expect((await gateway.post(CHAT, streamed)).status).toBe(status);
  expect(await series(COUNTED)).toEqual([]);
});

test('what was pinned was not drawn, and does not count', async () => {
  const { gateway, series } = await trial(chat(['a']));
  expect((await gateway.post(CHAT, hello, { [RELEASE]: 'v1' })).status).toBe(200);
  expect(await series(COUNTED)).toEqual([]);
});

test('releases without a role have no such series', async () => {
  const router = await fakeUpstream((received) => sendJson(received, 200, chatBody('hi')));
  const gateway = await start(edgeConfig(router.url));
  await gateway.post(CHAT, hello);
  expect((await gateway.metrics()).text).not.toMatch(/^oss_trial_\w+\{/m);
});
