import { describe, expect, test } from 'vitest';
import { CHAT, edge, errorOf, hello } from './support/edge.ts';
import { rawClient } from './support/raw-client.ts';

describe('what is refused', () => {
  test.each([
    ['{"model": ', 'not valid JSON'],
    ['[1]', 'JSON object'],
    ['"text"', 'JSON object'],
    ['null', 'JSON object'],
    ['{"messages": []}', '`model`'],
    ['{"model": 7}', '`model`'],
  ])('body %s is answered 400', async (body, message) => {
    const { router, gateway } = await edge();
    const response = await gateway.post(CHAT, body);
    expect(response.status).toBe(400);
    expect(await errorOf(response)).toMatchObject({
      type: 'invalid_request_error',
      message: expect.stringContaining(message),
    });
    expect(router.requests).toHaveLength(0);
  });

  test('a path that is not served is answered 404 in OpenAI’s shape', async () => {
    const { gateway } = await edge();
    const response = await gateway.post('/v1/embeddings', hello);
    expect(response.status).toBe(404);
    expect(await errorOf(response)).toEqual({
      message: 'Invalid URL (POST /v1/embeddings)',
      type: 'invalid_request_error',
      param: null,
      code: 'unknown_url',
    });
  });

  test.each([
    ['GET', CHAT, 'POST'],
    ['DELETE', '/v1/models/gpt-oss-120b', 'GET'],
    ['POST', '/v1/models', 'GET'],
  ])('%s %s is answered 405', async (method, path, allowed) => {
    const { gateway } = await edge();
    const response = await fetch(gateway.url + path, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get('allow')).toBe(allowed);
    expect(await errorOf(response)).toMatchObject({ code: 'method_not_allowed' });
  });

  test('a body that announces more than 64 MB is answered 413 before it is sent', async () => {
    const { gateway } = await edge();
    const client = await rawClient(gateway.address);
    client.send(
      `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key}\r\ncontent-length: 67108865\r\n\r\n`,
    );
    expect(await client.until('request_too_large')).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a body that grows beyond 64 MB is answered 413, and its rest is not kept', async () => {
    const { gateway } = await edge();
    const client = await rawClient(gateway.address);
    client.send(
      `POST ${CHAT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${gateway.key}\r\ntransfer-encoding: chunked\r\n\r\n`,
    );
    const mebibyte = Buffer.concat([
      Buffer.from('100000\r\n'),
      Buffer.alloc(1024 * 1024, 0x20),
      Buffer.from('\r\n'),
    ]);
    for (let sent = 0; sent < 70; sent += 1) client.send(mebibyte);
    expect(await client.until('request_too_large')).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('a compressed body is answered 415', async () => {
    const { gateway } = await edge();
    expect((await gateway.post(CHAT, hello, { 'content-encoding': 'gzip' })).status).toBe(415);
  });
});
