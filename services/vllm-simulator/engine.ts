import type { PlannedAnswer } from './answers.ts';
import type { Clock } from './clock.ts';
import type { EngineStats, FinishReason } from './engine-stats.ts';
import type { Allocation, PrefixCache } from './prefix-cache.ts';

export type Phase = 'waiting' | 'prefill' | 'decode' | 'finished';
/** How fast the simulated accelerator is. */
export interface Speed {
  /** Prompt tokens per second, of all requests together: prompts are computed one after the other. */
  readonly prefillTokensPerSecond: number;
  /** Generated tokens per second of one request that runs alone. */
  readonly decodeTokensPerSecond: number;
  /** Each further running request makes every token this much slower: 0.01 = 1 % each. */
  readonly decodeSlowdownPerSequence: number;
}

export interface Submission {
  readonly promptIds: readonly number[];
  readonly answer: PlannedAnswer;
  /** `max_tokens` as vLLM resolves it. */
  readonly maxTokens: number;
  readonly cacheSalt?: string;
  /** When the request arrived, on the engine's clock. */
  readonly arrivedAt: number;
  /** Generation stops for good after this many tokens (a simulated fault). */
  readonly stallAfter?: number;
  /** The prompt's computation takes this much longer (a simulated fault). */
  readonly extraPrefillMilliseconds?: number;
  /** Tokens `from` up to `sequence.generated` of the answer exist now. */
  readonly onTokens: (sequence: Sequence, from: number) => void;
  /** Not called after {@link Engine.abort}. `phase` is the one that it was in. */
  readonly onFinish: (sequence: Sequence, reason: FinishReason, phase: Phase) => void;
}

/** One request in the engine. */
export interface Sequence {
  readonly submission: Submission;
  phase: Phase;
  generated: number;
  cachedTokens: number;
  /** Prompt tokens that this request put into the prefix cache. */
  createdCacheTokens: number;
  allocation?: Allocation;
  /** When its prompt's computation began, and its first and newest token came, on the engine's clock. */
  scheduledAt?: number;
  firstTokenAt?: number;
  lastTokenAt?: number;
  /** When the next token is due, or the prompt will be computed. */
  dueAt: number;
}

/** Milliseconds. Tokens that come closer together are generated in one go. */
const SHORTEST_DELAY = 1;

/**
 * The scheduler: at most `maxSequences` requests run, the others wait in order of arrival. One prompt is computed at a
 * time, while the running requests go on generating. Time comes from the clock alone, and one timer serves all requests.
 */
export class Engine {
  readonly #clock: Clock;
  readonly #cache: PrefixCache;
  readonly #stats: EngineStats;
  readonly #maxSequences: number;
  readonly #speed: () => Speed;
  readonly #waiting = new Set<Sequence>();
  readonly #decoding = new Set<Sequence>();
  #prefilling: Sequence | undefined;
  #laneFreeAt = 0;
  #cancelTimer: (() => void) | undefined;
  #timerAt = Number.POSITIVE_INFINITY;
  #draining = false;

  constructor(parts: {
    clock: Clock;
    cache: PrefixCache;
    stats: EngineStats;
    maxSequences: number;
    speed: () => Speed;
  }) {
    this.#clock = parts.clock;
    this.#cache = parts.cache;
    this.#stats = parts.stats;
    this.#maxSequences = parts.maxSequences;
    this.#speed = parts.speed;
  }

  get running(): number {
    return this.#decoding.size + (this.#prefilling ? 1 : 0);
  }

