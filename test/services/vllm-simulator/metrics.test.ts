import { expect, test } from 'vitest';
import { chat, metric, metrics, post, recorded, send, start } from './support.ts';

interface Shape {
  readonly types: Map<string, string>;
  /** `name{label names} le`. */
  readonly series: Set<string>;
}

function shapeOf(page: string): Shape {
  const types = new Map<string, string>();
  const series = new Set<string>();
  for (const line of page.split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment) types.set(`${comment[1]} ${comment[2]}`, comment[3] ?? '');
    const sample = /^([^#\s{]+)(?:\{(.*)\})? \S+$/.exec(line);
    if (!sample) continue;
    const labels = [...(sample[2] ?? '').matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) =>
      name === 'le' ? `le=${value}` : name,
    );
    series.add(`${sample[1]}{${labels.join(',')}}`);
  }
  return { types, series };
}

async function busySimulator() {
  const simulator = await start();
  await send(simulator, 'GET', '/v1/models');
  await post(simulator, '/v1/chat/completions', chat('x'));
  return simulator;
}

test('the page has the recorded names, label names and bucket bounds, and no others', async () => {
  const { body } = await send(await busySimulator(), 'GET', '/metrics');
  expect([...shapeOf(body).series].sort()).toEqual([...shapeOf(recorded('metrics.prom')).series].sort());
});

test('the page has the recorded types and help texts', async () => {
  const { body } = await send(await busySimulator(), 'GET', '/metrics');
  expect(shapeOf(body).types).toEqual(shapeOf(recorded('metrics.prom')).types);
});

test('families come in the recorded order', async () => {
  const { body } = await send(await busySimulator(), 'GET', '/metrics');
  const names = (page: string) => [...page.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name);
  expect(names(body)).toEqual(names(recorded('metrics.prom')));
});

test('token counters are exact sums over requests', async () => {
  const simulator = await start();
  const sizes = [1, 5, 9];
  const usages = await Promise.all(
    sizes.map(
      async (max_tokens) =>
        JSON.parse(
          (await post(simulator, '/v1/chat/completions', chat(`${max_tokens} y`, { max_tokens }))).body,
        ).usage,
    ),
  );
  const prompts = usages.reduce((sum, usage) => sum + usage.prompt_tokens, 0);
  expect(await metric(simulator, 'generation_tokens_total')).toBe(15);
  expect(await metric(simulator, 'prompt_tokens_total')).toBe(prompts);
  expect(await metric(simulator, 'iteration_tokens_total_sum')).toBe(prompts + 15);
  expect(await metric(simulator, 'request_generation_tokens_sum')).toBe(15);
  expect(await metric(simulator, 'inter_token_latency_seconds_count')).toBe(0 + 4 + 8);
});

test('buckets of a histogram are cumulative', async () => {
  const simulator = await start();
  for (const max_tokens of [1, 2, 2, 30])
    await post(simulator, '/v1/chat/completions', chat('x', { max_tokens }));
  const below = (bound: string) => metric(simulator, 'request_generation_tokens_bucket', `le="${bound}"`);
  const bounds = ['1.0', '2.0', '5.0', '20.0', '50.0', '+Inf'];
  expect(await Promise.all(bounds.map(below))).toEqual([1, 3, 3, 3, 4, 4]);
});

test('finished requests are counted by reason', async () => {
  const simulator = await start();
  await post(simulator, '/v1/chat/completions', chat('x', { max_tokens: 2 }));
  await post(simulator, '/v1/chat/completions', chat('y'));
  expect(await metric(simulator, 'request_success_total', 'finished_reason="length"')).toBe(1);
  expect(await metric(simulator, 'request_success_total', 'finished_reason="stop"')).toBe(1);
  expect(await metric(simulator, 'e2e_request_latency_seconds_count')).toBe(2);
});

test('a refused request reaches the HTTP metrics only', async () => {
  const simulator = await start();
  await post(simulator, '/v1/chat/completions', {});
  const all = await metrics(simulator);
  expect(all.get('http_requests_total{handler="/v1/chat/completions",method="POST",status="4xx"}')).toBe(1);
  expect(await metric(simulator, 'e2e_request_latency_seconds_count')).toBe(0);
});

test('sizes of bodies are counted, streams as 0', async () => {
  const simulator = await start();
  const body = JSON.stringify(chat('x', { stream: true }));
  await post(simulator, '/v1/chat/completions', body, { 'content-length': String(body.length) });
  const all = await metrics(simulator);
  expect(all.get('http_request_size_bytes_sum{handler="/v1/chat/completions"}')).toBe(body.length);
  expect(all.get('http_response_size_bytes_sum{handler="/v1/chat/completions"}')).toBe(0);
});

test('cache_config_info shows what the command line set', async () => {
  const simulator = await start({
    args: [
      '--block-size',
      '32',
      '--num-gpu-blocks-override',
      '100',
      '--gpu-memory-utilization',
      '0.5',
      '--no-enable-prefix-caching',
    ],
  });
  const { body } = await send(simulator, 'GET', '/metrics');
  const line = body.split('\n').find((text) => text.startsWith('vllm:cache_config_info{'));
  for (const label of [
    'block_size="32"',
    'num_gpu_blocks="100"',
    'num_gpu_blocks_override="100"',
    'gpu_memory_utilization="0.5"',
    'enable_prefix_caching="False"',
    'kv_cache_size_tokens="3200"',
  ]) {
    expect(line).toContain(label);
  }
});
