import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetBucketVersioningCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  PutObjectCommand,
  paginateListParts,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { Variables } from '../../context.ts';
import { type Bucket, CloudError, contentType, type Upload, type UploadSessions } from '../cloud.ts';
import { readPart } from '../parts-of-file.ts';
import { asked, clientOptions } from './client.ts';

/** S3 takes at most 10,000 parts; each is kept in memory. */
const PART_BYTES = 32 * 1024 * 1024;

interface Part {
  readonly PartNumber: number;
  readonly ETag: string | undefined;
}

/** S3. The SDK sends a CRC32 with every part, which S3 checks as it arrives. */
export function s3Bucket(name: string, region: string, env: Variables): Bucket {
  const client = new S3Client({
    ...clientOptions(region),
    // A stand-in has no host name for each bucket.
    forcePathStyle: env.AWS_ENDPOINT_URL !== undefined || env.AWS_ENDPOINT_URL_S3 !== undefined,
  });
  const what = (key: string) => `s3://${name}/${key}`;
  return {
    url: `s3://${name}`,
    versioned: async () => {
      const found = await asked(`s3://${name}`, client.send(new HeadBucketCommand({ Bucket: name })));
      if (found === undefined) return undefined;
      const versioning = await asked(
        `s3://${name}`,
        client.send(new GetBucketVersioningCommand({ Bucket: name })),
      );
      return versioning?.Status === 'Enabled';
    },
    head: async (key) => {
      const found = await asked(what(key), client.send(new HeadObjectCommand({ Bucket: name, Key: key })));
      return found === undefined
        ? undefined
        : { bytes: found.ContentLength ?? 0, sha256: found.Metadata?.sha256 };
    },
    read: async (key) => {
      const found = await asked(what(key), client.send(new GetObjectCommand({ Bucket: name, Key: key })));
      return found?.Body?.transformToString();
    },
    write: async (key, text) => {
      const object = { Bucket: name, Key: key, Body: text, ContentType: contentType(key) };
      await existing(what(key), client.send(new PutObjectCommand(object)));
    },
    upload: async (upload, sessions, sent) => {
      const { key, bytes, sha256, path } = upload;
      if (bytes <= PART_BYTES) {
        const Body = await readPart(path, 0, bytes);
        const object = { Bucket: name, Key: key, Body, Metadata: { sha256 } };
        await existing(what(key), client.send(new PutObjectCommand(object)));
        sent(bytes);
        return;
      }
      await uploadInParts(client, name, upload, sessions, sent);
    },
  };
}

async function uploadInParts(
  client: S3Client,
  bucket: string,
  upload: Upload,
  sessions: UploadSessions,
  sent: (bytes: number) => void,
): Promise<void> {
  const { key, bytes, path, sha256 } = upload;
  const what = `s3://${bucket}/${key}`;
  const known = sessions.get(upload);
  const begun = known === undefined ? undefined : await partsOf(client, bucket, key, known);
  const id = begun === undefined ? await begin(client, bucket, key, sha256) : known;
  if (id === undefined) throw new CloudError('refused', `${what}: S3 began no upload`);
  sessions.set(upload, id);
  const parts: Part[] = [];
  for (let offset = 0, number = 1; offset < bytes; offset += PART_BYTES, number += 1) {
    const length = Math.min(PART_BYTES, bytes - offset);
    const there = begun?.get(number);
    const part = { Bucket: bucket, Key: key, UploadId: id, PartNumber: number };
    const tag =
      there?.bytes === length
        ? there.tag
        : (
            await existing(
              what,
              client.send(new UploadPartCommand({ ...part, Body: await readPart(path, offset, length) })),
            )
          ).ETag;
    parts.push({ PartNumber: number, ETag: tag });
    sent(offset + length);
  }
  const whole = { Bucket: bucket, Key: key, UploadId: id, MultipartUpload: { Parts: parts } };
  try {
    await existing(what, client.send(new CompleteMultipartUploadCommand(whole)));
  } catch (error) {
    sessions.forget(upload);
    await asked(
      what,
      client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: id })),
    );
    throw error;
  }
  sessions.forget(upload);
}

async function begin(
  client: S3Client,
  bucket: string,
  key: string,
  sha256: string,
): Promise<string | undefined> {
  const object = { Bucket: bucket, Key: key, Metadata: { sha256 } };
  return (await existing(`s3://${bucket}/${key}`, client.send(new CreateMultipartUploadCommand(object))))
    .UploadId;
}

/** By number; undefined for an upload that has been given up. */
async function partsOf(
  client: S3Client,
  bucket: string,
  key: string,
  id: string,
): Promise<Map<number, { readonly bytes: number; readonly tag: string | undefined }> | undefined> {
  const parts = new Map<number, { readonly bytes: number; readonly tag: string | undefined }>();
  const read = async () => {
    for await (const { Parts } of paginateListParts({ client }, { Bucket: bucket, Key: key, UploadId: id })) {
      for (const { PartNumber, Size, ETag } of Parts ?? []) {
        if (PartNumber !== undefined) parts.set(PartNumber, { bytes: Size ?? 0, tag: ETag });
      }
    }
    return parts;
  };
  return asked(`s3://${bucket}/${key}`, read());
}

/** For calls to a bucket that has to be there. */
async function existing<T>(what: string, call: Promise<T>): Promise<T> {
  const answer = await asked(what, call);
  if (answer !== undefined) return answer;
  throw new CloudError('refused', `${what}: there is no such bucket, or the upload was given up meanwhile`);
}
