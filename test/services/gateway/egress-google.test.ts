import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createGoogleToken } from '../../../services/gateway/google-token.ts';
import { openUpstream } from '../../../services/gateway/http/upstream.ts';
import { chat } from './support/answers.ts';
import { errorOf } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { fakeUpstream } from './support/fake-upstream.ts';
import { egressConfig, HOP_KEY, start } from './support/start.ts';

const CHAT = '/v1/chat/completions';
const HOP = { 'x-fleet-hop-key': HOP_KEY, 'x-fleet-model': 'gpt-oss-20b', 'x-fleet-release': 'groq' };

async function hostOf(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** What a metadata server answers: `token-1`, `token-2`, … for 3600 s each, unless it is down. */
async function metadataServer() {
  const state = { asked: 0, down: false, host: '' };
  state.host = await hostOf(
    createServer((req, res) => {
      state.asked += 1;
      const known =
        req.url === '/computeMetadata/v1/instance/service-accounts/default/token' &&
        req.headers['metadata-flavor'] === 'Google';
      res.writeHead(known && !state.down ? 200 : 403, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ access_token: `token-${state.asked}`, expires_in: 3_600 }));
    }),
  );
  return state;
}

test('questions at the same time are one, and its answer is kept', async () => {
  const server = await metadataServer();
  const token = createGoogleToken({ now: () => 0 }, server);
  expect(await Promise.all([token.get(), token.get(), token.get()])).toEqual(Array(3).fill('token-1'));
  expect(await token.get()).toBe('token-1');
  expect(server.asked).toBe(1);
});

test('a token is renewed beside the requests before it ends', async () => {
  let clock = 0;
  const server = await metadataServer();
  const token = createGoogleToken({ now: () => clock }, server);
  await token.get();
  clock = 3_600_000 - 240_000;
  expect(await token.get()).toBe('token-1');
  await eventually(async () => expect(await token.get()).toBe('token-2'));
  expect(server.asked).toBe(2);
});

test('a metadata server that is down does no harm until the token ends', async () => {
  let clock = 0;
  const server = await metadataServer();
  const token = createGoogleToken({ now: () => clock }, server);
  await token.get();
  server.down = true;
  clock = 3_599_999;
  expect(await token.get()).toBe('token-1');
  await eventually(() => expect(server.asked).toBe(2));
  clock = 3_600_000;
  await expect(token.get()).rejects.toThrow('403');
  server.down = false;
  expect(await token.get()).toMatch(/^token-/);
});

test('a refused token is not given again', async () => {
  const server = await metadataServer();
  const token = createGoogleToken({ now: () => 0 }, server);
  token.refused(await token.get());
  expect(await token.get()).toBe('token-2');
});

test('an endpoint that cannot be told who asks is sent nothing', async () => {
  const endpoint = await fakeUpstream(chat(['hi']));
  const config = egressConfig(endpoint.url);
  const groq = { url: endpoint.url, auth: 'google' as const };
  const server = await metadataServer();
  server.down = true;
  const gateway = await start({ ...config, endpoints: { groq } }, {}, undefined, {
    GCE_METADATA_HOST: server.host,
  });
  const body = { model: 'x', messages: [] };
  const refused = await gateway.post(CHAT, body, HOP);
  expect(refused.status).toBe(502);
  expect(refused.headers.get('x-fleet-unsent')).toBe('1');
  expect(await errorOf(refused)).toMatchObject({ code: 'identity_unavailable' });
  server.down = false;
  expect((await gateway.post(CHAT, body, HOP)).status).toBe(200);
  expect(endpoint.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer token-2']);
});

test('where a file says who it is, each request has the token that is in it, and none is sent once that has ended', async () => {
  const endpoint = await fakeUpstream(chat(['hi']));
  const config = egressConfig(endpoint.url);
  const groq = { url: endpoint.url, auth: 'google' as const };
  const file = join(mkdtempSync(join(tmpdir(), 'fleet-identity-')), 'identity.json');
  onTestFinished(() => rmSync(dirname(file), { recursive: true }));
  const write = (accessToken: string, seconds: number) =>
    writeFileSync(
      file,
      JSON.stringify({ accessToken, expireTime: new Date(Date.now() + seconds * 1_000).toISOString() }),
    );
  const server = await metadataServer();
  const gateway = await start({ ...config, identity: { file }, endpoints: { groq } }, {}, undefined, {
    GCE_METADATA_HOST: server.host,
  });
  const ask = async () => (await gateway.post(CHAT, { model: 'x', messages: [] }, HOP)).status;
  write('first', 3_600);
  expect(await ask()).toBe(200);
  write('second', 3_600);
  expect(await ask()).toBe(200);
  write('third', -1);
  expect(await ask()).toBe(502);
  expect(endpoint.requests.map(({ headers }) => headers.authorization)).toEqual([
    'Bearer first',
    'Bearer second',
  ]);
  expect(server.asked).toBe(0);
});

/** A proxy that notes what it is asked for and leads every tunnel to one place. */
async function proxyTo(port: number, asked: string[]): Promise<URL> {
  const server = createServer();
  server.on('connect', (req, client) => {
    asked.push(req.url ?? '');
    const onward = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      onward.pipe(client).pipe(onward);
    });
    for (const socket of [client, onward]) socket.on('error', () => onward.destroy());
  });
  return new URL(`http://${await hostOf(server)}`);
}

test('through a proxy the endpoint is asked by its own name', async () => {
  const endpoint = await fakeUpstream(chat(['hi']));
  const asked: string[] = [];
  const proxy = await proxyTo(endpoint.port, asked);
  const config = egressConfig('http://endpoint.example');
  const groq = { url: 'http://endpoint.example/v1', proxy: proxy.href };
  const gateway = await start({ ...config, endpoints: { groq } });
  expect((await gateway.post(CHAT, { model: 'x', messages: [] }, HOP)).status).toBe(200);
  expect(asked).toEqual(['endpoint.example:80']);
  expect(endpoint.requests[0]?.headers.host).toBe('endpoint.example');
});

test('a proxy that refuses is unreachable, not an answer', async () => {
  const server = createServer();
  server.on('connect', (_req, client) => client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n'));
  const proxy = new URL(`http://${await hostOf(server)}`);
  const upstream = openUpstream({ url: new URL('https://endpoint.example'), proxy });
  const kind = await new Promise((resolve) => {
    const events = { onSent() {}, onAnswer: resolve, onData() {}, onEnd() {}, onFailure: resolve };
    upstream.send({ path: '/', headers: {}, body: Buffer.from('{}') }, events);
  });
  expect(kind).toBe('unreachable');
});