  /** Whether new requests are refused. */
  get draining(): boolean {
    return this.#draining;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Prompt tokens of all requests that have no first token yet. */
  get queuedPromptTokens(): number {
    let tokens = this.#prefilling?.submission.promptIds.length ?? 0;
    for (const { submission } of this.#waiting) tokens += submission.promptIds.length;
    return tokens;
  }

  /** Adds a request. After {@link drain} it is finished with `abort` at once, as vLLM does while shutting down. */
  submit(submission: Submission): Sequence {
    const sequence: Sequence = {
      submission,
      phase: 'waiting',
      generated: 0,
      cachedTokens: 0,
      createdCacheTokens: 0,
      dueAt: Number.POSITIVE_INFINITY,
    };
    if (this.#draining) {
      this.#clock.schedule(() => this.#finish(sequence, 'abort', true), 0);
      return sequence;
    }
    this.#waiting.add(sequence);
    this.#wake(0);
    return sequence;
  }

  /** The client is gone: all work for the request stops now. Does nothing if it has finished. */
  abort(sequence: Sequence): void {
    if (sequence.phase === 'finished') return;
    this.#remove(sequence);
    this.#stats.clientAborted();
    this.#wake(0);
  }

  /** Takes no new requests from now on. */
  drain(): void {
    this.#draining = true;
  }

  /** Finishes every request with `abort`; their clients get what exists so far. */
  abortAll(): void {
    const all = [...this.#waiting, ...this.#decoding, ...(this.#prefilling ? [this.#prefilling] : [])];
    for (const sequence of all) this.#finish(sequence, 'abort', true);
  }

  close(): void {
    this.#cancelTimer?.();
    this.#timerAt = Number.POSITIVE_INFINITY;
  }

  #wake(milliseconds: number): void {
    const at = this.#clock.now() + milliseconds;
    if (at >= this.#timerAt) return;
    this.#cancelTimer?.();
    this.#timerAt = at;
    this.#cancelTimer = this.#clock.schedule(() => {
      this.#timerAt = Number.POSITIVE_INFINITY;
      this.#step();
    }, milliseconds);
  }

  #step(): void {
    const now = this.#clock.now();
    const tokensOfStep: number[] = [];
    this.#schedulePrompts(now, tokensOfStep);
    const { decodeTokensPerSecond, decodeSlowdownPerSequence } = this.#speed();
    const slowdown = 1 + decodeSlowdownPerSequence * Math.max(0, this.running - 1);
    const interval = (1000 / decodeTokensPerSecond) * slowdown;
    for (const sequence of [...this.#decoding]) this.#decode(sequence, now, interval, tokensOfStep);
    this.#schedulePrompts(now, tokensOfStep);
    for (const tokens of tokensOfStep) this.#stats.iteration(tokens);
    let next = this.#prefilling?.dueAt ?? Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#decoding) if (dueAt < next) next = dueAt;
    const delay = next - this.#clock.now();
    if (next < Number.POSITIVE_INFINITY) this.#wake(delay <= 0 ? 0 : Math.max(SHORTEST_DELAY, delay));
  }

  #schedulePrompts(now: number, tokensOfStep: number[]): void {
    for (;;) {
      if (this.#prefilling && this.#prefilling.dueAt <= now)
        this.#finishPrefill(this.#prefilling, now, tokensOfStep);
      if (this.#prefilling || this.running >= this.#maxSequences) return;
      const [sequence] = this.#waiting;
      if (sequence === undefined || !this.#admit(sequence, now)) return;
    }
  }

  #admit(sequence: Sequence, now: number): boolean {
    const { promptIds, cacheSalt, arrivedAt, extraPrefillMilliseconds = 0 } = sequence.submission;
    const allocation = this.#cache.allocate(promptIds, cacheSalt);
    if (allocation === undefined) return false;
    this.#waiting.delete(sequence);
    this.#prefilling = sequence;
    sequence.phase = 'prefill';
    sequence.allocation = allocation;
    sequence.cachedTokens = allocation.cachedTokens;
    const scheduledAt = Math.min(now, Math.max(this.#laneFreeAt, arrivedAt));
    sequence.scheduledAt = scheduledAt;
    const computed = promptIds.length - allocation.cachedTokens;
    const milliseconds = (computed / this.#speed().prefillTokensPerSecond) * 1000 + extraPrefillMilliseconds;
    sequence.dueAt = scheduledAt + milliseconds;
    if (this.#cache.enabled) this.#stats.queried(promptIds.length, allocation.cachedTokens);
    return true;
  }

  #finishPrefill(sequence: Sequence, now: number, tokensOfStep: number[]): void {
    const { promptIds, arrivedAt, stallAfter = Number.POSITIVE_INFINITY } = sequence.submission;
    this.#prefilling = undefined;
    this.#laneFreeAt = sequence.dueAt;
    this.#decoding.add(sequence);
    sequence.phase = 'decode';
    if (sequence.allocation) this.#cache.publish(sequence.allocation, promptIds.length);
    if (this.#cache.enabled) {
      const { blockSize } = this.#cache;
      sequence.createdCacheTokens =
        Math.floor(promptIds.length / blockSize) * blockSize - sequence.cachedTokens;
    }
    if (stallAfter <= 0) {
      sequence.dueAt = Number.POSITIVE_INFINITY;
      return;
    }
    sequence.firstTokenAt = now;
    sequence.lastTokenAt = now;
    const computed = promptIds.length - sequence.cachedTokens;
    tokensOfStep[0] = (tokensOfStep[0] ?? 0) + computed;
    this.#stats.firstToken({
      prompt: promptIds.length,
      cached: sequence.cachedTokens,
      milliseconds: now - arrivedAt,
    });
  }

  #decode(sequence: Sequence, now: number, interval: number, tokensOfStep: number[]): void {
    if (sequence.phase !== 'decode' || sequence.dueAt > now) return;
    const { answer, promptIds, onTokens, stallAfter = Number.POSITIVE_INFINITY } = sequence.submission;
    const from = sequence.generated;
    const end = Math.min(answer.ids.length, stallAfter);
    const count = Math.min(end - from, Math.floor((now - sequence.dueAt) / interval) + 1);
    sequence.generated += count;
    sequence.dueAt = sequence.generated >= end ? Number.POSITIVE_INFINITY : sequence.dueAt + count * interval;
    this.#stats.generated(count, from === 0 ? count - 1 : count, now - (sequence.lastTokenAt ?? now));
    sequence.lastTokenAt = now;
    for (let step = 0; step < count; step += 1) tokensOfStep[step] = (tokensOfStep[step] ?? 0) + 1;
    if (sequence.allocation) {
      const total = promptIds.length + sequence.generated;
      this.#cache.grow(sequence.allocation, total);
      // The newest token has no KV yet: vLLM computes it with the next step.
      if (this.#cache.enabled) {
        sequence.allocation.chain.push(answer.ids, Math.max(0, from - 1), sequence.generated - 1);
        this.#cache.publish(sequence.allocation, total - 1);
      }
    }
    onTokens(sequence, from);
    if (sequence.generated >= answer.ids.length) this.#finish(sequence, answer.finishReason, false);
  }

  #finish(sequence: Sequence, reason: FinishReason, early: boolean): void {
    if (sequence.phase === 'finished') return;
    const { submission, scheduledAt, firstTokenAt, lastTokenAt, generated, cachedTokens } = sequence;
    const phase = sequence.phase;
    this.#remove(sequence);
    const now = this.#clock.now();
    const started = scheduledAt ?? now;
    const first = firstTokenAt ?? now;
    this.#stats.finished({
      reason,
      promptTokens: submission.promptIds.length,
      cachedTokens,
      generatedTokens: generated,
      maxTokens: submission.maxTokens,
      milliseconds: {
        total: now - submission.arrivedAt,
        queued: started - submission.arrivedAt,
        prefill: first - started,
        decode: (lastTokenAt ?? first) - first,
      },
    });
    submission.onFinish(sequence, reason, phase);
    if (early) this.#wake(0);
  }

  #remove(sequence: Sequence): void {
    const now = this.#clock.now();
    this.#waiting.delete(sequence);
    this.#decoding.delete(sequence);
    if (this.#prefilling === sequence) this.#prefilling = undefined;
    if (this.#waiting.size > 0) this.#laneFreeAt = Math.max(this.#laneFreeAt, now);
    sequence.phase = 'finished';
    sequence.dueAt = Number.POSITIVE_INFINITY;
    if (sequence.allocation) this.#cache.release(sequence.allocation);
  }
}
