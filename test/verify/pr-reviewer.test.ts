import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { GithubApi } from '../support/github/api.ts';
import { checkSuiteWebhook, deliver, pullRequestWebhook } from '../support/github/webhooks.ts';
import { LocalProject } from '../support/local-project.ts';
import { addLocalReviewer } from '../support/local-reviewer.ts';
import { CHANGED_CART, SHOP, SHOP_ANSWERS } from '../support/reviewed-shop.ts';

const SECRET = 'webhook-secret-of-the-tests';
let github: GithubApi;
let project: LocalProject;
let key: string;
let port: number;
let base: string;
let costBefore: number;
let crash: (() => void) | undefined;

beforeAll(async () => {
  github = await new GithubApi().start();
  base = github.repository.commit(SHOP);
  github.before = (operation) => {
    if (operation === 'pulls/create-review') crash?.();
  };
  project = await LocalProject.create();
  ({ key, port } = await addLocalReviewer(project, { github, secret: SECRET, answers: SHOP_ANSWERS }));
  const up = await project.fleet('up');
  if (up.code !== 0) throw new Error(up.stderr + up.stdout);
  costBefore = await costAtGateway();
}, 300_000);

afterAll(async () => {
  await project?.remove();
  await github?.stop();
}, 60_000);

const url = () => `http://127.0.0.1:${port}`;
const eventually = (expectation: () => void | Promise<void>) =>
  vi.waitFor(expectation, { timeout: 90_000, interval: 200 });

async function metric(name: string): Promise<number> {
  const { reviewer } = project.environment;
  const text = await (await fetch(`http://127.0.0.1:${reviewer?.adminPort}/metrics`)).text();
  const line = text.split('\n').find((other) => other.startsWith(`${name} `));
  return Number(line?.slice(name.length + 1));
}

/** Dollars by the gateway's own metric, whoever asked. */
async function costAtGateway(): Promise<number> {
  const { adminPort } = project.environment.gateway;
  const page = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return page
    .split('\n')
    .filter((line) => line.startsWith('oss_token_cost_usd{') && line.includes('model="gpt-oss-120b"'))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** What the ledger has under the reviewer's own key. */
async function ledger(): Promise<{ readonly requests: number; readonly usd: number }> {
  const { stdout } = await project.fleet('cost', '--by', 'key', '--json');
  const { rows } = JSON.parse(stdout) as {
    rows: readonly { group: string; requests: number; usd: string }[];
  };
  const row = rows.find(({ group }) => group === 'reviewer');
  return { requests: row?.requests ?? 0, usd: Number(row?.usd ?? 0) };
}

function opened(number: number, files: Readonly<Record<string, string>>) {
  const head = github.repository.commit(files, base);
  const pull = github.open(number, base, head);
  return { head, pull, webhook: pullRequestWebhook('opened', pull) };
}

test('a pull request is reviewed by way of gateway, router and server: lines, documentation, tests, cost', async () => {
  const { head, pull, webhook } = opened(7, { 'src/cart.js': CHANGED_CART });
  const sent = performance.now();
  expect((await deliver(url(), webhook, { secret: SECRET })).status).toBe(202);
  expect(performance.now() - sent).toBeLessThan(10_000);
  await eventually(() => expect(pull.comments).toHaveLength(1));

  expect(pull.reviews).toHaveLength(1);
  expect(pull.reviews[0]?.comments).toMatchObject([{ path: 'src/cart.js', line: 2, side: 'RIGHT' }]);
  expect(pull.comments[0]?.body).toContain('sumOf(prices)');
  const branch = `fleet-review/7/${head.slice(0, 12)}`;
  expect(github.repository.git('show', `${branch}:test/empty.test.js`)).toContain('empty');
  await eventually(async () => expect(await metric('oss_pr_review_cost_usd')).toBeGreaterThan(0));
}, 120_000);

test("what it cost stands in the ledger under its own key, in the gateway's metric and in the reviewer's", async () => {
  const { requests, usd } = await ledger();
  expect(requests).toBe(4);
  expect(usd).toBeGreaterThan(0);
  expect((await metric('oss_pr_review_cost_usd')) / usd).toBeCloseTo(1, 6);
  expect(((await costAtGateway()) - costBefore) / usd).toBeCloseTo(1, 6);
});

test("the repository's own checks decide whether its tests are recommended", async () => {
  const pull = github.pulls.get(7);
  const branch = `fleet-review/7/${pull?.head.slice(0, 12)}`;
  const commit = github.repository.git('rev-parse', branch);
  github.runs.set(commit, [{ name: 'ci', status: 'completed', conclusion: 'success' }]);
  const before = pull?.comments[0]?.body;
  await deliver(url(), checkSuiteWebhook(commit, branch, 1), { secret: SECRET });
  await eventually(() => expect(pull?.comments[0]?.body).not.toBe(before));
  expect(await metric('oss_pr_review_jobs_total{kind="checks",result="recommended"}')).toBe(1);
}, 120_000);

test('killed between two stages it loses nothing, asks nothing twice and says nothing twice', async () => {
  const { requests } = await ledger();
  const { pull, webhook } = opened(8, { 'src/cart.js': CHANGED_CART, 'notes.txt': 'x\n' });
  const killed = new Promise<void>((resolve) => {
    crash = () => {
      crash = undefined;
      process.kill(project.pid('reviewer'), 'SIGKILL');
      resolve();
    };
  });
  await deliver(url(), webhook, { secret: SECRET });
  await killed;
  const up = await project.fleet('up');
  expect(up.code, up.stderr).toBe(0);
  await deliver(url(), webhook, { secret: SECRET });
  await eventually(() => expect(pull.comments).toHaveLength(1));
  await eventually(async () =>
    expect(await metric('oss_pr_review_jobs_total{kind="review",result="reviewed"}')).toBe(1),
  );
  expect(pull.reviews).toHaveLength(1);
  expect((await ledger()).requests - requests).toBe(4);
}, 240_000);

test('no key and no text of a pull request is in the state, the plan, the stack or the logs', () => {
  const files = ['.fleet/local', 'cdktf.out'].flatMap((folder) =>
    readdirSync(join(project.folder, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /tfstate|\.jsonl?$|^log$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  expect(files.some((path) => path.includes('tfstate'))).toBe(true);
  const logs = files.filter((path) => path.endsWith('/log'));
  expect(logs.some((path) => path.includes('reviewer'))).toBe(true);
  for (const path of files) {
    const text = readFileSync(path, 'utf8');
    for (const secret of [key, SECRET, 'PRIVATE KEY', github.token])
      expect(text.includes(secret), `${path} holds a secret`).toBe(false);
  }
  for (const path of logs) expect(readFileSync(path, 'utf8')).not.toMatch(/sumOf|Why it is made/);
});

test('GitHub was asked for nothing that it does not have', () => {
  expect(github.problems).toEqual([]);
});
