import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { generate } from 'selfsigned';
import { describe, expect, test } from 'vitest';
import type { EgressConfig } from '../../../contracts/gateway-config.ts';
import { chat, chatBody, contentEvent, sendJson, startStream } from './support/answers.ts';
import { errorOf } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { type FakeUpstream, fakeUpstream, type Respond } from './support/fake-upstream.ts';
import { postText, rawClient } from './support/raw-client.ts';
import { egressConfig, HOP_KEY, type Started, start } from './support/start.ts';

const CHAT = '/v1/chat/completions';
const body = { model: 'gpt-oss-20b', messages: [{ role: 'user', content: 'hello' }] };
const HOP = { 'x-fleet-hop-key': HOP_KEY, 'x-fleet-model': 'gpt-oss-20b', 'x-fleet-release': 'groq' };
const UNSENT = 'x-fleet-unsent';

async function egress(
  respond: Respond = chat(['hi']),
  more: Partial<EgressConfig> = {},
): Promise<{ readonly endpoint: FakeUpstream; readonly gateway: Started }> {
  const endpoint = await fakeUpstream(respond);
  return { endpoint, gateway: await start(egressConfig(endpoint.url, more)) };
}

describe('who may', () => {
  test.each([
    ['without the hop key', { 'x-fleet-hop-key': '' }, 403, 'hop_key_refused'],
    ['with a wrong hop key', { 'x-fleet-hop-key': 'guess' }, 403, 'hop_key_refused'],
    ['for a model without a route', { 'x-fleet-model': 'gpt-oss-120b' }, 404, 'route_not_found'],
    ['for a release without a route', { 'x-fleet-release': 'v1' }, 404, 'route_not_found'],
  ])('a request %s is refused', async (_case, headers, status, code) => {
    const { endpoint, gateway } = await egress();
    const response = await gateway.post(CHAT, body, { ...HOP, ...headers });
    expect(response.status).toBe(status);
    expect(await errorOf(response)).toMatchObject({ code });
    expect(endpoint.requests).toHaveLength(0);
    const refused = `fleet_egress_requests_total{endpoint="none",code="${status}"}`;
    expect((await gateway.metrics()).value(refused)).toBe(1);
  });
});

describe('what the endpoint gets', () => {
  test.each([
    [CHAT, '/openai/v1/chat/completions'],
    ['/v1/completions', '/openai/v1/completions'],
    ['/v1/responses', '/openai/v1/responses'],
  ])('%s goes to the base URL and the path after /v1', async (path, expected) => {
    const { endpoint, gateway } = await egress();
    expect((await gateway.post(path, body, HOP)).status).toBe(200);
    expect(endpoint.requests[0]?.path).toBe(expected);
  });

  test('its own host, key and model id, the request id, and nothing else of ours', async () => {
    const { endpoint, gateway } = await egress();
    await gateway.post(CHAT, body, {
      ...HOP,
      accept: 'text/event-stream',
      authorization: 'Bearer of-the-client',
      'x-request-id': 'req-1',
      'x-fleet-routing-key': 'abc',
      'x-fleet-pin': 'groq',
      traceparent: '00-1-1-01',
      cookie: 'a=b',
    });
    const sent = JSON.stringify({ max_completion_tokens: 100, ...body, model: 'openai/gpt-oss-20b' });
    expect(endpoint.requests[0]?.body.toString()).toBe(sent);
    expect(endpoint.requests[0]?.headers).toEqual({
      host: new URL(endpoint.url).host,
      connection: 'keep-alive',
      'content-type': 'application/json',
      'content-length': String(sent.length),
      accept: 'text/event-stream',
      'accept-encoding': 'identity',
      authorization: 'Bearer groq-secret',
      'user-agent': 'gpt-oss-fleet',
      'x-request-id': 'req-1',
    });
  });

  test.each([
    [CHAT, { max_tokens: 50 }, { max_tokens: 50 }],
    [CHAT, { max_tokens: null }, { max_tokens: null, max_completion_tokens: 100 }],
    [CHAT, {}, { max_completion_tokens: 100 }],
    ['/v1/completions', {}, { max_tokens: 100 }],
    ['/v1/responses', { max_output_tokens: 100 }, { max_output_tokens: 100 }],
    ['/v1/responses', {}, { max_output_tokens: 100 }],
  ])('%s with %j is sent with %j', async (path, asked, sent) => {
    const { endpoint, gateway } = await egress();
    await gateway.post(path, { ...body, ...asked }, HOP);
    expect(endpoint.requests[0]?.json).toEqual({ ...body, model: 'openai/gpt-oss-20b', ...sent });
  });

  test.each([
    [CHAT, { max_tokens: 500 }, 'max_tokens'],
    [CHAT, { max_completion_tokens: 101 }, 'max_completion_tokens'],
    [CHAT, { max_tokens: 500, max_completion_tokens: 20 }, 'max_tokens'],
    ['/v1/responses', { max_output_tokens: 101 }, 'max_output_tokens'],
  ])('%s with %j is refused: the endpoint gives 100', async (path, asked, param) => {
    const { endpoint, gateway } = await egress();
    const response = await gateway.post(path, { ...body, ...asked }, HOP);
    expect(response.status).toBe(400);
    expect(response.headers.get(UNSENT)).toBeNull();
    expect(await errorOf(response)).toMatchObject({ param, code: 'above_max_value' });
    expect(endpoint.requests).toHaveLength(0);
  });

  test('a route without a cap leaves the length alone', async () => {
    const route = { model: 'gpt-oss-20b', release: 'groq', endpoint: 'groq', endpointModel: 'm' };
    const { endpoint, gateway } = await egress(undefined, { routes: [route] });
    await gateway.post(CHAT, { ...body, max_tokens: 9999 }, HOP);
    expect(endpoint.requests[0]?.json).toEqual({ ...body, model: 'm', max_tokens: 9999 });
  });
});

