import { expect, test } from 'vitest';
import { chat } from './support/answers.ts';
import { fakeUpstream } from './support/fake-upstream.ts';
import { edgeConfig, egressConfig, start } from './support/start.ts';

const NOBODY = 'http://127.0.0.1:9';

test('an edge that reaches its router says so', async () => {
  const router = await fakeUpstream(chat(['hi']));
  const gateway = await start(edgeConfig(router.url));
  expect((await gateway.admin('/ready/router')).status).toBe(200);
});

test('an edge that does not reach it is ready, but not for that', async () => {
  const gateway = await start(edgeConfig(NOBODY));
  expect((await gateway.admin('/ready')).status).toBe(200);
  expect((await gateway.admin('/ready/router')).status).toBe(503);
});

test('an egress has no router', async () => {
  const gateway = await start(egressConfig(NOBODY));
  expect((await gateway.admin('/ready/router')).status).toBe(404);
});
