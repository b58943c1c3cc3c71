/** One message of a conversation with the model. */
export interface ModelMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly content: string;
}

export interface ModelRequest {
  /** `review`, `verify`, `docs`, `tests`. */
  readonly stage: string;
  /** Public name of the model that the repository's settings want. @default - what the host was set up with */
  readonly model?: string;
  readonly messages: readonly ModelMessage[];
  /** JSON Schema that the answer's content must obey, for structured output. Its name is the stage's. */
  readonly schema: Readonly<Record<string, unknown>>;
}

export interface ModelAnswer {
  readonly content: string;
  /** Names of tools that it calls. None is ever offered: each is refused, and counted. */
  readonly calls: readonly string[];
  /** False where it was cut off. */
  readonly complete: boolean;
  readonly usage: ModelUsage;
}

export interface ModelUsage {
  readonly promptTokens: number;
  readonly completionTokens: number;
  /** Undefined: unknown, which is not zero. */
  readonly costUsd?: number;
}

/** All that a stage may do besides thinking: ask a model. It holds no credentials, no forge, no environment. */
export interface ReviewModel {
  /** @throws when the host cannot be asked; an answer that is no good is an answer */
  answer(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer>;
}
