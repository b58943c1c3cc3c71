import { tokenIds } from './tokens.ts';

/** Special tokens of the simulator's chat template. */
export const SPECIAL = {
  start: 1,
  message: 2,
  end: 3,
  toolCall: 4,
  toolArguments: 5,
  reasoning: 6,
  reasoningEnd: 7,
} as const;

const ROLES: Readonly<Record<string, number>> = {
  system: 16,
  developer: 17,
  user: 18,
  assistant: 19,
  tool: 20,
};

/** A call of a function, as the model makes it. `arguments` is JSON text. */
export interface ToolCall {
  readonly name: string;
  readonly arguments: string;
}

/** One message of a conversation, whatever endpoint it came by. */
export interface Message {
  readonly role: string;
  readonly content: string;
  /** Rendered only beside tool calls, as the gpt-oss template does: earlier reasoning is dropped otherwise. */
  readonly reasoning?: string;
  readonly toolCalls?: readonly ToolCall[];
  readonly toolCallId?: string;
}

/** Token ids of tool calls, both where the model writes them and where the next turn repeats them. */
export function toolCallIds({ name, arguments: text }: ToolCall): number[] {
  return [SPECIAL.toolCall, ...tokenIds(name), SPECIAL.toolArguments, ...tokenIds(text)];
}

/**
 * Renders a conversation to token ids: tools first, then message by message, then the opening of the answer.
 * An answer that comes back as an assistant message gives exactly the ids that were generated for it
 * (its reasoning apart), so that the next turn finds it in the prefix cache.
 */
export function renderPrompt(messages: readonly Message[], tools: readonly unknown[] = []): number[] {
  const ids: number[] = [];
  const add = (more: readonly number[]) => {
    for (const id of more) ids.push(id);
  };
  const open = (role: string) => {
    ids.push(SPECIAL.start);
    add(role in ROLES ? [ROLES[role] ?? 0] : tokenIds(role));
    ids.push(SPECIAL.message);
  };
  if (tools.length > 0) {
    open('developer');
    add(tokenIds(JSON.stringify(tools)));
    ids.push(SPECIAL.end);
  }
  for (const message of messages) {
    open(message.role);
    const toolCalls = message.toolCalls ?? [];
    if (message.reasoning !== undefined && toolCalls.length > 0) {
      ids.push(SPECIAL.reasoning);
      add(tokenIds(message.reasoning));
      ids.push(SPECIAL.reasoningEnd);
    }
    if (message.toolCallId !== undefined) add(tokenIds(message.toolCallId));
    add(tokenIds(message.content));
    for (const call of toolCalls) add(toolCallIds(call));
    ids.push(SPECIAL.end);
  }
  open('assistant');
  return ids;
}

/** The newest message of the user; scripted answers and failures are matched against it. */
export function lastUserText(messages: readonly Message[]): string {
  return messages.findLast((message) => message.role === 'user')?.content ?? '';
}
