import { App, Octokit } from 'octokit';
import type { Forge, PullRequestReference } from '../../../review/forge.ts';
import { githubForge } from '../../../review/github/forge.ts';

export interface GithubSettings {
  /** Base URL of the API. */
  readonly api: string;
  readonly appId: number;
  /** PEM text of the app's private key. */
  readonly privateKey: string;
  /** Words of the client about retries and limits. */
  readonly log: (event: string) => void;
  /** Keeps the pace that GitHub asks of writers, and asks again after errors of the server. @default true */
  readonly patient?: boolean;
}

/** GitHub as an installed app sees it. */
export interface Github {
  /**
   * The forge of one repository, with a token for that one alone, for an hour, and for no more than the forge does.
   * @throws Error when GitHub gives none
   */
  forge(of: PullRequestReference, installation: number): Promise<Forge>;
}

/** All that the forge does. */
const PERMISSIONS = {
  checks: 'read',
  contents: 'write',
  issues: 'write',
  pull_requests: 'write',
  statuses: 'read',
} as const;
const ANSWER_TIMEOUT_MS = 30_000;

/** Acts as a GitHub App, with GitHub's own client. */
export function createGithub({ api, appId, privateKey, log, patient = true }: GithubSettings): Github {
  const Client = Octokit.defaults({
    baseUrl: api,
    userAgent: 'gpt-oss-fleet',
    log: {
      debug: () => {},
      info: () => {},
      warn: () => log('github_warning'),
      error: () => log('github_error'),
    },
    request: { fetch: withTimeout },
    ...(patient ? {} : { retry: { enabled: false }, throttle: { enabled: false } }),
  });
  const app = new App({ appId, privateKey, Octokit: Client });
  let login: Promise<string> | undefined;

  async function ownLogin(): Promise<string> {
    const { data } = await app.octokit.rest.apps.getAuthenticated();
    if (data === null || !('slug' in data) || typeof data.slug !== 'string')
      throw new Error(`GitHub does not say what app ${appId} is called`);
    return `${data.slug}[bot]`;
  }

  return {
    async forge(of, installation) {
      login ??= ownLogin();
      login.catch(() => {
        login = undefined;
      });
      const { token } = (await app.octokit.auth({
        type: 'installation',
        installationId: installation,
        repositoryNames: [of.repository],
        permissions: PERMISSIONS,
      })) as { readonly token: string };
      return githubForge({ octokit: new Client({ auth: token }), login: await login });
    },
  };
}

const withTimeout: typeof fetch = (input, init) => {
  const patience = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
  const signal = init?.signal == null ? patience : AbortSignal.any([init.signal, patience]);
  return fetch(input, { ...init, signal });
};
