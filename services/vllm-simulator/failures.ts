import { z } from 'zod';

/** Which requests fail: those that meet every condition given. Without any: all. */
const FailureCondition = z.strictObject({
  /** Every n-th of the requests that meet the other conditions; 1 = each. */
  every: z.int().min(1).default(1),
  /** At most this many times. @default - no limit */
  times: z.int().min(1).optional(),
  /** The last user message contains it. */
  contains: z.string().optional(),
  /** The request's `model`. */
  model: z.string().optional(),
  /** The request's path, for example `/v1/chat/completions`. */
  path: z.string().optional(),
  /** A header of this name exists and, if `equals` is given, has this value. */
  header: z.strictObject({ name: z.string().min(1), equals: z.string().optional() }).optional(),
});

/**
 * A fault:
 * - `stall`: no token comes after `afterTokens`; the connection stays open and the request keeps its place;
 * - `cut`: the connection is destroyed after `afterTokens`, without the stream's end;
 * - `status`: answered at once with `status` and an error body as vLLM writes it;
 * - `refuse`: the connection is destroyed before any byte of an answer;
 * - `delay`: the first token comes `seconds` later.
 */
export const Failure = z.strictObject({
  when: FailureCondition.prefault({}),
  do: z.enum(['stall', 'cut', 'status', 'refuse', 'delay']),
  /** For `stall` and `cut`, in generated tokens. */
  afterTokens: z.int().min(0).default(0),
  /** For `status`. */
  status: z.int().min(400).max(599).default(500),
  /** For `delay`. */
  seconds: z.number().min(0).default(1),
});

export type Failure = z.infer<typeof Failure>;

/** What a failure's conditions look at. */
export interface FailureSubject {
  readonly path: string;
  readonly model: string;
  readonly text: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** Decides for each request whether it fails, and counts. The first failure that is due is taken. */
export function createFailurePlan(
  failures: readonly Failure[],
): (subject: FailureSubject) => Failure | undefined {
  const counts = failures.map(() => ({ met: 0, done: 0 }));
  return ({ path, model, text, headers }) =>
    failures.find(({ when }, index) => {
      const count = counts[index];
      const header = when.header && headers[when.header.name.toLowerCase()];
      const meets =
        (when.path === undefined || when.path === path) &&
        (when.model === undefined || when.model === model) &&
        (when.contains === undefined || text.includes(when.contains)) &&
        (when.header === undefined ||
          (header !== undefined && (when.header.equals === undefined || header === when.header.equals)));
      if (!meets || count === undefined) return false;
      count.met += 1;
      if (count.met % when.every !== 0 || (when.times !== undefined && count.done >= when.times))
        return false;
      count.done += 1;
      return true;
    });
}
