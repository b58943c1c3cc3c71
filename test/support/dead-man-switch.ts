import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Alertmanager's webhook, as far as it matters here. */
interface Notification {
  readonly status: string;
  readonly alerts: readonly { readonly labels: { readonly alertname?: string } }[];
}

/** Stands in for a service that alerts when it has not heard of the watchdog for a while. */
export class DeadManSwitch {
  /** When it heard of it, in milliseconds since the epoch. */
  readonly heard: number[] = [];
  readonly url: string;
  readonly #server: Server;
  readonly #patienceMs: number;

  private constructor(server: Server, patienceMs: number) {
    this.#server = server;
    this.#patienceMs = patienceMs;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const { status, alerts } = JSON.parse(Buffer.concat(chunks).toString()) as Notification;
      if (status === 'firing' && alerts.some(({ labels }) => labels.alertname === 'Watchdog'))
        this.heard.push(Date.now());
      response.end();
    });
  }

  static async create(patienceMs: number): Promise<DeadManSwitch> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new DeadManSwitch(server, patienceMs);
  }

  /** Whether it alerts now: it has heard before, and not for longer than its patience. */
  get alerts(): boolean {
    const last = this.heard.at(-1);
    return last !== undefined && Date.now() - last > this.#patienceMs;
  }

  async close(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}
