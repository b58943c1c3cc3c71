import { expect, test } from 'vitest';
import { CHAT } from '../support/edge.ts';
import { dialogue } from './dialogue.ts';
import { compressing, fleet, MAIN, SUMMARIZER } from './fleet.ts';

test('a long conversation reaches the model as instructions, summaries, and its last turns', async () => {
  const servers = await fleet();
  const gateway = await compressing(servers);
  const messages = dialogue(30, 1000);
  const response = await gateway.post(CHAT, { model: MAIN, messages, max_tokens: 10 });
  expect(response.status).toBe(200);
  expect(response.headers.get('x-fleet-compression')).toMatch(
    /^made;before=\d{5};after=\d{4};blocks=3;made=3$/,
  );
  expect(servers.sentTo(SUMMARIZER)).toHaveLength(3);
  const [sent] = servers.sentTo(MAIN);
  const kept = sent?.json.messages as typeof messages;
  expect(kept[0]).toEqual(messages[0]);
  expect(kept.slice(1, 4).map(({ role, content }) => [role, content?.slice(0, 11)])).toEqual(
    Array.from({ length: 3 }, () => ['user', '[Summary of']),
  );
  expect(kept.slice(4)).toEqual(messages.slice(4 - kept.length));
});
