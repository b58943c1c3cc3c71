import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Outcome, TestsOutcome } from '../../review/outcome.ts';
import type { QueuedJob } from './job.ts';

export type WebhookResult =
  | 'queued'
  | 'known'
  | 'ignored'
  | 'forged'
  | 'malformed'
  | 'limited'
  | 'unavailable';

/** How a job ended: a review's or its tests' state, or why there was none. */
export type JobResult =
  | Outcome['state']
  | TestsOutcome['state']
  | 'known'
  | 'busy'
  | 'limited'
  | 'failed'
  | 'put off'
  | 'given up';

const WEBHOOK_RESULTS: readonly WebhookResult[] = [
  ...(['queued', 'known', 'ignored', 'forged', 'malformed', 'limited', 'unavailable'] as const),
];
const ATTEMPTS: readonly JobResult[] = ['known', 'busy', 'failed', 'put off', 'given up'];
const JOB_RESULTS: Readonly<Record<QueuedJob['kind'], readonly JobResult[]>> = {
  review: ['reviewed', 'skipped', 'superseded', 'limited', ...ATTEMPTS],
  checks: ['recommended', 'not recommended', 'waiting', 'none', ...ATTEMPTS],
};
const FINDING_RESULTS = ['published', 'thrown out', 'duplicate'] as const;
const SECONDS = [1, 5, 15, 30, 60, 120, 300, 600, 1200, 1800];

/** What the reviewer counts, from 0 on. Labels are few and fixed: no repository, no person. */
export interface ReviewMetrics {
  webhook(result: WebhookResult): void;
  job(kind: QueuedJob['kind'], result: JobResult, seconds: number): void;
  reviewed(outcome: Outcome): void;
  running(change: 1 | -1): void;
  waiting(jobs: number): void;
}

export function createReviewMetrics(registry: Registry): ReviewMetrics {
  const registers = [registry];
  const webhooks = new Counter({
    name: 'oss_pr_review_webhooks_total',
    help: 'Webhooks by what became of them',
    labelNames: ['result'],
    registers,
  });
  const jobs = new Counter({
    name: 'oss_pr_review_jobs_total',
    help: 'Attempts at jobs by how they ended',
    labelNames: ['kind', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'oss_pr_review_job_seconds',
    help: 'How long attempts at jobs took',
    labelNames: ['kind'],
    buckets: SECONDS,
    registers,
  });
  const cost = new Counter({
    name: 'oss_pr_review_cost_usd',
    help: 'What reviews cost, in US dollars, by the prices of the releases that answered',
    registers,
  });
  const unpriced = new Counter({
    name: 'oss_pr_review_unpriced_total',
    help: 'Reviews whose cost is not known, which is not zero',
    registers,
  });
  const tokens = new Counter({
    name: 'oss_pr_review_tokens_total',
    help: 'Tokens of reviews',
    labelNames: ['kind'],
    registers,
  });
  const findings = new Counter({
    name: 'oss_pr_review_findings_total',
    help: 'Findings by what became of them',
    labelNames: ['result'],
    registers,
  });
  const refusedCalls = new Counter({
    name: 'oss_pr_review_refused_tool_calls_total',
    help: 'Calls of tools that no stage offers',
    registers,
  });
  const running = new Gauge({ name: 'oss_pr_review_running', help: 'Jobs that are worked on', registers });
  const waiting = new Gauge({
    name: 'oss_pr_review_waiting',
    help: 'Jobs that wait in this program; a queue of a cloud counts its own',
    registers,
  });
  for (const result of WEBHOOK_RESULTS) webhooks.inc({ result }, 0);
  for (const kind of ['prompt', 'completion']) tokens.inc({ kind }, 0);
  for (const result of FINDING_RESULTS) findings.inc({ result }, 0);
  for (const kind of ['review', 'checks'] as const) {
    seconds.zero({ kind });
    for (const result of JOB_RESULTS[kind]) jobs.inc({ kind, result }, 0);
  }

  return {
    webhook: (result) => webhooks.inc({ result }),
    job(kind, result, taken) {
      jobs.inc({ kind, result });
      seconds.observe({ kind }, taken);
    },
    reviewed(outcome) {
      if (outcome.costUsd === undefined) unpriced.inc();
      else cost.inc(outcome.costUsd);
      if (outcome.state !== 'reviewed') return;
      tokens.inc({ kind: 'prompt' }, outcome.promptTokens);
      tokens.inc({ kind: 'completion' }, outcome.completionTokens);
      findings.inc({ result: 'published' }, outcome.findings);
      findings.inc({ result: 'thrown out' }, outcome.thrownOut);
      findings.inc({ result: 'duplicate' }, outcome.duplicates);
      refusedCalls.inc(outcome.refusedToolCalls);
    },
    running: (change) => running.inc(change),
    waiting: (count) => waiting.set(count),
  };
}
