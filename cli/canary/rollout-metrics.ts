import { isOpen, type RolloutRecord } from '../../contracts/rollout.ts';

/** A rollout in Prometheus's text format, for a node exporter's textfile collector. */
export function rolloutMetrics(record: RolloutRecord): string {
  const { environment, model, stable, canary, id, state, journal } = record;
  const labels = Object.entries({ environment, model, stable, canary })
    .map(([name, value]) => `${name}="${value.replace(/["\\]/g, '\\$&')}"`)
    .join(',');
  const percent = 'step' in state ? (record.settings.steps[state.step] ?? 0) : 0;
  const gauge = (name: string, help: string, more: string, value: number) =>
    `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name}{${labels}${more}} ${value}\n`;
  return [
    gauge('fleet_rollout_open', '1 while a rollout of the model is open', '', isOpen(record) ? 1 : 0),
    gauge(
      'fleet_rollout_info',
      'The latest rollout and where it stands; always 1',
      `,rollout="${id}",phase="${state.phase}"`,
      1,
    ),
    gauge('fleet_rollout_step_percent', 'Percent of the stable and canary band at this step', '', percent),
    gauge(
      'fleet_rollout_last_event_seconds',
      'When something last happened to it, seconds since 1970',
      '',
      journal.at(-1)?.at ?? 0,
    ),
  ].join('');
}
