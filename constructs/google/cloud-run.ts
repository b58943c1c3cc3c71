import type { CloudRunV2ServiceTemplate } from '@cdktf/provider-google/lib/cloud-run-v2-service/index.js';
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js';
import type { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import type { Document } from '../../workloads/document.ts';
import { metricsAgent } from '../../workloads/metrics-agent.ts';
import { PROMETHEUS_IMAGE } from '../../workloads/observability-images.ts';
import type { Templates } from '../../workloads/templates.ts';
import type { Topology } from '../../workloads/topology.ts';
import { SECRETS_FOLDER } from '../cloud-topology.ts';
import type { Identity } from './identity.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import { secretId } from './secret-id.ts';
import type { Subnet } from './subnet.ts';

export type Container = NonNullable<
  Extract<CloudRunV2ServiceTemplate['containers'], readonly unknown[]>
>[number];

/** Cloud Run mounts each secret as a folder; this is the file in it. */
export const SECRET_FILE = 'value';
/** Cloud Run connects an instance to the network while it starts, which can take a minute and more. */
export const START = { periodSeconds: 5, failureThreshold: 48 } as const;

export interface RunsAsProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly identity: Identity;
  readonly network: Network;
  readonly subnet: Subnet;
  /** Names of the secrets that it reads. */
  readonly secrets: readonly string[];
}

/** Who instances are and what they reach: an identity that may read its secrets, the network as the only way out. */
export function runsAs(scope: Construct, props: RunsAsProps) {
  const { environment, place, identity, network, subnet, secrets } = props;
  const grants = secrets.map(
    (secret) =>
      new SecretManagerSecretIamMember(scope, `read-${secret}`, {
        project: place.project,
        secretId: secretId(environment, secret),
        role: 'roles/secretmanager.secretAccessor',
        member: identity.resource.member,
      }),
  );
  const template = {
    serviceAccount: identity.resource.email,
    executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
    vpcAccess: {
      egress: 'ALL_TRAFFIC',
      networkInterfaces: [{ network: network.resource.id, subnetwork: subnet.resource.id }],
    },
    volumes: secrets.map((secret) => ({
      name: secret,
      secret: {
        secret: secretId(environment, secret),
        items: [{ path: SECRET_FILE, version: 'latest', mode: 0o400 }],
      },
    })),
  };
  return { grants, template };
}

export function secretMounts(secrets: readonly string[]): NonNullable<Container['volumeMounts']> {
  return secrets.map((name) => ({ name, mountPath: `${SECRETS_FOLDER}/${name}` }));
}

/** A document as a variable's value: on one line. A changed one is a new revision. */
export function onOneLine({ text }: Document): string {
  return JSON.stringify(JSON.parse(text));
}

/** Prometheus as an agent: nobody could find an instance of Cloud Run to read its metrics. It has processor time without requests. */
export function metricsContainer(
  environment: Environment,
  topology: Topology,
  templates: Templates,
  watched?: Parameters<typeof metricsAgent>[3],
): Container {
  const agent = metricsAgent(environment, topology, templates.metricsAgent, watched);
  return {
    name: 'metrics',
    image: environment.images.prometheus ?? PROMETHEUS_IMAGE,
    command: [...agent.command],
    args: [...agent.arguments],
    env: Object.entries(agent.environment).map(([name, value]) => ({ name, value })),
    resources: { limits: { cpu: '0.5', memory: '512Mi' }, cpuIdle: false },
  };
}
