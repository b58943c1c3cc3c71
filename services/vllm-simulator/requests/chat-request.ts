import type { Tool, ToolChoice } from '../answers.ts';
import { badRequest, validationError } from '../errors.ts';
import { renderPrompt } from '../prompt.ts';
import type { ServerOptions } from '../server-options.ts';
import { fieldReader, isObject, type JsonObject } from './fields.ts';
import {
  checkModel,
  checkPromptLength,
  checkSampling,
  type GenerationRequest,
  readStop,
  readStreamOptions,
} from './generation-request.ts';
import { chatMessages } from './messages.ts';

const USAGE = 'Correct usage: `{"type": "function", "function": {"name": "my_function"}}`';

function readTools(body: JsonObject): Tool[] {
  if (!Array.isArray(body.tools)) return [];
  return body.tools.flatMap((tool: unknown) => {
    const fn = isObject(tool) ? tool.function : undefined;
    return isObject(fn) ? [{ name: String(fn.name ?? ''), parameters: fn.parameters }] : [];
  });
}

/** vLLM's check_tool_usage. */
function readToolChoice(body: JsonObject, tools: readonly Tool[]): ToolChoice {
  if (Array.isArray(body.tools) && body.tools.length === 0) {
    throw validationError(
      '`tools` must not be an empty array. Either provide at least one tool or omit the field entirely.',
      'tools',
    );
  }
  const choice = 'tool_choice' in body ? body.tool_choice : tools.length > 0 ? 'auto' : 'none';
  if (choice === 'none' || choice === null) return 'none';
  if (body.tools === undefined || body.tools === null) {
    throw validationError('When using `tool_choice`, `tools` must be set.', 'tool_choice');
  }
  if (choice === 'auto' || choice === 'required') return choice;
  if (!isObject(choice)) {
    throw validationError(
      `Invalid value for \`tool_choice\`: ${String(choice)}! Only named tools, "none", "auto" or "required" are supported.`,
      'tool_choice',
    );
  }
  const name = isObject(choice.function) ? choice.function.name : undefined;
  if (typeof name !== 'string' || name === '') {
    throw validationError(
      `Expected field \`name\` in \`function\` in \`tool_choice\`! ${USAGE}`,
      'tool_choice.function.name',
    );
  }
  if (!tools.some((tool) => tool.name === name)) {
    throw validationError(
      'The tool specified in `tool_choice` does not match any of the specified `tools`',
      'tool_choice',
    );
  }
  return { name };
}

/** gpt-oss models take tools without the flags (and then do not show the calls); others refuse. */
function checkToolsEnabled(
  choice: ToolChoice,
  { harmony, autoToolChoice, toolCallParser }: ServerOptions,
): void {
  const available = harmony || (autoToolChoice && toolCallParser !== undefined);
  if (available || choice === 'none') return;
  if (choice === 'auto') {
    throw badRequest(
      '"auto" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set',
    );
  }
  const shown = typeof choice === 'object' ? `function "${choice.name}"` : `"${choice}"`;
  throw badRequest(`tool_choice=${shown} requires --tool-call-parser to be set`);
}

/**
 * Reads the body of `POST /v1/chat/completions`.
 *
 * @throws RequestError
 */
export function readChatRequest(body: unknown, server: ServerOptions): GenerationRequest {
  const reader = fieldReader(body);
  const fields = body as JsonObject;
  const tools = readTools(fields);
  const toolChoice = readToolChoice(fields, tools);
  const streaming = readStreamOptions(reader, server);
  if (reader.required('messages') !== undefined && !Array.isArray(fields.messages)) {
    reader.reject({
      type: 'list_type',
      loc: 'body.messages',
      msg: 'Input should be a valid list',
      input: fields.messages,
    });
  }
  const model = reader.text('model');
  const maxTokens = reader.integer('max_completion_tokens') ?? reader.integer('max_tokens');
  const stop = readStop(reader, body);
  const request = {
    model,
    ...streaming,
    includeReasoning: reader.boolean('include_reasoning') ?? true,
    cacheSalt: reader.text('cache_salt'),
    requestId: reader.text('request_id'),
    answer: {
      maxTokens,
      stop,
      reasoningEffort: reader.text('reasoning_effort'),
      tools,
      toolChoice,
      parallelToolCalls: reader.boolean('parallel_tool_calls') ?? true,
    },
  };
  reader.done();
  checkModel(model, server);
  checkToolsEnabled(toolChoice, server);
  const messages = chatMessages(fields.messages as readonly unknown[], server);
  const promptIds = renderPrompt(messages, Array.isArray(fields.tools) ? fields.tools : []);
  checkPromptLength(promptIds, server);
  checkSampling(reader, { maxTokens: maxTokens ?? server.maxModelLen - promptIds.length });
  reader.done();
  return { ...request, messages, promptIds };
}
