import {
  CloudRunV2Service,
  type CloudRunV2ServiceTemplate,
} from '@cdktf/provider-google/lib/cloud-run-v2-service/index.js';
import { SecretManagerSecretIamMember } from '@cdktf/provider-google/lib/secret-manager-secret-iam-member/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { LAST_SCRAPE_SECONDS, metricsAgent } from '../../workloads/metrics-agent.ts';
import { PROMETHEUS_IMAGE } from '../../workloads/observability-images.ts';
import { type ReviewerPlace, reviewerDocument, reviewerSecrets } from '../../workloads/reviewer.ts';
import type { Templates } from '../../workloads/templates.ts';
import { type CloudTopology, SECRETS_FOLDER } from '../cloud-topology.ts';
import { SECRET_FILE } from './gateway.ts';
import type { Identity } from './identity.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import { secretId } from './secret-id.ts';
import type { Subnet } from './subnet.ts';

export interface ReviewerServiceProps {
  readonly environment: Environment;
  readonly topology: CloudTopology;
  readonly place: Place;
  readonly network: Network;
  readonly templates: Templates;
  readonly subnet: Subnet;
  /** The service's name. */
  readonly name: string;
  readonly identity: Identity;
  /** What of the reviewer it does. */
  readonly reviews: ReviewerPlace;
  /** Arguments of its own. */
  readonly arguments: readonly string[];
  /** `internet`: anybody, for GitHub has no identity at Google; it signs. `queue`: from inside, and who may is a right. */
  readonly calledBy: 'internet' | 'queue';
  readonly instances: {
    readonly least: number;
    readonly most: number;
    readonly concurrency: number;
    readonly timeoutSeconds: number;
  };
  readonly after: readonly ITerraformDependable[];
}

const CONFIG_VARIABLE = 'FLEET_REVIEWER_CONFIG';
/** How often new secrets are looked for. */
const RELOAD_SECONDS = 60;
/** Cloud Run connects an instance to the network while it starts, which can take a minute and more. */
const START = { periodSeconds: 5, failureThreshold: 48 } as const;

/** One service of the reviewer: an identity that may read its own secrets, the network as its only way out. */
export class ReviewerService extends Construct {
  readonly resource: CloudRunV2Service;

  constructor(scope: Construct, id: string, props: ReviewerServiceProps) {
    super(scope, id);
    const { environment, place, network, subnet, identity, instances, reviews, calledBy, name } = props;
    const secrets = reviewerSecrets(environment, reviews.does);
    const grants = secrets.map(
      (secret) =>
        new SecretManagerSecretIamMember(this, `read-${secret}`, {
          project: place.project,
          secretId: secretId(environment, secret),
          role: 'roles/secretmanager.secretAccessor',
          member: identity.resource.member,
        }),
    );
    const open = calledBy === 'internet';
    this.resource = new CloudRunV2Service(this, 'Resource', {
      name,
      location: place.region,
      ingress: open ? 'INGRESS_TRAFFIC_ALL' : 'INGRESS_TRAFFIC_INTERNAL_ONLY',
      invokerIamDisabled: open,
      deletionProtection: false,
      template: {
        serviceAccount: identity.resource.email,
        executionEnvironment: 'EXECUTION_ENVIRONMENT_GEN2',
        timeout: `${instances.timeoutSeconds}s`,
        maxInstanceRequestConcurrency: instances.concurrency,
        scaling: { minInstanceCount: instances.least, maxInstanceCount: instances.most },
        vpcAccess: {
          egress: 'ALL_TRAFFIC',
          networkInterfaces: [{ network: network.resource.id, subnetwork: subnet.resource.id }],
        },
        containers: [container(props, secrets), metricsContainer(props)],
        volumes: secrets.map((secret) => ({
          name: secret,
          secret: {
            secret: secretId(environment, secret),
            items: [{ path: SECRET_FILE, version: 'latest', mode: 0o400 }],
          },
        })),
      },
      dependsOn: [...grants, ...props.after],
    });
  }
}

type Container = NonNullable<Extract<CloudRunV2ServiceTemplate['containers'], readonly unknown[]>>[number];

function container(props: ReviewerServiceProps, secrets: readonly string[]): Container {
  const { environment, topology, reviews } = props;
  const { reviewer, images, name } = environment;
  const { reviewer: listen, reviewerAdmin: admin } = topology.listen;
  if (reviewer === undefined || listen === undefined || admin === undefined || images.reviewer === undefined)
    throw new Error(`environment ${name} has no reviewer or names no image of it`);
  const { text } = reviewerDocument(environment, topology, reviews);
  return {
    name: 'reviewer',
    image: images.reviewer,
    command: ['node', '/app/pr-reviewer.mjs'],
    args: [
      ...['--config-variable', CONFIG_VARIABLE, '--reload-every', String(RELOAD_SECONDS)],
      ...['--listen', listen, '--admin', admin, '--last-scrape', String(LAST_SCRAPE_SECONDS)],
      ...props.arguments,
    ],
    env: [{ name: CONFIG_VARIABLE, value: JSON.stringify(JSON.parse(text)) }],
    ports: { containerPort: reviewer.port },
    resources: { limits: { cpu: '1', memory: '1Gi' }, cpuIdle: false, startupCpuBoost: true },
    startupProbe: { httpGet: { path: '/ready', port: reviewer.adminPort }, timeoutSeconds: 4, ...START },
    livenessProbe: {
      httpGet: { path: '/status', port: reviewer.adminPort },
      periodSeconds: 10,
      failureThreshold: 3,
    },
    volumeMounts: secrets.map((secret) => ({ name: secret, mountPath: `${SECRETS_FOLDER}/${secret}` })),
  };
}

/** As beside the gateway: nobody could find an instance of Cloud Run to read its metrics. */
function metricsContainer({ environment, topology, templates }: ReviewerServiceProps): Container {
  const adminPort = environment.reviewer?.adminPort ?? 0;
  const watched = { job: 'reviewer', adminPort };
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
