import { expect, test } from 'vitest';
import { freePort } from '../../workloads/router-support.ts';
import { fakeUpstream, type Respond } from './support/fake-upstream.ts';
import { egressConfig, HOP_KEY, start } from './support/start.ts';

const CHAT = '/v1/chat/completions';
const body = { model: 'gpt-oss-20b', messages: [{ role: 'user', content: 'hello' }] };
const hop = { 'x-fleet-hop-key': HOP_KEY, 'x-fleet-model': 'gpt-oss-20b', 'x-fleet-release': 'groq' };
const withFallback = { ...hop, 'x-fleet-fallback': 'gpt-oss-20b_v32' };

test('what could not be sent is sent on by the router, if it named a place', async () => {
  const gateway = await start(egressConfig(`http://127.0.0.1:${await freePort()}`));
  const named = await gateway.post(CHAT, body, withFallback);
  expect([named.status, named.headers.get('x-accel-redirect')]).toEqual([502, '@gpt-oss-20b_v32']);
  expect((await gateway.post(CHAT, body, hop)).headers.get('x-accel-redirect')).toBeNull();
});

test('what was sent is not, also if the endpoint says so', async () => {
  const respond: Respond = ({ res, socket }) => {
    if (gateway.log.length === 0) res.writeHead(503, { 'x-accel-redirect': '@gpt-oss-20b_v32' }).end('{}');
    else socket.resetAndDestroy();
  };
  const gateway = await start(egressConfig((await fakeUpstream(respond)).url));
  for (const status of [503, 502]) {
    const answer = await gateway.post(CHAT, body, withFallback);
    expect([answer.status, answer.headers.get('x-accel-redirect')]).toEqual([status, null]);
    await answer.text();
  }
});
