import type { Octokit } from 'octokit';
import type { Checks } from '../forge.ts';
import type { Place } from './place.ts';

const PASSED = ['success', 'neutral', 'skipped'];
const PAGE = 100;

/** What check runs and commit statuses say together: one that failed fails all, one that is not over leaves all open. */
export async function checksOf(octokit: Octokit, place: Place, commit: string): Promise<Checks> {
  const { checks, repos } = octokit.rest;
  const runs = await octokit.paginate(checks.listForRef, { ...place, ref: commit, per_page: PAGE });
  const { data: combined } = await repos.getCombinedStatusForRef({ ...place, ref: commit, per_page: 1 });
  const statuses = combined.total_count > 0 ? [combined.state] : [];
  if (runs.length + statuses.length === 0) return 'none';
  if (runs.some(({ status }) => status !== 'completed') || statuses.includes('pending')) return 'pending';
  const failed = runs.some(({ conclusion }) => !PASSED.includes(conclusion ?? ''));
  return failed || statuses.some((state) => state !== 'success') ? 'failed' : 'passed';
}
