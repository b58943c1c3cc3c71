import {
  type Amount,
  amountOf,
  type Price,
  picoDollarsPerToken,
  type TokenUsage,
} from '../../../contracts/price.ts';
import type { Need } from '../limits/reservation.ts';
import type { Estimates } from './estimates.ts';
import type { ServedModel, ServedRelease } from './models.ts';
import type { StreamWatch } from './stream-watch.ts';

/** What a request cost. */
export interface Charge {
  readonly usage: TokenUsage;
  readonly amount: Amount;
  readonly price: Price;
  /** The tokens are a guess of this gateway instead of the server's own count. */
  readonly estimated: boolean;
}

/** What is known of a request when it ends. */
export interface Facts {
  readonly model: ServedModel;
  /** Undefined: none has answered, or one that this configuration does not know. */
  readonly release: ServedRelease | undefined;
  readonly need: Need;
  /** Bytes of the body as it was sent. */
  readonly bodyBytes: number;
  /** Milliseconds since it was sent. Undefined: it was not. */
  readonly sentFor: number | undefined;
  /** Status of the answer. Undefined: none came. */
  readonly status: number | undefined;
  readonly aborted: boolean;
  readonly cut: boolean;
  /** The server's own count, at the end or, in a stream, so far. */
  readonly usage: TokenUsage | undefined;
  readonly streamed: Pick<StreamWatch, 'tokensSeen'> | undefined;
  /** Bytes of a whole answer that came. */
  readonly answerBytes: number;
}

const BYTES_PER_TOKEN = 4;

/**
 * The one computation of what a request cost, for ledger, metrics and budgets alike. The server's own count is taken
 * where there is one. Else: nothing for what was not sent, was answered with an error, or broke off before its client
 * had a token of it; an estimate for all the rest, above all for clients that leave.
 */
export function chargeOf(facts: Facts, estimates: Estimates): Charge | undefined {
  const { model, release, usage, status, aborted, cut, streamed } = facts;
  if (usage !== undefined) return release && charge(usage, release.price, false);
  if (facts.sentFor === undefined || (status !== undefined && !isSuccess(status))) return undefined;
  if (status === undefined && !aborted) return undefined;
  if (status !== undefined && release === undefined) return undefined;
  if (cut && (streamed?.tokensSeen ?? 0) === 0) return undefined;
  const prompt = Math.min(estimates.promptTokens(model.name, facts.bodyBytes), model.contextTokens);
  const completion = Math.min(completionOf(facts, estimates), facts.need.completionTokens);
  return charge({ prompt, completion }, (release ?? dearest(model)).price, true);
}

/** Whether tokens were generated that have no price, because this configuration does not know who generated them. */
export function isUnpriced({ release, status, cut, streamed, usage }: Facts): boolean {
  if (!isSuccess(status) || release !== undefined) return false;
  return usage !== undefined || !cut || (streamed?.tokensSeen ?? 0) > 0;
}

function completionOf({ model, streamed, answerBytes, sentFor = 0 }: Facts, estimates: Estimates): number {
  if (streamed !== undefined) return streamed.tokensSeen;
  if (answerBytes > 0) return Math.ceil(answerBytes / BYTES_PER_TOKEN);
  return estimates.tokensIn(model.name, sentFor);
}

/** Nobody said which release was at work: it is charged as it was reserved. */
function dearest({ releases }: ServedModel): ServedRelease {
  const [first, ...rest] = releases.values();
  if (first === undefined) throw new Error('a model has at least one release');
  const perToken = ({ price }: ServedRelease) => picoDollarsPerToken(price.input + price.output);
  return rest.reduce((most, release) => (perToken(release) > perToken(most) ? release : most), first);
}

function charge(usage: TokenUsage, price: Price, estimated: boolean): Charge {
  return { usage, amount: amountOf(usage, price), price, estimated };
}

function isSuccess(status: number | undefined): boolean {
  return status !== undefined && status >= 200 && status < 300;
}
