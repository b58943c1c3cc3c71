import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { routingKey } from '../../../contracts/routing-key.ts';
import { ROUTER_HEADERS, sendJson } from './support/answers.ts';
import { CHAT, edge, errorOf, hello } from './support/edge.ts';
import { HOP_KEY } from './support/start.ts';

describe('request ids', () => {
  test('a sane id of the client is kept, towards the router and back', async () => {
    const { router, gateway } = await edge();
    const response = await gateway.post(CHAT, hello, { 'x-request-id': 'my.request_1-a' });
    expect(response.headers.get('x-request-id')).toBe('my.request_1-a');
    expect(router.requests[0]?.id).toBe('my.request_1-a');
  });

  test.each(['', 'a b', '"quoted"', 'x'.repeat(129)])('id %j is replaced', async (id) => {
    const { gateway } = await edge();
    const response = await gateway.post(CHAT, hello, { 'x-request-id': id });
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{8}-[0-9a-f-]{27}$/);
  });

  test.each(['/', '/v1/models', CHAT])('an answer that refuses %s has one too', async (path) => {
    const { gateway } = await edge();
    const response = await fetch(gateway.url + path);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('what the router gets', () => {
  test('a body that needs no change arrives byte for byte, unknown parameters and all', async () => {
    const { router, gateway } = await edge();
    const body =
      '{"model":"gpt-oss-120b","messages":[],\n "logit_bias" : {"1":1.0}, "x_new":[1e2,"\\u00e4ß"] }';
    await gateway.post(CHAT, body);
    expect(router.requests[0]?.body.toString()).toBe(body);
  });

  test('only the headers of the design are sent', async () => {
    const { router, gateway } = await edge();
    await gateway.post(CHAT, hello, {
      accept: 'application/json',
      cookie: 'a=b',
      'x-custom': '1',
      'x-fleet-hop-key': 'forged',
      'x-fleet-model': 'forged',
      'x-fleet-pin': 'forged',
      'x-fleet-routing-key': 'forged',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1',
    });
    const { headers } = router.requests[0] ?? {};
    expect(headers).toEqual({
      host: new URL(router.url).host,
      connection: 'keep-alive',
      'content-length': String(JSON.stringify(hello).length),
      'content-type': 'application/json',
      accept: 'application/json',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=1',
      'x-request-id': expect.any(String),
      'x-fleet-hop-key': HOP_KEY,
      'x-fleet-model': 'gpt-oss-120b',
      'x-fleet-pin': '',
      'x-fleet-routing-key': routingKey('team-a', { model: 'gpt-oss-120b', body: hello }),
    });
  });

  test('the routing key follows x-fleet-conversation', async () => {
    const { router, gateway } = await edge();
    await gateway.post(CHAT, hello, { 'x-fleet-conversation': 'c1' });
    const expected = createHmac('sha256', 'team-a').update('conversation:c1').digest('hex').slice(0, 32);
    expect(router.requests[0]?.headers['x-fleet-routing-key']).toBe(expected);
    expect(router.requests[0]?.headers['x-fleet-conversation']).toBeUndefined();
  });

  test('two turns of one conversation have the same routing key, two API keys never', async () => {
    const { router, gateway } = await edge();
    const turn2 = [
      ...hello.messages,
      { role: 'assistant', content: 'hi' },
      { role: 'user', content: 'more' },
    ];
    await gateway.post(CHAT, hello);
    await gateway.post(CHAT, { ...hello, messages: turn2 });
    await gateway.post(CHAT, hello, { authorization: `Bearer ${gateway.plainKey}` });
    const keys = router.requests.map(({ headers }) => headers['x-fleet-routing-key']);
    expect(keys[1]).toBe(keys[0]);
    expect(keys[2]).not.toBe(keys[0]);
  });
});

describe('what the client gets', () => {
  test('of the router’s headers only those of the design', async () => {
    const { gateway } = await edge((received) =>
      sendJson(received, 429, '{"error":{"message":"slow down","type":"x","param":null,"code":429}}', {
        'retry-after': '3',
        'x-should-retry': 'false',
        'x-fleet-unsent': '0',
        server: 'nginx',
        'set-cookie': 'a=b',
      }),
    );
    const response = await gateway.post(CHAT, hello);
    expect(response.status).toBe(429);
    expect(Object.fromEntries(response.headers)).toEqual({
      connection: 'keep-alive',
      'content-length': '68',
      'content-type': 'application/json',
      date: expect.any(String),
      'keep-alive': expect.any(String),
      'retry-after': '3',
      'x-fleet-release': ROUTER_HEADERS['x-fleet-release'],
      'x-fleet-server': ROUTER_HEADERS['x-fleet-server'],
      'x-request-id': expect.any(String),
      'x-should-retry': 'false',
    });
    expect(await errorOf(response)).toMatchObject({ message: 'slow down' });
  });

  test('an error page of nginx becomes an error in OpenAI’s shape', async () => {
    const { gateway } = await edge(({ res }) => {
      res.writeHead(503, { 'content-type': 'text/html', 'retry-after': '1' });
      res.end('<html><h1>503 Service Temporarily Unavailable</h1></html>');
    });
    const response = await gateway.post(CHAT, hello);
    expect(response.status).toBe(503);
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('retry-after')).toBe('1');
    expect(await errorOf(response)).toMatchObject({ type: 'upstream_error', code: 'router_503' });
  });
});
