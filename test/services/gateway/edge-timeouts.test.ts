import { describe, expect, test } from 'vitest';
import type { EdgeConfig } from '../../../contracts/gateway-config.ts';
import { chatBody, contentEvent, DONE, roleEvent, startStream } from './support/answers.ts';
import { CHAT, errorOf, hello } from './support/edge.ts';
import { eventually } from './support/eventually.ts';
import { fakeUpstream, type Respond } from './support/fake-upstream.ts';
import { edgeConfig, type Started, start } from './support/start.ts';

type Model = Exclude<EdgeConfig['models'][string], { alias: string }>;
const streamed = { ...hello, stream: true };

async function edgeWith(respond: Respond, clocks: Partial<Model>) {
  const router = await fakeUpstream(respond);
  const config = edgeConfig(router.url);
  const model = { ...(config.models['gpt-oss-120b'] as Model), ...clocks };
  const gateway = await start({ ...config, models: { ...config.models, 'gpt-oss-120b': model } });
  return { router, gateway };
}

async function timeouts(gateway: Started, kind: string): Promise<number | undefined> {
  return (await gateway.metrics()).value(`oss_timeouts_total{kind="${kind}"}`);
}

const silent: Respond = () => {};
const endless: Respond = (received) => {
  const res = startStream(received);
  const timer = setInterval(() => res.write(contentEvent('a')), 5);
  res.on('close', () => clearInterval(timer));
};

describe('a server that takes too long is told, and the client gets a typed error', () => {
  test.each([
    ['first_token', streamed, { firstTokenSeconds: 0.05 }],
    ['total', streamed, { totalSeconds: 0.05 }],
    ['total', hello, { totalSeconds: 0.05 }],
  ])('%s, before its head', async (kind, body, clocks) => {
    const { gateway, router } = await edgeWith(silent, clocks);
    const response = await gateway.post(CHAT, body);
    expect(response.status).toBe(504);
    expect(response.headers.get('x-should-retry')).toBe('false');
    expect(await errorOf(response)).toMatchObject({ type: 'upstream_error', code: `${kind}_timeout` });
    expect(await router.requests[0]?.closed).toBe(false);
    expect(await timeouts(gateway, kind)).toBe(1);
  });

  test.each([
    ['first_token', (received) => void startStream(received).write(roleEvent), { firstTokenSeconds: 0.05 }],
    ['total', endless, { totalSeconds: 0.05 }],
  ] as [string, Respond, Partial<Model>][])('%s, in a stream: no [DONE]', async (kind, respond, clocks) => {
    const { gateway, router } = await edgeWith(respond, clocks);
    const text = await (await gateway.post(CHAT, streamed)).text();
    expect(text).toMatch(new RegExp(`data: \\{"error":\\{.*"code":"${kind}_timeout"\\}\\}\\n\\n$`));
    expect(text).not.toContain('[DONE]');
    expect(await router.requests[0]?.closed).toBe(false);
    expect(await timeouts(gateway, kind)).toBe(1);
  });

  test('idle, in a stream', async () => {
    const stalls: Respond = (received) => void startStream(received).write(contentEvent('a'));
    const { gateway, router } = await edgeWith(stalls, { idleSeconds: 0.3 });
    const text = await (await gateway.post(CHAT, streamed)).text();
    expect(text).toMatch(/"code":"upstream_timeout"\}\}\n\n$/);
    expect(await router.requests[0]?.closed).toBe(false);
    expect(await timeouts(gateway, 'idle')).toBe(1);
  });

  test('the first token’s clock stops at the first token', async () => {
    const slow: Respond = (received) => {
      const res = startStream(received);
      res.write(contentEvent('a'));
      setTimeout(() => res.end(contentEvent('b') + DONE), 200);
    };
    const { gateway } = await edgeWith(slow, { firstTokenSeconds: 0.1 });
    expect(await (await gateway.post(CHAT, streamed)).text()).toContain('[DONE]');
  });

  test('no clock is left when a request is over', async () => {
    let ticking = 0;
    const after = (_ms: number, _task: () => void) => {
      ticking += 1;
      let stopped = false;
      return () => {
        if (!stopped) ticking -= 1;
        stopped = true;
      };
    };
    const router = await fakeUpstream((received) => {
      if (received.json.stream !== true) return void received.res.end(chatBody('a'));
      startStream(received).end(contentEvent('a') + DONE);
    });
    const config = edgeConfig(router.url, { ledger: undefined, drainSeconds: 0 });
    const gateway = await start(config, {
      after: (ms, task) => (ms < 2_000 ? setTimer(ms, task) : after(ms, task)),
    });
    await (await gateway.post(CHAT, streamed)).text();
    await (await gateway.post(CHAT, hello)).text();
    await eventually(() => expect(ticking).toBe(0));
  });
});

function setTimer(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, ms);
  return () => clearTimeout(timer);
}

describe('keep-alive comments', () => {
  const COMMENT = ': keep-alive\n\n';

  test('come while the first token is awaited, and no longer', async () => {
    const waits: Respond = (received) => {
      const res = startStream(received);
      res.write(roleEvent);
      setTimeout(() => res.write(contentEvent('a')), 150);
      setTimeout(() => res.end(DONE), 300);
    };
    const { gateway } = await edgeWith(waits, { keepAliveSeconds: 0.02 });
    const text = await (await gateway.post(CHAT, streamed)).text();
    const [before = '', after = ''] = text.split(contentEvent('a'));
    expect(before.startsWith(roleEvent + COMMENT)).toBe(true);
    expect(before.slice(roleEvent.length).replaceAll(COMMENT, '')).toBe('');
    expect(after).toBe(DONE);
  });

  test('never stand inside an event that has begun', async () => {
    const event = contentEvent('x'.repeat(50));
    const halves: Respond = (received) => {
      const res = startStream(received);
      res.write(event.slice(0, 30));
      setTimeout(() => res.end(event.slice(30) + DONE), 100);
    };
    const { gateway } = await edgeWith(halves, { keepAliveSeconds: 0.02 });
    const text = await (await gateway.post(CHAT, streamed)).text();
    expect(text.replaceAll(COMMENT, '')).toBe(event + DONE);
    expect(text.endsWith(event + DONE)).toBe(true);
  });

  test('do not come before the server has answered: its error keeps its status', async () => {
    const late: Respond = ({ res }) => {
      setTimeout(() => {
        res.writeHead(400, { 'content-type': 'application/json' });
        res.end('{"error":{"message":"too long","type":"BadRequestError","param":null,"code":400}}');
      }, 100);
    };
    const { gateway } = await edgeWith(late, { keepAliveSeconds: 0.02 });
    expect((await gateway.post(CHAT, streamed)).status).toBe(400);
  });

  test('can be switched off', async () => {
    const waits: Respond = (received) => {
      const res = startStream(received);
      setTimeout(() => res.end(contentEvent('a') + DONE), 100);
    };
    const { gateway } = await edgeWith(waits, { keepAliveSeconds: 0 });
    expect(await (await gateway.post(CHAT, streamed)).text()).toBe(contentEvent('a') + DONE);
  });
});