describe('what the router gets', () => {
  test('a stream as it comes, and of the headers only those of the design', async () => {
    const { gateway } = await egress((received) => {
      startStream(received, {
        [UNSENT]: '1',
        'x-fleet-server': 'forged',
        server: 'cloud',
        'retry-after': '2',
      });
      received.res.end(contentEvent('a'));
    });
    const response = await gateway.post(CHAT, { ...body, stream: true }, HOP);
    expect(await response.text()).toBe(contentEvent('a'));
    const names = [...response.headers.keys()].sort();
    expect(names).toEqual(
      [
        'connection',
        'content-type',
        'date',
        'keep-alive',
        'retry-after',
        'transfer-encoding',
        'x-request-id',
      ].sort(),
    );
  });

  test('an answer that breaks off breaks off here too', async () => {
    const { gateway } = await egress((received) => {
      startStream(received);
      received.res.write(contentEvent('a'), () => received.socket.destroy());
    });
    const client = await rawClient(gateway.address);
    client.send(postText(CHAT, 'x', { ...body, stream: true }, HOP));
    const text = await client.ended;
    expect(text).toContain(contentEvent('a'));
    expect(text).not.toMatch(/\r\n0\r\n\r\n$/);
    expect(gateway.log).toEqual([expect.objectContaining({ endpoint: 'groq', status: 200, cut: true })]);
  });

  test('when it leaves, the endpoint is told', async () => {
    const { endpoint, gateway } = await egress((received) => startStream(received));
    const client = await rawClient(gateway.address);
    client.send(postText(CHAT, 'x', { ...body, stream: true }, HOP));
    await client.until('event-stream');
    client.socket.destroy();
    expect(await endpoint.requests[0]?.closed).toBe(false);
    await eventually(() => expect(gateway.log).toEqual([expect.objectContaining({ aborted: true })]));
    expect((await gateway.metrics()).value('fleet_egress_in_flight{endpoint="groq"}')).toBe(0);
  });
});

