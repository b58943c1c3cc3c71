import { picoDollarsPerToken } from '../../../contracts/price.ts';
import type { Dialect } from '../dialect.ts';
import type { ServedModel } from '../edge/models.ts';
import type { JsonBody } from '../http/request-body.ts';
import type { Json } from '../json.ts';
import type { Ask } from './account.ts';

/** The most that a request can come to use. */
export interface Need extends Omit<Ask, 'lease'> {
  readonly completionTokens: number;
}

/** Of a request that was not planned yet. */
export const NO_NEED: Need = { tokens: 0, picoDollars: 0, completionTokens: 0 };

/** What the chat template adds at most beyond one token for each byte of the body: Harmony's own preamble. */
const TEMPLATE_TOKENS = 256;
const MOST_CHOICES = 128;

/**
 * The most tokens and money that a request can come to cost, without counting a token: no token is shorter than a
 * byte, prompt and answer share the model's context, and of the releases the dearest is taken.
 */
export function needOf(
  { bytes, json }: JsonBody,
  { contextTokens, releases }: Pick<ServedModel, 'contextTokens' | 'releases'>,
  dialect: Dialect,
): Need {
  const prompts = promptsIn(json.prompt);
  const answers = prompts * choicesOf(json);
  const prompt = Math.min(bytes.length + TEMPLATE_TOKENS * prompts, contextTokens * prompts);
  const completion = Math.min(capOf(json, dialect) ?? contextTokens, contextTokens) * answers;
  const both = answers === 1 ? contextTokens : prompt + completion;
  let picoDollars = 0;
  for (const { price } of releases.values()) {
    const input = picoDollarsPerToken(Math.max(price.input, price.cachedInput ?? 0));
    const output = picoDollarsPerToken(price.output);
    const outputs = output >= input ? completion : Math.min(completion, both - prompt);
    picoDollars = Math.max(picoDollars, Math.min(prompt, both - outputs) * input + outputs * output);
  }
  return {
    tokens: Math.min(prompt + completion, both),
    picoDollars,
    completionTokens: completion,
  };
}

/** The largest cap that the body names: which of several a server obeys is its own affair. */
function capOf(json: Json, { outputCaps }: Dialect): number | undefined {
  let largest: number | undefined;
  for (const cap of outputCaps) {
    const value = json[cap];
    if (typeof value === 'number' && Number.isInteger(value) && value >= (largest ?? 0)) largest = value;
  }
  return largest;
}

function choicesOf({ n, best_of }: Json): number {
  let most = 1;
  for (const asked of [n, best_of]) if (typeof asked === 'number') most = Math.max(most, Math.floor(asked));
  return Math.min(MOST_CHOICES, most);
}

/** `/v1/completions` takes several prompts at a time, as texts or as token ids. */
function promptsIn(prompt: unknown): number {
  if (!Array.isArray(prompt) || typeof prompt[0] === 'number') return 1;
  return Math.max(1, prompt.length);
}

/** Whether a body asks for exactly one answer. */
export function isSingle(json: Json): boolean {
  return promptsIn(json.prompt) * choicesOf(json) === 1;
}
