export type FinishReason = 'stop' | 'length' | 'abort';

/** What became of one request. */
export interface FinishedRequest {
  readonly reason: FinishReason;
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly generatedTokens: number;
  readonly maxTokens: number;
  readonly milliseconds: {
    readonly total: number;
    readonly queued: number;
    readonly prefill: number;
    readonly decode: number;
  };
}

/** What the engine tells of its work, each fact when vLLM counts it. */
export interface EngineStats {
  /** A prompt was looked up in the prefix cache. */
  queried(tokens: number, hits: number): void;
  /** A request has its first token; `milliseconds` since its arrival. */
  firstToken(facts: { prompt: number; cached: number; milliseconds: number }): void;
  /** `count` tokens were generated, `intervals` of them after another one, in `milliseconds`. */
  generated(count: number, intervals: number, milliseconds: number): void;
  /** One engine step processed this many tokens. */
  iteration(tokens: number): void;
  finished(request: FinishedRequest): void;
  /** A client left before its request was finished. */
  clientAborted(): void;
}
