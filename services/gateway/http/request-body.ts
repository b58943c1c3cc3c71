import { isAscii } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ApiError } from '../../common/http/errors.ts';
import { readBytes } from '../../common/http/request-body.ts';
import { isObject, type Json, parseJson } from '../json.ts';

export const BODY_LIMIT = 64 * 1024 * 1024;

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

/** ASCII, which most bodies are, need not be decoded: that alone took as long as parsing. */
function parseObject(bytes: Buffer): Json {
  const document = parseJson(bytes.toString(isAscii(bytes) ? 'latin1' : 'utf8'));
  if (document === undefined) throw new ApiError(400, 'The body is not valid JSON.');
  if (!isObject(document)) throw new ApiError(400, 'The body must be a JSON object.');
  return document;
}
