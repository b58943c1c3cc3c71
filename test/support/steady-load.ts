import { setTimeout as pause } from 'node:timers/promises';

/** Requests one after the other, as long as it runs, and what became of each. */
export class SteadyLoad {
  /** Those that were answered well. */
  answered = 0;
  /** What went wrong with the others. */
  readonly failures: string[] = [];
  readonly #baseUrl: string;
  readonly #stop = new AbortController();
  readonly #ended: Promise<void>;

  constructor(baseUrl: string, requestsPerSecond: number) {
    this.#baseUrl = baseUrl;
    this.#ended = this.#run(1000 / requestsPerSecond);
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ended;
  }

  async #run(everyMs: number): Promise<void> {
    for (let index = 0; !this.#stop.signal.aborted; index += 1) {
      await this.#ask(`steady-${index}`);
      await pause(everyMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  async #ask(conversation: string): Promise<void> {
    try {
      const response = await fetch(`${this.#baseUrl}/chat/completions`, {
        method: 'POST',
        headers: {
          authorization: 'Bearer local',
          'content-type': 'application/json',
          'x-fleet-conversation': conversation,
        },
        body: JSON.stringify({
          model: 'gpt-oss-20b',
          messages: [{ role: 'user', content: 'Hello' }],
          max_tokens: 4,
        }),
      });
      const text = await response.text();
      if (response.status === 200) this.answered += 1;
      else this.failures.push(`${response.status} ${text}`);
    } catch (error) {
      this.failures.push(String(error));
    }
  }
}
