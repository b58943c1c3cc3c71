import { sha256 } from './document.ts';

const HASH_LENGTH = 8;
/** Of nearly every resource of Compute Engine. */
const LONGEST_NAME = 63;
/** Of service accounts. */
const LONGEST_ACCOUNT_ID = 30;

/**
 * A name that Google takes (RFC 1035): `fleet-prod-network`. Where several lists of parts could give one text, because
 * dots became hyphens, the text was cut or there are several parts, it ends in a hash of the parts themselves.
 */
export function resourceName(
  environment: string,
  parts: readonly string[],
  longest: number = LONGEST_NAME,
): string {
  const exact = ['fleet', environment, ...parts].join('-');
  const valid = exact.replaceAll(/[^a-z0-9-]/g, '-');
  if (valid === exact && parts.length === 1 && exact.length <= longest) return exact;
  const hash = sha256(JSON.stringify([environment, ...parts])).slice(0, HASH_LENGTH);
  return `${valid.slice(0, longest - HASH_LENGTH - 1).replace(/-+$/, '')}-${hash}`;
}

/** The machine with an environment's Prometheus, Alertmanager and Grafana. */
export function monitoringMachine(environment: string): string {
  return resourceName(environment, ['monitoring']);
}

/** Id of an environment's service account. */
export function accountId(environment: string, name: string): string {
  return resourceName(environment, [name], LONGEST_ACCOUNT_ID);
}

/** How Google will call the identity of that name. */
export function identityEmail(environment: string, project: string, name: string): string {
  return `${accountId(environment, name)}@${project}.iam.gserviceaccount.com`;
}
