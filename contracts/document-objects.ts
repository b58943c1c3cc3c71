import type { CloudSection } from './cloud-section.ts';

/** Where the egress finds its document in the environment's bucket. The router agent's are `ROUTER_OBJECTS`. */
export const EGRESS_OBJECT = 'egress/gateway.json';

/** On aws, variables of the gateway's container that only a deploy finds out. */
export const GATEWAY_VARIABLES_OBJECT = 'gateway/found.env';

/** The bucket that carries an environment's documents to its machines. */
export function documentsBucket(environment: string, cloud: CloudSection): string {
  const owner = cloud.platform === 'aws' ? cloud.account : cloud.project;
  return `${owner}-${environment}-fleet-documents`;
}
