import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connects } from './connects.ts';
import { freePort } from './free-port.ts';
import { PythonPackages } from './python.ts';
import type { Attributes, Synthesized } from './synth.ts';

const MOTO = 'moto[server]==5.2.5';
const SERVICES = ['acm', 'autoscaling', 'ec2', 'ecs', 'elbv2', 'iam', 'kms', 'logs', 'route53', 's3', 'sts'];
const START_DEADLINE_MS = 60_000;

/** Types that moto cannot stand in for, and why. They and what refers to them are left out of the copy that is applied. */
export const GAPS: Readonly<Record<string, string>> = {
  aws_appautoscaling_policy: 'moto hangs on the target that it belongs to',
  aws_appautoscaling_target: 'moto hangs when a service of ECS has one',
  aws_dlm_lifecycle_policy: 'moto has no Data Lifecycle Manager',
  aws_instance: 'moto knows neither its image nor detailed monitoring (MonitorInstances)',
  aws_s3_bucket_policy: 'moto ignores conditions: to deny plain HTTP denies everything',
  aws_volume_attachment: 'belongs to a machine, which is left out',
};

/** Attributes that moto reads back otherwise than they were written: not to be compared. */
const MISREAD: Readonly<Record<string, readonly string[]>> = {
  // Examples out of its own answer templates.
  aws_autoscaling_lifecycle_hook: ['notification_target_arn', 'role_arn'],
  // The template's own tags appear among those that machines get.
  aws_launch_template: ['tag_specifications'],
  // Forgotten. The count belongs to the autoscaling, which is left out.
  aws_ecs_service: [
    'availability_zone_rebalancing',
    'desired_count',
    'enable_ecs_managed_tags',
    'health_check_grace_period_seconds',
  ],
  // Taken, and not told again.
  aws_route53_zone: ['vpc'],
  aws_vpc_security_group_egress_rule: ['description'],
  aws_vpc_security_group_ingress_rule: ['description'],
};

/** A stand-in for AWS that keeps what is made in it. */
export class Moto {
  readonly #packages = new PythonPackages();
  #server: ChildProcess | undefined;
  #port = 0;

  async start(): Promise<void> {
    await this.#packages.install(MOTO);
    this.#port = await freePort();
    this.#server = spawn(
      this.#packages.program('moto_server'),
      ['-H', '127.0.0.1', '-p', String(this.#port)],
      { stdio: 'ignore' },
    );
    const end = Date.now() + START_DEADLINE_MS;
    while (!(await connects('127.0.0.1', this.#port))) {
      if (Date.now() > end) throw new Error('moto did not start');
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** What makes the AWS SDK talk to it. */
  get env(): NodeJS.ProcessEnv {
    return {
      AWS_ENDPOINT_URL: this.url,
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
    };
  }

  /** Settings of the AWS provider. What moto lacks is an error soon. */
  get provider(): object {
    const { url } = this;
    return {
      access_key: 'test',
      secret_key: 'test',
      max_retries: 3,
      s3_use_path_style: true,
      skip_metadata_api_check: 'true',
      endpoints: [Object.fromEntries(SERVICES.map((service) => [service, url]))],
    };
  }

  async stop(): Promise<void> {
    if (this.#server !== undefined && this.#server.exitCode === null) {
      this.#server.kill();
      await once(this.#server, 'exit');
    }
    this.#packages.remove();
  }
}

/** A certificate that moto has, in place of the one that the environment names. */
export const CERTIFICATE = 'aws_acm_certificate';
const CERTIFICATE_ARN = `\${${CERTIFICATE}.gateway.arn}`;

function refersToGap(attributes: Attributes): boolean {
  const text = JSON.stringify(attributes);
  return Object.keys(GAPS).some((type) => text.includes(`\${${type}.`));
}

/** A copy of a stack that moto can stand in for. */
export function forMoto({ json, resources, files }: Synthesized): Synthesized {
  const kept = [...resources].filter(
    ([address, attributes]) => GAPS[typeOf(address)] === undefined && !refersToGap(attributes),
  );
  const copy = new Map(
    kept.map(([address, attributes]): [string, Attributes] => {
      const ignored = MISREAD[typeOf(address)];
      return [
        address,
        {
          ...attributes,
          ...(ignored === undefined ? {} : { lifecycle: { ignore_changes: ignored } }),
          ...(attributes.certificate_arn === undefined ? {} : { certificate_arn: CERTIFICATE_ARN }),
        },
      ];
    }),
  );
  const resource: Record<string, Record<string, Attributes>> = {
    [CERTIFICATE]: { gateway: { domain_name: 'llm.staging.example.com', validation_method: 'DNS' } },
  };
  for (const [address, attributes] of copy) {
    const [type = '', name = ''] = address.split('.');
    resource[type] = { ...resource[type], [name]: attributes };
  }
  return { json: { ...json, resource }, resources: copy, files };
}

export function typeOf(address: string): string {
  return address.split('.')[0] ?? address;
}
