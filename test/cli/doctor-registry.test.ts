import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DIGEST, GoogleProject, VLLM } from './google-project.ts';

let project: GoogleProject;

beforeEach(async () => {
  project = new GoogleProject();
  await project.start();
});

afterEach(() => project.stop());

describe('an image in a public registry', () => {
  let registry: Server;
  const asked: string[] = [];

  beforeEach(async () => {
    registry = createServer((request, response) => {
      asked.push(`${request.method} ${request.url}`);
      const host = request.headers.host;
      if (request.url?.startsWith('/token')) return response.end('{"token": "anybody"}');
      if (request.headers.authorization !== 'Bearer anybody') {
        const scope = 'repository:vllm/openai:pull';
        response.setHeader(
          'www-authenticate',
          `Bearer realm="http://${host}/token",service="s",scope="${scope}"`,
        );
        return response.writeHead(401).end();
      }
      return response.writeHead(request.url?.endsWith(DIGEST) ? 200 : 404).end();
    }).listen(0, '127.0.0.1');
    await once(registry, 'listening');
  });

  afterEach(() => {
    registry.close();
  });

  test.each([
    [DIGEST, 'found'],
    [`sha256:${'b'.repeat(64)}`, 'missing'],
  ])('%s is %s', async (digest, state) => {
    const image = `127.0.0.1:${(registry.address() as AddressInfo).port}/vllm/openai`;
    project.provide();
    project.write((text) => text.replace(VLLM, `${image}@${digest}`));
    expect(await project.finding('vLLM image')).toMatchObject({ state });
    expect(asked).toContain(`HEAD /v2/vllm/openai/manifests/${digest}`);
  });
});
