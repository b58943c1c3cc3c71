import { createHash } from 'node:crypto';
import type { Price, TokenUsage } from '../../../contracts/price.ts';
import type { ApiKey } from '../../../contracts/secret.ts';
import type { ModelTable, ServedModel } from '../edge/models.ts';
import { ApiError, upstreamError } from '../http/errors.ts';
import type { Json } from '../json.ts';
import type { Runtime } from '../runtime.ts';
import { type TokenCounter, TokensUnknown } from '../tokens/counter.ts';
import { type ConversationShape, type Entry, shapeOf } from './conversation.ts';
import { CompressionFailed } from './failure.ts';
import type { CompressionMetrics } from './metrics.ts';
import { planBlocks } from './plan.ts';
import { summaryText } from './prompt.ts';
import { createSavings } from './savings.ts';
import { type CompressionSettings, settingsOf } from './settings.ts';
import { type ConversationBytes, conversationBytes, elementBytes, replaceBlocks } from './splice.ts';
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
  send(summarizer: ServedModel, body: Buffer, signal: AbortSignal): Promise<string>;
}

/** What the router is to be sent, and what the client is told. */
export interface Compressed {
  readonly body: Buffer;
  /** Value of the answer's `x-fleet-compression`. Absent: the model has no compression. */
  readonly header?: string;
  /** To be told what the answer used. */
  readonly afterCharge?: (usage: TokenUsage, price: Price) => void;
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

/** Around every message stands a handful of tokens of the chat format. */
const MESSAGE_TOKENS = 4;

export function createCompressor({ writer, counter, metrics, runtime }: CompressorProps): Compressor {
  const memory = createTokenMemory(counter);
  const savings = createSavings();

  /** @throws CompressionFailed, TokensUnknown */
  async function replaced(
    request: CompressionRequest,
    settings: CompressionSettings,
    shape: ConversationShape,
    sized: Sized,
  ): Promise<Compressed & { readonly removed: number }> {
    const { key, model, signal } = request;
    const blocks = planBlocks(sized.entries, sized.total, settings);
    if (blocks.length === 0) return { body: request.body, header: 'short', removed: 0 };
    const time = new AbortController();
    const cancel = runtime.after(settings.timeoutSeconds * 1000, () =>
      time.abort(new CompressionFailed('timeout')),
    );
    const source = {
      ...{ keyId: key.id, entries: sized.entries, hashes: sized.hashes },
      ...{ model: settings.summarizer, target: settings.target },
      send: (body: Buffer, flight: AbortSignal) => request.send(settings.summarizer, body, flight),
    };
    const either = AbortSignal.any([signal, time.signal]);
    const summaries = await Promise.all(blocks.map((block) => writer.write(block, source, either))).finally(
      cancel,
    );
    const texts = summaries.map(({ text }) => summaryText(text));
    const body = replaceBlocks(
      sized.bytes,
      sized.entries,
      texts.map((text, index) => ({
        block: blocks[index] ?? { start: 0, end: 0, parts: [] },
        message: JSON.stringify(shape.message(text)),
      })),
    );
    const added = sum(await counter.count(texts)) + texts.length * MESSAGE_TOKENS;
    const gone = sized.entries.filter(
      ({ kind }, index) => kind !== 'instruction' && index < (blocks.at(-1)?.end ?? 0),
    );
    const removed = sum(gone.map(({ tokens }) => tokens)) - added;
    if (removed <= 0) return { body: request.body, header: 'short', removed: 0 };
    const made = sum(summaries.map((summary) => summary.made));
    metrics.found(model.name, summaries.filter((summary) => summary.made === 0).length);
    metrics.removed(model.name, removed);
    const figures = `before=${sized.total};after=${sized.total - removed};blocks=${blocks.length};made=${made}`;
    return { body, header: `${made > 0 ? 'made' : 'hit'};${figures}`, removed };
  }

  async function sizedOf(
    { body, json }: CompressionRequest,
    member: string,
    entries: readonly Entry[],
  ): Promise<Sized> {
    const bytes = conversationBytes(body, member);
    const hashes = entries.map((_, index) => sha256(elementBytes(bytes, index)));
    const other = JSON.stringify([json.tools, json.instructions]);
    const counts = await memory.count([
      ...entries.map(({ text }, index) => ({ id: hashes[index] ?? '', text })),
      { id: sha256(Buffer.from(other)), text: other },
    ]);
    const counted = entries.map((entry, index) => ({
      ...entry,
      tokens: (counts[index] ?? 0) + MESSAGE_TOKENS,
    }));
    const total = sum(counted.map(({ tokens }) => tokens)) + (counts.at(-1) ?? 0);
    return { bytes, hashes, entries: counted, total };
  }

  /** The original, if the model can take it. */
  function unchanged(
    { model, body }: CompressionRequest,
    error: CompressionFailed | TokensUnknown,
    total: number | undefined,
  ): Compressed {
    metrics.failed(model.name, error.reason);
    if (total !== undefined && total > model.contextTokens) {
      metrics.done(model.name, 'failed');
      throw upstreamError(
        503,
        'compression_failed',
        `The conversation has ${total} tokens, ${model.name} takes ${model.contextTokens}, and its older part could not be summarised (${error.reason}). Send it again later, or shorten it.`,
        { 'retry-after': '30' },
      );
    }
    return { body, header: `failed;reason=${error.reason}` };
  }

  return {
    async compress(request) {
      const { model, key, models, wish, path, json, body, conversation } = request;
      if (wish !== undefined && wish !== 'on' && wish !== 'off')
        throw new ApiError(400, `x-fleet-compression: must be on or off, got ${wish.slice(0, 40)}.`, {
          param: 'x-fleet-compression',
        });
      if (model.compression === undefined) return { body };
      const shape = shapeOf(path);
      const account = (removed: number) => (usage: TokenUsage, price: Price) => {
        metrics.saved(model.name, savings.of(conversation, removed, usage, price));
      };
      const settings = wish === 'off' ? undefined : settingsOf(model, key, models);
      if (settings === undefined || shape === undefined) {
        metrics.done(model.name, 'off');
        return { body, header: 'off', afterCharge: account(0) };
      }
      const entries = body.length < settings.threshold ? undefined : shape.read(json);
      let sized: Sized | undefined;
      let result: Compressed & { readonly removed?: number } = { body, header: 'short' };
      try {
        if (entries !== undefined) {
          sized = await sizedOf(request, shape.member, entries);
          result = await replaced(request, settings, shape, sized);
        }
      } catch (error) {
        if (request.signal.aborted) throw request.signal.reason;
        if (!(error instanceof CompressionFailed || error instanceof TokensUnknown)) throw error;
        result = unchanged(request, error, sized?.total);
      }
      metrics.done(model.name, outcomeOf(result.header));
      return { ...result, afterCharge: account(result.removed ?? 0) };
    },
  };
}

/** A conversation with its tokens counted. */
interface Sized {
  readonly bytes: ConversationBytes;
  readonly hashes: readonly string[];
  readonly entries: readonly (Entry & { readonly tokens: number })[];
  readonly total: number;
}

function outcomeOf(header: string | undefined) {
  const [word] = (header ?? '').split(';');
  return word === 'hit' || word === 'made' || word === 'failed' ? word : 'short';
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
