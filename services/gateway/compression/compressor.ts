import { setMaxListeners } from 'node:events';
import type { Price, TokenUsage } from '../../../contracts/price.ts';
import type { ApiKey } from '../../../contracts/secret.ts';
import { ApiError } from '../../common/http/errors.ts';
import type { Runtime } from '../../common/runtime.ts';
import type { ModelTable, ServedModel } from '../edge/models.ts';
import { upstreamError } from '../http/errors.ts';
import type { Json } from '../json.ts';
import { type TokenCounter, TokensUnknown } from '../tokens/counter.ts';
import { type ConversationShape, shapeOf } from './conversation.ts';
import { CompressionFailed } from './failure.ts';
import type { CompressionMetrics, Outcome } from './metrics.ts';
import { planBlocks } from './plan.ts';
import { summaryText } from './prompt.ts';
import { createSavings } from './savings.ts';
import { type CompressionSettings, settingsOf } from './settings.ts';
import { MESSAGE_TOKENS, type SizedConversation, sizeConversation } from './sizing.ts';
import { replaceBlocks } from './splice.ts';
import { createTokenMemory } from './token-memory.ts';
import type { SummaryWriter } from './writer.ts';

/** A client's request on its way to the router. */
export interface CompressionRequest {
  readonly key: ApiKey;
  readonly model: ServedModel;
  readonly models: ModelTable;
  readonly path: string;
  /** The client's `x-fleet-compression`. */
  readonly wish: string | undefined;
  readonly json: Json;
  readonly body: Buffer;
  /** Recognises the conversation: its routing key. */
  readonly conversation: string;
  /** Aborted when the client leaves. */
  readonly signal: AbortSignal;
  /** Sends one request to the summariser. */
  send(settings: CompressionSettings, body: Buffer, signal: AbortSignal): Promise<string>;
}

/** What the router is to be sent, and what the client is told. */
export interface Compressed {
  readonly body: Buffer;
  /** Value of the answer's `x-fleet-compression`. */
  readonly header: string;
  /** To be told what the answer used. */
  readonly afterCharge: (usage: TokenUsage, price: Price) => void;
}

export interface Compressor {
  /** @throws ApiError if nothing can be sent; what the signal was aborted with. */
  compress(request: CompressionRequest): Promise<Compressed>;
}

interface CompressorProps {
  readonly writer: SummaryWriter;
  readonly counter: TokenCounter;
  readonly metrics: CompressionMetrics;
  readonly runtime: Pick<Runtime, 'after'>;
}

/** What became of the conversation. Without a body it stays as it is. */
interface Result {
  readonly outcome: Outcome;
  readonly figures?: Readonly<Record<string, string | number>>;
  readonly body?: Buffer;
  readonly removed?: number;
}

export function createCompressor({ writer, counter, metrics, runtime }: CompressorProps): Compressor {
  const memory = createTokenMemory(counter);
  const savings = createSavings();

  async function attempt(request: CompressionRequest): Promise<Result> {
    const { model, key, models, path, json, body, wish, signal } = request;
    const settings = wish === 'off' ? undefined : settingsOf(model, key, models);
    if (settings === undefined) return { outcome: 'off' };
    // No text has more tokens than bytes.
    if (body.length < settings.threshold) return { outcome: 'short' };
    const shape = shapeOf(path);
    const entries = shape?.read(json);
    if (shape === undefined || entries === undefined) return { outcome: 'unsupported' };
    let sized: SizedConversation | undefined;
    try {
      sized = await sizeConversation(entries, { body, json, member: shape.member }, memory);
      return await replaced(request, settings, shape, sized);
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      if (error instanceof CompressionFailed || error instanceof TokensUnknown)
        return unchanged(model, error.reason, sized?.total);
      throw error;
    }
  }

  /** @throws CompressionFailed, TokensUnknown */
  async function replaced(
    request: CompressionRequest,
    settings: CompressionSettings,
    shape: ConversationShape,
    sized: SizedConversation,
  ): Promise<Result> {
    const { entries, total, bytes } = sized;
    const blocks = planBlocks(entries, total, settings);
    const end = blocks.at(-1)?.end;
    if (end === undefined) return { outcome: 'short' };
    const source = {
      ...{ keyId: request.key.id, entries, hashes: sized.hashes },
      ...{ model: settings.summarizer, target: settings.target },
      send: (data: Buffer, signal: AbortSignal) => request.send(settings, data, signal),
    };
    const summaries = await inTime(settings.timeoutSeconds, request.signal, (signal) =>
      Promise.all(
        blocks.map(async (block) => {
          const { text, made } = await writer.write(block, source, signal);
          return { block, made, text: summaryText(text) };
        }),
      ),
    );
    const added = sum(await counter.count(summaries.map(({ text }) => text)));
    const gone = entries.slice(0, end).filter(({ kind }) => kind !== 'instruction');
    const removed = sum(gone.map(({ tokens }) => tokens)) - added - blocks.length * MESSAGE_TOKENS;
    if (removed <= 0) return { outcome: 'short' };
    const made = sum(summaries.map((summary) => summary.made));
    metrics.found(request.model.name, summaries.filter((summary) => summary.made === 0).length);
    return {
      outcome: made > 0 ? 'made' : 'hit',
      figures: { before: total, after: total - removed, blocks: blocks.length, made },
      body: replaceBlocks(
        bytes,
        entries,
        summaries.map(({ block, text }) => ({ block, message: JSON.stringify(shape.message(text)) })),
      ),
      removed,
    };
  }

  function inTime<T>(
    seconds: number,
    client: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const time = new AbortController();
    const cancel = runtime.after(seconds * 1000, () => time.abort(new CompressionFailed('timeout')));
    const either = AbortSignal.any([client, time.signal]);
    setMaxListeners(0, either);
    return work(either).finally(cancel);
  }

  /** The original is sent, if the model can take it. */
  function unchanged(
    model: ServedModel,
    reason: (CompressionFailed | TokensUnknown)['reason'],
    total: number | undefined,
  ): Result {
    metrics.failed(model.name, reason);
    if (total === undefined || total <= model.contextTokens)
      return { outcome: 'failed', figures: { reason } };
    metrics.done(model.name, 'failed', 0);
    throw tooLong(model, reason, total);
  }

  return {
    async compress(request) {
      const { model, wish, body, conversation } = request;
      if (wish !== undefined && wish !== 'on' && wish !== 'off') throw unknownWish(wish);
      const result = await attempt(request);
      const { outcome, figures = {}, removed = 0 } = result;
      metrics.done(model.name, outcome, removed);
      return {
        body: result.body ?? body,
        header: [outcome, ...Object.entries(figures).map(([name, value]) => `${name}=${value}`)].join(';'),
        afterCharge(usage, price) {
          metrics.saved(model.name, savings.of(conversation, removed, usage, price));
        },
      };
    },
  };
}

function unknownWish(wish: string): ApiError {
  return new ApiError(400, `x-fleet-compression: must be on or off, got ${wish.slice(0, 40)}.`, {
    param: 'x-fleet-compression',
  });
}

function tooLong({ name, contextTokens }: ServedModel, reason: string, total: number): ApiError {
  const message =
    `The conversation has ${total} tokens, ${name} takes ${contextTokens}, and its older part could not be ` +
    `summarised (${reason}). Send it again later, or shorten it.`;
  return upstreamError(503, 'compression_failed', message, { 'retry-after': '30' });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
