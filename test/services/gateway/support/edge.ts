import { chat } from './answers.ts';
import { type FakeUpstream, fakeUpstream, type Respond } from './fake-upstream.ts';
import { edgeConfig, type Started, start } from './start.ts';

export const CHAT = '/v1/chat/completions';
export const hello = { model: 'gpt-oss-120b', messages: [{ role: 'user', content: 'hello' }] };

/** An edge before a fake router. */
export async function edge(
  respond: Respond = chat(['Hello', ' there']),
): Promise<{ readonly router: FakeUpstream; readonly gateway: Started }> {
  const router = await fakeUpstream(respond);
  return { router, gateway: await start(edgeConfig(router.url)) };
}

/** What stands under `error` in an answer. */
export async function errorOf(response: Response): Promise<Record<string, unknown>> {
  return ((await response.json()) as { error: Record<string, unknown> }).error;
}
