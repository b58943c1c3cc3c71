import { VpcEndpoint } from '@cdktf/provider-aws/lib/vpc-endpoint/index.js';
import { Construct } from 'constructs';
import { AccessGroup } from './access-group.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import { policyDocument } from './policy.ts';

export interface ServiceEndpointsProps {
  readonly environment: string;
  readonly place: Place;
  readonly network: Network;
  /** Buckets that machines without a way to the internet read. */
  readonly buckets: readonly string[];
  readonly nodesReachInternet: boolean;
}

/** Sessions instead of SSH, images, logs and metrics, secrets, the end of a drain, which machines there are. */
const SERVICES = [
  'ssm',
  'ssmmessages',
  'ec2messages',
  'ecr.api',
  'ecr.dkr',
  'logs',
  'monitoring',
  'secretsmanager',
  'autoscaling',
  'ec2',
] as const;

/**
 * The services of AWS, reached without leaving the network, and by identities of this account only. S3 is reached by
 * route: from closed subnets only the environment's buckets and the layers of ECR, else everything.
 */
export class ServiceEndpoints extends Construct {
  /** Carried by the endpoints. */
  readonly access: AccessGroup;
  readonly #s3: VpcEndpoint;

  constructor(scope: Construct, id: string, props: ServiceEndpointsProps) {
    super(scope, id);
    const { environment, place, network, buckets, nodesReachInternet } = props;
    const { vpc, zones } = network;
    this.access = new AccessGroup(this, 'access', {
      name: `fleet-${environment}-endpoints`,
      vpc,
      description: 'Endpoints of AWS services',
    });
    for (const service of SERVICES) {
      new VpcEndpoint(this, service, {
        vpcId: vpc.id,
        serviceName: serviceName(place, service),
        vpcEndpointType: 'Interface',
        privateDnsEnabled: true,
        subnetIds: network.nodeSubnets(),
        securityGroupIds: [this.access.resource.id],
        policy: ownIdentities(place),
        tags: { Name: `fleet ${environment} ${service}` },
      });
    }
    const nodes = zones.map((zone) => zone.nodes.routeTable.id);
    const gateway = zones.map((zone) => zone.gateway.routeTable.id);
    const router = zones.map((zone) => zone.router.routeTable.id);
    const closed = nodesReachInternet ? gateway : [...nodes, ...gateway];
    const open = nodesReachInternet ? [...nodes, ...router] : router;
    this.#s3 = new VpcEndpoint(this, 's3', {
      vpcId: vpc.id,
      serviceName: serviceName(place, 's3'),
      vpcEndpointType: 'Gateway',
      routeTableIds: closed,
      policy: namedBuckets(place, buckets),
      tags: { Name: `fleet ${environment} s3, own buckets` },
    });
    new VpcEndpoint(this, 's3-open', {
      vpcId: vpc.id,
      serviceName: serviceName(place, 's3'),
      vpcEndpointType: 'Gateway',
      routeTableIds: open,
      tags: { Name: `fleet ${environment} s3` },
    });
  }

  /** Lets the carriers of a group use the endpoints. */
  serve(group: AccessGroup): void {
    this.access.accept(group, { what: 'https', from: 443 });
    group.reachService('s3', this.#s3.prefixListId);
  }
}

function serviceName({ partition, region }: Place, service: string): string {
  const prefix = partition === 'aws-cn' && service !== 's3' ? 'cn.com.amazonaws' : 'com.amazonaws';
  return `${prefix}.${region}.${service}`;
}

function ownIdentities({ account }: Place): string {
  return policyDocument([
    {
      Sid: 'OwnIdentities',
      Principal: '*',
      Action: '*',
      Resource: '*',
      Condition: { StringEquals: { 'aws:PrincipalAccount': account } },
    },
  ]);
}

function namedBuckets(place: Place, buckets: readonly string[]): string {
  const own = buckets.map((bucket) => place.bucketArn(bucket));
  return policyDocument([
    {
      Sid: 'OwnBuckets',
      Principal: '*',
      Action: ['s3:GetObject', 's3:GetObjectVersion', 's3:ListBucket', 's3:GetBucketLocation'],
      Resource: own.flatMap((arn) => [arn, `${arn}/*`]),
      Condition: { StringEquals: { 'aws:PrincipalAccount': place.account } },
    },
    {
      Sid: 'ImageLayers',
      Principal: '*',
      Action: 's3:GetObject',
      Resource: `${place.bucketArn(`prod-${place.region}-starport-layer-bucket`)}/*`,
    },
  ]);
}
