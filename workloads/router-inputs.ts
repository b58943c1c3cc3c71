import type { CloudSection } from '../contracts/cloud-section.ts';
import { EGRESS_OBJECT } from '../contracts/document-objects.ts';
import type { Environment } from '../contracts/environment.ts';
import { routerRoleArn } from './aws-names.ts';
import { asksAsGoogle, egressSecrets, needsEgress } from './gateway.ts';
import { identityEmail } from './google-names.ts';

/** Users of containers: nginx and its agent are one, so that it may signal; the egress is another. */
export const ROUTER_USER = '10001';
export const EGRESS_USER = '10002';
/** Nobody in a container. */
const ROOT = '0';

export const EGRESS_CONFIG = 'gateway.json';
/** In a part's folder of secrets: who it is to the cloud. */
export const IDENTITY_FILE = 'identity.json';

/** A file that the machine brings into memory, for one user. */
interface Input {
  readonly kind: 'secret' | 'document' | 'identity';
  /** Id in the secret store, key in the bucket, or an identity's full name. */
  readonly name: string;
  /** Below `/run/fleet`. */
  readonly path: string;
  readonly user: string;
  /** File of the identity that it is asked for as. @default - the machine's own */
  readonly as?: string;
}

/**
 * Lines of `/etc/fleet/inputs`: kind, name, path, user, and the file of the identity that may read it. The machine's own
 * identity may read nothing: it acts as the agent's, and as the egress's, which have no right in common but the hop key.
 */
export function routerInputs(environment: Environment, cloud: CloudSection): string[] {
  const forEgress = needsEgress(environment) ? egressInputs(environment, cloud) : [];
  return [...agentInputs(environment, cloud), ...forEgress].map(({ kind, name, path, user, as }) =>
    [kind, name, path, user, ...(as === undefined ? [] : [as])].join(' '),
  );
}

function agentInputs(environment: Environment, cloud: CloudSection): Input[] {
  const folder = 'inputs/router';
  const identity = `${folder}/${IDENTITY_FILE}`;
  const { key } = environment.router;
  return [
    {
      kind: 'identity',
      name: identityName(environment.name, cloud, 'router-agent'),
      path: identity,
      user: ROUTER_USER,
    },
    {
      kind: 'secret',
      name: storedName(environment, key),
      path: `${folder}/${key}`,
      user: ROUTER_USER,
      as: identity,
    },
  ];
}

/** The egress itself is shown who it is only where an endpoint knows us by that. */
function egressInputs(environment: Environment, cloud: CloudSection): Input[] {
  const folder = 'inputs/egress';
  const shown = asksAsGoogle(environment);
  const identity = shown ? `${folder}/${IDENTITY_FILE}` : 'identities/egress.json';
  const own = { user: EGRESS_USER, as: identity };
  return [
    {
      kind: 'identity',
      name: identityName(environment.name, cloud, 'egress'),
      path: identity,
      user: shown ? EGRESS_USER : ROOT,
    },
    ...egressSecrets(environment).map((name): Input => {
      const path = `${folder}/${name}`;
      return { kind: 'secret', name: storedName(environment, name), path, ...own };
    }),
    { kind: 'document', name: EGRESS_OBJECT, path: `${folder}/${EGRESS_CONFIG}`, ...own },
  ];
}

function identityName(environment: string, cloud: CloudSection, part: 'router-agent' | 'egress'): string {
  return cloud.platform === 'aws'
    ? routerRoleArn(environment, cloud, part)
    : identityEmail(environment, cloud.project, part);
}

/** A secret's name in the cloud's store. */
export function storedName({ secrets }: Environment, name: string): string {
  const reference = secrets[name];
  if (reference !== undefined && 'google' in reference) return reference.google;
  if (reference !== undefined && 'aws' in reference) return reference.aws;
  throw new Error(`secret ${name} is not kept in the cloud's secret store`);
}
