import { z } from 'zod';
import { Duration, Name, Port } from './values.ts';

export const ALERTMANAGER_PORT = 9093;
export const GRAFANA_PORT = 3000;

const Secret = Name.describe('a name under secrets');

const RemoteWrite = z
  .strictObject({
    url: z.url({ protocol: /^https?$/, error: 'must be a URL that begins with https:// or http://' }),
    bearer: Secret.optional(),
    basic: z.strictObject({ user: z.string().min(1), password: Secret }).optional(),
    sigv4: z
      .strictObject({
        region: z.string().min(1),
        role: z
          .string()
          .regex(/^arn:aws[\w-]*:iam::\d{12}:role\/.+$/, 'must be the ARN of a role')
          .optional()
          .describe('to be assumed; default: that of the machine'),
      })
      .optional()
      .describe('Amazon Managed Prometheus: signed by the identity of the machine'),
    google: z
      .literal(true)
      .optional()
      .describe('platform google: a token of the machine, for Google Managed Prometheus'),
    metrics: z
      .string()
      .min(1)
      .optional()
      .describe('regular expression of the metrics that are sent; default: all'),
  })
  .describe('another store that gets the metrics too: Managed Prometheus of a cloud, Thanos, Mimir');

export const Prometheus = z.strictObject({
  port: Port.default(9090),
  scrapeInterval: Duration.default('15s'),
  retention: Duration.default('15d'),
  diskGiB: z
    .int()
    .min(10)
    .max(16_384)
    .default(100)
    .describe('platforms google and aws: disk of Prometheus, Alertmanager and Grafana'),
  snapshotDays: z
    .int()
    .min(1)
    .max(365)
    .default(14)
    .describe('platforms google and aws: how long daily snapshots of the disk stay'),
  machine: z
    .string()
    .min(1)
    .optional()
    .describe('type of the machine of all three on google and aws; default e2-standard-2, m6i.large'),
  remoteWrite: z.array(RemoteWrite).default([]),
});

const Receiver = z
  .strictObject({
    pagerduty: Secret.optional().describe('a name under secrets: the routing key'),
    slack: z
      .strictObject({ webhook: Secret.describe('a name under secrets: its URL'), channel: z.string().min(2) })
      .optional(),
    webhook: z
      .strictObject({
        url: z.url({ protocol: /^https?$/, error: 'must be a URL' }).optional(),
        secretUrl: Name.optional().describe('instead of url: a name under secrets (Alertmanager 0.26)'),
        bearer: Secret.optional(),
      })
      .optional(),
    email: z
      .strictObject({
        to: z.string().min(3),
        from: z.string().min(3),
        host: z.string().regex(/^[\w.-]+:\d{1,5}$/, 'must be host:port'),
        user: z.string().min(1).optional(),
        password: Secret.optional(),
      })
      .optional(),
  })
  .describe('whom Alertmanager tells');

export const Alertmanager = z
  .strictObject({
    port: Port.default(ALERTMANAGER_PORT),
    receivers: z.record(Name, Receiver).default({}),
    routes: z
      .strictObject({
        page: Name.optional().describe('receiver of alerts that somebody must act on now'),
        ticket: Name.optional().describe('receiver of alerts that can wait for the morning'),
        watchdog: Name.optional().describe(
          'dead-man switch: a service that alerts when it no longer hears from here',
        ),
      })
      .prefault({})
      .describe('by severity; without a receiver an alert is only shown'),
  })
  .describe('default: alerts are only shown by Prometheus');

export const Grafana = z
  .strictObject({
    port: Port.default(GRAFANA_PORT),
    adminPassword: Secret,
  })
  .describe('Grafana with the dashboards of the environment; default: none');
