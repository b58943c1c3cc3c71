/** Names that platform aws gives its things, and by which a node finds them. */

/** Lifecycle hook that holds a leaving machine until its servers have drained; its result is CONTINUE. */
export const DRAIN_HOOK = 'drain';

/** Tag with the name of a machine's Auto Scaling group. Machines read their tags through the metadata service. */
export const GROUP_TAG = 'fleet-group';

/** CloudWatch namespace of the metrics that a node writes itself. */
export const METRIC_NAMESPACE = 'fleet';

/** Log group of an environment's nodes. */
export function nodeLogGroup(environment: string): string {
  return `/fleet/${environment}/nodes`;
}

/** Log group of an environment's gateway. */
export function gatewayLogGroup(environment: string): string {
  return `/fleet/${environment}/gateway`;
}

/** Lifecycle hook that holds a new router back until it serves; its result is CONTINUE. */
export const JOIN_HOOK = 'join';

/** Log group of an environment's routers. */
export function routerLogGroup(environment: string): string {
  return `/fleet/${environment}/router`;
}

/** Log group of an environment's monitoring machine. */
export function monitoringLogGroup(environment: string): string {
  return `/fleet/${environment}/monitoring`;
}
