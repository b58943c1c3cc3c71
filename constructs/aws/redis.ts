import { ElasticacheReplicationGroup } from '@cdktf/provider-aws/lib/elasticache-replication-group/index.js';
import { ElasticacheSubnetGroup } from '@cdktf/provider-aws/lib/elasticache-subnet-group/index.js';
import type { S3Object } from '@cdktf/provider-aws/lib/s3-object/index.js';
import { Construct } from 'constructs';
import { GATEWAY_VARIABLES_OBJECT } from '../../contracts/document-objects.ts';
import type { Environment } from '../../contracts/environment.ts';
import { boundedName } from '../../workloads/bounded-name.ts';
import { REDIS_VARIABLES } from '../cloud-topology.ts';
import type { Access } from './access.ts';
import { AccessGroup } from './access-group.ts';
import type { DocumentBucket } from './document-bucket.ts';
import type { EncryptionKey } from './encryption-key.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';

export interface RedisProps {
  readonly environment: Environment;
  readonly place: Place;
  readonly network: Network;
  readonly access: Access;
  readonly key: EncryptionKey;
  readonly documents: DocumentBucket;
}

/** The smallest that ElastiCache has: half a GiB, which holds counts of thousands of keys and a day's summaries. */
const NODE = 'cache.t4g.micro';
const VALKEY = { engine: 'valkey', engineVersion: '8.0', parameterGroupName: 'default.valkey8' } as const;
/** Of replication groups. */
const LONGEST_NAME = 40;
/** In UTC, when load is low in most of the world's offices. */
const MAINTENANCE = 'sun:03:00-sun:04:00';

/**
 * What gateways share, on ElastiCache: one node and one that takes its place in another zone, encrypted at rest and on
 * the way. Only gateways reach its port, so it asks for no password that state would hold. No snapshots: they would
 * hold summaries of what users wrote, and bills come from the ledger.
 */
export class Redis extends Construct {
  /** The variable with its address, in a file that tasks are started with: so the plan shows all else of a task. */
  readonly variables: S3Object;
  readonly variablesArn: string;

  constructor(scope: Construct, id: string, props: RedisProps) {
    super(scope, id);
    const { environment, place, network, access, key, documents } = props;
    const { name, gateway } = environment;
    if (gateway.redis === undefined) throw new Error(`environment ${name} asks for no Redis`);
    const { port } = gateway.redis;
    const group = new AccessGroup(this, 'access', {
      name: `fleet-${name}-redis`,
      vpc: network.vpc,
      description: 'Redis that gateways share',
    });
    group.accept(access.gateway, { what: 'redis', from: port });
    const subnets = new ElasticacheSubnetGroup(this, 'subnets', {
      name: `fleet-${name}-redis`,
      description: `Redis of fleet environment ${name}`,
      subnetIds: network.zones.map((zone) => zone.gateway.resource.id),
    });
    const resource = new ElasticacheReplicationGroup(this, 'Resource', {
      replicationGroupId: boundedName(['fleet', name], LONGEST_NAME),
      description: `What gateways of fleet environment ${name} share`,
      ...VALKEY,
      nodeType: NODE,
      numCacheClusters: 2,
      automaticFailoverEnabled: true,
      multiAzEnabled: true,
      port,
      subnetGroupName: subnets.name,
      securityGroupIds: [group.resource.id],
      transitEncryptionEnabled: true,
      transitEncryptionMode: 'required',
      atRestEncryptionEnabled: 'true',
      kmsKeyId: key.resource.arn,
      autoMinorVersionUpgrade: 'true',
      maintenanceWindow: MAINTENANCE,
      applyImmediately: true,
      snapshotRetentionLimit: 0,
    });
    const address = `${resource.primaryEndpointAddress}:${port}`;
    const line = `${REDIS_VARIABLES.address}=${address}\n`;
    this.variables = documents.addFound(this, 'variables', GATEWAY_VARIABLES_OBJECT, line);
    this.variablesArn = `${place.bucketArn(documents.name)}/${GATEWAY_VARIABLES_OBJECT}`;
  }
}
