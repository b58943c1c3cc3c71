import { badRequest, validationError } from '../errors.ts';
import type { Message } from '../prompt.ts';
import type { ServerOptions } from '../server-options.ts';
import { tokenIds } from '../tokens.ts';
import { fieldReader, type JsonObject } from './fields.ts';
import {
  checkModel,
  checkPromptLength,
  checkSampling,
  type GenerationRequest,
  readStop,
  readStreamOptions,
} from './generation-request.ts';

const DEFAULT_MAX_TOKENS = 16;

function readPrompt(prompt: unknown): { text: string; ids: readonly number[] } {
  if (prompt === undefined || prompt === null || prompt === '') {
    throw validationError('Either prompt or prompt_embeds must be provided and non-empty.', 'prompt');
  }
  if (typeof prompt === 'string') return { text: prompt, ids: tokenIds(prompt) };
  if (Array.isArray(prompt) && prompt.length > 0) {
    if (prompt.every((id) => typeof id === 'number')) return { text: '', ids: prompt };
    if (prompt.length === 1) return readPrompt(prompt[0]);
  }
  throw badRequest('The simulator takes one prompt, as a text or as token ids.', 'prompt');
}

/**
 * Reads the body of `POST /v1/completions`.
 *
 * @throws RequestError
 */
export function readCompletionRequest(body: unknown, server: ServerOptions): GenerationRequest {
  const reader = fieldReader(body);
  const fields = body as JsonObject;
  const streaming = readStreamOptions(reader, server);
  const { text, ids } = readPrompt(fields.prompt);
  const model = reader.text('model');
  const maxTokens = 'max_tokens' in fields ? reader.integer('max_tokens') : DEFAULT_MAX_TOKENS;
  const messages: Message[] = [{ role: 'user', content: text }];
  const request = {
    model,
    ...streaming,
    includeReasoning: true,
    messages,
    promptIds: ids,
    cacheSalt: reader.text('cache_salt'),
    requestId: reader.text('request_id'),
    answer: {
      maxTokens,
      stop: readStop(reader, body),
      tools: [],
      toolChoice: 'none' as const,
      parallelToolCalls: true,
    },
  };
  reader.done();
  checkModel(model, server);
  checkPromptLength(ids, server);
  checkSampling(reader, { maxTokens: maxTokens ?? server.maxModelLen - ids.length });
  reader.done();
  return request;
}
