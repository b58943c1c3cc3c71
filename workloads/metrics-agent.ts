import { stringify } from 'yaml';
import type { Environment } from '../contracts/environment.ts';
import type { Topology } from './topology.ts';

/** Files below `templates/` that run beside a gateway in a cloud. */
export const METRICS_AGENT_TEMPLATES = { program: 'gateway/metrics.sh' } as const;

export type MetricsAgentTemplate = Readonly<Record<keyof typeof METRICS_AGENT_TEMPLATES, string>>;

/** Where it keeps what it has not sent: Prometheus' image has it for user nobody, whose volume it stays. */
export const METRICS_FOLDER = '/prometheus';
/** Seconds from the signal to its end, at most, for a gateway that waits to be read once more. */
export const LAST_SCRAPE_SECONDS = 8;
/** Short, so that a gateway that was started by mistake is seen, and its end is not waited for. */
const INTERVAL = '2s';
/** Prometheus 3, and what it starts to read with: at once and not after five seconds. */
const ARGUMENTS = [
  '--agent',
  '--scrape.discovery-reload-interval=100ms',
  '--web.listen-address=127.0.0.1:9095',
];
/** Starts the program without a quote or a brace, which neither a shell within JSON nor Terraform takes for its own. */
const BOOT = `cd ${METRICS_FOLDER} && echo $FLEET_METRICS_SCRIPT | base64 -d >metrics.sh && exec sh metrics.sh $0 $@`;

/** Prometheus' configuration as an agent; `{instance}` is filled in where it runs. */
export function metricsAgentConfig(url: string, admin: string, job = 'gateway'): string {
  return stringify({
    global: { scrape_interval: INTERVAL, scrape_timeout: '1s' },
    scrape_configs: [
      {
        job_name: job,
        static_configs: [{ targets: [admin], labels: { instance: '{instance}' } }],
      },
    ],
    remote_write: [
      { url, queue_config: { batch_send_deadline: '500ms', min_backoff: '100ms', max_backoff: '5s' } },
    ],
  });
}

/** The program that an agent runs beside. */
export interface Watched {
  readonly job: string;
  readonly adminPort: number;
}

/** What a platform starts beside a gateway or a reviewer: entry point, arguments and environment of the container. */
export function metricsAgent(
  environment: Environment,
  { reach }: Topology,
  template: MetricsAgentTemplate,
  { job, adminPort }: Watched = { job: 'gateway', adminPort: environment.gateway.adminPort },
): {
  readonly command: readonly string[];
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
} {
  const admin = `127.0.0.1:${adminPort}`;
  const encoded = (text: string) => Buffer.from(text).toString('base64');
  return {
    command: ['sh', '-c', BOOT],
    arguments: ARGUMENTS,
    environment: {
      FLEET_METRICS_SCRIPT: encoded(template.program),
      FLEET_METRICS_CONFIG: encoded(
        metricsAgentConfig(`http://${reach.prometheus}/api/v1/write`, admin, job),
      ),
      FLEET_METRICS_FOLDER: METRICS_FOLDER,
      FLEET_GATEWAY_ADMIN: admin,
    },
  };
}
