/** The ranges of an environment's subnets, cut from its /16. A range never moves: new parts take free ones. */
export interface AddressPlan {
  /** GPU machines. */
  readonly nodes: string;
  readonly routers: string;
  readonly monitoring: string;
  /** Cloud Run reaches the network from here (Direct VPC egress). */
  readonly gateway: string;
  /** What gateways share: addresses that Memorystore takes. */
  readonly redis: string;
  /** The reviewer, which speaks to GitHub. */
  readonly reviewer: string;
  /** Proxies of a regional load balancer. */
  readonly proxies: string;
}

export function addressPlan(cidr: string): AddressPlan {
  const [first, second] = cidr.split('.');
  const range = (third: number, bits: number) => `${first}.${second}.${third}.0/${bits}`;
  return {
    nodes: range(0, 20),
    routers: range(16, 24),
    monitoring: range(17, 24),
    gateway: range(18, 24),
    redis: range(19, 24),
    reviewer: range(22, 24),
    proxies: range(20, 23),
  };
}
