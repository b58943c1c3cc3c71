import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAST, metric, SLOW, until } from '../services/vllm-simulator/support.ts';
import { type Chain, startChain, WAYS } from '../support/chain.ts';
import { ANSWERS } from '../support/client-answers.ts';
import { clientsExample } from '../support/documented-example.ts';
import { ROOT } from '../support/local-project.ts';
import { PythonPackages } from '../support/python.ts';

const python = new PythonPackages();
const failures = [
  { when: { contains: 'FAIL' }, do: 'status' as const, status: 500 },
  { when: { contains: 'CUT' }, do: 'cut' as const, afterTokens: 3 },
];
const simulation = { ...FAST, answers: ANSWERS, failures };

beforeAll(() => python.install('openai==3.54.0'), 600_000);
afterAll(() => python.remove());

async function ask({ gateway }: Chain, name: string, model: string): Promise<string> {
  const env = { ...process.env, OPENAI_BASE_URL: `${gateway.url}/v1`, OPENAI_API_KEY: gateway.key };
  const program = join(ROOT, 'test/verify/openai_suite.py');
  const { stdout } = await promisify(execFile)(python.program('python'), [program, name, model], { env });
  return stdout.trim();
}

test('the example for Python of the page on clients prints an answer', async () => {
  const { gateway } = await startChain({ simulation: FAST });
  const env = { ...process.env, OPENAI_BASE_URL: `${gateway.url}/v1`, OPENAI_API_KEY: gateway.key };
  const { stdout } = await promisify(execFile)(python.program('python'), ['-c', clientsExample('Python')], {
    env,
  });
  expect(stdout.trim().length).toBeGreaterThan(0);
  expect(stdout.trim()).not.toBe('None');
  expect(gateway.log.at(-1)).toMatchObject({ model: 'gpt-oss-120b', status: 200 });
});

describe.each(['server', 'endpoint'] as const)(
  'the official client for Python, by the way to the %s',
  (way) => {
    test.each(['chat', 'stream', 'tools', 'parallel_tools', 'structured', 'responses', 'errors'])(
      '%s',
      async (name) => {
        expect(await ask(await startChain({ simulation }), name, WAYS[way])).toBe('ok');
      },
    );

    test.each(['not_repeated', 'cut'])('%s: generated once', async (name) => {
      const chain = await startChain({ simulation });
      expect(await ask(chain, name, WAYS[way])).toBe('ok');
      expect(chain.upstreams[way].records).toHaveLength(1);
    });

    test('a 503 with retry-after is sent again by the client, and one answer is generated', async () => {
      const chain = await startChain({ simulation: SLOW, edge: { overload: { maxRequests: 1 } } });
      const first = new AbortController();
      const messages = [{ role: 'user' as const, content: 'hello' }];
      const body = { model: WAYS[way], messages };
      chain.gateway.client.chat.completions.create(body, { signal: first.signal }).catch(() => {});
      await until(async () => (await metric(chain.upstreams[way], 'num_requests_running')) === 1);
      const second = ask(chain, 'retried', WAYS[way]);
      const sheds = 'oss_sheds_total{reason="requests"}';
      await until(async () => ((await chain.gateway.metrics()).value(sheds) ?? 0) > 0);
      first.abort();
      expect(await second).toBe('ok');
      expect(chain.upstreams[way].records.map(({ outcome }) => outcome)).toEqual(['aborted', 'completed']);
    });

    test('a client that closes its stream ends the generation', async () => {
      const chain = await startChain({ simulation: SLOW });
      expect(await ask(chain, 'abort', WAYS[way])).toBe('ok');
      const record = await until(() => chain.upstreams[way].records[0]);
      expect(record).toMatchObject({ outcome: 'aborted', abortedPhase: 'decode' });
    });
  },
);