describe('failures', () => {
  async function refusedPort(): Promise<number> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    return typeof address === 'object' && address !== null ? address.port : 0;
  }

  test.each([
    ['a refused connection', async () => `http://127.0.0.1:${await refusedPort()}`],
    ['a name that does not resolve', async () => 'https://does-not-exist.invalid'],
    ['TLS that is none', async () => (await fakeUpstream(chat(['hi']))).url.replace('http:', 'https:')],
  ])('%s is a 502 that may be sent again', async (_case, url) => {
    const gateway = await start(egressConfig(await url()));
    const response = await gateway.post(CHAT, body, HOP);
    expect(response.status).toBe(502);
    expect(response.headers.get(UNSENT)).toBe('1');
    expect(response.headers.get('x-should-retry')).toBeNull();
    expect(await errorOf(response)).toMatchObject({ code: 'upstream_unreachable' });
    const failed = 'fleet_egress_requests_total{endpoint="groq",code="502"}';
    expect((await gateway.metrics()).value(failed)).toBe(1);
  });

  test('a connection that breaks after sending is a 502 that may not', async () => {
    const { endpoint, gateway } = await egress(({ socket }) => socket.resetAndDestroy());
    const response = await gateway.post(CHAT, body, HOP);
    expect(response.status).toBe(502);
    expect(response.headers.get(UNSENT)).toBeNull();
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(endpoint.requests).toHaveLength(1);
  });

  test('a kept-alive connection that breaks after sending is a 502 that may not either', async () => {
    const { endpoint, gateway } = await egress((received) => {
      if (gateway.log.length === 0) sendJson(received, 200, chatBody('hi'));
      else received.socket.resetAndDestroy();
    });
    await (await gateway.post(CHAT, body, HOP)).text();
    const response = await gateway.post(CHAT, body, HOP);
    expect(response.status).toBe(502);
    expect(response.headers.get(UNSENT)).toBeNull();
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(endpoint.requests).toHaveLength(2);
    expect(endpoint.connections()).toBe(1);
  });

  test('an error of the endpoint is passed on', async () => {
    const { gateway } = await egress((received) =>
      sendJson(received, 429, '{"error":{"message":"slow"}}', { 'retry-after': '7' }),
    );
    const response = await gateway.post(CHAT, body, HOP);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('7');
    expect(await errorOf(response)).toEqual({ message: 'slow' });
  });
});

describe('TLS', () => {
  const names = [{ type: 7 as const, ip: '127.0.0.1' }];
  const certificate = (altNames = names) =>
    generate([{ name: 'commonName', value: 'endpoint' }], {
      extensions: [
        { name: 'basicConstraints', cA: true },
        { name: 'subjectAltName', altNames },
      ],
    });

  async function tlsEgress(pems: Awaited<ReturnType<typeof certificate>>, ca?: string) {
    const endpoint = await fakeUpstream(chat(['secure']), { tls: { key: pems.private, cert: pems.cert } });
    const config = egressConfig(endpoint.url);
    const gateway = await start(config);
    if (ca !== undefined) {
      await writeFile(`${gateway.folder}/ca.pem`, ca);
      const groq = { ...config.endpoints.groq, certificateAuthority: 'ca.pem' };
      await gateway.writeConfig({ ...config, endpoints: { groq } });
      await gateway.reload();
    }
    return { endpoint, gateway };
  }

  test('an endpoint with a private authority is reached', async () => {
    const pems = await certificate();
    const { gateway } = await tlsEgress(pems, pems.cert);
    const response = await gateway.post(CHAT, body, HOP);
    expect(await response.text()).toBe(chatBody('secure'));
  });

  test('an authority that nobody named is not trusted, and nothing is sent', async () => {
    const { endpoint, gateway } = await tlsEgress(await certificate());
    const response = await gateway.post(CHAT, body, HOP);
    expect(response.status).toBe(502);
    expect(response.headers.get(UNSENT)).toBe('1');
    expect(endpoint.requests).toHaveLength(0);
  });

  test('a certificate for another host is not trusted', async () => {
    const pems = await certificate([{ type: 7, ip: '127.0.0.2' }]);
    const { endpoint, gateway } = await tlsEgress(pems, pems.cert);
    expect((await gateway.post(CHAT, body, HOP)).status).toBe(502);
    expect(endpoint.requests).toHaveLength(0);
  });
});

test('metrics exist before traffic, and none of the edge’s', async () => {
  const { gateway } = await egress();
  const metrics = await gateway.metrics();
  expect(metrics.value('fleet_egress_requests_total{endpoint="groq",code="200"}')).toBe(0);
  expect(metrics.value('fleet_egress_in_flight{endpoint="groq"}')).toBe(0);
  expect(metrics.value('fleet_egress_circuit_state{endpoint="groq"}')).toBe(0);
  expect(metrics.text).not.toContain('oss_');
  expect(await (await gateway.admin('/status')).json()).toMatchObject({ role: 'egress' });
});

test('a second route for the same release is refused', async () => {
  const route = { model: 'a', release: 'b', endpoint: 'groq', endpointModel: 'c' };
  const gateway = await start(egressConfig('http://127.0.0.1:1'));
  await gateway.writeConfig({ ...egressConfig('http://127.0.0.1:1'), routes: [route, route] });
  await gateway.reload();
  expect(await (await gateway.admin('/status')).json()).toMatchObject({
    error: expect.stringContaining('routes.1'),
  });
});
