import { ComputeHealthCheck } from '@cdktf/provider-google/lib/compute-health-check/index.js';
import { Construct } from 'constructs';
import { NODE_HEALTH_PATH, NODE_HEALTH_PORT } from '../../contracts/node-health.ts';
import { resourceName } from '../../workloads/google-names.ts';
import type { Place } from './place.ts';

/**
 * Whether a node should be replaced, which is not whether it is ready: a node that boots or drains is healthy. Three
 * minutes of silence, since a replacement may not get GPUs again.
 */
export class NodeHealthCheck extends Construct {
  readonly resource: ComputeHealthCheck;

  constructor(scope: Construct, id: string, { place }: { readonly place: Place }) {
    super(scope, id);
    this.resource = new ComputeHealthCheck(this, 'Resource', {
      name: resourceName(place.environment, [id]),
      httpHealthCheck: { port: NODE_HEALTH_PORT, requestPath: NODE_HEALTH_PATH },
      checkIntervalSec: 20,
      timeoutSec: 10,
      healthyThreshold: 1,
      unhealthyThreshold: 9,
      logConfig: { enable: true },
    });
  }
}
