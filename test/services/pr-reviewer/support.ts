import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ReviewerConfig } from '../../../contracts/reviewer-config.ts';
import type { Outcome } from '../../../review/outcome.ts';
import type { Pipeline } from '../../../services/pr-reviewer/pipeline.ts';
import { type Reviewer, startReviewer } from '../../../services/pr-reviewer/service.ts';
import type { GithubApi } from '../../support/github/api.ts';
import { APP, OWNER } from '../../support/github/stored.ts';

export const SECRET = 'webhook-secret-of-the-tests';
export const GATEWAY_KEY = 'gateway-key-of-the-tests';

export const REVIEWED: Outcome = {
  ...{ state: 'reviewed', findings: 2, thrownOut: 1, duplicates: 3, refusedToolCalls: 0 },
  ...{ promptTokens: 100, completionTokens: 20, costUsd: 0.25 },
};

export interface Running {
  readonly url: string;
  readonly reviewer: Reviewer;
  readonly log: Readonly<Record<string, unknown>>[];
  readonly folder: string;
  metric(name: string): Promise<number>;
}

/** What a test changes of the configuration. */
export type Change = (config: ReviewerConfig) => ReviewerConfig;

/** A place of the service: a folder that outlives its programs. */
export class Place {
  readonly folder = mkdtempSync(join(tmpdir(), 'fleet-reviewer-'));
  readonly #running: Reviewer[] = [];

  /** Writes the configuration, and answers its path and what stands in the variables that it names. */
  configure(github: GithubApi, change: Change = (config) => config) {
    const config: ReviewerConfig = {
      environment: 'test',
      receive: { webhookSecret: { env: 'HOOK' }, repositories: [OWNER], requestsPerMinute: 6000 },
      work: {
        github: { api: github.url, appId: APP.id, privateKey: { env: 'PEM' } },
        ...{ gatewayKey: { env: 'KEY' }, model: 'gpt-oss-120b', prices: {} },
        ...{ reviewsPerHour: 100, parallel: 4, longestSeconds: 60 },
      },
      ...{ queue: { kind: 'folder' }, store: { folder: join(this.folder, 'store') }, drainSeconds: 5 },
    };
    const configPath = join(this.folder, 'reviewer.json');
    writeFileSync(configPath, JSON.stringify(change(config)));
    return { configPath, env: { HOOK: SECRET, KEY: GATEWAY_KEY, PEM: github.privateKey } };
  }

  async start(github: GithubApi, pipeline: Pipeline, change?: Change, workerUrl?: string): Promise<Running> {
    const log: Readonly<Record<string, unknown>>[] = [];
    const reviewer = await startReviewer({
      ...this.configure(github, change),
      ...{ pipeline, workerUrl, patient: false },
      listen: { host: '127.0.0.1', port: 0 },
      admin: { host: '127.0.0.1', port: 0 },
      readFile: async (path) => (await import('node:fs/promises')).readFile(path, 'utf8'),
      log: (line) => log.push(line),
    });
    this.#running.push(reviewer);
    return {
      ...{ reviewer, log, folder: this.folder, url: `http://${reviewer.address}` },
      async metric(name) {
        const text = await (await fetch(`http://${reviewer.adminAddress}/metrics`)).text();
        const line = text.split('\n').find((other) => other.startsWith(`${name} `));
        return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
      },
    };
  }

  async remove(): Promise<void> {
    await Promise.all(this.#running.map((reviewer) => reviewer.stop()));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
