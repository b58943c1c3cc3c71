import { CloudRunV2Service } from '@cdktf/provider-google/lib/cloud-run-v2-service/index.js';
import type { ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { LAST_SCRAPE_SECONDS } from '../../workloads/metrics-agent.ts';
import { type ReviewerPlace, reviewerDocument, reviewerSecrets } from '../../workloads/reviewer.ts';
import type { Templates } from '../../workloads/templates.ts';
import type { CloudTopology } from '../cloud-topology.ts';
import { type Container, metricsContainer, onOneLine, runsAs, START, secretMounts } from './cloud-run.ts';
import type { Identity } from './identity.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
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

/** One service of the reviewer: an identity that may read its own secrets, the network as its only way out. */
export class ReviewerService extends Construct {
  readonly resource: CloudRunV2Service;

  constructor(scope: Construct, id: string, props: ReviewerServiceProps) {
    super(scope, id);
    const { environment, place, network, subnet, identity, instances, reviews, calledBy, name } = props;
    const secrets = reviewerSecrets(environment, reviews.does);
    const { grants, template } = runsAs(this, { environment, place, network, subnet, identity, secrets });
    const open = calledBy === 'internet';
    this.resource = new CloudRunV2Service(this, 'Resource', {
      name,
      location: place.region,
      ingress: open ? 'INGRESS_TRAFFIC_ALL' : 'INGRESS_TRAFFIC_INTERNAL_ONLY',
      invokerIamDisabled: open,
      deletionProtection: false,
      template: {
        ...template,
        timeout: `${instances.timeoutSeconds}s`,
        maxInstanceRequestConcurrency: instances.concurrency,
        scaling: { minInstanceCount: instances.least, maxInstanceCount: instances.most },
        containers: [
          container(props, secrets),
          metricsContainer(environment, props.topology, props.templates, {
            job: open ? 'reviewer' : 'reviewer-worker',
            adminPort: environment.reviewer?.adminPort ?? 0,
          }),
        ],
      },
      dependsOn: [...grants, ...props.after],
    });
  }
}

function container(props: ReviewerServiceProps, secrets: readonly string[]): Container {
  const { environment, topology, reviews } = props;
  const { reviewer, images, name } = environment;
  const { reviewer: listen, reviewerAdmin: admin } = topology.listen;
  if (reviewer === undefined || listen === undefined || admin === undefined || images.reviewer === undefined)
    throw new Error(`environment ${name} has no reviewer or names no image of it`);
  return {
    name: 'reviewer',
    image: images.reviewer,
    command: ['node', '/app/pr-reviewer.mjs'],
    args: [
      ...['--config-variable', CONFIG_VARIABLE, '--reload-every', String(RELOAD_SECONDS)],
      ...['--listen', listen, '--admin', admin, '--last-scrape', String(LAST_SCRAPE_SECONDS)],
      ...props.arguments,
    ],
    env: [{ name: CONFIG_VARIABLE, value: onOneLine(reviewerDocument(environment, topology, reviews)) }],
    ports: { containerPort: reviewer.port },
    resources: { limits: { cpu: '1', memory: '1Gi' }, cpuIdle: false, startupCpuBoost: true },
    startupProbe: { httpGet: { path: '/ready', port: reviewer.adminPort }, timeoutSeconds: 4, ...START },
    livenessProbe: {
      httpGet: { path: '/status', port: reviewer.adminPort },
      periodSeconds: 10,
      failureThreshold: 3,
    },
    volumeMounts: secretMounts(secrets),
  };
}
