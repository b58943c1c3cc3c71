import { crc32 } from 'node:zlib';
import type { ServerAddress } from '../contracts/router-documents.ts';

/** Points on the circle per server of weight 1, `ngx_http_upstream_hash_module.c`. */
const POINTS = 160;

/** One server's place on the circle. */
interface Point {
  readonly hash: number;
  readonly server: ServerAddress;
}

/**
 * Computes offline which server of a release nginx's `hash … consistent` picks, all servers being healthy.
 * The circle is built once; the addresses must be as they stand in the servers file, in its order.
 */
export function serverPrediction(
  servers: readonly ServerAddress[],
): (routingKey: string) => ServerAddress | undefined {
  const circle = servers.flatMap(pointsOf).sort((a, b) => a.hash - b.hash);
  return (routingKey) => firstAtOrAfter(circle, crc32(routingKey))?.server;
}

/** `serverPrediction` for one key. */
export function predictServer(
  servers: readonly ServerAddress[],
  routingKey: string,
): ServerAddress | undefined {
  return serverPrediction(servers)(routingKey);
}

/** Each point's hash is crc32(host NUL port previous), previous being the last hash in four little-endian bytes. */
function pointsOf(server: ServerAddress): Point[] {
  const host = server.address.includes(':') ? `[${server.address}]` : server.address;
  const base = crc32(`${host}\0${server.port}`);
  const previous = Buffer.alloc(4);
  return Array.from({ length: POINTS }, () => {
    const hash = crc32(previous, base);
    previous.writeUInt32LE(hash);
    return { hash, server };
  });
}

function firstAtOrAfter(circle: readonly Point[], hash: number): Point | undefined {
  let low = 0;
  let high = circle.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((circle[middle]?.hash ?? 0) < hash) low = middle + 1;
    else high = middle;
  }
  return circle[low === circle.length ? 0 : low];
}
