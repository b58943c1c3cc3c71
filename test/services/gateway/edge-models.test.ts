import { describe, expect, test } from 'vitest';
import { CHAT, edge, errorOf, hello } from './support/edge.ts';

describe('which model', () => {
  test('an alias is answered by its target, and the target is what the router is told', async () => {
    const { router, gateway } = await edge();
    const body = '{ "seed": 12345678901234567890, "model" : "my-model","messages":[], "temperature": 1.0 }';
    expect((await gateway.post(CHAT, body)).status).toBe(200);
    expect(router.requests[0]?.headers['x-fleet-model']).toBe('gpt-oss-120b');
    expect(router.requests[0]?.body.toString()).toBe(body.replace('my-model', 'gpt-oss-120b'));
  });

  test('a catalogue model that the environment does not map says what to do', async () => {
    const { gateway } = await edge();
    const response = await gateway.post(CHAT, { ...hello, model: 'gpt-oss-7b' });
    expect(response.status).toBe(404);
    const error = await errorOf(response);
    expect(error).toMatchObject({ param: 'model', code: 'model_not_found' });
    expect(error.message).toMatch(/does not map it.*endpoint or an alias.*environment file/);
  });

  test('an unknown model is answered with the nearest known one', async () => {
    const { gateway } = await edge();
    const response = await gateway.post(CHAT, { ...hello, model: 'gpt-oss-120' });
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toMatchObject({
      code: 'model_not_found',
      message: expect.stringContaining('Did you mean `gpt-oss-120b`?'),
    });
  });

  test('a model name of a megabyte is refused without being compared', async () => {
    const { gateway } = await edge();
    const response = await gateway.post(CHAT, { ...hello, model: 'x'.repeat(1_000_000) });
    expect(response.status).toBe(404);
    expect((await response.text()).length).toBeLessThan(500);
  });

  test.each(['__proto__', 'constructor', 'toString'])('%s is no model', async (model) => {
    const { gateway } = await edge();
    expect((await gateway.post(CHAT, { ...hello, model })).status).toBe(404);
  });

  test('GET /v1/models lists every model and alias', async () => {
    const { gateway } = await edge();
    const listed: string[] = [];
    for await (const model of gateway.client.models.list()) listed.push(model.id);
    expect(listed).toEqual(['gpt-oss-120b', 'gpt-oss-20b', 'my-model']);
  });

  test('GET /v1/models/{id} finds one', async () => {
    const { gateway } = await edge();
    expect(await gateway.client.models.retrieve('my-model')).toMatchObject({
      id: 'my-model',
      object: 'model',
      created: expect.any(Number),
      owned_by: 'gpt-oss-fleet',
    });
  });

  test.each(['gpt-oss-7b', 'nope', '%'])(
    'GET /v1/models/%s is answered 404 model_not_found',
    async (name) => {
      const { gateway } = await edge();
      const headers = { authorization: `Bearer ${gateway.key}` };
      const response = await fetch(`${gateway.url}/v1/models/${name}`, { headers });
      expect(response.status).toBe(404);
      expect(await errorOf(response)).toMatchObject({ code: 'model_not_found' });
    },
  );
});
