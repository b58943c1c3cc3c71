import { DnsManagedZone } from '@cdktf/provider-google/lib/dns-managed-zone/index.js';
import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set/index.js';
import { Construct } from 'constructs';
import { resourceName } from '../../workloads/google-names.ts';
import type { Place } from './place.ts';

export interface PrivateApisProps {
  readonly place: Place;
  /** Id of the network. */
  readonly network: string;
}

/** `private.googleapis.com`: reached without a public address, from subnets with Private Google Access. */
export const PRIVATE_APIS_RANGE = '199.36.153.8/30';
const ADDRESSES = ['199.36.153.8', '199.36.153.9', '199.36.153.10', '199.36.153.11'];
const TTL_SECONDS = 300;

/** Google's names that machines use: the APIs and the container registries. */
const DOMAINS: Readonly<Record<string, string>> = {
  googleapis: 'googleapis.com.',
  'artifact-registry': 'pkg.dev.',
};

/** Leads Google's names to one small range, so that machines without a way to the internet find all they need there. */
export class PrivateApis extends Construct {
  constructor(scope: Construct, id: string, { place, network }: PrivateApisProps) {
    super(scope, id);
    for (const [name, domain] of Object.entries(DOMAINS)) {
      const namespace = new Construct(this, name);
      const zone = new DnsManagedZone(namespace, 'Resource', {
        name: resourceName(place.environment, [name]),
        dnsName: domain,
        description: 'private.googleapis.com for machines without a public address',
        visibility: 'private',
        privateVisibilityConfig: { networks: [{ networkUrl: network }] },
      });
      const record = { managedZone: zone.name, type: 'A', ttl: TTL_SECONDS, rrdatas: ADDRESSES };
      new DnsRecordSet(namespace, 'apex', { ...record, name: domain });
      new DnsRecordSet(namespace, 'wildcard', { ...record, name: `*.${domain}` });
    }
  }
}
