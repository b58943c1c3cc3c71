import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { smokeTest } from '../../cli/smoke-test.ts';

let server: Server;

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

async function ask(answer: RequestListener) {
  server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return smokeTest({ baseUrl: `http://127.0.0.1:${port}/v1`, key: 'k', models: ['a', 'b'], now: () => 0 });
}

const models = JSON.stringify({ data: [{ id: 'a' }, { id: 'b' }] });

describe('the smoke test', () => {
  test('asks every model for at most 16 tokens, with the key', async () => {
    const asked: unknown[] = [];
    const answers = await ask(async (request, response) => {
      if (request.url === '/v1/models') return response.end(models);
      const body = JSON.parse((await request.setEncoding('utf8').toArray()).join(''));
      asked.push({ ...body, url: request.url, key: request.headers.authorization });
      return response.end(JSON.stringify({ choices: [{}], usage: { completion_tokens: 3 } }));
    });
    expect(answers).toEqual(
      ['a', 'b'].map((model) => ({ model, release: undefined, completionTokens: 3, milliseconds: 0 })),
    );
    expect(asked).toContainEqual({
      model: 'b',
      messages: [{ role: 'user', content: 'Say hello.' }],
      max_tokens: 16,
      url: '/v1/chat/completions',
      key: 'Bearer k',
    });
  });

  test('reports every model that fails, not only the first', async () => {
    const failing = ask((request, response) => {
      if (request.url === '/v1/models') response.end(models);
      else response.writeHead(502).end('{"error":{"message":"upstream is gone"}}');
    });
    await expect(failing).rejects.toThrow(
      'the smoke test failed:\na: 502 upstream is gone\nb: 502 upstream is gone',
    );
  });

  test('does not take an answer without choices for an answer', async () => {
    const failing = ask((request, response) => {
      response.end(request.url === '/v1/models' ? models : '{"choices":[],"usage":{"completion_tokens":0}}');
    });
    await expect(failing).rejects.toThrow('a: the answer is no chat completion');
  });

  test('says so when the models cannot be listed', async () => {
    await expect(ask((_request, response) => response.end('<html>'))).rejects.toThrow(
      'answers no list of models',
    );
  });

  test('says why nobody could be reached', async () => {
    await expect(ask((request) => request.socket.destroy())).rejects.toThrow(/GET http.*: other side closed/);
  });
});
