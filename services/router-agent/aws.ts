import { awsCredentialsIn } from '../common/identity-file.ts';

/**
 * Of every client: who asks says the file of its identity, else the SDK's own search (instance profile); the endpoint comes
 * from `AWS_ENDPOINT_URL` where that is given. Who asks again every few seconds needs no patience of the SDK's.
 */
export function awsClientOptions(region: string, identityFile: string | undefined) {
  return {
    region,
    ...(identityFile === undefined ? {} : { credentials: () => awsCredentialsIn(identityFile) }),
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 2_000, requestTimeout: 5_000, throwOnRequestTimeout: true },
  };
}
