import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { Agent, request } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { portsOf } from '../../contracts/environment-ports.ts';
import { weightedReleases } from '../../contracts/release.ts';
import { routingKey } from '../../contracts/routing-key.ts';
import { predictRelease, splitOf } from '../../contracts/split.ts';
import { connects } from '../support/connects.ts';
import { LocalProject, ROOT } from '../support/local-project.ts';
import { runs } from '../support/processes.ts';
import { query, scrapedAfter } from '../support/prometheus.ts';

let project: LocalProject;
let client: OpenAI;
let started: { readonly code: number; readonly stdout: string; readonly stderr: string };

beforeAll(async () => {
  project = await LocalProject.create();
  started = await project.fleet('up');
  client = new OpenAI({ baseURL: project.baseUrl, apiKey: 'local', maxRetries: 0 });
}, 180_000);

afterAll(() => project?.remove(), 60_000);

const messages = (content: string) => [{ role: 'user' as const, content }];

describe('fleet up', () => {
  test('ends well and says where everything is', () => {
    expect(started.stderr + started.stdout).toContain(project.baseUrl);
    expect(started.code).toBe(0);
  });

  test('prints one curl for each model, and each works when pasted', async () => {
    const curls = started.stdout
      .split(/\n(?=\s*curl )/)
      .filter((text) => text.trimStart().startsWith('curl '));
    const models = curls.map((curl) => /"model": ?"([^"]+)"/.exec(curl)?.[1]);
    expect(models).toEqual(['gpt-oss-120b', 'gpt-oss-20b', 'gpt-oss-7b']);
    for (const curl of curls) {
      const command = curl.split(/\n\s*\n/)[0] ?? '';
      const { stdout } = await promisify(execFile)('bash', ['-c', command]);
      expect(JSON.parse(stdout).choices[0].message.role).toBe('assistant');
    }
  });
});

test('everything listens on 127.0.0.1 alone', async () => {
  const ports = portsOf(project.environment).map(({ port }) => port);
  expect(ports.length).toBeGreaterThan(10);
  for (const port of ports) {
    await expect(connects('127.0.0.1', port), `127.0.0.1:${port}`).resolves.toBe(true);
    await expect(connects('127.0.0.2', port), `127.0.0.2:${port}`).resolves.toBe(false);
  }
});

test('the example of the README works', async () => {
  const [example = ''] = /^curl .*\n.*$/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];
  const { stdout } = await promisify(execFile)('bash', [
    '-c',
    example.replace('http://127.0.0.1:8080/v1', project.baseUrl),
  ]);
  expect(JSON.parse(stdout).model).toBe('gpt-oss-120b');
});

describe('the official client', () => {
  test.each(['gpt-oss-120b', 'gpt-oss-20b', 'gpt-oss-7b'])('%s answers', async (model) => {
    const answer = await client.chat.completions.create({
      model,
      messages: messages('Hello'),
      max_tokens: 8,
    });
    expect(answer.choices[0]?.message.content).toEqual(expect.stringMatching(/./));
    expect(answer.usage?.completion_tokens).toBe(8);
    expect(answer.model).toContain(model);
  });

  test('streams', async () => {
    const stream = await client.chat.completions.create({
      model: 'gpt-oss-120b',
      messages: messages('Hello'),
      max_tokens: 8,
      stream: true,
    });
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    expect(
      chunks.flatMap(({ choices }) => choices.flatMap(({ delta }) => delta.content ?? [])).join(''),
    ).not.toBe('');
    expect(chunks.at(-1)?.choices[0]?.finish_reason).toBe('length');
  });

  test('a conversation of 3 MB gets through', async () => {
    const long = 'word '.repeat(60_000);
    const parts = Array.from({ length: 10 }, () => ({ role: 'assistant' as const, content: long }));
    const attempt = client.chat.completions.create({
      model: 'gpt-oss-120b',
      messages: [...parts, ...messages('Hello')],
      max_tokens: 1,
    });
    await expect(attempt).rejects.toThrow(/400.*maximum context length/s);
  });

  test('lists the three models', async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id).toSorted()).toEqual(['gpt-oss-120b', 'gpt-oss-20b', 'gpt-oss-7b']);
  });

  test('is refused with another key', async () => {
    const stranger = new OpenAI({ baseURL: project.baseUrl, apiKey: 'stranger', maxRetries: 0 });
    await expect(stranger.models.list()).rejects.toThrow(/401/);
  });
});

