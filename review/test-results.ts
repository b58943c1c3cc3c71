import { z } from 'zod';
import type { Job } from './journal.ts';
import type { TestsOutcome } from './outcome.ts';
import type { Parts } from './pipeline.ts';
import { Steps } from './steps.ts';
import { SUMMARY_MARKER, SummarySchema, stateOf, summaryText } from './summary.ts';

const ResultSchema = z.enum(['passed', 'failed']);

const NEVER = new AbortController().signal;

/**
 * Reads what the repository's own checks say of the generated tests, and recommends them or does not. Until all have
 * ended, and where there are none, the tests wait and nothing is recommended.
 */
export async function readTestResults(
  job: Job,
  {
    forge,
    journal,
    signal = NEVER,
    log,
  }: Pick<Parts, 'forge' | 'journal' | 'log'> & Partial<Pick<Parts, 'signal'>>,
): Promise<TestsOutcome> {
  const { of, headCommit } = job;
  const steps = await Steps.of(job, journal, signal);
  const summary = steps.read('summary', SummarySchema);
  const branch = summary?.tests?.branch;
  if (summary?.tests === undefined || branch === undefined)
    return { state: 'none', why: 'no tests were offered' };
  const said = steps.read('tests-result', ResultSchema);
  const checks = said ?? (await forge.checks(of, branch.commit));
  if (checks === 'pending' || checks === 'none') return { state: 'waiting' };
  const result = await steps.once('tests-result', ResultSchema, async () => checks);
  const there = stateOf(await forge.summary(of, SUMMARY_MARKER));
  if (there?.reviewed !== headCommit) return { state: 'none', why: 'a newer commit was reviewed' };
  await forge.writeSummary(
    of,
    summaryText({ ...summary, tests: { ...summary.tests, result } }),
    SUMMARY_MARKER,
  );
  log(`generated tests: ${result}`);
  const state = result === 'passed' ? 'recommended' : 'not recommended';
  return { state, branch: branch.name, commit: branch.commit };
}
