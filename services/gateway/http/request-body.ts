import { isAscii } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { isObject, type Json, parseJson } from '../json.ts';
import { ApiError } from './errors.ts';

export const BODY_LIMIT = 64 * 1024 * 1024;

/** Thrown where the client left; nobody is there to be answered. */
export class ClientGone extends Error {}

/** A request's body as it came, and parsed. */
export interface JsonBody {
  readonly bytes: Buffer;
  readonly json: Json;
}

/** @throws ApiError 400, 413 or 415, or ClientGone. */
export async function readJsonBody(req: IncomingMessage, limit = BODY_LIMIT): Promise<JsonBody> {
  const encoding = req.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw new ApiError(415, `Send the body without content-encoding, got ${encoding}.`);
  const bytes = await readBytes(req, limit);
  return { bytes, json: parseObject(bytes) };
}

/**
 * Over HTTP/2 a body that was broken off ends like a whole one, and only `aborted` tells.
 *
 * What is left of a body that is too large is read and thrown away, so that the client can read the answer.
 */
export function readBytes(req: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const refuse = () => {
      chunks.length = 0;
      req.off('data', keep).resume();
      reject(new ApiError(413, `The body is larger than ${limit} bytes.`, { code: 'request_too_large' }));
    };
    const keep = (chunk: Buffer) => {
      size += chunk.length;
      if (size > limit) refuse();
      else chunks.push(chunk);
    };
    req.on('data', keep);
    req.on('end', () => {
      if (req.aborted) reject(new ClientGone());
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, size));
    });
    req.on('error', () => reject(new ClientGone()));
    req.on('aborted', () => reject(new ClientGone()));
    if (Number(req.headers['content-length'] ?? 0) > limit) refuse();
  });
}

/** ASCII, which most bodies are, need not be decoded: that alone took as long as parsing. */
function parseObject(bytes: Buffer): Json {
  const document = parseJson(bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8'));
  if (document === undefined) throw new ApiError(400, 'The body is not valid JSON.');
  if (!isObject(document)) throw new ApiError(400, 'The body must be a JSON object.');
  return document;
}