test('3,000 requests land where the offline hash says, and Prometheus agrees with the servers', async () => {
  const { environment } = project;
  const prometheus = `http://127.0.0.1:${environment.prometheus.port}`;
  const split = splitOf(weightedReleases(environment, 'gpt-oss-120b'));
  const salt = environment.models['gpt-oss-120b']?.salt ?? '';
  const byRelease = `sum by (release) (oss_requests_total{model="gpt-oss-120b",code="200"})`;
  await scrapedAfter(prometheus, 'gateway', Date.now() / 1000);
  const before = await query(prometheus, byRelease);
  const recordsBefore = await requestsSeen(project);

  const predicted = new Map<string, number>();
  let misplaced = 0;
  await inParallel(32, 3_000, async (index) => {
    const conversation = `conversation-${index}`;
    const key = routingKey('local', { model: 'gpt-oss-120b', conversation, body: {} });
    const release = predictRelease(split, salt, key) ?? '';
    predicted.set(release, (predicted.get(release) ?? 0) + 1);
    const response = await fetch(`${project.baseUrl}/chat/completions`, {
      method: 'POST',
      headers: {
        authorization: 'Bearer local',
        'content-type': 'application/json',
        'x-fleet-conversation': conversation,
      },
      body: JSON.stringify({ model: 'gpt-oss-120b', messages: messages('Hi'), max_tokens: 1 }),
    });
    await response.arrayBuffer();
    if (response.status !== 200 || response.headers.get('x-fleet-release') !== release) misplaced += 1;
  });
  expect(misplaced).toBe(0);

  await scrapedAfter(prometheus, 'gateway', Date.now() / 1000);
  const counted = difference(await query(prometheus, byRelease), before);
  const recorded = await requestsSeen(project);
  for (const [release, requests] of predicted) {
    expect(counted.get(release), `Prometheus, ${release}`).toBe(requests);
    expect((recorded.get(release) ?? 0) - (recordsBefore.get(release) ?? 0), `servers, ${release}`).toBe(
      requests,
    );
  }

  const [cost] = await query(prometheus, 'sum by (model) (oss_token_cost_usd{model="gpt-oss-120b"})');
  expect(cost?.value).toBeGreaterThan(0);
  const [latency] = await query(prometheus, 'sum(oss_first_token_latency_count)');
  expect(latency?.value).toBeGreaterThan(0);
}, 180_000);

test('a repeated long prefix halves the time to the first token, or better', async () => {
  const fresh: number[] = [];
  const repeated: number[] = [];
  for (let pair = 0; pair < 20; pair += 1) {
    const prefix = Array.from({ length: 2_000 }, (_, word) => `pair${pair}word${word}`).join(' ');
    fresh.push(await firstTokenMilliseconds(prefix, 'one'));
    repeated.push(await firstTokenMilliseconds(prefix, 'two'));
  }
  expect(median(repeated) / median(fresh)).toBeLessThanOrEqual(0.5);

  async function firstTokenMilliseconds(system: string, content: string): Promise<number> {
    const begin = performance.now();
    const stream = await client.chat.completions.create({
      model: 'gpt-oss-20b',
      messages: [{ role: 'system', content: system }, ...messages(content)],
      max_tokens: 2,
      stream: true,
    });
    let first = Number.NaN;
    for await (const chunk of stream) {
      if (Number.isNaN(first) && (chunk.choices[0]?.delta.content ?? '') !== '')
        first = performance.now() - begin;
    }
    return first;
  }
}, 120_000);

