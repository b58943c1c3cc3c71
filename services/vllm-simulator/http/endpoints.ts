import { busyError } from '../errors.ts';
import { createChatFormat } from '../formats/chat-format.ts';
import { createCompletionFormat } from '../formats/completion-format.ts';
import { createResponsesFormat } from '../formats/responses-format.ts';
import type { RejectionReason } from '../metrics/vllm-metrics.ts';
import { readChatRequest } from '../requests/chat-request.ts';
import { readCompletionRequest } from '../requests/completion-request.ts';
import { readResponsesRequest } from '../requests/responses-request.ts';
import type { Exchange } from './exchange.ts';
import { type GenerationParts, generate } from './generation.ts';

/** What the generating endpoints need. */
export interface EndpointParts extends GenerationParts {
  /** 16 hex digits. */
  readonly randomId: () => string;
  readonly rejected: (reason: RejectionReason) => void;
  /** The model's name in an answer to a request for this one. */
  readonly answeringModel: (requested: string | undefined) => string;
}

/** Reads a body and answers it. @throws RequestError */
export type Endpoint = (parts: EndpointParts, exchange: Exchange, body: unknown) => void;

function admit({ server, engine, rejected }: EndpointParts): void {
  const { maxQueuedRequests = Number.POSITIVE_INFINITY, maxQueuedTokens = Number.POSITIVE_INFINITY } = server;
  if (engine.running + engine.waiting + 1 > maxQueuedRequests) {
    rejected('max_num_queued_reqs');
    throw busyError('requests');
  }
  if (maxQueuedTokens < Number.POSITIVE_INFINITY && engine.queuedPromptTokens >= maxQueuedTokens) {
    rejected('max_num_queued_tokens');
    throw busyError('tokens');
  }
}

/** X-Request-Id of the client, else `request_id` of the body, else a new one. */
function baseId({ request }: Exchange, fromBody: string | undefined, randomId: () => string): string {
  const header = request.headers['x-request-id'];
  return (Array.isArray(header) ? header[0] : header) ?? fromBody ?? randomId();
}

const seconds = (milliseconds: number) => Math.floor(milliseconds / 1000);

export const chatEndpoint: Endpoint = (parts, exchange, body) => {
  const { server, randomId, clock } = parts;
  const request = readChatRequest(body, server);
  admit(parts);
  const id = baseId(exchange, request.requestId, randomId);
  const toolParser = server.autoToolChoice && server.toolCallParser !== undefined;
  const { toolChoice } = request.answer;
  const format = createChatFormat({
    id: `chatcmpl-${id}`,
    created: seconds(clock.wall()),
    model: parts.answeringModel(request.model),
    systemFingerprint: server.systemFingerprint,
    parsed: toolParser || server.reasoningParser !== undefined,
    showsToolCalls: toolParser,
    toolChoice: typeof toolChoice === 'object' ? 'named' : toolChoice,
    includeReasoning: request.includeReasoning,
    reasoningTokensDetails: server.reasoningParser !== undefined,
    promptTokensDetails: server.promptTokensDetails,
    includeUsage: request.includeUsage,
    continuousUsage: request.continuousUsage,
    toolCallId: () => `chatcmpl-tool-${randomId()}`,
  });
  generate(parts, exchange, request, { id, format });
};

export const completionEndpoint: Endpoint = (parts, exchange, body) => {
  const { server, randomId, clock } = parts;
  const request = readCompletionRequest(body, server);
  admit(parts);
  const id = baseId(exchange, request.requestId, randomId);
  const format = createCompletionFormat({
    id: `cmpl-${id}`,
    created: seconds(clock.wall()),
    model: parts.answeringModel(request.model),
    systemFingerprint: server.systemFingerprint,
    promptTokensDetails: server.promptTokensDetails,
    includeUsage: request.includeUsage,
    continuousUsage: request.continuousUsage,
  });
  generate(parts, exchange, request, { id, format });
};

/** The response's own id does not follow X-Request-Id, as in vLLM; the record's does. */
export const responsesEndpoint: Endpoint = (parts, exchange, body) => {
  const { server, randomId, clock } = parts;
  const request = readResponsesRequest(body, server);
  admit(parts);
  const responseId = request.requestId ?? `resp_${randomId()}`;
  const format = createResponsesFormat({
    id: responseId,
    created: seconds(clock.wall()),
    model: parts.answeringModel(request.model),
    echo: request.echo,
    includeReasoning: request.includeReasoning,
    showsToolCalls: server.harmony || (server.autoToolChoice && server.toolCallParser !== undefined),
    harmony: server.harmony,
    randomId,
  });
  generate(parts, exchange, request, { id: baseId(exchange, responseId, randomId), format });
};
