import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import OpenAI from 'openai';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { chatModel } from '../../review/chat-model.ts';
import { recordedPullRequests } from '../review/pull-requests.ts';
import { type Change, GATEWAY_KEY, Place, type Running, SECRET } from '../services/pr-reviewer/support.ts';
import { HttpProblem } from '../support/github/answers.ts';
import { GithubApi } from '../support/github/api.ts';
import { checkSuiteWebhook, deliver, pullRequestWebhook } from '../support/github/webhooks.ts';
import { ROOT } from '../support/local-project.ts';
import { jobs, realReview, until } from '../support/real-review.ts';
import { type StagedChange, stageChange } from '../support/recorded-review.ts';
import { StageModel } from '../support/stage-model.ts';

const PRICE = { input: 0.15, output: 0.6 };
const priced: Change = ({ work, ...rest }) => ({ ...rest, work: work && { ...work, prices: { v1: PRICE } } });
const signed = { secret: SECRET };

let github: GithubApi;
let host: StageModel;
let staged: StagedChange;
let undisturbed: Posted;
let stages: readonly string[];
let place: Place;
let child: ChildProcess | undefined;

beforeAll(async () => {
  github = await new GithubApi().start();
  const [recorded] = recordedPullRequests().filter(({ name }) => name === 'p-limit-options-object');
  if (recorded === undefined) throw new Error('p-limit-options-object is recorded');
  staged = stageChange(github, recorded);
  host = await new StageModel(staged.model).start();
  place = new Place();
  await reviewHere();
  undisturbed = posted();
  stages = [...host.answered];
  expect(new Set(stages)).toEqual(new Set(['review', 'verify', 'docs', 'tests']));
  await place.remove();
});

beforeEach(() => {
  place = new Place();
  staged = { ...staged, pull: github.open(7, staged.base, staged.head, { title: staged.pull.title }) };
  github.repository.git('update-ref', '-d', `refs/heads/${branch()}`);
  github.runs.clear();
  host.answered.length = 0;
});

afterEach(async () => {
  for (const stand of [host, github]) Object.assign(stand, { before: () => {}, after: () => {} });
  child?.kill('SIGKILL');
  child = undefined;
  await place.remove();
});

afterAll(async () => {
  await host.stop();
  await github.stop();
  expect(github.problems).toEqual([]);
});

const branch = () => `fleet-review/7/${staged.head.slice(0, 12)}`;
const webhook = () => pullRequestWebhook('opened', staged.pull);
type Posted = ReturnType<typeof posted>;

/** All that is at GitHub of the reviewer's making. */
function posted() {
  const { reviews, comments } = github.pulls.get(7) ?? staged.pull;
  return {
    reviews: reviews.map(({ id: _, ...review }) => review),
    summaries: comments.map(({ body }) => body),
    branches: github.repository.git(
      'for-each-ref',
      '--format=%(refname) %(objectname)',
      'refs/heads/fleet-review',
    ),
  };
}

/** The service in this program, which does not wait between writes as GitHub wants it. */
function startHere(): Promise<Running> {
  const client = new OpenAI({ baseURL: host.url, apiKey: GATEWAY_KEY });
  const model = chatModel(client, { model: 'gpt-oss-120b', priceOf: () => PRICE });
  return place.start(github, realReview(model), priced);
}

async function reviewHere(): Promise<Running> {
  const service = await startHere();
  await deliver(service.url, webhook(), signed);
  await until(async () => expect(await jobs(service, 'review', 'reviewed')).toBe(1));
  return service;
}

/** The service as the program that is deployed, on the same folder. */
async function startProgram(): Promise<{ readonly url: string; readonly killed: Promise<unknown> }> {
  const { configPath, env } = place.configure(github, priced);
  const listen = ['--listen', '127.0.0.1:0', '--admin', '127.0.0.1:0', '--gateway', host.url];
  const program = `${ROOT}/dist/services/pr-reviewer.js`;
  const started = spawn(process.execPath, [program, '--config', configPath, ...listen], {
    ...{ cwd: place.folder, env, stdio: ['ignore', 'pipe', 'inherit'] },
  });
  child = started;
  const killed = once(started, 'exit');
  for await (const line of createInterface({ input: started.stdout })) {
    const said = JSON.parse(line) as { readonly event: string; readonly address: string };
    if (said.event === 'listening') return { url: `http://${said.address}`, killed };
  }
  throw new Error('the program ended before it listened');
}

/** Kills the program at its next call of that kind: before anything comes of it, or when all has and nobody knows it. */
function killAt(stand: 'model' | 'github', call: string, when: 'before' | 'after'): void {
  const at = (name: string) => {
    if (name !== call || child === undefined) return;
    child.kill('SIGKILL');
    child = undefined;
    if (when === 'before') throw new HttpProblem(500, 'nobody is there any more');
  };
  Object.assign(stand === 'model' ? host : github, { [when]: at });
}

const BOUNDARIES = [
  ...(['review', 'verify', 'docs', 'tests'] as const).map((stage) => ['model', stage] as const),
  ...(['pulls/create-review', 'git/create-tree', 'git/create-ref', 'issues/create-comment'] as const).map(
    (operation) => ['github', operation] as const,
  ),
];

describe.each(['before', 'after'] as const)('killed %s', (when) => {
  test.each(BOUNDARIES)('%s %s, it loses nothing and repeats nothing', async (stand, call) => {
    const { url, killed } = await startProgram();
    killAt(stand, call, when);
    expect((await deliver(url, webhook(), signed)).status).toBe(202);
    await killed;
    const wasOver = call === 'issues/create-comment' && when === 'after';
    expect(isDeepStrictEqual(posted(), undisturbed)).toBe(wasOver);

    // Nobody sends the webhook again: what was taken is in the queue.
    const service = await startHere();
    await until(async () => expect(await jobs(service, 'review', 'reviewed')).toBe(1));
    expect(posted()).toEqual(undisturbed);
    const lost = stand === 'model' && when === 'after' ? [call] : [];
    expect(host.answered.toSorted()).toEqual([...stages, ...lost].toSorted());

    const again = await deliver(service.url, webhook(), signed);
    expect(await again.json()).toMatchObject({ result: 'known' });
    expect(posted()).toEqual(undisturbed);
  });

  test.each(['checks/list-for-ref', 'issues/update-comment'])(
    '%s, it recommends the tests once',
    async (call) => {
      const first = await reviewHere();
      await first.reviewer.stop();
      const commit = github.repository.git('rev-parse', branch());
      github.runs.set(commit, [{ name: 'ci', status: 'completed', conclusion: 'success' }]);
      const { url, killed } = await startProgram();
      killAt('github', call, when);
      await deliver(url, checkSuiteWebhook(commit, branch(), 1), signed);
      await killed;

      const service = await startHere();
      await until(async () => expect(await jobs(service, 'checks', 'recommended')).toBe(1));
      const [summary = ''] = undisturbed.summaries;
      expect(posted()).toEqual({
        ...undisturbed,
        summaries: [summary.replace(/(own checks) run them; .*/, '$1 passed with them: recommended.')],
      });
    },
  );
});
