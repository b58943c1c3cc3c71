import { messageOf } from '../../errors.ts';
import { CloudError } from '../cloud.ts';

/** What all clients of the AWS SDK get. The SDK reads credentials, profile and AWS_ENDPOINT_URL from the environment. */
export function clientOptions(region: string) {
  return {
    region,
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: 60_000, throwOnRequestTimeout: true },
  } as const;
}

/** Names that the services give to "there is no such thing". */
const ABSENT = [
  'ImageNotFoundException',
  'InvalidAMIID.NotFound',
  'InvalidAMIID.Unavailable',
  'NoSuchBucket',
  'NoSuchKey',
  'NoSuchResourceException',
  'NoSuchUpload',
  'NotFound',
  'RepositoryNotFoundException',
  'ResourceNotFoundException',
];
const NO_CREDENTIALS = [
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'SignatureDoesNotMatch',
  'TokenProviderError',
  'UnrecognizedClientException',
];
const DENIED = ['403', 'AccessDenied', 'AccessDeniedException', 'Forbidden', 'UnauthorizedOperation'];

/**
 * The answer of one call; undefined for what is not there.
 * @throws CloudError for any other failure
 */
export async function asked<T>(what: string, call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CloudError) throw error;
    const name = error instanceof Error ? error.name : '';
    if (ABSENT.includes(name)) return undefined;
    const message = `${what}: ${reasonOf(error)}`;
    if (NO_CREDENTIALS.includes(name)) {
      throw new CloudError('credentials', `${message}; run \`aws sso login\` or \`aws configure\``);
    }
    if (DENIED.includes(name)) throw new CloudError('denied', message);
    throw new CloudError(hasStatus(error) ? 'refused' : 'unreachable', message);
  }
}

function reasonOf(error: unknown): string {
  const message = messageOf(error);
  const name = error instanceof Error ? error.name : '';
  return message === '' || message === 'UnknownError' ? name : message;
}

function hasStatus(error: unknown): boolean {
  return (
    error instanceof Error && '$metadata' in error && JSON.stringify(error.$metadata).includes('httpStatus')
  );
}
