import type { JournalEntry, RolloutRecord } from '../../contracts/rollout.ts';
import type { Context } from '../context.ts';
import { messageOf } from '../errors.ts';

const TIMEOUT_MS = 3_000;

/**
 * Marks a decision in Grafana where FLEET_GRAFANA_URL says where it is (FLEET_GRAFANA_TOKEN: a service account's).
 * Nobody waits for it, and a failure is only said: a rollout does not depend on Grafana.
 */
export function annotate(
  { environment, model, canary, id }: RolloutRecord,
  { at, event, sentence }: JournalEntry,
  { env, progress }: Context,
): void {
  const { FLEET_GRAFANA_URL: url, FLEET_GRAFANA_TOKEN: token } = env;
  if (url === undefined) return;
  const body = {
    time: Math.round(at * 1000),
    tags: ['fleet', 'rollout', environment, model, canary, event],
    text: `${id}: ${sentence}`,
  };
  fetch(`${url.replace(/\/$/, '')}/api/annotations`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  }).then(
    ({ ok, status }) => ok || progress(`Grafana did not take an annotation: ${status}`),
    (error: unknown) => progress(`Grafana did not take an annotation: ${messageOf(error)}`),
  );
}
