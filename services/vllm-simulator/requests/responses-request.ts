import type { Tool, ToolChoice } from '../answers.ts';
import { RequestError, validationError } from '../errors.ts';
import { renderPrompt } from '../prompt.ts';
import type { ServerOptions } from '../server-options.ts';
import { fieldReader, isObject, type JsonObject } from './fields.ts';
import { checkModel, checkSampling, type GenerationRequest } from './generation-request.ts';
import { responseMessages } from './messages.ts';

/** What the answer of `/v1/responses` repeats of the request, with vLLM's defaults. */
export interface ResponsesEcho {
  readonly instructions: string | null;
  readonly metadata: unknown;
  readonly parallelToolCalls: boolean;
  readonly temperature: number;
  readonly topP: number;
  readonly toolChoice: unknown;
  readonly tools: readonly unknown[];
  readonly maxOutputTokens: number;
  readonly maxToolCalls: number | null;
  readonly reasoning: unknown;
  readonly serviceTier: string;
  readonly text: unknown;
  readonly truncation: string;
  readonly user: string | null;
  readonly presencePenalty: number;
  readonly frequencyPenalty: number;
}

function invalidRequest(message: string, param: string, code = 400): RequestError {
  return new RequestError({ message, type: 'invalid_request_error', param, code });
}

function readTools(value: unknown): Tool[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((tool: unknown) =>
    isObject(tool) && tool.type === 'function'
      ? [{ name: String(tool.name ?? ''), parameters: tool.parameters }]
      : [],
  );
}

function readToolChoice(choice: unknown, tools: readonly Tool[]): ToolChoice {
  if (tools.length === 0) {
    if (choice === undefined || choice === null || choice === 'auto' || choice === 'none') return 'none';
    if (choice === 'required') {
      throw validationError(
        "Tool choice 'required' must be specified with 'tools' parameter.",
        'tool_choice',
      );
    }
    throw validationError("Tool choice 'function' not found in 'tools' parameter.", 'tool_choice');
  }
  if (!isObject(choice)) return choice === 'none' || choice === 'required' ? choice : 'auto';
  const name = String(choice.name ?? '');
  if (!tools.some((tool) => tool.name === name)) {
    throw validationError("Tool choice 'function' not found in 'tools' parameter.", 'tool_choice');
  }
  return { name };
}

const echoTool = (tool: unknown) =>
  isObject(tool) && tool.type === 'function'
    ? {
        name: tool.name ?? null,
        parameters: tool.parameters ?? null,
        strict: tool.strict ?? null,
        type: 'function',
        defer_loading: tool.defer_loading ?? null,
        description: tool.description ?? null,
      }
    : tool;

/**
 * Reads the body of `POST /v1/responses`. Nothing is stored: `previous_response_id` is never found, as in vLLM without
 * `VLLM_ENABLE_RESPONSES_API_STORE`.
 *
 * @throws RequestError
 */
export function readResponsesRequest(
  body: unknown,
  server: ServerOptions,
): GenerationRequest & { readonly echo: ResponsesEcho } {
  const reader = fieldReader(body);
  const fields = body as JsonObject;
  const tools = readTools(fields.tools);
  const toolChoice = readToolChoice(fields.tool_choice, tools);
  const input = reader.required('input');
  if (input !== undefined && typeof input !== 'string' && !Array.isArray(input)) {
    reader.reject({ type: 'string_type', loc: 'body.input', msg: 'Input should be a valid string', input });
  }
  const model = reader.text('model');
  const maxTokens = reader.integer('max_output_tokens');
  const instructions = reader.text('instructions');
  const reasoning = reader.object('reasoning');
  const request = {
    model,
    stream: reader.boolean('stream') ?? false,
    includeUsage: true,
    continuousUsage: false,
    includeReasoning: reader.boolean('include_reasoning') ?? true,
    cacheSalt: reader.text('cache_salt'),
    requestId: reader.text('request_id'),
    answer: {
      maxTokens,
      stop: [],
      reasoningEffort: typeof reasoning?.effort === 'string' ? reasoning.effort : undefined,
      tools,
      toolChoice,
      parallelToolCalls: reader.boolean('parallel_tool_calls') ?? true,
    },
  };
  reader.done();
  checkModel(model, server);
  if (fields.background === true) {
    throw invalidRequest(
      'This vLLM engine does not support `store=True` and therefore does not support the background mode. To enable these features, set the environment variable `VLLM_ENABLE_RESPONSES_API_STORE=1` when launching the vLLM server.',
      'background',
    );
  }
  if (typeof fields.previous_response_id === 'string') {
    throw invalidRequest(`Response with id '${fields.previous_response_id}' not found.`, 'response_id', 404);
  }
  const messages = responseMessages(input as string | readonly unknown[], instructions, server);
  const promptIds = renderPrompt(messages, tools.length > 0 ? (fields.tools as readonly unknown[]) : []);
  if (promptIds.length >= server.maxModelLen) {
    throw invalidRequest(
      `The engine prompt length ${promptIds.length} exceeds the max_model_len ${server.maxModelLen}. Please reduce prompt.`,
      'input',
    );
  }
  const room = server.maxModelLen - promptIds.length;
  checkSampling(reader, { maxTokens: maxTokens ?? room });
  const echo: ResponsesEcho = {
    instructions: instructions ?? null,
    metadata: fields.metadata ?? null,
    parallelToolCalls: request.answer.parallelToolCalls,
    temperature: reader.number('temperature') ?? 1,
    topP: reader.number('top_p') ?? 1,
    toolChoice: typeof toolChoice === 'object' ? fields.tool_choice : toolChoice,
    tools: Array.isArray(fields.tools) ? fields.tools.map(echoTool) : [],
    maxOutputTokens: Math.min(maxTokens ?? room, room),
    maxToolCalls: reader.integer('max_tool_calls') ?? null,
    reasoning: reasoning
      ? {
          effort: reasoning.effort ?? null,
          generate_summary: reasoning.generate_summary ?? null,
          summary: reasoning.summary ?? null,
        }
      : null,
    serviceTier: reader.text('service_tier') ?? 'auto',
    text: isObject(fields.text)
      ? { format: fields.text.format ?? null, verbosity: fields.text.verbosity ?? null }
      : null,
    truncation: reader.text('truncation') ?? 'disabled',
    user: reader.text('user') ?? null,
    presencePenalty: reader.number('presence_penalty') ?? 0,
    frequencyPenalty: reader.number('frequency_penalty') ?? 0,
  };
  reader.done();
  return { ...request, messages, promptIds, echo };
}
