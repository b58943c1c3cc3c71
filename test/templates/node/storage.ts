import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A cloud as a booting machine sees it: metadata, secrets, the objects of a bucket, the hub. It counts what it sends. */
export class Storage {
  readonly objects = new Map<string, Buffer>();
  /** Bytes of bodies sent, by path. */
  readonly sent = new Map<string, number>();
  /** `METHOD path`, with the Authorization where there was one; without what a machine asks about itself. */
  readonly requests: string[] = [];
  /** Path → bytes after which the connection breaks, once. */
  readonly cuts = new Map<string, number>();
  /** Metadata of the machine by path: what /latest/meta-data/ and Google's metadata server answer. */
  readonly metadata = new Map<string, string>();
  onSystemctl: (args: readonly string[]) => Promise<void> = async () => {};
  readonly #server: Server = createServer((request, response) => this.#answer(request, response));

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Puts files below a folder of the bucket, with the manifest that `fleet weights push` would write. */
  push(folder: string, files: Readonly<Record<string, Buffer>>): void {
    for (const [path, body] of Object.entries(files)) this.objects.set(`/${folder}/${path}`, body);
    const manifest = Object.entries(files).map(([path, body]) => ({
      path,
      bytes: body.length,
      sha256: createHash('sha256').update(body).digest('hex'),
    }));
    this.objects.set(
      `/${folder}/manifest.json`,
      Buffer.from(JSON.stringify({ format: 1, name: folder, files: manifest })),
    );
  }

  sentOf(suffix: string): number {
    const all = [...this.sent].filter(([path]) => path.endsWith(suffix));
    return all.reduce((sum, [, bytes]) => sum + bytes, 0);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '/', this.url);
    const authorization = request.headers.authorization ?? searchParams.get('signature') ?? '';
    const known = this.metadata.get(pathname);
    if (!pathname.startsWith('/computeMetadata/') && known === undefined)
      this.requests.push(`${request.method} ${pathname} ${authorization}`.trim());
    if (pathname === '/systemctl') {
      await this.onSystemctl(searchParams.getAll('word'));
      response.end();
      return;
    }
    if (known !== undefined) {
      response.end(known);
      return;
    }
    const body = this.objects.get(pathname);
    if (body === undefined) response.writeHead(404).end();
    else if (authorization === '' && !pathname.startsWith('/public/')) response.writeHead(401).end();
    else this.#send(pathname, body, request.headers.range, response);
  }

  #send(path: string, body: Buffer, range: string | undefined, response: ServerResponse): void {
    const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
    if (from >= body.length && from > 0) {
      response.writeHead(416).end();
      return;
    }
    const rest = body.subarray(from);
    const cut = this.cuts.get(path);
    const part = cut === undefined ? rest : rest.subarray(0, cut);
    this.sent.set(path, (this.sent.get(path) ?? 0) + part.length);
    response.writeHead(from > 0 ? 206 : 200, { 'Content-Length': rest.length });
    if (cut === undefined) {
      response.end(part);
      return;
    }
    this.cuts.delete(path);
    response.write(part, () => response.destroy());
  }
}
