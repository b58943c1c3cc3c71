import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set/index.js';
import { MemorystoreInstance } from '@cdktf/provider-google/lib/memorystore-instance/index.js';
import { NetworkConnectivityServiceConnectionPolicy } from '@cdktf/provider-google/lib/network-connectivity-service-connection-policy/index.js';
import { ProjectIamMember } from '@cdktf/provider-google/lib/project-iam-member/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { Access } from './access.ts';
import { addressPlan } from './address-plan.ts';
import type { Network } from './network.ts';
import type { Place } from './place.ts';
import { Subnet } from './subnet.ts';

export interface RedisProps {
  readonly place: Place;
  readonly network: Network;
  readonly access: Access;
}

/** What lets the gateway's identity sign in. */
export const REDIS_ROLE = 'roles/memorystore.dbConnectionUser';
const TTL_SECONDS = 30;

/**
 * What gateways share, on Memorystore for Valkey: the smallest node and one that takes its place in another zone, with
 * an address in the environment's network, encrypted on the way. Who asks is told by access tokens of the gateway's
 * identity: there is no password, and nobody else who reaches the address gets in.
 */
export class Redis extends Construct {
  /** Certificates (PEM) of the authority that signs for this instance alone; known once it is there. */
  readonly authority: string;

  constructor(scope: Construct, id: string, { place, network, access }: RedisProps) {
    super(scope, id);
    const { environment, project, region } = place;
    const name = resourceName(environment, [id]);
    const subnet = new Subnet(this, 'redis-addresses', {
      place,
      network: network.resource.id,
      cidr: addressPlan(network.cidr).redis,
    });
    const policy = new NetworkConnectivityServiceConnectionPolicy(this, 'endpoints', {
      name,
      location: region,
      serviceClass: 'gcp-memorystore',
      description: 'Where Memorystore may take addresses',
      network: network.resource.id,
      pscConfig: { subnetworks: [subnet.resource.id] },
    });
    const instance = new MemorystoreInstance(this, 'Resource', {
      instanceId: name,
      location: region,
      engineVersion: 'VALKEY_8_0',
      mode: 'CLUSTER_DISABLED',
      nodeType: 'SHARED_CORE_NANO',
      shardCount: 1,
      replicaCount: 1,
      authorizationMode: 'IAM_AUTH',
      transitEncryptionMode: 'SERVER_AUTHENTICATION',
      engineConfigs: { 'maxmemory-policy': 'volatile-lru' },
      persistenceConfig: { mode: 'DISABLED' },
      desiredAutoCreatedEndpoints: [{ network: network.resource.id, projectId: project }],
      // What it holds is for minutes or can be made again; bills come from the ledger.
      deletionProtectionEnabled: false,
      dependsOn: [policy],
    });
    const address = `${instance.terraformResourceType}.${instance.friendlyUniqueId}`;
    new ProjectIamMember(this, 'gateway-signs-in', {
      project,
      role: REDIS_ROLE,
      member: access.gateway.resource.member,
      condition: {
        title: 'this Redis',
        expression: `resource.name == "projects/${project}/locations/${region}/instances/${name}"`,
      },
    });
    new DnsRecordSet(this, 'name', {
      managedZone: network.names.name,
      type: 'A',
      ttl: TTL_SECONDS,
      name: `redis.${network.names.dnsName}`,
      rrdatas: [primaryAddress(address)],
    });
    this.authority = authorityOf(address);
  }
}

/** There is a second address, of replicas, which writes nothing. Their order is nowhere promised. */
function primaryAddress(instance: string): string {
  const connections = `flatten(${instance}.endpoints[*].connections[*].psc_auto_connection)`;
  return `\${one([for one in ${connections} : one.ip_address if one.connection_type == "CONNECTION_TYPE_PRIMARY"])}`;
}

function authorityOf(instance: string): string {
  return `\${join("\\n", flatten(${instance}.managed_server_ca[*].ca_certs[*].certificates))}`;
}
