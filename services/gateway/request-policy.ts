import type { RequestCaps, RequestDefaults } from '../../contracts/schema/request-policy.ts';
import { ApiError } from '../common/http/errors.ts';
import type { Dialect } from './dialect.ts';
import { isUnset, type Json } from './json.ts';

/** What an environment says of the requests to one model. */
export interface RequestPolicy {
  readonly defaults?: RequestDefaults;
  readonly caps?: RequestCaps;
}

const NONE: Json & RequestDefaults & RequestCaps = {};

/**
 * What a request gets that it does not say itself. Nothing that it says is changed.
 * @throws ApiError 400 if it asks for more than the model's cap.
 */
export function policyEdits(
  json: Json,
  dialect: Dialect,
  { defaults = NONE, caps = NONE }: RequestPolicy,
): Json {
  if (defaults === NONE && caps === NONE) return NONE;
  const { max_tokens: length, reasoning_effort: effort, ...sampling } = defaults;
  const { maxOutputTokens: most } = caps;
  const edits: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(sampling))
    if (dialect.sampling.includes(name) && isUnset(json[name])) edits[name] = value;
  if (effort !== undefined) Object.assign(edits, dialect.effort(json, effort));
  const named = dialect.outputCaps.filter((cap) => !isUnset(json[cap]));
  for (const cap of named) {
    const value = json[cap];
    if (most !== undefined && typeof value === 'number' && value > most)
      throw new ApiError(400, `${cap}: at most ${most} for this model, got ${value}.`, {
        param: cap,
        code: 'above_max_value',
      });
  }
  const [last] = dialect.outputCaps.slice(-1);
  const given = length === undefined || most === undefined ? (length ?? most) : Math.min(length, most);
  if (named.length === 0 && last !== undefined && given !== undefined) edits[last] = given;
  return edits;
}
