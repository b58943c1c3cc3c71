import { z } from 'zod';
import type { QueuedJob } from '../job.ts';

const Repository = z.object({
  name: z.string(),
  owner: z.object({ login: z.string() }),
  default_branch: z.string(),
});
const Installation = z.object({ id: z.int() });

/** As much of the webhooks as is read. */
const PullRequestEvent = z.object({
  action: z.string(),
  pull_request: z.object({
    number: z.int(),
    state: z.string(),
    draft: z.boolean().optional(),
    head: z.object({ sha: z.string() }),
  }),
  repository: Repository,
  installation: Installation.optional(),
});

const CheckSuiteEvent = z.object({
  action: z.string(),
  check_suite: z.object({ id: z.int(), head_sha: z.string(), head_branch: z.string().nullable() }),
  repository: Repository,
  installation: Installation.optional(),
});

const REVIEWED_ACTIONS = ['opened', 'synchronize', 'reopened', 'ready_for_review'];

/** What a webhook asks for. */
export type Asked =
  | { readonly job: QueuedJob }
  /** Nothing, and why. */
  | { readonly ignored: string };

/**
 * @param allowed `owner` or `owner/repository`
 * @throws ZodError where the payload is not what GitHub says the event carries
 */
export function askedBy(event: string, payload: unknown, allowed: readonly string[]): Asked {
  switch (event) {
    case 'pull_request':
      return pullRequest(PullRequestEvent.parse(payload), allowed);
    case 'check_suite':
      return checkSuite(CheckSuiteEvent.parse(payload), allowed);
    default:
      return { ignored: 'event' };
  }
}

function pullRequest(
  { action, pull_request: pull, repository, installation }: z.output<typeof PullRequestEvent>,
  allowed: readonly string[],
): Asked {
  if (!REVIEWED_ACTIONS.includes(action)) return { ignored: 'action' };
  if (pull.state !== 'open') return { ignored: 'closed' };
  if (!isAllowed(repository, allowed)) return { ignored: 'repository' };
  if (installation === undefined) return { ignored: 'installation' };
  const of = { owner: repository.owner.login, repository: repository.name, number: pull.number };
  const draft = pull.draft ?? false;
  return { job: { kind: 'review', of, headCommit: pull.head.sha, draft, installation: installation.id } };
}

/** Tests of ours lie on branches of their own, never on the one that all is merged into. */
function checkSuite(
  { action, check_suite: suite, repository, installation }: z.output<typeof CheckSuiteEvent>,
  allowed: readonly string[],
): Asked {
  if (action !== 'completed') return { ignored: 'action' };
  if (suite.head_branch === null || suite.head_branch === repository.default_branch)
    return { ignored: 'branch' };
  if (!isAllowed(repository, allowed)) return { ignored: 'repository' };
  if (installation === undefined) return { ignored: 'installation' };
  const place = { owner: repository.owner.login, repository: repository.name };
  return {
    job: {
      kind: 'checks',
      ...place,
      commit: suite.head_sha,
      suite: suite.id,
      installation: installation.id,
    },
  };
}

function isAllowed({ owner, name }: z.output<typeof Repository>, allowed: readonly string[]): boolean {
  const wanted = allowed.map((entry) => entry.toLowerCase());
  const login = owner.login.toLowerCase();
  return wanted.includes(login) || wanted.includes(`${login}/${name.toLowerCase()}`);
}
