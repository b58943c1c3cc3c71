import { CloudTopology } from '../../constructs/cloud-topology.ts';
import { environmentDocuments } from '../../workloads/documents.ts';
import { type MonitoringBootProps, monitoringDocuments } from '../../workloads/monitoring-boot.ts';
import type { Discovery } from '../../workloads/topology.ts';
import type { Edit } from '../support/shipped.ts';
import { shippedEnvironment } from '../support/synth.ts';
import { templates } from './node-boot-support.ts';

const DISCOVERY: Readonly<Record<'staging' | 'prod', Discovery>> = {
  staging: { kind: 'ec2', region: 'us-east-1' },
  prod: { kind: 'gce', project: 'example-project', zones: ['us-central1-a', 'us-central1-c'] },
};

/** What the monitoring machine of a shipped cloud environment is made of. */
export function monitoring(name: 'staging' | 'prod', change?: Edit): MonitoringBootProps {
  const environment = shippedEnvironment(name, change);
  const topology = new CloudTopology(environment, DISCOVERY[name], (secret) => ({ env: secret }));
  const documents = monitoringDocuments(environmentDocuments(environment, topology, templates));
  return { environment, topology, templates, documents };
}
