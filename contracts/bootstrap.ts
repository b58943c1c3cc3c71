import { z } from 'zod';
import type { Environment } from './environment.ts';

/** The variable in which `fleet bootstrap` asks `main.ts` for the bootstrap stack of an environment. */
export const BOOTSTRAP_VARIABLE = 'FLEET_BOOTSTRAP';

/** What goes before an environment: its state bucket, and the identities of its workflows. */
export const BootstrapRequest = z.strictObject({
  /** `ORG/REPO`, whose workflows may take the identities. */
  repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/),
  /** Where the stack's own state is: in a file until its bucket is there. */
  state: z.enum(['file', 'bucket']),
  /** Whether the stack makes the bucket; otherwise another environment did. */
  bucket: z.boolean(),
  /** AWS: whether it makes GitHub's identity provider, of which an account has one. */
  provider: z.boolean(),
});
export type BootstrapRequest = z.infer<typeof BootstrapRequest>;

/** @throws Error for anything that fleet did not write */
export function parseBootstrapRequest(text: string): BootstrapRequest {
  return BootstrapRequest.parse(JSON.parse(text));
}

export const bootstrapStack = (environment: string) => `bootstrap-${environment}`;

/** The bucket and the object in it that an environment's state is. */
export interface StateObject {
  readonly bucket: string;
  /** Absent on Google, whose buckets need none. */
  readonly region?: string;
  /** Of S3: the object's key. Of Google: what its name begins with. */
  readonly key: string;
}

/** Where the state of an environment is kept; undefined: in a file. */
export function stateObject({ name, state }: Environment): StateObject | undefined {
  if (state === undefined) return undefined;
  return 'gcs' in state
    ? { bucket: state.gcs.bucket, key: state.gcs.prefix ?? name }
    : { ...state.s3, key: state.s3.key ?? `${name}/terraform.tfstate` };
}

/** Where the bootstrap stack of an environment keeps its own state, once the bucket is there. */
export function bootstrapStateObject(environment: Environment): StateObject | undefined {
  const object = stateObject(environment);
  if (object === undefined) return undefined;
  const { name } = environment;
  return { ...object, key: 'region' in object ? `${name}/bootstrap.tfstate` : `${name}-bootstrap` };
}

/** The file that holds it before, seen from the project's folder. */
export const bootstrapStateFile = (environment: string) => `.fleet/${environment}/bootstrap.tfstate`;

/** What GitHub says of a workflow that runs in one of the two GitHub environments of an environment. */
export function workflowSubjects(repository: string, environment: string) {
  const subject = (name: string) => `repo:${repository}:environment:${name}`;
  return { plan: subject(`${environment}-check`), deploy: subject(environment) } as const;
}

/** What a stack says of the two identities, as GitHub's variables take it. */
export const BOOTSTRAP_OUTPUT = 'fleet_workflows';
