import { randomUUID } from 'node:crypto';
import { sign } from '@octokit/webhooks-methods';
import { recordedFile, validatorOf } from './openapi.ts';
import { APP, OWNER, REPOSITORY, type StoredPull } from './stored.ts';

type Json = Readonly<Record<string, unknown>>;

interface Recorded {
  readonly webhooks: readonly {
    readonly name: string;
    readonly event: string;
    readonly schema: Json;
    readonly example: Json;
  }[];
  readonly schemas: Json;
}

export interface Webhook {
  readonly event: string;
  readonly payload: Json;
}

const recorded = recordedFile('webhooks') as Recorded;
const validator = validatorOf(recorded.schemas);

/** A webhook that GitHub's published schema allows: its example, changed. @throws Error for what GitHub would not send */
function webhook(name: string, change: (example: Json) => Json): Webhook {
  const found = recorded.webhooks.find((other) => other.name === name);
  if (found === undefined) throw new Error(`no webhook ${name} is recorded`);
  const payload = change(structuredClone(found.example));
  const validate = validator(found.schema);
  if (!validate(payload))
    throw new Error(
      `${name}: ${(validate.errors ?? [])
        .slice(0, 5)
        .map((e) => `${e.instancePath} ${e.message}`)
        .join('; ')}`,
    );
  return { event: found.event, payload };
}

export type PullAction = 'opened' | 'synchronize' | 'reopened' | 'ready-for-review' | 'closed';

export function pullRequestWebhook(
  action: PullAction,
  { number, head, draft, open }: Pick<StoredPull, 'number' | 'head' | 'draft' | 'open'>,
  owner: string = OWNER,
): Webhook {
  return webhook(`pull-request-${action}`, (example) => {
    const pull = example.pull_request as Record<string, Json>;
    const at = (side: 'base' | 'head') => {
      const { repo, ...rest } = pull[side] as Record<string, Json>;
      return { ...rest, repo: { ...NEWER, ...repo } };
    };
    return {
      ...example,
      ...common(example, owner),
      number,
      pull_request: {
        auto_merge: null,
        ...pull,
        ...{ number, draft, state: open ? 'open' : 'closed' },
        base: at('base'),
        head: { ...at('head'), sha: head },
      },
    };
  });
}

export function checkSuiteWebhook(commit: string, branch: string, suite: number): Webhook {
  return webhook('check-suite-completed', (example) => ({
    ...example,
    ...common(example, OWNER),
    check_suite: { ...(example.check_suite as Json), id: suite, head_sha: commit, head_branch: branch },
  }));
}

/** What GitHub's schema asks for and its examples are too old for. */
const NEWER = { has_discussions: false, web_commit_signoff_required: false };

function common({ repository }: Json, owner: string) {
  const { owner: before, ...rest } = repository as Record<string, Json>;
  return {
    repository: {
      ...NEWER,
      ...rest,
      ...{ name: REPOSITORY, full_name: `${owner}/${REPOSITORY}`, default_branch: 'main' },
      owner: { ...before, login: owner },
    },
    installation: { id: APP.installation, node_id: 'MDIz' },
  };
}

export interface Delivery {
  readonly secret: string;
  /** @default - a new one */
  readonly delivery?: string;
  /** @default - the right one */
  readonly signature?: string | null;
  /** @default - the payload's */
  readonly body?: string;
}

/** Sends it as GitHub does. */
export async function deliver(url: string, { event, payload }: Webhook, how: Delivery): Promise<Response> {
  const body = how.body ?? JSON.stringify(payload);
  const { signature = await sign(how.secret, body === '' ? '{}' : body) } = how;
  return fetch(`${url}/webhook`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/044aadd',
      'x-github-event': event,
      'x-github-delivery': how.delivery ?? randomUUID(),
      'x-github-hook-installation-target-type': 'integration',
      ...(signature === null ? {} : { 'x-hub-signature-256': signature }),
    },
    body,
  });
}
