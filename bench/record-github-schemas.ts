import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isObject, type JsonObject, type OpenApi, schemasOf, selectOperations } from './github-openapi.ts';

/** What GitHub publishes of its API, of its webhooks, and of what webhooks have carried. */
const PACKAGES = {
  api: '@octokit/openapi@23.0.2',
  webhooks: '@octokit/openapi-webhooks@12.1.0',
  examples: '@octokit/webhooks-examples@7.6.1',
} as const;

const FOLDER = 'test/fixtures/github';

/** Operations of the API that the reviewer calls. */
const OPERATIONS = [
  'apps/get-authenticated',
  'apps/create-installation-access-token',
  'pulls/get',
  'pulls/list-reviews',
  'pulls/create-review',
  'pulls/list-review-comments',
  'issues/list-comments',
  'issues/create-comment',
  'issues/update-comment',
  'repos/compare-commits-with-basehead',
  'repos/get-content',
  'repos/get-combined-status-for-ref',
  'checks/list-for-ref',
  'git/get-tree',
  'git/get-blob',
  'git/get-commit',
  'git/get-ref',
  'git/create-tree',
  'git/create-commit',
  'git/create-ref',
];

/** Webhook → the event and action of an example of it. */
const WEBHOOKS: Readonly<Record<string, readonly [event: string, action: string | undefined]>> = {
  'pull-request-opened': ['pull_request', 'opened'],
  'pull-request-synchronize': ['pull_request', 'synchronize'],
  'pull-request-reopened': ['pull_request', 'reopened'],
  'pull-request-ready-for-review': ['pull_request', 'ready_for_review'],
  'pull-request-closed': ['pull_request', 'closed'],
  'check-suite-completed': ['check_suite', 'completed'],
  ping: ['ping', undefined],
};

/**
 * Records what GitHub publishes of the operations that the reviewer calls and of the webhooks that it takes, without the
 * descriptions: whole, the packages are 400 MB.
 */
export async function recordGithubSchemas(): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'fleet-github-'));
  const read = (name: keyof typeof PACKAGES, path: string): unknown => {
    const [file] = JSON.parse(
      execFileSync('npm', ['pack', '--json', '--pack-destination', folder, PACKAGES[name]], {
        encoding: 'utf8',
      }),
    ) as readonly { filename: string }[];
    execFileSync('tar', ['-xzf', join(folder, file?.filename ?? ''), '-C', folder, `package/${path}`]);
    return JSON.parse(readFileSync(join(folder, 'package', path), 'utf8'));
  };
  try {
    const api = read('api', 'generated/api.github.com.json') as OpenApi;
    const operations = selectOperations(api, OPERATIONS);
    save('api', { source: PACKAGES.api, operations, schemas: schemasOf(api, operations) });
    const hooks = read('webhooks', 'generated/api.github.com.json') as OpenApi;
    const examples = read('examples', 'api.github.com/index.json') as readonly Examples[];
    const webhooks = Object.entries(WEBHOOKS).map(([name, [event, action]]) => ({
      ...{ name, event, action },
      schema: hooks.webhooks?.[name]?.post?.requestBody?.content?.['application/json']?.schema,
      example: examples
        .find((group) => group.name === event)
        ?.examples.find((payload) => isObject(payload) && payload.action === action),
    }));
    save('webhooks', { source: PACKAGES.webhooks, webhooks, schemas: schemasOf(hooks, webhooks) });
    return `${operations.length} operations of ${PACKAGES.api}, ${webhooks.length} webhooks of ${PACKAGES.webhooks}`;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

interface Examples {
  readonly name: string;
  readonly examples: readonly unknown[];
}

/** One line for each part, so that a change of a version reads well in a diff. */
function save(name: string, { schemas, ...head }: JsonObject & { readonly schemas: JsonObject }): void {
  const lines = Object.entries(schemas).map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
  );
  mkdirSync(FOLDER, { recursive: true });
  const start = JSON.stringify(head).slice(0, -1);
  writeFileSync(join(FOLDER, `${name}.json`), `${start},"schemas":{\n${lines.join(',\n')}\n}}\n`);
}
