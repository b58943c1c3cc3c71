import { z } from 'zod';
import { type Bucket, CloudError, contentType, type Upload } from '../cloud.ts';
import { readPart } from '../parts-of-file.ts';
import type { GoogleClient } from './client.ts';

/** A multiple of 256 KiB, as Cloud Storage wants it. */
const PART_BYTES = 32 * 1024 * 1024;

const BucketResource = z.object({ versioning: z.object({ enabled: z.boolean().optional() }).optional() });
const ObjectResource = z.object({
  size: z.string().regex(/^\d+$/),
  metadata: z.object({ sha256: z.string().optional() }).optional(),
});

/** Cloud Storage. A file is checked by its MD5 there before it becomes an object. */
export function googleBucket(client: GoogleClient, name: string): Bucket {
  const objectPath = (key: string) => `b/${name}/o/${encodeURIComponent(key)}`;
  const begin = async ({ key, bytes, sha256, md5 }: Upload): Promise<string> => {
    const url = client.url('storage', `/upload/storage/v1/b/${name}/o`);
    url.searchParams.set('uploadType', 'resumable');
    url.searchParams.set('name', key);
    const response = await client.send(url, {
      method: 'POST',
      json: { md5Hash: md5, metadata: { sha256 } },
      headers: { 'x-upload-content-length': String(bytes) },
      answers: [],
    });
    const session = response.headers.get('location');
    if (session === null) throw new CloudError('refused', `${url.host}: began no upload of ${key}`);
    return session;
  };
  return {
    url: `gs://${name}`,
    versioned: async () => {
      const found = await client.get('storage', `b/${name}`, BucketResource);
      return found === undefined ? undefined : found.versioning?.enabled === true;
    },
    head: async (key) => {
      const found = await client.get('storage', objectPath(key), ObjectResource);
      return found === undefined ? undefined : { bytes: Number(found.size), sha256: found.metadata?.sha256 };
    },
    read: async (key) => {
      const response = await client.send(client.url('storage', `${objectPath(key)}?alt=media`));
      return response.status === 404 ? undefined : await response.text();
    },
    write: async (key, text) => {
      const url = client.url('storage', `/upload/storage/v1/b/${name}/o`);
      url.searchParams.set('uploadType', 'media');
      url.searchParams.set('name', key);
      await client.send(url, {
        method: 'POST',
        body: new TextEncoder().encode(text),
        headers: { 'content-type': contentType(key) },
        answers: [],
      });
    },
    upload: async (upload, sessions, sent) => {
      const known = sessions.get(upload);
      const arrived = known === undefined ? undefined : await arrivedSoFar(client, known, upload);
      const session = known === undefined || arrived === undefined ? await begin(upload) : known;
      sessions.set(upload, session);
      let offset = arrived ?? 0;
      if (offset > 0) sent(offset);
      while (offset < upload.bytes || arrived === undefined) {
        offset = await sendPart(client, session, upload, offset);
        sent(offset);
        if (offset === upload.bytes) break;
      }
      sessions.forget(upload);
    },
  };
}

/** How many bytes of a begun upload are there; undefined for a session that has expired. */
async function arrivedSoFar(
  client: GoogleClient,
  session: string,
  { bytes }: Upload,
): Promise<number | undefined> {
  const headers = { 'content-range': `bytes */${bytes}` };
  const response = await client.send(new URL(session), {
    method: 'PUT',
    body: new Uint8Array(0),
    headers,
    answers: [308, 404, 410],
  });
  if (response.status === 308) return endOfRange(response);
  return response.ok ? bytes : undefined;
}

/** @returns how many bytes are there now */
async function sendPart(
  client: GoogleClient,
  session: string,
  { path, bytes, key }: Upload,
  offset: number,
): Promise<number> {
  const length = Math.min(PART_BYTES, bytes - offset);
  const range = length === 0 ? 'bytes */0' : `bytes ${offset}-${offset + length - 1}/${bytes}`;
  const response = await client.send(new URL(session), {
    method: 'PUT',
    body: await readPart(path, offset, length),
    headers: { 'content-range': range },
    answers: [308],
  });
  if (response.status !== 308) return bytes;
  const end = endOfRange(response);
  if (end > offset) return end;
  throw new CloudError('refused', `${client.url('storage', '').host}: took nothing of ${key}`);
}

function endOfRange(response: Response): number {
  const last = /^bytes=0-(\d+)$/.exec(response.headers.get('range') ?? '')?.[1];
  return last === undefined ? 0 : Number(last) + 1;
}
