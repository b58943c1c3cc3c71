import { stringify } from 'yaml';
import type { Environment } from '../contracts/environment.ts';
import { type Document, textDocument } from './document.ts';
import type { Topology } from './topology.ts';

type Section = NonNullable<Environment['alertmanager']>;
type Receiver = Section['receivers'][string];
type Files = (secret: string) => string;

/** Receives what has no receiver of its own: it is shown, and nobody is told. */
const NOBODY = 'nobody';

/** How soon and how often somebody hears of alerts that belong together. */
const PACE = {
  page: { group_wait: '15s', group_interval: '5m', repeat_interval: '1h' },
  ticket: { group_wait: '2m', group_interval: '15m', repeat_interval: '1d' },
  // A dead-man switch counts the minutes since it last heard. Told again after a minute it would hear every two: at the next look
  // the minute is not quite over.
  watchdog: { group_wait: '0s', group_interval: '1m', repeat_interval: '50s' },
} as const;

/**
 * What an alert makes redundant as long as it fires: the larger failure names its consequences. What clients see (burn rates)
 * is never silenced by a cause.
 */
const INHIBITIONS = [
  { by: 'ReleaseDown', silences: 'ServerDown|ServerStuck|GpuMetricsMissing', equal: ['model', 'release'] },
  { by: 'ServerStuck', silences: 'KvCacheFull|QueueGrows|Preemptions', equal: ['model', 'release'] },
  { by: 'CanaryErrors', silences: 'CanarySlow', equal: ['model'] },
  { by: 'RouterDown', silences: 'VersionsDiffer|ShareOffWeight|CanaryWithoutTraffic', equal: [] },
  { by: 'AvailabilityBurnsFast', silences: 'AvailabilityBurns|AvailabilityBurnsSlowly', equal: ['model'] },
  { by: 'AvailabilityBurns', silences: 'AvailabilityBurnsSlowly', equal: ['model'] },
  { by: 'FirstTokenBurnsFast', silences: 'FirstTokenBurns|FirstTokenBurnsSlowly', equal: ['model'] },
  { by: 'FirstTokenBurns', silences: 'FirstTokenBurnsSlowly', equal: ['model'] },
] as const;

/** alertmanager.yml for 0.25 and later; undefined where the environment has none. Secrets are named by file. */
export function alertmanagerDocument(environment: Environment, topology: Topology): Document | undefined {
  const { alertmanager } = environment;
  if (alertmanager === undefined) return undefined;
  const files: Files = (secret) => {
    const source = topology.secret(secret, 'alertmanager');
    if (!('file' in source)) throw new Error(`Alertmanager cannot read secret ${secret} from a variable`);
    return source.file;
  };
  const { page, ticket, watchdog } = alertmanager.routes;
  const config = {
    route: {
      receiver: NOBODY,
      group_by: ['alertname', 'model'],
      routes: [
        route(['alertname="Watchdog"'], watchdog, PACE.watchdog),
        route(['severity="page"'], page, PACE.page),
        route(['severity="ticket"'], ticket, PACE.ticket),
      ],
    },
    inhibit_rules: INHIBITIONS.map(({ by, silences, equal }) => ({
      source_matchers: [`alertname="${by}"`],
      target_matchers: [`alertname=~"${silences}"`],
      ...(equal.length === 0 ? {} : { equal: [...equal] }),
    })),
    receivers: [
      { name: NOBODY },
      ...Object.entries(alertmanager.receivers).map(([name, receiver]) => ({
        name,
        ...configsOf(receiver, files, name === watchdog),
      })),
    ],
  };
  return textDocument(stringify(config, { lineWidth: 0 }));
}

function route(matchers: readonly string[], receiver: string | undefined, pace: object) {
  return { matchers: [...matchers], receiver: receiver ?? NOBODY, ...pace };
}

/** A dead-man switch is told that the watchdog fires, and never that it ended. */
function configsOf({ pagerduty, slack, webhook, email }: Receiver, files: Files, deadMan: boolean) {
  const resolved = { send_resolved: !deadMan };
  return {
    ...(pagerduty === undefined
      ? {}
      : { pagerduty_configs: [{ routing_key_file: files(pagerduty), ...resolved }] }),
    ...(slack === undefined
      ? {}
      : {
          slack_configs: [
            {
              api_url_file: files(slack.webhook),
              channel: slack.channel,
              ...SLACK_TEXT,
              ...resolved,
            },
          ],
        }),
    ...(webhook === undefined
      ? {}
      : {
          webhook_configs: [
            {
              ...(webhook.secretUrl === undefined
                ? { url: webhook.url }
                : { url_file: files(webhook.secretUrl) }),
              ...(webhook.bearer === undefined
                ? {}
                : { http_config: { authorization: { credentials_file: files(webhook.bearer) } } }),
              ...resolved,
            },
          ],
        }),
    ...(email === undefined
      ? {}
      : {
          email_configs: [
            {
              ...{ to: email.to, from: email.from, smarthost: email.host },
              ...(email.user === undefined ? {} : { auth_username: email.user }),
              ...(email.password === undefined ? {} : { auth_password_file: files(email.password) }),
              ...resolved,
            },
          ],
        }),
  };
}

const SLACK_TEXT = {
  title: '{{ .Status | toUpper }} {{ .CommonLabels.alertname }} {{ .CommonLabels.model }}',
  text: '{{ range .Alerts }}{{ .Annotations.summary }} ({{ .Annotations.runbook }})\n{{ end }}',
};
