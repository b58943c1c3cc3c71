import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RequestRecord } from '../../services/vllm-simulator/record.ts';
import {
  attributesOf,
  type CollectedSpan,
  type StandInCollector,
  standInCollector,
} from '../support/collector.ts';
import { LocalProject } from '../support/local-project.ts';
import { withTracedNodes, withTracing } from '../support/tracing.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const [SERVER, CLIENT] = [2, 3];

let project: LocalProject;
let collector: StandInCollector;

beforeAll(async () => {
  collector = await standInCollector();
  project = await LocalProject.create();
  project.edit((text) => withTracedNodes(withTracing(collector.url)(text)));
  const up = await project.fleet('up');
  if (up.code !== 0) throw new Error(up.stderr);
}, 300_000);

afterAll(async () => {
  await project?.remove();
  await collector?.close();
}, 60_000);

async function ask(model: string, id: string, headers: Readonly<Record<string, string>> = {}): Promise<void> {
  const response = await fetch(`${project.baseUrl}/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: 'Bearer local',
      'content-type': 'application/json',
      'x-request-id': id,
      ...headers,
    },
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Hello' }], max_tokens: 5 }),
  });
  expect(response.status).toBe(200);
  await response.text();
}

/** What a request's server got, wherever it was answered. */
async function received(id: string, ports: readonly number[]): Promise<RequestRecord> {
  const records = await Promise.all(
    ports.map(async (port) => {
      const answer = await fetch(`http://127.0.0.1:${port}/simulator/requests`);
      return (await answer.json()) as RequestRecord[];
    }),
  );
  return records.flat().find((record) => record.id === id) ?? expect.fail(`no server got ${id}`);
}

const portsOf = (model: string) =>
  Object.values(project.environment.models[model]?.releases ?? {}).flatMap(({ nodes }) =>
    nodes === undefined ? [] : Array.from({ length: nodes.count }, (_, index) => nodes.port + index),
  );
const spansOf = (traceId: string) => collector.spans().filter((span) => span.traceId === traceId);
const one = (spans: readonly CollectedSpan[], kind: number) =>
  spans.find((span) => span.kind === kind) ?? expect.fail(`no span of kind ${kind}`);

test("a client's trace goes on through gateway and router to the server", async () => {
  await ask('gpt-oss-20b', 'continued', { traceparent: `00-${TRACE}-${CALLER}-01`, tracestate: 'a=1' });
  await expect.poll(() => spansOf(TRACE).length, { timeout: 15_000 }).toBe(2);
  const { headers } = await received('continued', portsOf('gpt-oss-20b'));
  const [server, client] = [one(spansOf(TRACE), SERVER), one(spansOf(TRACE), CLIENT)];
  expect(headers).toMatchObject({ traceparent: `00-${TRACE}-${client.spanId}-01`, tracestate: 'a=1' });
  expect([server.parentSpanId, client.parentSpanId]).toEqual([CALLER, server.spanId]);
  expect(attributesOf(server)).toMatchObject({
    'gen_ai.request.model': 'gpt-oss-20b',
    'fleet.release': 'v32',
    'fleet.request.id': 'continued',
  });
});

test('one that begins at the gateway too', async () => {
  await ask('gpt-oss-20b', 'begun');
  const { headers } = await received('begun', portsOf('gpt-oss-20b'));
  const [, traceId = '', spanId] = headers.traceparent?.split('-') ?? [];
  await expect.poll(() => spansOf(traceId).length, { timeout: 15_000 }).toBe(2);
  expect(one(spansOf(traceId), CLIENT).spanId).toBe(spanId);
});

test('a gateway that ends sends what it has', async () => {
  await ask('gpt-oss-20b', 'last');
  const { headers } = await received('last', portsOf('gpt-oss-20b'));
  const [, traceId = ''] = headers.traceparent?.split('-') ?? [];
  process.kill(project.pid('gateway'), 'SIGTERM');
  await expect.poll(() => spansOf(traceId).length, { timeout: 15_000 }).toBe(2);
});
