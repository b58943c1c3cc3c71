import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** An answer, or why there is none. */
export type Answer = { readonly status: number; readonly body: string } | { readonly failure: string };

const LONGEST_BODY = 256 * 1024;

/**
 * One GET on a connection of its own. Never throws.
 * @param authorities PEM certificates to trust for https; none: the system's
 */
export function probe(url: string, timeoutMs: number, authorities: readonly string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const secure = url.startsWith('https:');
    const request = (secure ? httpsRequest : httpRequest)(url, {
      agent: false,
      signal: AbortSignal.timeout(timeoutMs),
      ...(authorities.length > 0 ? { ca: [...authorities] } : {}),
    });
    const fail = (error: Error) =>
      resolve({ failure: error.name === 'AbortError' ? `no answer within ${timeoutMs} ms` : error.message });
    request.once('error', fail);
    request.once('response', (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.once('error', fail);
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        size += chunk.length;
        if (size > LONGEST_BODY) response.destroy(new Error('the answer is too long'));
      });
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
      );
    });
    request.end();
  });
}
