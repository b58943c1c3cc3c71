import { createHash } from 'node:crypto';
import { z } from 'zod';

const Name = z.string().regex(/^[a-z0-9][a-z0-9.-]*$/);
const Port = z.int().min(1).max(65_535);

const Server = z.strictObject({
  /** An IP address, or a name, which the router agent resolves. */
  address: z.string().regex(/^[A-Za-z0-9.:_-]+$/, 'must be an IP address or a host name'),
  port: Port,
});

/** servers.json: who serves a release of kind nodes or url. Written at synth, read by the router agent. */
export const ServersDocument = z.strictObject({
  releases: z.array(
    z
      .strictObject({
        model: Name,
        release: Name,
        /** Servers that are known beforehand. */
        servers: z.array(Server).optional(),
        /** Of machines that are found by their labels: server N of each listens on the Nth port. */
        ports: z.array(Port).min(1).optional(),
        /** Requests that one server is given at a time, `max_conns` of nginx. @default - no bound */
        maxConnections: z.int().min(1).optional(),
      })
      .refine(({ servers, ports }) => (servers === undefined) !== (ports === undefined), {
        message: 'must have either servers or ports',
      }),
  ),
});
export type ServersDocument = z.output<typeof ServersDocument>;
export type ServerAddress = z.output<typeof Server>;

/**
 * What a release is called in nginx: its upstream, its named location, its file `servers/<target>.conf`.
 * Unique, because names contain no underscore.
 */
export function routerTarget(model: string, release: string): string {
  return `${model}_${release}`;
}

/** The version of a router document: first 12 hex digits of the SHA-256 of its text with an empty version. */
export function routerDocumentVersion(textWithoutVersion: string): string {
  return createHash('sha256').update(textWithoutVersion).digest('hex').slice(0, 12);
}
