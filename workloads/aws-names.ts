import { boundedName } from './bounded-name.ts';

/** Names that platform aws gives its things, and by which a node finds them. */

/** Of roles. */
const LONGEST_ROLE_NAME = 64;

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

/** AWS's word for the clouds that share accounts: the second one of every ARN. */
export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** Roles of an environment's routers: the machine's, and those that it acts as. */
export type RouterRoleOf = 'router' | 'router-agent' | 'egress';

export function routerRole(environment: string, region: string, part: RouterRoleOf): string {
  return boundedName(['fleet', environment, part, region], LONGEST_ROLE_NAME);
}

/** Full name of such a role. */
export function routerRoleArn(
  environment: string,
  { account, region }: { readonly account: string; readonly region: string },
  part: RouterRoleOf,
): string {
  return `arn:${partitionOf(region)}:iam::${account}:role/${routerRole(environment, region, part)}`;
}
