import type { CloudSection } from './cloud-section.ts';

/** Where machines of a cloud find their documents: keys in the environment's bucket. */
export const DOCUMENT_KEYS = {
  /** nginx.conf: the one object that a weight change updates. */
  weights: 'router/nginx.conf',
  egress: 'egress/gateway.json',
  prometheus: 'prometheus/prometheus.yml',
} as const;

/** The bucket that carries an environment's documents to its machines. */
export function documentsBucket(environment: string, cloud: CloudSection): string {
  const owner = cloud.platform === 'aws' ? cloud.account : cloud.project;
  return `${owner}-${environment}-fleet-documents`;
}
