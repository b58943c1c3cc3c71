/** What a subnet is for. Only `public` has a way in from the internet; no machine lives there. */
export type Tier = 'nodes' | 'router' | 'gateway' | 'public';

/** Prefix length, third octet of the first zone's subnet, and distance to the next zone's. Room for zones a to h. */
const LAYOUT: Readonly<Record<Tier, { prefix: number; first: number; step: number }>> = {
  nodes: { prefix: 20, first: 0, step: 16 },
  router: { prefix: 24, first: 128, step: 1 },
  gateway: { prefix: 24, first: 136, step: 1 },
  public: { prefix: 24, first: 144, step: 1 },
};
const ZONE_LETTERS = 'abcdefgh';

/**
 * The addresses of one subnet within the network's /16. The zone's letter alone decides, so that a zone more or less
 * moves no subnet of another.
 */
export function subnetCidr(network: string, zone: string, tier: Tier): string {
  const index = ZONE_LETTERS.indexOf(zone.slice(-1));
  if (index === -1) throw new Error(`zone ${zone} does not end in one of the letters ${ZONE_LETTERS}`);
  const { prefix, first, step } = LAYOUT[tier];
  const [a, b] = network.split('.');
  return `${a}.${b}.${first + index * step}.0/${prefix}`;
}
