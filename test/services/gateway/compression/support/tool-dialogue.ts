import { seeded } from '../../../../support/seeded.ts';
import { type Message, words } from './dialogue.ts';

/** A made-up conversation with tools: parallel calls, ids used again, results late, calls that stay open. */
export function toolDialogue(seed: number): Message[] {
  const random = seeded(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const messages: Message[] = [];
  const say = (role: string, tokens: number) =>
    messages.push({
      role,
      content: `${role} ${messages.length}: ${words(1 + below(tokens), seed + messages.length)}`,
    });
  if (below(4) > 0) say('system', 50);
  const turns = 3 + below(20);
  for (let turn = 0; turn < turns; turn += 1) {
    say('user', 120);
    if (below(5) === 0) say('user', 60);
    for (let round = below(4); round > 0; round -= 1) exchange(messages, below, seed);
    if (below(8) === 0) say('developer', 40);
    if (below(6) > 0) say('assistant', 150);
  }
  if (below(2) === 0) say('user', 30);
  return messages;
}

function exchange(messages: Message[], below: (limit: number) => number, seed: number): void {
  const reused = below(3) === 0;
  const ids = Array.from({ length: 1 + below(3) }, (_, index) =>
    reused ? `call_${index}` : `call_${messages.length}_${index}`,
  );
  messages.push({
    role: 'assistant',
    content: null,
    tool_calls: ids.map((id) => ({ id, type: 'function', function: { name: 'look', arguments: '{}' } })),
  });
  const answered = below(12) === 0 ? ids.slice(1) : ids;
  for (const id of answered) {
    if (below(10) === 0) messages.push({ role: 'user', content: 'and hurry' });
    messages.push({ role: 'tool', tool_call_id: id, content: words(1 + below(80), seed + messages.length) });
  }
}
