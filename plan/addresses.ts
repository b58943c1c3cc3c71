/** Networks that the internet does not reach, and Google's health checks. */
const PRIVATE = [
  '10.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '35.191.0.0/16',
  '130.211.0.0/22',
];

/** A range this wide, outside the private ones, is everybody. */
const WIDEST_PREFIX = 8;
const WIDEST_PREFIX_6 = 16;

/** Whether a range of addresses is most of the internet. */
export function isWorld(cidr: string): boolean {
  if (cidr.includes(':')) return prefixOf(cidr, 128) <= WIDEST_PREFIX_6 && !isPrivate(cidr);
  return prefixOf(cidr, 32) <= WIDEST_PREFIX && !isPrivate(cidr);
}

/** Whether a range lies inside a private network. */
export function isPrivate(cidr: string): boolean {
  if (cidr.includes(':')) return /^(f[cd]|fe80:|::1(\/128)?$)/i.test(cidr);
  return PRIVATE.some((network) => contains(network, cidr));
}

function contains(outer: string, inner: string): boolean {
  const prefix = prefixOf(outer, 32);
  const shift = 2 ** (32 - prefix);
  return (
    prefixOf(inner, 32) >= prefix &&
    Math.floor(numberOf(outer) / shift) === Math.floor(numberOf(inner) / shift)
  );
}

function prefixOf(cidr: string, whole: number): number {
  const [, prefix] = cidr.split('/');
  return prefix === undefined ? whole : Number(prefix);
}

function numberOf(cidr: string): number {
  return (cidr.split('/')[0] ?? '').split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
