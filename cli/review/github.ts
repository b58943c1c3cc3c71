import { readFileSync } from 'node:fs';
import type { Forge, PullRequestReference } from '../../review/forge.ts';
import { githubForge } from '../../review/github/forge.ts';
import type { Variables } from '../context.ts';
import { UsageError } from '../errors.ts';

/** The account that a workflow's own token writes as. */
const WORKFLOW_LOGIN = 'github-actions[bot]';

/** The pull request that a workflow runs for. @throws UsageError that says what is missing */
export function pullRequestHere(env: Variables): PullRequestReference {
  const [owner = '', repository = ''] = (env.GITHUB_REPOSITORY ?? '').split('/');
  const number = Number(/^refs\/pull\/(\d+)\//.exec(env.GITHUB_REF ?? '')?.[1] ?? numberOfEvent(env));
  if (owner === '' || repository === '' || !Number.isSafeInteger(number) || number < 1)
    throw new UsageError(
      '--comment: which pull request? In a workflow on pull_request GITHUB_REPOSITORY and GITHUB_REF say so; elsewhere set GITHUB_REPOSITORY=owner/name and GITHUB_REF=refs/pull/<number>/head',
    );
  return { owner, repository, number };
}

/** GitHub with the token of GITHUB_TOKEN. @throws UsageError without one */
export async function githubHere(env: Variables): Promise<Forge> {
  const { GITHUB_TOKEN, GH_TOKEN, GITHUB_API_URL: baseUrl = 'https://api.github.com' } = env;
  const auth = GITHUB_TOKEN ?? GH_TOKEN;
  if (auth === undefined || auth === '')
    throw new UsageError('--comment: no token; give one that may write to pull requests as GITHUB_TOKEN');
  const { Octokit } = await import('octokit');
  const octokit = new Octokit({ auth, baseUrl, userAgent: 'gpt-oss-fleet' });
  return githubForge({ octokit, login: env.FLEET_REVIEW_LOGIN ?? WORKFLOW_LOGIN });
}

function numberOfEvent({ GITHUB_EVENT_PATH: path }: Variables): unknown {
  if (path === undefined || path === '') return undefined;
  const event: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return (event as { readonly pull_request?: { readonly number?: unknown } }).pull_request?.number;
}
