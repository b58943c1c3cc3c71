import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import type { Environment } from '../../contracts/environment.ts';
import { routerDocument, serversDocument } from '../../workloads/router.ts';
import { environmentOf, template, temporaryFolder, writePrefix } from './router-support.ts';

const PROPS = {
  listen: '127.0.0.1:8090',
  adminListen: '127.0.0.1:8092',
  egress: '127.0.0.1:8091',
  workers: 2,
} as const;

const CASES: Readonly<Record<string, Environment>> = {
  'two-releases': environmentOf({
    'gpt-oss-120b': { v32: { weight: 90, role: 'stable' }, v33: { weight: 10, role: 'canary' } },
  }),
  'three-releases': environmentOf({
    'gpt-oss-120b': {
      v32: { weight: 80, role: 'stable' },
      v33: { weight: 15, role: 'canary' },
      groq: { weight: 5, endpoint: true },
    },
  }),
  'canary-at-0': environmentOf({
    'gpt-oss-120b': { v32: { weight: 100, role: 'stable' }, v33: { weight: 0, role: 'canary' } },
  }),
  'url-release': environmentOf({
    'gpt-oss-20b': {
      v32: { weight: 70, role: 'stable' },
      lab: { weight: 30, url: 'http://10.1.2.3:8000' },
    },
  }),
  fallbacks: environmentOf({
    'gpt-oss-120b': {
      v32: { weight: 80, role: 'stable', fallback: { release: 'groq', leavesSite: true } },
      v33: { weight: 10, role: 'canary', maxConnections: 64, fallback: { release: 'v32' } },
      groq: { weight: 10, endpoint: true, fallback: { release: 'v32' } },
    },
  }),
  'several-models': environmentOf({
    'gpt-oss-120b': {
      v32: { weight: 33.33, role: 'stable' },
      v33: { weight: 33.33, role: 'canary' },
      groq: { weight: 33.34, endpoint: true },
    },
    'gpt-oss-20b': { groq: { weight: 100, endpoint: true } },
    'gpt-oss.20b': { default: { weight: 100, role: 'stable' } },
    default: { include: { weight: 100, role: 'stable' }, volatile: { weight: 0, endpoint: true } },
  }),
};

const cases = Object.entries(CASES).map(([name, environment]) => ({ name, environment }));
const textOf = (environment: Environment) => routerDocument(environment, PROPS, template).text;

describe.each(cases)('the document for $name', ({ name, environment }) => {
  test('reads as reviewed', async () => {
    await expect(textOf(environment)).toMatchFileSnapshot(`../rendered/nginx/${name}.conf`);
  });

  test('is taken by nginx', () => {
    const prefix = temporaryFolder();
    writePrefix(prefix, textOf(environment));
    expect(refusalIn(prefix)).toBe('');
  });
});

