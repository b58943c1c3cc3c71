import { execFile } from 'node:child_process';
import { get } from 'node:http';

const TIMEOUT_MS = 5_000;

/** The version of the container engine at `unix://`, `tcp://` or `ssh://`; undefined when it does not answer. */
export async function engineVersion(host: string): Promise<string | undefined> {
  const url = new URL(host);
  if (url.protocol === 'ssh:') return versionOverSsh(url);
  const answer = await answerOf(
    url.protocol === 'unix:'
      ? { socketPath: url.pathname, path: '/version' }
      : { host: url.hostname, port: url.port === '' ? '2375' : url.port, path: '/version' },
  );
  return /"Version":\s*"([^"]+)"/.exec(answer)?.[1];
}

function answerOf(options: object): Promise<string> {
  return new Promise((done) => {
    const request = get({ ...options, timeout: TIMEOUT_MS }, async (response) => {
      const chunks = await response.setEncoding('utf8').toArray();
      done(chunks.join(''));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => done(''));
  });
}

function versionOverSsh({ username, hostname, port }: URL): Promise<string | undefined> {
  const target = username === '' ? hostname : `${username}@${hostname}`;
  const options = ['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=5', ...(port === '' ? [] : ['-p', port])];
  const remote = ['docker', 'version', '--format', '{{.Server.Version}}'];
  return new Promise((done) => {
    execFile('ssh', [...options, target, ...remote], { timeout: 2 * TIMEOUT_MS }, (error, stdout) =>
      done(error === null ? stdout.trim() : undefined),
    );
  });
}
