import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { beforeAll, expect, onTestFinished, test } from 'vitest';
import { systemRuntime } from '../../../services/common/runtime.ts';
import { openRedis, type RedisLink, type RedisSettings } from '../../../services/gateway/redis/link.ts';
import { redisServer } from '../../support/redis.ts';
import { eventually } from './support/eventually.ts';

const TOKEN = 'access-token';
/** Its name is not the one that it is reached by. */
let pair: { readonly cert: string; readonly private: string };

beforeAll(async () => {
  pair = await generate([{ name: 'commonName', value: '10.1.2.3' }], { algorithm: 'sha256' });
});

/** Speaks TLS alone and knows one user by a password, as Memorystore knows a token. */
function guardedRedis(password: string) {
  return redisServer((folder, port) => {
    const [certificate, key] = [join(folder, 'redis.crt'), join(folder, 'redis.key')];
    writeFileSync(certificate, pair.cert);
    writeFileSync(key, pair.private);
    return [
      ...['--port', '0', '--tls-port', String(port), '--tls-auth-clients', 'no'],
      ...['--tls-cert-file', certificate, '--tls-key-file', key, '--requirepass', password],
    ];
  });
}

async function metadataServer(answer: () => string) {
  const server = createServer((_, res) => {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ access_token: answer(), expires_in: 3_600 }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close().closeAllConnections());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function open(
  settings: RedisSettings,
  onChange: (up: boolean, reason?: string) => void = () => {},
): RedisLink {
  const link = openRedis(settings, { runtime: systemRuntime, onChange });
  onTestFinished(() => link.close());
  return link;
}

async function signedIn(more: Partial<RedisSettings> = {}): Promise<RedisSettings> {
  const { port } = await guardedRedis(TOKEN);
  const googleMetadataHost = await metadataServer(() => TOKEN);
  return {
    ...{ host: '127.0.0.1', port, tls: true, auth: 'google', googleMetadataHost },
    ...{ certificateAuthority: pair.cert, ownAuthority: true, ...more },
  };
}

test('signs in by an access token, over TLS, whatever name its own authority signed', async () => {
  const link = open(await signedIn());
  await eventually(() => expect(link.up).toBe(true));
  expect(await link.command(['SET', 'a', '1'])).toBe('OK');
});

test('does not speak to a name that is not in the certificate of an authority that signs for others too', async () => {
  const changes: (string | undefined)[] = [];
  open(await signedIn({ ownAuthority: false }), (_, reason) => changes.push(reason));
  await eventually(() => expect(changes).toEqual(['ERR_TLS_CERT_ALTNAME_INVALID']));
});

test('does not speak to what another authority signed', async () => {
  const other = await generate([{ name: 'commonName', value: '10.1.2.3' }], { algorithm: 'sha256' });
  const changes: (string | undefined)[] = [];
  open(await signedIn({ certificateAuthority: other.cert }), (_, reason) => changes.push(reason));
  await eventually(() => expect(changes).toEqual(['DEPTH_ZERO_SELF_SIGNED_CERT']));
});

test('signs in anew where Redis has signed it out', async () => {
  const link = open(await signedIn());
  await eventually(() => expect(link.up).toBe(true));
  await link.command(['RESET']);
  await expect(link.command(['GET', 'a'])).rejects.toMatchObject({
    name: 'RedisUnavailable',
    maybeDone: false,
  });
  await eventually(async () => expect(await link.command(['PING'])).toBe('PONG'));
});
