import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { ask, environmentOf, fleetHeaders, HOP_KEY, startFakeServer, startRouter } from './router-support.ts';

const MODEL = 'gpt-oss-120b';
const PATHS = ['/v1/chat/completions', '/v1/completions', '/v1/responses'];
const single = environmentOf({ [MODEL]: { v32: { weight: 100, role: 'stable' } } });

const codeOf = ({ body }: { readonly body: string }): unknown => JSON.parse(body).error.code;

describe('who may pass', () => {
  test.each(PATHS)('POST %s with the hop key', async (path) => {
    const server = await startFakeServer();
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    const answer = await ask(router.port, { path, headers: fleetHeaders(MODEL) });
    expect(answer).toMatchObject({ status: 200, body: String(server.port) });
  });

  test.each([
    ['no hop key', undefined],
    ['another hop key', 'wrong'],
    ['the hop key in other case', HOP_KEY.toUpperCase()],
    ['a beginning of the hop key', HOP_KEY.slice(0, -1)],
    ['more than the hop key', `${HOP_KEY}1`],
  ])('not with %s', async (_, key) => {
    const server = await startFakeServer();
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    const { 'x-fleet-hop-key': _hopKey, ...others } = fleetHeaders(MODEL);
    const headers = key === undefined ? others : { ...others, 'x-fleet-hop-key': key };
    const answer = await ask(router.port, { headers });
    expect([answer.status, codeOf(answer)]).toEqual([401, 'invalid_hop_key']);
    expect(answer.headers).not.toHaveProperty('x-fleet-unsent');
    expect(server.requests).toEqual([]);
  });

  test.each([
    '/',
    '/metrics',
    '/health',
    '/v1/models',
    '/invocations',
    '/pause',
    '/sleep',
    '/collective_rpc',
    '/v1/load_lora_adapter',
    '/v1/chat/completions/',
    '/v1/chat/completions/render',
    '/v1//chat/completions',
    '/v1/chat/%63ompletions',
    '/invocations/../v1/chat/completions',
    '/invocations/..%2Fv1/completions',
    '/v1/responses/resp_1',
  ])('not to %s', async (path) => {
    const server = await startFakeServer();
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    const answer = await ask(router.port, { path, headers: fleetHeaders(MODEL) });
    expect([answer.status, codeOf(answer)]).toEqual([404, 'unknown_url']);
    expect(server.requests).toEqual([]);
  });

  test.each(['GET', 'PUT', 'DELETE', 'OPTIONS'])('not by %s', async (method) => {
    const server = await startFakeServer();
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    const answer = await ask(router.port, { method, headers: fleetHeaders(MODEL) });
    expect([answer.status, answer.headers.allow, codeOf(answer)]).toEqual([
      405,
      'POST',
      'method_not_allowed',
    ]);
    expect(server.requests).toEqual([]);
  });

  test('not with a body of more than 64 MiB', async () => {
    const router = await startRouter(single, {});
    const headers = { ...fleetHeaders(MODEL), 'content-length': String(64 * 1024 * 1024 + 1) };
    const sent = request({
      port: router.port,
      method: 'POST',
      path: '/v1/completions',
      headers,
      agent: false,
    });
    sent.on('error', () => {});
    sent.flushHeaders();
    const [response] = await once(sent, 'response');
    const body = await response.setEncoding('utf8').reduce((all: string, chunk: string) => all + chunk, '');
    expect([response.statusCode, codeOf({ body })]).toEqual([413, 'request_too_large']);
  });

  test('a body of 3 MiB, which nginx keeps in a file, arrives whole', async () => {
    const body = Buffer.alloc(3 * 1024 * 1024, 'x');
    const server = await startFakeServer((incoming, outgoing) => {
      let length = 0;
      incoming.on('data', (chunk: Buffer) => {
        length += chunk.length;
      });
      incoming.on('end', () => outgoing.end(String(length)));
    });
    const router = await startRouter(single, { [`${MODEL}_v32`]: [server] });
    const answer = await ask(router.port, { headers: fleetHeaders(MODEL), body });
    expect(answer).toMatchObject({ status: 200, body: String(body.length) });
  });
});
