import type { IncomingMessage } from 'node:http';
import { ApiError } from './errors.ts';

/** Thrown where the client left; nobody is there to be answered. */
export class ClientGone extends Error {}

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
