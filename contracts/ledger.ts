import { z } from 'zod';

const Tokens = z.int().nonnegative().nullable().default(null);
const PicoDollars = z.int().nonnegative();

/** What one request cost, in pico-dollars (10⁻¹² USD); see `contracts/price.ts`. */
const LedgerAmount = z
  .strictObject({ input: PicoDollars, cachedInput: PicoDollars, output: PicoDollars, total: PicoDollars })
  .refine(({ input, cachedInput, output, total }) => input + cachedInput + output === total, {
    message: 'the parts must add up to the total',
  });

/** The prices that an amount was computed with, in USD per million tokens. */
const LedgerPrices = z.strictObject({
  input: z.number().min(0),
  cachedInput: z.number().min(0),
  output: z.number().min(0),
});

/**
 * One line of the ledger: a request that was admitted to a model, after its end. The gateway writes it, `fleet cost`
 * adds it up. It holds no text of a request or an answer. Null is not zero: it is
 * not known, or was not so. Lines in a log leave such fields out.
 */
export const LedgerLine = z.object({
  /** Tells these lines from others in a log. */
  ledger: z.literal(true),
  /** When the request ended. */
  ts: z.iso.datetime(),
  /** Request id, the one in `x-request-id`. */
  id: z.string(),
  /** Id of the API key. */
  key: z.string(),
  model: z.string(),
  /** `none`: no release that the configuration knows has answered. */
  release: z.string(),
  kind: z.enum(['nodes', 'endpoint', 'url']).nullable().default(null),
  /** Path of the API: `/v1/chat/completions`. */
  path: z.string(),
  /** Id of the client's request that this one wrote a summary for: the gateway made it, its client's key pays. */
  summaryOf: z.string().nullable().default(null),
  /** Whether the answer was a stream. */
  stream: z.boolean(),
  /** The status that the client got; 499 if it left before one was sent. */
  status: z.int(),
  promptTokens: Tokens,
  /** Part of `promptTokens`. */
  cachedTokens: Tokens,
  completionTokens: Tokens,
  prices: LedgerPrices.nullable().default(null),
  amount: LedgerAmount.nullable().default(null),
  /** How far the request was when its client left. Null: it stayed. */
  aborted: z.string().nullable().default(null),
  /** The answer broke off while its client was there. */
  cut: z.boolean().default(false),
  /** Tokens were generated that could not be priced. */
  usageMissing: z.boolean(),
  /** Whether the tokens are an estimate instead of the server's own count. */
  estimated: z.boolean(),
});
export type LedgerLine = z.output<typeof LedgerLine>;

/**
 * The files of a ledger: lines go to `file`; when it is full it is renamed to `<file>.<number>` and a new one begins.
 * The number counts up from 1, so the highest is the newest, and nothing is ever deleted.
 */
export function rotatedFile(file: string, number: number): string {
  return `${file}.${number}`;
}

/** The number of a rotated file, from its name and the ledger's, both without folder. Undefined: it is none. */
export function rotatedNumber(file: string, candidate: string): number | undefined {
  if (!candidate.startsWith(`${file}.`)) return undefined;
  const number = candidate.slice(file.length + 1);
  return /^[1-9]\d*$/.test(number) ? Number(number) : undefined;
}
