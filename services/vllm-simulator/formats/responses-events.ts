import type { Delta } from '../answers.ts';

/** An entry of a response's `output`. */
export type OutputItem = Readonly<Record<string, unknown>>;

export function messageItem(id: string, text: string, status: 'in_progress' | 'completed'): OutputItem {
  const content = text === '' ? [] : [{ annotations: [], text, type: 'output_text', logprobs: null }];
  return { id, content, role: 'assistant', status, type: 'message', phase: null };
}

export function reasoningItem(
  id: string,
  text: string,
  status: 'in_progress' | 'completed' | null,
): OutputItem {
  const content = status === 'in_progress' ? null : [{ text, type: 'reasoning_text' }];
  return { id, summary: [], type: 'reasoning', content, encrypted_content: null, status };
}

export function functionCallItem(
  id: string,
  callId: string,
  name: string,
  text: string,
  status: string,
): OutputItem {
  return { arguments: text, call_id: callId, name, type: 'function_call', id, namespace: null, status };
}

type Kind = 'content' | 'reasoning' | 'toolCall';

interface OpenItem {
  readonly kind: Kind;
  readonly id: string;
  readonly callId: string;
  readonly name: string;
  text: string;
}

/** The events of a streamed response, numbered; items open and close as the kind of the tokens changes. */
export interface ResponsesEvents {
  /** Finished items so far. */
  readonly items: readonly OutputItem[];
  /** An event that carries the whole response, given as JSON. */
  response(type: string, json: string): string;
  delta(delta: Delta): string;
  close(): string;
}

/** vLLM: openai/responses/streaming_events.py, SimpleStreamingEventProcessor. */
export function createResponsesEvents(randomId: () => string): ResponsesEvents {
  const items: OutputItem[] = [];
  let sequence = 0;
  let open: OpenItem | undefined;

  /** Fields come in alphabetical order; `part` and `item` keep their own. */
  const event = (type: string, fields: Readonly<Record<string, unknown>>): string => {
    const all: Record<string, unknown> = { ...fields, output_index: items.length, sequence_number: sequence };
    sequence += 1;
    const sorted = Object.fromEntries(
      Object.keys(all)
        .sort()
        .map((name) => [name, all[name]]),
    );
    const { text, arguments: args, name, ...rest } = sorted;
    const data = {
      ...(args !== undefined && { arguments: args }),
      ...rest,
      ...(text !== undefined && { text }),
      type,
      ...(name !== undefined && { name }),
    };
    return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
  };

  const close = (): string => {
    if (open === undefined) return '';
    const { kind, id, callId, name, text } = open;
    open = undefined;
    const at = { item_id: id, content_index: 0 };
    let done: string;
    let item: OutputItem;
    if (kind === 'content') {
      item = messageItem(id, text, 'completed');
      const part = { annotations: [], text, type: 'output_text', logprobs: null };
      done =
        event('response.output_text.done', { ...at, logprobs: [], text }) +
        event('response.content_part.done', { ...at, part });
    } else if (kind === 'reasoning') {
      item = reasoningItem(id, text, 'completed');
      const part = { text, type: 'reasoning_text' };
      done =
        event('response.reasoning_text.done', { ...at, text }) +
        event('response.content_part.done', { ...at, part });
    } else {
      item = functionCallItem(id, callId, name, text, 'completed');
      done = event('response.function_call_arguments.done', { arguments: text, item_id: id, name });
    }
    done += event('response.output_item.done', { item });
    items.push(item);
    return done;
  };

  const start = (kind: Kind, name: string): string => {
    const before = close();
    const prefix = { content: 'msg', reasoning: 'rs', toolCall: 'fc' }[kind];
    const id = `${prefix}_${randomId()}`;
    const callId = kind === 'toolCall' ? `chatcmpl-tool-${randomId()}` : '';
    open = { kind, id, callId, name, text: '' };
    const added = (item: OutputItem) => event('response.output_item.added', { item });
    const at = { item_id: id, content_index: 0 };
    if (kind === 'toolCall') return before + added(functionCallItem(id, callId, name, '', 'in_progress'));
    const item =
      kind === 'content' ? messageItem(id, '', 'in_progress') : reasoningItem(id, '', 'in_progress');
    const part =
      kind === 'content'
        ? { annotations: [], text: '', type: 'output_text', logprobs: [] }
        : { text: '', type: 'reasoning_text' };
    return before + added(item) + event('response.content_part.added', { ...at, part });
  };

  return {
    items,
    close,
    response(type, json) {
      const text = `event: ${type}\ndata: {"response":${json},"sequence_number":${sequence},"type":"${type}"}\n\n`;
      sequence += 1;
      return text;
    },
    delta(delta) {
      if (delta.kind === 'toolCall') return start('toolCall', delta.name);
      const kind: Kind = delta.kind === 'toolArguments' ? 'toolCall' : delta.kind;
      const before = open?.kind === kind ? '' : start(kind, '');
      if (open) open.text += delta.text;
      const at = { item_id: open?.id, delta: delta.text };
      if (kind === 'toolCall') return before + event('response.function_call_arguments.delta', at);
      if (kind === 'reasoning')
        return before + event('response.reasoning_text.delta', { ...at, content_index: 0 });
      return before + event('response.output_text.delta', { ...at, content_index: 0, logprobs: [] });
    },
  };
}
