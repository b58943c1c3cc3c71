import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { awsClientOptions } from './aws.ts';
import type { DocumentSource } from './source.ts';

const ANSWER_TIMEOUT_MS = 5_000;
const NOT_MODIFIED = 304;

/** A document in an object of S3, read as this identity. The SDK checks it by the checksum that S3 keeps. */
export function s3Source(
  bucket: string,
  key: string,
  region: string,
  identityFile: string | undefined,
): DocumentSource {
  const { AWS_ENDPOINT_URL, AWS_ENDPOINT_URL_S3 } = process.env;
  const client = new S3Client({
    ...awsClientOptions(region, identityFile),
    // A stand-in has no host name for each bucket.
    forcePathStyle: (AWS_ENDPOINT_URL ?? AWS_ENDPOINT_URL_S3) !== undefined,
  });
  const place = `s3://${bucket}/${key}`;
  return {
    place,
    async fetch(known) {
      const command = new GetObjectCommand({
        Bucket: bucket,
        Key: key,
        IfNoneMatch: known,
        ChecksumMode: 'ENABLED',
      });
      try {
        const abortSignal = AbortSignal.timeout(ANSWER_TIMEOUT_MS);
        const { Body, ETag } = await client.send(command, { abortSignal });
        if (Body === undefined || ETag === undefined) throw new Error('an answer without a body or an ETag');
        return { text: await Body.transformToString(), tag: ETag };
      } catch (error) {
        if (statusOf(error) === NOT_MODIFIED) return 'unchanged';
        throw new Error(`${place}: ${words(error)}`, { cause: error });
      }
    },
    watch: () => () => {},
  };
}

function statusOf(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('$metadata' in error)) return undefined;
  const { $metadata: metadata } = error as { readonly $metadata?: { readonly httpStatusCode?: number } };
  return metadata?.httpStatusCode;
}

/** The SDK's errors of the network have a code and sometimes no message. */
function words(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.name, error.message].filter((word) => word !== '' && word !== 'Error').join(': ');
}