describe.each(cases)('what must hold in the document for $name', ({ environment }) => {
  const text = textOf(environment);

  test('a begun request is never sent to another server', () => {
    expect(directives(text, 'proxy_next_upstream')).toEqual(['error timeout']);
    expect(text).not.toMatch(/^[^#]*(non_idempotent|http_50\d|return 418)/m);
  });

  test('bodies are read before they are sent, answers pass at once', () => {
    expect(directives(text, 'proxy_request_buffering')).toEqual(['on']);
    expect(directives(text, 'proxy_buffering')).toEqual(['off']);
  });

  test('every release that is chosen or pinned has a location of its own', () => {
    const located = Array.from(text.matchAll(/location @(\S+_\S+) \{/g), ([, target]) => target).sort();
    const all = Object.entries(environment.models).flatMap(([model, { releases }]) =>
      Object.keys(releases ?? {}).map((release) => `${model}_${release}`),
    );
    expect(located).toEqual(all.sort());
    for (const [model, { releases }] of Object.entries(environment.models))
      for (const value of splitValues(text, model)) expect(Object.keys(releases ?? {})).toContain(value);
  });

  test('every split ends with the rest and has no empty arm', () => {
    const blocks = Array.from(text.matchAll(/split_clients .* \{\n([^}]*)\}/g), ([, body]) => body ?? '');
    expect(blocks.length).toBeGreaterThan(0);
    for (const block of blocks) {
      const lines = block.trim().split('\n');
      expect(lines.map((line) => line.trim().startsWith('*')).indexOf(true)).toBe(lines.length - 1);
      expect(block).not.toMatch(/\b0\.00%/);
    }
  });

  test('requests reach servers and the egress by plain http, each release by one host, over groups that are there', () => {
    const groups = new Set(Array.from(text.matchAll(/upstream (\S+) \{/g), ([, name]) => name));
    for (const place of directives(text, 'proxy_pass')) {
      expect(place).toMatch(/^http:\/\/[a-z0-9._-]+$/);
      expect(groups).toContain(place.slice('http://'.length));
    }
    for (const [, block] of text.matchAll(/location @\S+_\S+ \{([^}]*)\}/g))
      expect(directives(block ?? '', 'set').filter((set) => set.startsWith('$fleet_host '))).toHaveLength(1);
  });

  test('limits and the gate come before the choice: no location is left by return and error_page alone', () => {
    expect(directives(text, 'try_files')).toEqual(['/.none @$fleet_gate', '/.none @$fleet_failure']);
    const returned = Array.from(text.matchAll(/^\s*return (\d+)/gm), ([, status]) => Number(status));
    expect(returned.every((status) => status === 200 || (status >= 400 && status !== 418))).toBe(true);
  });

  test('headers are set at one level, since an inner one would hide the outer', () => {
    for (const [, block] of text.matchAll(/location [^{]*\{([^}]*)\}/g))
      expect(block).not.toMatch(/add_header|proxy_set_header/);
  });

  test('a server cannot steer nginx by its answer; the egress can where it was named a fallback', () => {
    const ignored = directives(text, 'proxy_ignore_headers');
    expect(ignored[0]).toMatch(/^x-accel-redirect /);
    const isAllowed = Object.values(environment.models).some(({ releases }) =>
      Object.values(releases ?? {}).some(
        ({ endpoint, fallback }) => endpoint !== undefined && fallback !== undefined,
      ),
    );
    expect(ignored.slice(1).some((names) => !names.includes('x-accel-redirect'))).toBe(isAllowed);
  });

  test('the access log has no header, body or argument of a client', () => {
    const [, format = ''] = /log_format fleet([^;]*);/.exec(text) ?? [];
    expect(format).not.toMatch(/\$(request_body|request|request_uri|args|http_|cookie_|arg_|uri)\b/);
    for (const name of ['request', 'release', 'server', 'upstreamSeconds', 'upstreamHeaderSeconds'])
      expect(format).toContain(`"${name}":`);
  });

  test('a reload leaves no connection of the gateway idle', () => {
    expect(directives(text, 'keepalive_timeout')[0]).toBe('0');
  });

  test('every group of servers has a zone and gives up idle connections before vLLM does', () => {
    const groups = Array.from(text.matchAll(/upstream (\S+) \{([^}]*)\}/g));
    for (const [, name, body] of groups) {
      expect(body).toContain(`zone ${name} `);
      expect(body).toContain('keepalive_timeout 4s;');
    }
  });

  test('the same environment gives the same bytes, another salt another version', () => {
    const again = routerDocument(structuredClone(environment), PROPS, template);
    expect(again.text).toBe(text);
    const models = Object.entries(environment.models).map(([name, model]) => [name, { ...model, salt: '2' }]);
    const salted = routerDocument({ ...environment, models: Object.fromEntries(models) }, PROPS, template);
    expect(salted.version).not.toBe(again.version);
  });
});

test('workers that are left end no earlier than the longest answer', () => {
  const environment = environmentOf({ 'gpt-oss-20b': { v32: { weight: 100, role: 'stable' } } });
  const patient = { ...environment, router: { ...environment.router, longestAnswer: '2h' } };
  expect(directives(textOf(patient), 'worker_shutdown_timeout')).toEqual(['2h']);
});

test('names of the greatest length and 512 servers in a release are taken by nginx', () => {
  const long = (letter: string) => letter.repeat(63);
  const environment = environmentOf({
    [long('a')]: { [long('b')]: { weight: 100, role: 'stable' }, [long('c')]: { weight: 0, role: 'canary' } },
  });
  const prefix = temporaryFolder();
  const servers = Array.from({ length: 512 }, (_, index) => ({ address: '10.0.0.1', port: 8000 + index }));
  writePrefix(prefix, textOf(environment), { [`${long('a')}_${long('b')}`]: servers });
  expect(refusalIn(prefix)).toBe('');
});

describe('an environment that nginx could not serve is refused', () => {
  const one = (releases: Parameters<typeof environmentOf>[0][string], salt?: string) =>
    environmentOf({ 'gpt-oss-20b': releases }, salt);

  test.each(['has space', 'quote"', 'variable$', 'brace{'])('salt %j', (salt) => {
    expect(() => textOf(one({ v32: { weight: 100, role: 'stable' } }, salt))).toThrow(
      /models\.gpt-oss-20b\.salt: must be at most 64 letters, digits/,
    );
  });

  test.each(['http://10.0.0.1:8000/v1', 'http://user@10.0.0.1:8000', 'http://10.0.0.1:8000/?a=b'])(
    'url %s',
    (url) => {
      expect(() => textOf(one({ lab: { weight: 100, url } }))).toThrow(
        /models\.gpt-oss-20b\.releases\.lab\.url: must be http:\/\/host:port/,
      );
    },
  );

  test('an endpoint without an egress', () => {
    const environment = one({ groq: { weight: 100, endpoint: true } });
    expect(() => routerDocument(environment, { ...PROPS, egress: undefined }, template)).toThrow(
      /models\.gpt-oss-20b\.releases\.groq: kind endpoint needs an egress/,
    );
  });
});

test('the servers document lists own nodes where the platform puts them, and urls, but no endpoints', () => {
  const environment = environmentOf({
    'gpt-oss-120b': {
      v32: { weight: 80, role: 'stable' },
      lab: { weight: 10, url: 'http://lab.example' },
      lab2: { weight: 5, url: 'http://10.0.0.7:8001' },
      groq: { weight: 5, endpoint: true },
    },
  });
  const document = serversDocument(environment, ({ port }) => ({ address: '10.0.0.1', port }));
  const model = 'gpt-oss-120b';
  expect(document).toEqual({
    releases: [
      { model, release: 'v32', maxConnections: 256, servers: [{ address: '10.0.0.1', port: 18_001 }] },
      { model, release: 'lab', servers: [{ address: 'lab.example', port: 80 }] },
      { model, release: 'lab2', servers: [{ address: '10.0.0.7', port: 8001 }] },
    ],
  });
});

test('where machines are found by their labels, the servers document names the ports of one machine', () => {
  const environment = environmentOf({
    'gpt-oss-120b': { v32: { weight: 90, role: 'stable' }, lab: { weight: 10, url: 'http://lab.example' } },
  });
  const nodes = environment.models['gpt-oss-120b']?.releases?.v32?.nodes;
  Object.assign(nodes ?? {}, { servers: 2, count: 3 });
  expect(serversDocument(environment).releases).toEqual([
    { model: 'gpt-oss-120b', release: 'v32', maxConnections: 256, ports: [18_001, 18_002] },
    { model: 'gpt-oss-120b', release: 'lab', servers: [{ address: 'lab.example', port: 80 }] },
  ]);
});

function directives(text: string, name: string): string[] {
  return Array.from(text.matchAll(new RegExp(`^\\s*${name} (.*);$`, 'gm')), ([, value]) => value ?? '');
}

/** Release names that the splits of a model yield. */
function splitValues(text: string, model: string): string[] {
  const id = model === 'gpt-oss.20b' ? 'gpt_oss_20b_' : model.replaceAll('-', '_');
  const blocks = text.matchAll(new RegExp(`split_clients .* \\$fleet_(?:band|own)_${id} \\{([^}]*)\\}`, 'g'));
  const values = Array.from(blocks, ([, body]) => body ?? '').flatMap((body) =>
    Array.from(body.matchAll(/(\S+);/g), ([, value]) => value ?? ''),
  );
  return values.filter((value) => value !== '-own');
}

/** nginx's words about the files in a prefix; empty if it takes them. */
function refusalIn(prefix: string): string {
  const command = ['-t', '-q', '-e', 'stderr', '-p', `${prefix}/`, '-c', 'nginx.conf'];
  return spawnSync('nginx', command, { encoding: 'utf8' }).stderr;
}
