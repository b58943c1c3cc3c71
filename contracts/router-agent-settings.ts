import { z } from 'zod';
import { SecretSource } from './secret.ts';

/** A file's path, `s3://<bucket>/<key>`, or `gs://<bucket>/<object>`. */
const Location = z
  .string()
  .regex(
    /^(?:s3:\/\/[^/]+\/.+|gs:\/\/[^/]+\/.+|(?![a-z0-9]+:\/\/).+)$/,
    "must be a file's path, s3://<bucket>/<key> or gs://<bucket>/<object>",
  );

/** Which machines of a cloud are asked for: those whose label or tag `fleet-environment` is this environment's name. */
const Discovery = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('ec2'), region: z.string().min(1), environment: z.string().min(1) }),
  z.strictObject({
    kind: z.literal('gce'),
    project: z.string().min(1),
    zones: z.array(z.string().min(1)).min(1),
    environment: z.string().min(1),
  }),
]);

/**
 * Settings of the router agent, the JSON file of `router-agent --settings FILE`. Nothing in it follows from releases or
 * weights, so that those are no change of the machine that runs it: they come with the two documents.
 */
export const RouterAgentSettings = z
  .strictObject({
    /** Folder that nginx runs in: `nginx -p <prefix> -c nginx.conf`. */
    prefix: z.string().min(1),
    /** Where the weights document (nginx.conf) comes from. */
    document: Location,
    /** Where servers.json comes from. */
    servers: Location,
    /** Of buckets `s3://`. */
    region: z.string().min(1).optional(),
    /** How machines are found. @default - none are: every release of servers.json lists its servers */
    discovery: Discovery.optional(),
    hopKey: SecretSource,
    /** File that says who the agent is to its cloud, written anew by the machine. @default - the cloud's metadata service */
    identity: z.strictObject({ file: z.string().min(1) }).optional(),
    /** Base URL of nginx's admin server, as the weights document has it. */
    admin: z.url(),
    /** `host:port` of `/status`, `/health`, `/ready` and `/metrics`. */
    listen: z.string().regex(/^.+:\d+$/, 'must be host:port'),
    /** A path, or a name in PATH. */
    nginx: z.string().min(1).default('nginx'),
    /** How often each source and each server is asked. */
    pollMs: z.int().min(100, 'must be at least 100 milliseconds').default(2_000),
  })
  .refine(({ document, servers, region }) => region !== undefined || ![document, servers].some(isS3), {
    path: ['region'],
    message: 'must be given for buckets s3://',
  });
export type RouterAgentSettings = z.output<typeof RouterAgentSettings>;
export type MachineDiscovery = z.output<typeof Discovery>;

/** Objects of an environment's document bucket that the router agent reads. */
export const ROUTER_OBJECTS = { document: 'router/nginx.conf', servers: 'router/servers.json' } as const;

/** While this file is in the prefix, `/health` answers 503: the router leaves its balancer and goes on serving. */
export const LEAVING_FILE = 'leaving';

function isS3(location: string): boolean {
  return location.startsWith('s3://');
}
