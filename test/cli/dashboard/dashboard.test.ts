import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dashboard, dashboardNumbers } from '../../../cli/commands/dashboard.ts';
import type { DashboardAnswer } from '../../../cli/dashboard/answer.ts';
import { UsageError } from '../../../cli/errors.ts';
import { connects } from '../../support/connects.ts';
import { freePort } from '../../support/free-port.ts';
import { RealPrometheus } from '../../support/real-prometheus.ts';
import { COSTS, HIT_RATIOS, pastHour, STEP } from './past.ts';
import { DashboardProject } from './project.ts';

let prometheus: RealPrometheus;
let project: DashboardProject;
let url: string;

beforeAll(async () => {
  prometheus = await RealPrometheus.create();
  await prometheus.remember(pastHour(Math.floor(Date.now() / 1000 / STEP) * STEP));
  await prometheus.start();
  project = new DashboardProject(prometheus.port);
  url = await project.serve();
});

afterAll(async () => {
  project?.remove();
  await prometheus?.remove();
});

describe('fleet dashboard --json', () => {
  let answer: DashboardAnswer;
  beforeAll(async () => {
    const { stdout } = await project.fleet('dashboard', '--json', '--range', '1h');
    answer = JSON.parse(stdout) as DashboardAnswer;
  });
  /** A value in the middle of the hour. */
  const middle = (values: readonly (number | null)[]) => values[Math.floor(values.length / 2)];

  test('says what each release costs a day', () => {
    const { series } = answer.answers[0] ?? expect.fail();
    expect(series.map(({ name }) => name)).toEqual(['gpt-oss-120b v32', 'gpt-oss-120b v33']);
    expect(middle(series[0]?.values ?? [])).toBeCloseTo(COSTS.v32 * 864, 6);
    expect(middle(series[1]?.values ?? [])).toBeCloseTo(COSTS.v33 * 864, 6);
  });

  test('adds up the last 24 hours exactly, and a month of 730 at this rate', () => {
    const [day, month] = answer.answers[0]?.numbers ?? [];
    const cents = COSTS.v32 + COSTS.v33;
    // 241 readings of 15 seconds each.
    expect(day?.value).toBeCloseTo((cents / 100) * (3600 + STEP), 6);
    expect(month?.value).toBeCloseTo((cents / 100) * 3600 * 730, 6);
  });

  test('says how long first tokens take, within their bucket, and what the objective is', () => {
    const { series, numbers, threshold } = answer.answers[1] ?? expect.fail();
    expect(middle(series[0]?.values ?? [])).toBeCloseTo(0.0975, 6);
    expect(middle(series[1]?.values ?? [])).toBeCloseTo(0.195, 6);
    // Both releases have as many requests: half are in one bucket, half in the next.
    expect(numbers.map(({ value }) => value)).toEqual([expect.closeTo(0.1, 6), expect.closeTo(0.19, 6)]);
    expect(threshold).toEqual({ value: 3, bad: 'above' });
  });

  test('says how much of the prompts the cache had', () => {
    const { series, numbers } = answer.answers[2] ?? expect.fail();
    expect(series.map(({ name }) => name)).toEqual(['gpt-oss-120b v32 node 1', 'gpt-oss-120b v33 node 1']);
    expect(middle(series[0]?.values ?? [])).toBeCloseTo(HIT_RATIOS.v32, 6);
    expect(middle(series[1]?.values ?? [])).toBeCloseTo(HIT_RATIOS.v33, 6);
    expect(numbers[0]?.value).toBeCloseTo((HIT_RATIOS.v32 + HIT_RATIOS.v33) / 2, 6);
  });

  test('marks the change of weights once, when it was', () => {
    const [first, ...others] = answer.marks;
    expect(others).toEqual([]);
    expect(first?.text).toBe('gpt-oss-120b v32: another weight, gpt-oss-120b v33: another weight');
    const halfAnHourAgo = Date.now() / 1000 - 1800;
    expect(Math.abs((first?.time ?? 0) - halfAnHourAgo)).toBeLessThan(120);
  });
});

test('--text says the same in words', async () => {
  const { stdout, code } = await project.fleet('dashboard', '--text', '--range', '1h');
  expect(code).toBe(0);
  expect(stdout).toMatch(/What does it cost\?\n {2}Tokens, last 24 hours: \$27\.11/);
  expect(stdout).toContain('gpt-oss-120b v33: $216/day');
  expect(stdout).toContain('Prompt tokens found in the cache: 62.5 %');
});

describe('what it serves', () => {
  test('listens on 127.0.0.1 alone', async () => {
    const port = Number(new URL(url).port);
    await expect(connects('127.0.0.1', port)).resolves.toBe(true);
    await expect(connects('127.0.0.2', port)).resolves.toBe(false);
  });

  test.each([
    ['a query of somebody else', 'api/v1/query?query=up', {}, 404],
    ['a query in the place of a range', 'answers?range=1h&query=up', {}, 200],
    ['a range that is not offered', 'answers?range=5y', {}, 400],
    ['a file of the machine', '../../etc/passwd', {}, 404],
    ['a page of another name, led here', '', { host: 'evil.example:80' }, 403],
    ['something sent', '', { method: 'POST' }, 405],
  ])(
    '%s: %s gets %j %d',
    async (_, path, { host, method = 'GET' }: { host?: string; method?: string }, status) => {
      await expect(statusOf(url + path, method, host)).resolves.toBe(status);
    },
  );

  test('lets a browser run nothing but its own files', async () => {
    const { headers } = await fetch(url);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self'");
  });
});

describe('it says what is wrong', () => {
  test('Prometheus does not answer', async () => {
    const absent = new DashboardProject(await freePort());
    const { code, stdout, stderr } = await absent.fleet('dashboard', '--json');
    absent.remove();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Prometheus at http:\/\/127\.0\.0\.1:\d+ does not answer; does local run\? `fleet status local`/,
    );
    expect(JSON.parse(stdout).error.exitCode).toBe(1);
  });

  const flags = { range: '1h', port: 0 };
  test.each([
    ['a range', { range: '5y' }, '--range: one of 15m, 1h, 6h, 24h, 7d, 30d, got 5y'],
    [
      'an address',
      { prometheus: 'here:90' },
      '--prometheus: an address such as http://127.0.0.1:9090, got here:90',
    ],
  ])('%s that makes no sense', async (_, wrong, message) => {
    const numbers = dashboardNumbers('local', { ...flags, ...wrong }, project.context());
    await expect(numbers).rejects.toThrow(new UsageError(message));
  });

  test('the port is taken', async () => {
    const { port } = new URL(url);
    const page = dashboard('local', { ...flags, port: Number(port) }, () => undefined, project.context());
    await expect(page).rejects.toThrow(`port ${port} is taken; --port names another`);
  });

  test('what answers is not Prometheus', async () => {
    const numbers = dashboardNumbers('local', { ...flags, prometheus: url }, project.context());
    await expect(numbers).rejects.toThrow('is not Prometheus (HTTP 405)');
  });
});

function statusOf(target: string, method: string, host?: string): Promise<number | undefined> {
  return new Promise((done, failed) => {
    const headers = host === undefined ? {} : { host };
    request(target, { method, headers }, (response) => {
      response.resume();
      done(response.statusCode);
    })
      .on('error', failed)
      .end();
  });
}