/** Completed chat requests for 120b by release, from the records of the servers and of the endpoint. */
async function requestsSeen({ environment, folder }: LocalProject): Promise<Map<string, number>> {
  const authority = readFileSync(join(folder, '.fleet/local/secrets/public.pem'));
  const dispatcher = new Agent({ connect: { ca: authority } });
  const counts = new Map<string, number>();
  for (const [name, { nodes }] of Object.entries(environment.models['gpt-oss-120b']?.releases ?? {})) {
    const servers = Array.from(
      { length: nodes?.count ?? 0 },
      (_, server) => `http://127.0.0.1:${(nodes?.port ?? 0) + server}`,
    );
    const origins = nodes === undefined ? [new URL(environment.endpoints.public?.url ?? '').origin] : servers;
    const completed = await Promise.all(origins.map((origin) => completedRequests(origin, dispatcher)));
    counts.set(
      name,
      completed.reduce((sum, count) => sum + count),
    );
  }
  await dispatcher.close();
  return counts;
}

async function completedRequests(origin: string, dispatcher: Agent): Promise<number> {
  const { body } = await request(`${origin}/simulator/requests`, { dispatcher });
  const records = (await body.json()) as { outcome: string; path: string; model: string }[];
  return records.filter(
    ({ outcome, path, model }) =>
      outcome === 'completed' && path === '/v1/chat/completions' && model.endsWith('gpt-oss-120b'),
  ).length;
}

function difference(
  after: Awaited<ReturnType<typeof query>>,
  before: Awaited<ReturnType<typeof query>>,
): Map<string, number> {
  const earlier = new Map(before.map(({ metric, value }) => [metric.release ?? '', value]));
  return new Map(
    after.map(({ metric, value }) => [
      metric.release ?? '',
      value - (earlier.get(metric.release ?? '') ?? 0),
    ]),
  );
}

async function inParallel(
  width: number,
  total: number,
  work: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < total) {
      next += 1;
      await work(next - 1);
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

test('Prometheus evaluates every rule, the watchdog fires, and weights and roles are those of the file', async () => {
  const { environment } = project;
  const prometheus = `http://127.0.0.1:${environment.prometheus.port}`;
  const watchdog = 'ALERTS{alertname="Watchdog",alertstate="firing"}';
  // A new Prometheus shows alerts from its third evaluation on.
  await expect.poll(async () => (await query(prometheus, watchdog)).length, { timeout: 60_000 }).toBe(1);
  // Alertmanager has it too. A Prometheus whose first evaluation comes before it knows of Alertmanager, in the first 5 s, drops
  // the alert and tells it again at the first evaluation after 60 s (--rules.alert.resend-delay): 80 s after its start at most.
  const alerts = `http://127.0.0.1:${environment.alertmanager?.port}/api/v2/alerts`;
  const received = async () =>
    ((await (await fetch(alerts)).json()) as { labels: object }[]).map(({ labels }) => labels);
  await expect
    .poll(received, { timeout: 85_000, interval: 250 })
    .toEqual([expect.objectContaining({ alertname: 'Watchdog', environment: 'local', severity: 'none' })]);
  const { data } = (await (await fetch(`${prometheus}/api/v1/rules`)).json()) as {
    data: { groups: { rules: { name: string; health: string; lastError?: string }[] }[] };
  };
  const rules = data.groups.flatMap((group) => group.rules);
  expect(rules.length).toBeGreaterThan(40);
  expect(rules.filter(({ health }) => health === 'err')).toEqual([]);
  const firing = await query(prometheus, 'ALERTS{alertstate="firing",severity!="none"}');
  expect(firing.map(({ metric }) => metric.alertname)).toEqual([]);
  const weights = await query(prometheus, 'fleet_release_weight_percent{model="gpt-oss-120b"}');
  expect(
    weights
      .map(({ metric: { release, role }, value }) => [release, role, value])
      .toSorted(([a], [b]) => String(a).localeCompare(String(b))),
  ).toEqual([
    ['public', 'none', 5],
    ['v32', 'stable', 80],
    ['v33', 'canary', 15],
  ]);
}, 150_000);

test('fleet down has Terraform destroy everything, and leaves nothing that runs', async () => {
  const pids = Object.values(project.pids());
  const { code, stdout } = await project.fleet('down', '--json');
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ environment: 'local', destroyed: true });
  expect(pids.filter(runs)).toEqual([]);
}, 60_000);
