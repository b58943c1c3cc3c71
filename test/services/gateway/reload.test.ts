import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { chat } from './support/answers.ts';
import { CHAT, edge, hello } from './support/edge.ts';
import { fakeUpstream } from './support/fake-upstream.ts';
import { edgeConfig, egressConfig, start } from './support/start.ts';

function versionOf(config: unknown): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 12);
}

describe('a reload', () => {
  test('takes a new configuration into use', async () => {
    const { gateway, router } = await edge();
    const first = edgeConfig(router.url);
    expect(await (await gateway.admin('/status')).json()).toEqual({
      role: 'edge',
      version: versionOf(first),
      keys: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    const models = {
      ...first.models,
      'gpt-oss-7b': {
        contextTokens: 16_384,
        releases: { v1: { kind: 'url', price: { input: 1, output: 1 } } },
      },
    };
    const second = { ...first, models, unmapped: [] };
    await gateway.writeConfig(second);
    await gateway.reload();
    expect(await (await gateway.admin('/status')).json()).toEqual({
      role: 'edge',
      version: versionOf(second),
      keys: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    expect((await gateway.post(CHAT, { ...hello, model: 'gpt-oss-7b' })).status).toBe(200);
    const metrics = await gateway.metrics();
    expect(metrics.value(`fleet_config_info{version="${versionOf(second)}"}`)).toBe(1);
    expect(metrics.text).not.toContain(versionOf(first));
    expect(metrics.value('oss_tokens_total{model="gpt-oss-7b",release="v1",kind="input"}')).toBe(12);
  });

  test('keeps what was counted', async () => {
    const { gateway } = await edge();
    await (await gateway.post(CHAT, { ...hello, stream: true })).text();
    await gateway.reload();
    const metrics = await gateway.metrics();
    const labels = 'model="gpt-oss-120b",release="v1"';
    expect(metrics.value(`oss_requests_total{${labels},code="200"}`)).toBe(1);
    expect(metrics.value(`oss_first_token_latency_count{${labels}}`)).toBe(1);
  });

  test('takes new keys into use and drops old ones', async () => {
    const { gateway } = await edge();
    await gateway.writeKeys([{ id: 'team-c', key: 'fresh' }]);
    await gateway.reload();
    expect((await gateway.post(CHAT, hello)).status).toBe(401);
    expect((await gateway.post(CHAT, hello, { authorization: 'Bearer fresh' })).status).toBe(200);
  });

  test('that leaves the router as it is keeps the connections to it', async () => {
    const { gateway, router } = await edge();
    await gateway.post(CHAT, hello);
    await gateway.reload();
    await gateway.post(CHAT, hello);
    expect(router.connections()).toBe(1);
  });

  test('that names another router closes the connections to the old one', async () => {
    const { gateway, router } = await edge();
    await gateway.post(CHAT, hello);
    const closed = new Promise((resolve) => router.requests[0]?.socket.on('close', resolve));
    await gateway.writeConfig(edgeConfig('http://127.0.0.1:1'));
    await gateway.reload();
    await closed;
  });

  test('sends new requests to a new router, while those under way finish at the old one', async () => {
    const { gateway, router } = await edge(() => {});
    const slow = gateway.post(CHAT, hello);
    while (router.requests.length === 0) await gateway.admin('/ready');
    const other = await fakeUpstream(chat(['other']));
    await gateway.writeConfig(edgeConfig(other.url));
    await gateway.reload();
    expect(await (await gateway.post(CHAT, hello)).text()).toContain('other');
    const [received] = router.requests;
    if (received !== undefined) chat(['old'])(received);
    expect(await (await slow).text()).toContain('old');
  });
});

describe('a bad reload is refused and the old configuration serves on', () => {
  const good = edgeConfig('http://127.0.0.1:1');
  test.each([
    ['an unknown field', { ...good, extra: 1 }, /extra/],
    ['a missing field', { ...good, keys: undefined }, /keys/],
    [
      'an alias to nothing',
      { ...good, models: { a: { alias: 'nope' } } },
      /models\.a\.alias: must name a model/,
    ],
    [
      'a secret that is not there',
      { ...good, router: { url: 'http://x', key: { env: 'NOPE' } } },
      /router\.key: environment variable NOPE is not set/,
    ],
    [
      'a key file that is not there',
      { ...good, keys: { file: 'nope.json' } },
      /keys: cannot read nope\.json \(ENOENT\)/,
    ],
    ['the other role', egressConfig('http://127.0.0.1:1'), /role: cannot change from edge to egress/],
    ['no object', [], /invalid/i],
  ])('%s', async (_case, config, message) => {
    const { gateway, router } = await edge();
    await gateway.writeConfig(config);
    await gateway.reload();
    expect(await (await gateway.admin('/status')).json()).toEqual({
      role: 'edge',
      version: versionOf(edgeConfig(router.url)),
      keys: expect.stringMatching(/^[0-9a-f]{12}$/),
      error: expect.stringMatching(message),
    });
    expect((await gateway.metrics()).value('fleet_config_refused')).toBe(1);
    expect((await gateway.post(CHAT, hello)).status).toBe(200);
  });

  test.each([
    ['not JSON', '['],
    ['a hash that is none', JSON.stringify([{ id: 'a', sha256: 'x' }])],
    ['one key twice', JSON.stringify(['a', 'b'].map((id) => ({ id, sha256: 'a'.repeat(64) })))],
  ])('keys with %s', async (_case, keys) => {
    const { gateway } = await edge();
    const { writeFile } = await import('node:fs/promises');
    await writeFile(`${gateway.folder}/keys.json`, keys);
    await gateway.reload();
    expect(((await (await gateway.admin('/status')).json()) as { error: string }).error).toMatch(/^keys: /);
    expect((await gateway.post(CHAT, hello)).status).toBe(200);
  });

  test('a later good one clears the error', async () => {
    const { gateway, router } = await edge();
    await gateway.writeConfig({});
    await gateway.reload();
    await gateway.writeConfig(edgeConfig(router.url));
    await gateway.reload();
    expect(await (await gateway.admin('/status')).json()).not.toHaveProperty('error');
    expect((await gateway.metrics()).value('fleet_config_refused')).toBe(0);
  });

  test('no secret appears in the error', async () => {
    const router = await fakeUpstream(chat(['a']));
    const gateway = await start(edgeConfig(router.url));
    await gateway.writeConfig({
      ...edgeConfig(router.url),
      router: { url: router.url, key: { file: 'hop' } },
    });
    const { writeFile } = await import('node:fs/promises');
    await writeFile(`${gateway.folder}/hop`, 'two\nlines');
    await gateway.reload();
    const status = await (await gateway.admin('/status')).text();
    expect(status).toContain('router.key: file hop must hold one line');
    expect(status).not.toContain('two');
  });
});
