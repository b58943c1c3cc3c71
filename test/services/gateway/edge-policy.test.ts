import { describe, expect, test } from 'vitest';
import type { EdgeConfig } from '../../../contracts/gateway-config.ts';
import { chat } from './support/answers.ts';
import { CHAT, errorOf, hello } from './support/edge.ts';
import { fakeUpstream } from './support/fake-upstream.ts';
import { edgeConfig, start } from './support/start.ts';

type Model = Exclude<EdgeConfig['models'][string], { alias: string }>;

/** An edge whose model says this of its requests. */
async function edgeWith(policy: Partial<Model>) {
  const router = await fakeUpstream(chat(['a']));
  const config = edgeConfig(router.url);
  const model = { ...(config.models['gpt-oss-120b'] as Model), ...policy };
  const gateway = await start({ ...config, models: { ...config.models, 'gpt-oss-120b': model } });
  return { router, gateway };
}

const defaults = { temperature: 0.5, top_p: 0.9, reasoning_effort: 'low', max_tokens: 100 } as const;
const responsesHello = { model: 'gpt-oss-120b', input: 'hello' };
const completionsHello = { model: 'gpt-oss-120b', prompt: 'hello' };

describe('defaults', () => {
  test.each([
    [CHAT, hello, { temperature: 0.5, top_p: 0.9, reasoning_effort: 'low', max_completion_tokens: 100 }],
    ['/v1/completions', completionsHello, { temperature: 0.5, top_p: 0.9, max_tokens: 100 }],
    [
      '/v1/responses',
      responsesHello,
      { temperature: 0.5, top_p: 0.9, reasoning: { effort: 'low' }, max_output_tokens: 100 },
    ],
  ])('reach %s by its own names where a request says nothing', async (path, body, added) => {
    const { gateway, router } = await edgeWith({ defaults });
    await gateway.post(path, body);
    expect(router.requests[0]?.json).toEqual({ ...body, ...added });
  });

  test('leave alone what a request says, an alias too', async () => {
    const { gateway, router } = await edgeWith({ defaults });
    const said = { temperature: 0, top_p: 1, reasoning_effort: 'high', max_tokens: 7, seed: 3 };
    await gateway.post(CHAT, { ...hello, model: 'my-model', ...said });
    expect(router.requests[0]?.json).toEqual({ ...hello, ...said });
    await gateway.post('/v1/responses', { ...responsesHello, reasoning: { effort: 'high' } });
    expect(router.requests[1]?.json.reasoning).toEqual({ effort: 'high' });
  });

  test('without any, a body passes byte for byte', async () => {
    const { gateway, router } = await edgeWith({});
    const body = '{ "model":"gpt-oss-120b",\n"messages":[],  "n": 2, "logprobs": true, "x_unknown": 1e400 }';
    await gateway.post(CHAT, body);
    expect(router.requests[0]?.body.toString()).toBe(body);
  });
});

describe('the cap of the output', () => {
  const caps = { maxOutputTokens: 50 };

  test.each([
    [CHAT, hello, 'max_completion_tokens'],
    [CHAT, hello, 'max_tokens'],
    ['/v1/completions', completionsHello, 'max_tokens'],
    ['/v1/responses', responsesHello, 'max_output_tokens'],
  ])('%s: more than that in %3$s is refused by name, never lowered', async (path, body, param) => {
    const { gateway, router } = await edgeWith({ caps });
    const response = await gateway.post(path, { ...body, [param]: 51 });
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({ param, code: 'above_max_value' });
    expect(router.requests).toHaveLength(0);
    expect((await gateway.post(path, { ...body, [param]: 50 })).status).toBe(200);
    expect(router.requests[0]?.json[param]).toBe(50);
  });

  test('holds for a request that names none, below a larger default', async () => {
    const { gateway, router } = await edgeWith({ caps, defaults });
    await gateway.post(CHAT, hello);
    expect(router.requests[0]?.json.max_completion_tokens).toBe(50);
  });
});
